"""What results were made with: all that the data files leave out on purpose."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from replication.experiments import kernels
from replication.experiments.config import ROOT, Spec
from replication.experiments.files import library_digest, write_text

PACKAGES = ("numpy", "scipy", "networkx", "matplotlib", "seaborn", "pillow", "jinja2")


def write_provenance(path: Path, spec: Spec, seconds: float) -> None:
    """Write ``<method>.provenance.json``: all that the data file leaves out on purpose."""
    changes = _git("status", "--porcelain", "--untracked-files=no")
    record = {
        "configuration": json.loads(spec.to_json()),
        "seed": spec.settings["seed"],
        "commit": _git("rev-parse", "HEAD"),
        "dirty": None if changes is None else bool(changes),
        "library_digest": library_digest(),
        "python": platform.python_version(),
        "packages": packages(),
        "arithmetic": kernels.in_use(),
        "blas": _blas(),
        "cpu": _cpu(),
        "wall_time_seconds": round(seconds, 3),
    }
    write_text(path, json.dumps(record, indent=2, sort_keys=True) + "\n")


def packages() -> dict[str, str]:
    """Versions of the packages on which the bytes of results, figures and report depend."""
    return {name: metadata.version(name) for name in PACKAGES}


def _git(*arguments: str) -> str | None:
    """What git says, or None outside a git checkout."""
    if not (ROOT / ".git").exists():  # a surrounding repository is not ours
        return None
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _blas() -> Any:
    built: Any = np.show_config(mode="dicts")
    blas = built["Build Dependencies"]["blas"]
    return {key: blas.get(key) for key in ("name", "version", "openblas configuration")}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")
