"""The real workflow, once, at full size, in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config", "environment.yml", "paper_checks", "profiles", "src")


class Project:
    """A copy of the project in which commands run with the copy's own sources."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / part, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy2(source, folder / part)
        for suffix in ("json", "md", "html"):
            (folder / f"paper_checks/report.{suffix}").unlink()

    def command(self, *words):
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return {"args": words, "cwd": self.folder, "env": environment, "text": True}

    def run(self, *words):
        return subprocess.run(**self.command(*words), capture_output=True, timeout=300)

    def snakemake(self, *words):
        return self.run("snakemake", "--cores", "8", *words)

    def netnewton(self, *words):
        return self.run("netnewton", *words)

    def files(self):
        hidden = {".snakemake", "__pycache__"}
        return {
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() and not hidden & set(path.parts)
        }


@pytest.fixture
def project(tmp_path):
    """A fresh copy without results."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy in which ``snakemake --cores 8`` has run; tests leave it as it is."""
    project = Project(tmp_path_factory.mktemp("finished"))
    done = project.snakemake()
    assert done.returncode == 0, done.stderr
    project.output = done.stdout + done.stderr
    return project
