"""The real workflow, once, at full size, in a copy of the project."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "benchmarks", "config", "environment.yml", "paper_checks", "profiles", "src")


class Project:
    """A copy of the project in which commands run with the copy's own sources."""

    def __init__(self, folder):
        self.folder, self.output = folder, ""

    def fill(self):
        """Copy what the workflow needs, without what it makes."""
        self.folder.mkdir(exist_ok=True)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.folder / part, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy2(source, self.folder / part)
        for suffix in ("json", "md", "html"):
            (self.folder / f"paper_checks/report.{suffix}").unlink(missing_ok=True)
        return self

    def command(self, *words):
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return {"args": words, "cwd": self.folder, "env": environment, "text": True}

    def run(self, *words):
        return subprocess.run(**self.command(*words), capture_output=True)

    def snakemake(self, *words):
        return self.run("snakemake", "--cores", "8", *words)

    def netnewton(self, *words):
        return self.run("netnewton", *words)

    def files(self):
        return {path.relative_to(self.folder).as_posix() for path in self._paths()}

    def state(self):
        """When each file was last changed."""
        paths = self._paths()
        return {path.relative_to(self.folder).as_posix(): path.stat().st_mtime_ns for path in paths}

    def _paths(self):
        hidden = {".snakemake", "__pycache__"}
        inside = self.folder.rglob("*")
        return [path for path in inside if path.is_file() and not hidden & set(path.parts)]


@pytest.fixture
def project(tmp_path):
    """A fresh copy without results."""
    return Project(tmp_path).fill()


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy in which ``snakemake --cores 8`` has run; tests leave it as it is.

    The first of pytest-xdist's workers to ask for it makes it; the others wait and share it.
    """
    base = _base(tmp_path_factory)
    project, said = Project(base / "finished"), base / "finished.json"
    with locked(base / "finished.lock"):
        if not said.exists():
            done = project.fill().snakemake()
            record = {"status": done.returncode, "output": done.stdout + done.stderr}
            said.write_text(json.dumps({**record, "state": project.state()}), encoding="utf-8")
    record = json.loads(said.read_text(encoding="utf-8"))
    project.output = record["output"]
    assert record["status"] == 0, project.output
    yield project
    assert project.state() == record["state"], "a test has changed what all tests share"


def shared(tmp_path_factory, name, fill):
    """A folder that the first of pytest-xdist's workers to ask for it fills, and all share."""
    base = _base(tmp_path_factory)
    folder, part = base / name, base / f"{name}.part"
    with locked(base / f"{name}.lock"):
        if not folder.exists():
            fill(part)
            part.rename(folder)
    return folder


def _base(tmp_path_factory):
    """The folder of this run of pytest, which its workers have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def locked(path):
    """Only one process at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
