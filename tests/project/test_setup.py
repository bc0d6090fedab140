"""Set-up: what `./run` builds and refuses, and that the lists of packages agree."""

import ast
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import BuildString, MatchSpec, PackageRecord
from rattler.exceptions import InvalidMatchSpecError

import netnewton

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).resolve().parents[2]
CONDA_TO_PYPI = {f"{name}-base": name for name in ("matplotlib", "seaborn")}
CONDA_TO_PYPI["snakemake-minimal"] = "snakemake"
CONDA_ONLY = {"python", "pip"}


# --- ./run, on temporary copies -------------------------------------------------------------------

TOOLS = ["cat", "cksum", "dirname", "env", "head", "id", "mkdir", "rm", "sed", "sh", "tail", "true"]

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sample"
version = "1.0"
"""

# Standing in for hatchling, which a test without an index cannot install.
BACKEND = """
import zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "sample-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("sample.py", "value = 1")
        wheel.writestr("sample-1.0.dist-info/METADATA",
                       "Metadata-Version: 2.1\\nName: sample\\nVersion: 1.0\\n")
        wheel.writestr("sample-1.0.dist-info/WHEEL",
                       "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("sample-1.0.dist-info/RECORD", "")
    return name
"""

SETUP_PY = """
from setuptools import setup
setup(name="tinydep", version="1.0", py_modules=[])
"""


def other_digit(digest: str) -> str:
    return ("1" if digest[0] == "0" else "0") + digest[1:]


def write_wheel(path: Path) -> None:
    info = "tinydep-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tinydep.py", "value = 2")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinydep\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


def write_source_archive(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {
            "setup.py": SETUP_PY,
            "PKG-INFO": "Metadata-Version: 2.1\nName: tinydep\nVersion: 1.0\n",
        }.items():
            member = tarfile.TarInfo(f"tinydep-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


class Copy:
    """A project with the real `run`, and one locked package in an index that is a folder."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.root = folder / "a cöpy"
        self.index = folder / "index"
        self.root.mkdir()
        (self.index / "tinydep").mkdir(parents=True)
        shutil.copy(ROOT / "run", self.root)
        (self.root / "pyproject.toml").write_text(PROJECT)
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "hatch_build.py").write_text(
            "# decides what is installed, as backend.py here\n"
        )
        self.wheel_hash = self.publish("tinydep-1.0-py3-none-any.whl", write_wheel)
        self.lock(self.wheel_hash)
        self.stamp = self.root / ".venv" / "stamp"
        self.environment = {
            "HOME": str(folder),
            "PATH": str(tools),
            "PYTHON": sys.executable,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.index.as_uri(),
            "PIP_NO_CACHE_DIR": "1",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_DEFAULT_INDEX": self.index.as_uri(),
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def publish(self, name: str, write: Callable[[Path], None]) -> str:
        """Add a file to the index, whose page states its hash, as public indexes do."""
        path = self.index / "tinydep" / name
        write(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with (path.parent / "index.html").open("a") as page:
            page.write(f'<a href="{name}#sha256={digest}">{name}</a>\n')
        return digest

    def lock(self, *hashes: str) -> None:
        options = [f"    --hash=sha256:{digest}" for digest in hashes]
        text = " \\\n".join(["tinydep==1.0", *options]) + "\n"
        (self.root / "requirements.lock").write_text(text)

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "run", *command],
            cwd=cwd or self.root,
            env=self.environment,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH that holds what `run` may use and neither Python nor an installer."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture
def copy(tmp_path: Path, tools: Path) -> Copy:
    return Copy(tmp_path, tools)


@pytest.fixture(scope="session")
def environment_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m venv` makes, once: installing pip into it takes it seconds."""
    folder = tmp_path_factory.mktemp("made") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def quick_venv(copy: Copy, tools: Path, environment_with_pip: Path) -> Path:
    """A Python, the one asked for, whose `-m venv` copies that."""
    path = tools / "quick-python"
    path.write_text(
        f"""#!/bin/sh
case $1,$2 in
    -c,*) echo '{path}' ;;
    -m,venv) exec '{shutil.which("cp")}' -R -P -p '{environment_with_pip}' "$3" ;;
    *) exit 9 ;;
esac
"""
    )
    path.chmod(0o755)
    copy.environment["PYTHON"] = str(path)
    return path


@pytest.fixture(params=["pip", "uv"])
def installer(request: pytest.FixtureRequest, copy: Copy, tools: Path) -> str:
    if request.param == "uv":
        if (uv := shutil.which("uv")) is None:
            pytest.skip("uv is not on PATH")
        (tools / "uv").symlink_to(uv)
    return request.param


@pytest.fixture
def quick_installer(installer: str, request: pytest.FixtureRequest) -> str:
    """The same where it does not matter how the environment itself is made."""
    if installer == "pip":
        request.getfixturevalue("quick_venv")
    return installer


def old_python(path: Path) -> None:
    """Write a real Python that says it is 3.9.18."""
    pretend = "import sys; sys.version_info = (3, 9, 18); exec(sys.argv[1])"
    path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{pretend}' \"$2\"\n")
    path.chmod(0o755)


def assert_refuses_old_python(copy: Copy, name: str) -> None:
    result = copy.run("true")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Python 3.11 or newer" in result.stderr
    assert f"3.9.18 ({name})" in result.stderr
    assert "PYTHON=" in result.stderr
    assert not (copy.root / ".venv").exists()


def test_an_old_python_is_refused(copy: Copy, tools: Path) -> None:
    old_python(tools / "python3")
    del copy.environment["PYTHON"]
    assert_refuses_old_python(copy, "python3")


def test_an_old_python_that_was_asked_for_is_not_replaced_by_another(
    copy: Copy, tools: Path
) -> None:
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    old_python(tools / "mine")
    copy.environment["PYTHON"] = str(tools / "mine")
    assert_refuses_old_python(copy, str(tools / "mine"))


def test_no_command_is_bad_usage(copy: Copy) -> None:
    result = copy.run()
    assert result.returncode == 2
    assert result.stderr.startswith("run: usage: ")
    assert not (copy.root / ".venv").exists()


def test_the_environment_is_built_once(copy: Copy, installer: str, tmp_path: Path) -> None:
    question = "import os, sample, tinydep; print(sample.value, tinydep.value, os.getcwd())"
    answer = f"1 2 {tmp_path}\n"
    building = "run: building .venv (about a minute with pip, less with uv) ...\n"

    cold = copy.run("python", "-c", question, cwd=tmp_path)
    assert (cold.returncode, cold.stdout, cold.stderr) == (0, answer, building)
    assert (copy.root / ".venv" / "bin" / "pip").exists() == (installer == "pip")

    warm = copy.run("python", "-c", question, cwd=tmp_path)
    assert (warm.returncode, warm.stdout, warm.stderr) == (0, answer, "")
    assert copy.run("sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("home", [None, "nowhere"])
def test_it_needs_no_home_no_user_name_and_no_locale(
    copy: Copy, tmp_path: Path, home: str | None
) -> None:
    del copy.environment["HOME"]
    if home is not None:
        copy.environment["HOME"] = str(tmp_path / home)
    copy.environment["LC_ALL"] = "C"
    question = "import getpass, os, sample; print(getpass.getuser() > '', os.listdir('.'))"
    done = copy.run("sh", "-c", f'cd "$HOME" && exec python -c "{question}"')
    assert (done.returncode, done.stdout) == (0, "True []\n"), done.stderr
    assert not (tmp_path / "nowhere").exists()


def would_build(copy: Copy, tools: Path) -> bool:
    """Say whether `run` is about to build, which it gives away by asking for a Python."""
    old_python(tools / "old")
    copy.environment["PYTHON"] = str(tools / "old")
    return copy.run("true").returncode == 2


def test_the_environment_is_built_again_when_it_must_be(
    copy: Copy, tools: Path, quick_venv: Path
) -> None:
    old_python(tools / "python3")
    (tools / "python3.12").symlink_to(quick_venv)
    del copy.environment["PYTHON"]
    assert copy.run("true").returncode == 0, "python3.12 was not found by its own name"
    assert not would_build(copy, tools)

    for name in ("requirements.lock", "pyproject.toml", "hatch_build.py"):
        text = (copy.root / name).read_text()
        (copy.root / name).write_text(text + "# changed\n")
        assert would_build(copy, tools)
        (copy.root / name).write_text(text)
        assert not would_build(copy, tools)

    # The scripts in .venv name the interpreter by its full path.
    here = copy.root
    copy.root = here.rename(here.with_name("elsewhere"))
    assert would_build(copy, tools)
    copy.root = copy.root.rename(here)
    assert not would_build(copy, tools)

    copy.stamp.unlink()
    assert would_build(copy, tools)

    # As after "activate": the Python on PATH is the one about to be deleted.
    copy.environment["PYTHON"] = str(copy.root / ".venv" / "bin" / "python")
    assert copy.run("python", "-c", "import sample, tinydep").returncode == 0


def assert_refuses_hash(copy: Copy) -> None:
    result = copy.run("true")
    assert result.returncode == 1
    assert result.stdout == ""
    _, refusal = result.stderr.splitlines()
    assert refusal.startswith("run: refused: tinydep==1.0 ")
    assert "git checkout requirements.lock" in refusal
    assert not copy.stamp.exists()


def test_a_wrong_hash_is_refused(copy: Copy, quick_installer: str) -> None:
    copy.lock(other_digit(copy.wheel_hash))
    assert_refuses_hash(copy)


def test_a_wheel_with_a_wrong_hash_is_not_replaced_by_its_source(
    copy: Copy, quick_installer: str
) -> None:
    source_hash = copy.publish("tinydep-1.0.tar.gz", write_source_archive)
    copy.lock(other_digit(copy.wheel_hash), source_hash)
    assert_refuses_hash(copy)


def test_a_missing_hash_is_refused(copy: Copy, quick_installer: str) -> None:
    copy.lock()
    result = copy.run("true")
    assert result.returncode == 1
    assert "--require-hashes" in result.stderr
    assert not copy.stamp.exists()


def test_another_failure_shows_the_end_of_the_log(copy: Copy, quick_installer: str) -> None:
    shutil.rmtree(copy.index / "tinydep")
    result = copy.run("true")
    assert result.returncode == 1
    assert "tinydep" in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last.startswith("run: building .venv with /")
    assert last.endswith(f"it is in {copy.root}/.venv.log")
    assert not copy.stamp.exists()


# --- the lists of packages ------------------------------------------------------------------------


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def wanted() -> list[Requirement]:
    lines = read("requirements.in").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def lock_entries() -> list[str]:
    """Return each requirement of the lock with its hashes, on one line."""
    return read("requirements.lock").replace("\\\n", " ").splitlines()


def locked_versions() -> dict[str, str]:
    """Return the version of each package that the lock gives to this interpreter."""
    requirements = [Requirement(entry.split("--hash")[0]) for entry in lock_entries()]
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def declared() -> dict:
    return tomllib.loads(read("pyproject.toml"))["project"]


def test_each_entry_of_the_lock_is_one_version_with_hashes() -> None:
    entry = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+")
    assert [line for line in lock_entries() if not entry.fullmatch(line)] == []


@pytest.mark.parametrize(
    "name", ["requirements.in", "requirements.lock", "pyproject.toml", "environment.yml", "run"]
)
def test_no_package_index_is_named(name: str) -> None:
    assert re.findall(r"://|-index|find-links|pypi|pythonhosted|trusted-host", read(name)) == []


def test_the_lock_satisfies_what_was_asked_for() -> None:
    versions = locked_versions()
    unmet = [r for r in wanted() if not r.specifier.contains(versions[canonicalize_name(r.name)])]
    assert unmet == []


def extra(*names: str) -> set[str]:
    return {text for name in names for text in declared()["optional-dependencies"][name]}


def test_the_project_asks_for_the_same_as_the_lock() -> None:
    asked = {*declared()["dependencies"], *extra("replication", "test", "lint")}
    build = {"editables", "hatchling", "setuptools"}
    assert asked == {str(r) for r in wanted() if r.name not in build}
    assert extra("pettingzoo", "mixing", "mpi") < extra("test")


# --- the conda environment ------------------------------------------------------------------------


def conda_entries() -> list[str | dict]:
    return yaml.safe_load(read("environment.yml"))["dependencies"]


def conda_specs() -> dict[str, str]:
    return {entry.split()[0]: entry for entry in conda_entries() if isinstance(entry, str)}


def lower_bounds(specs: Iterable[str]) -> set[str]:
    """Return each package's name, as conda has it or not, with its lower bound."""
    named = [spec.split() for spec in specs]
    return {CONDA_TO_PYPI.get(n, n) + bounds.split(",")[0] for n, bounds in named}


def satisfies(spec: str, name: str, version: str) -> bool:
    record = PackageRecord(name, version, BuildString("0"), 0, "noarch")
    return MatchSpec(spec, strict=True).matches(record)


def test_the_conda_environment_asks_for_what_both_commands_need() -> None:
    specs = [spec for name, spec in conda_specs().items() if name not in CONDA_ONLY]
    (by_pip,) = (entry["pip"] for entry in conda_entries() if isinstance(entry, dict))
    asked = lower_bounds(specs) | set(by_pip) - {"-e ."}
    build = {str(r) for r in wanted() if r.name == "hatchling"}  # the tests build the wheel
    assert asked == {*declared()["dependencies"], *extra("replication", "test"), *build}
    assert "-e ." in by_pip


@pytest.mark.parametrize("name", sorted(conda_specs().keys() - CONDA_ONLY))
def test_a_locked_version_satisfies_the_conda_environment(name: str) -> None:
    version = locked_versions()[CONDA_TO_PYPI.get(name, name)]
    spec = conda_specs()[name]
    assert satisfies(spec, name, version)
    assert not satisfies(spec.replace(">=", "<"), name, version)
    assert not satisfies(spec, "another-package", version)


def test_conda_and_pip_ask_for_the_same_python() -> None:
    assert conda_specs()["python"] == f"python {declared()['requires-python']}"
    assert satisfies(conda_specs()["python"], "python", "3.11.0")
    assert not satisfies(conda_specs()["python"], "python", "3.10.13")


def test_a_malformed_conda_spec_is_noticed() -> None:
    with pytest.raises(InvalidMatchSpecError, match="unable to parse version spec"):
        MatchSpec("numpy >=2.0,<", strict=True)


# --- what the sources may not hold ----------------------------------------------------------------

UNSAFE_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal"}
UNSAFE_CALLS = {"eval", "exec", "yaml.load", "yaml.unsafe_load", "yaml.full_load"}


def unsafe(source: str) -> list[str]:
    """Return the ways in which Python source could run code that its input brings along."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in UNSAFE_MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            pickled = any(
                keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"
                for keyword in node.keywords
            )
            found += [name] if name in UNSAFE_CALLS or pickled else []
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "eval(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "numpy.load(path, allow_pickle=True)",
    ],
)
def test_unsafe_source_is_noticed(source: str) -> None:
    assert unsafe(source)


def test_no_source_runs_code_from_its_input() -> None:
    found = {str(p): unsafe(p.read_text(encoding="utf-8")) for p in (ROOT / "src").rglob("*.py")}
    assert found
    assert {path: names for path, names in found.items() if names} == {}


def test_the_citation_names_the_package_and_the_paper() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert citation["version"] == netnewton.__version__
    assert citation["license"] == declared()["license"]
    (paper,) = citation["references"]
    assert [author["family-names"] for author in paper["authors"]] == [
        "Manganini",
        "Fioravanti",
        "Ramponi",
    ]
    assert {"type", "title", "year", "conference"} <= paper.keys()
