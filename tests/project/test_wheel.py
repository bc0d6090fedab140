"""The wheel is the library: its contents, what it asks for, and that it works alone."""

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from project_copy import ROOT

import netnewton

pytestmark = pytest.mark.end_to_end

SOURCES = {
    path.relative_to(ROOT / "src").as_posix()
    for path in (ROOT / "src/netnewton").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
NEEDED = ("networkx", "numpy", "scipy")

WALK = """
import importlib, pkgutil
import netnewton
for module in pkgutil.walk_packages(netnewton.__path__, "netnewton."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        print(module.name, error, sep=": ")
"""

USE = """
import networkx, numpy, scipy
from netnewton.games.concave import random_problem
from netnewton.derivatives import reference_optimum
from netnewton.networks import metropolis_weights, mixing
sparse = scipy.sparse.csr_array(metropolis_weights(networkx.path_graph(3)))
optimum = reference_optimum(random_problem(numpy.random.default_rng(1), 3, 2))
print(mixing(sparse)(numpy.tile(optimum, (1, 3, 1)), 0).shape)
"""


def build(folder, hook, out):
    """Call a hook of the build back end in the folder, as pip and uv do; return what it made."""
    program = f"import sys, hatchling.build as b; print(b.{hook}(sys.argv[1]))"
    words = [sys.executable, "-c", program, str(out)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(out, done.stdout.split()[-1])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The source archive, unpacked."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(build(ROOT, "build_sdist", folder)) as archive:
        # As an attribute: Python 3.11.3 and older know no such argument.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, "build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def alone(wheel, tmp_path):
    """Run a program where nothing can be imported but the wheel and the three packages."""
    installed = Path(metadata.distribution("numpy").locate_file(""))
    for name in NEEDED:
        for part in installed.glob(f"{name}*"):
            (tmp_path / part.name).symlink_to(part)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    def run(program):
        program = f"import sys; sys.path.append({str(tmp_path)!r})\n{program}"
        words = [sys.executable, "-I", "-S", "-c", program]
        return subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)

    return run


def read_metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_library_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    described = {name for name in names if ".dist-info/" in name}
    assert names - described == SOURCES
    assert {name.partition("/")[2] for name in described} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "licenses/LICENSE",
    }  # fmt: skip - no entry_points.txt, so no command


def test_the_wheel_asks_for_three_packages(wheel):
    described = read_metadata(wheel)
    asked = [Requirement(text) for text in described.get_all("Requires-Dist")]
    assert sorted(r.name for r in asked if r.marker is None) == list(NEEDED)
    assert all("extra ==" in str(r.marker) for r in asked if r.marker)
    assert described["Version"] == netnewton.__version__


def test_the_source_archive_makes_the_same_wheel(source, wheel, tmp_path):
    assert not {"replication", "tests"} & {path.name for path in source.rglob("*")}
    assert build(source, "build_wheel", tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_works_with_the_three_packages_alone(alone):
    walked = alone(WALK)
    assert (walked.returncode, walked.stderr) == (0, "")
    adapters = walked.stdout.splitlines()
    assert [line.partition(":")[0].rpartition(".")[2] for line in adapters] == [
        "from_pettingzoo",
        "gridworld_pettingzoo",
    ]
    for line in adapters:
        assert line.endswith("is not installed: pip install 'netnewton[pettingzoo]'")
    used = alone(USE)
    assert used.stdout == "(1, 3, 2)\n", used.stderr


def test_a_module_that_needs_more_is_noticed(alone, tmp_path):
    (tmp_path / "netnewton/planted.py").write_text("import yaml")
    assert "netnewton.planted: No module named 'yaml'\n" in alone(WALK).stdout
    (tmp_path / "numpy").unlink()
    assert "No module named 'numpy'" in alone(WALK).stderr


@pytest.fixture
def environment(tmp_path):
    """What an editable install adds to an environment whose path holds a space."""
    folder = tmp_path / "an environment"
    (folder / "bin").mkdir(parents=True)
    with zipfile.ZipFile(build(ROOT, "build_editable", tmp_path)) as archive:
        assert archive.read("_netnewton.pth").decode().strip() == str(ROOT / "src")
        (script,) = (name for name in archive.namelist() if name.endswith("scripts/netnewton"))
        (folder / "bin/netnewton").write_bytes(archive.read(script))
    (folder / "bin/python").write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    for program in (folder / "bin").iterdir():
        program.chmod(0o755)
    return folder


def test_a_checkout_has_the_command(environment, tmp_path):
    path = {**os.environ, "PATH": f"{environment}/bin{os.pathsep}{os.environ['PATH']}"}
    (tmp_path / "yaml.py").write_text("raise SystemExit('the wrong yaml')")

    def netnewton(*words):
        words = ["netnewton", *words]
        return subprocess.run(words, cwd=tmp_path, env=path, capture_output=True, text=True)

    listed = netnewton("list", "--config", ROOT / "config/paper.yaml")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "pd_exact  " in listed.stdout
    refused = netnewton("nonsense")
    assert refused.returncode == 2
    assert refused.stderr.startswith("netnewton: there is no command 'nonsense'")
