"""What committed tables were made with: the sources of runs, their digest, and reading a table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from replication.experiments.config import ROOT, ConfigError
from replication.experiments.files import digest

T = TypeVar("T")

COUNTED = ("src/netnewton/derivatives/counting.py", "src/netnewton/derivatives/one_shot.py")
"""What draws batches of a matrix game at once: the multiverse's alone."""

NOT_OF_THE_PAPER = (
    *COUNTED,
    "src/netnewton/algorithms/local_rate.py",
    *(
        f"src/netnewton/derivatives/{name}.py"
        for name in ("linear_quadratic", "neighbourhoods", "polymatrix")
    ),
    *(
        f"src/netnewton/games/{name}.py"
        for name in (
            *("from_pettingzoo", "gridworld_pettingzoo", "linear_quadratic", "polymatrix"),
            "team_optimum",
        )
    ),
    "src/netnewton/links",
    "src/netnewton/neighbour_blocks.py",
    *(
        f"src/netnewton/networks/{name}.py"
        for name in ("fastest", "neighbourhoods", "rounds", "sparse", "topologies")
    ),
    *(f"src/netnewton/policies/{name}.py" for name in ("linear", "linear_scores", "linear_slots")),
    "src/netnewton/processes",
)
"""Modules and rooms of the library that no run of the paper's experiments uses. Rooms' own files
only hand names on."""

OF_RUNS = (
    *(
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "src/netnewton").rglob("*.py"))
        if path.name != "__init__.py"
        and not any(path.is_relative_to(ROOT / name) for name in NOT_OF_THE_PAPER)
    ),
    *(
        f"src/replication/experiments/{name}.py"
        for name in ("build", "config", "hints", "methods", "names", "problems", "simulate")
    ),
)
"""What results depend on, file by file, so that tables outlive what is added beside it."""


def made_with(sources: Sequence[str], declared_in: Path) -> str:
    """SHA-256 of sources and of what a declaration says, wherever that is."""
    text = declared_in.read_text(encoding="utf-8")
    return hashlib.sha256(f"{digest(sources)}{text}".encode()).hexdigest()


def read_made(path: Path, read: Callable[[Any], T], command: str) -> T | None:
    """A committed table that another command makes; None if there is none yet.

    Parameters
    ----------
    path : Path
        JSON.
    read : callable
        From the document to the table; it may raise what a damaged document makes it raise.
    command : str
        What makes it again.

    Raises
    ------
    ConfigError
        If it is damaged.
    """
    if not path.exists():
        return None
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{path} is damaged: make it again with {command}") from None
