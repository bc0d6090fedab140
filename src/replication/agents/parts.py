"""What each agent records: its own copy after every iteration, a line at a time.

``agent-<i>.csv`` has the columns iteration, rounds (of the broadcast that came before; 0 if nothing
is played) and theta_0, ..., theta_{d-1}, with all digits. Each line is written whole and at once,
so that of a killed agent every iteration but the last is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netnewton.arrays import Array


def part(folder: Path, agent: int) -> Path:
    """The file of one agent."""
    return folder / f"agent-{agent}.csv"


class Part:
    """One agent's record, open for writing.

    Parameters
    ----------
    path : Path
    parameters : int
        d.
    """

    def __init__(self, path: Path, parameters: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._write("iteration", "rounds", *(f"theta_{p}" for p in range(parameters)))

    def add(self, iteration: int, rounds: int, theta: Array) -> None:
        """Record theta, shape (d,), after an iteration."""
        self._write(iteration, rounds, *theta.tolist())

    def _write(self, *cells: object) -> None:
        os.write(self._file, (",".join(map(str, cells)) + "\n").encode())


def read(path: Path) -> tuple[Array, Array]:
    """The copies of one agent, shape (K + 1, d), and the rounds of the broadcasts, (K + 1,)."""
    rows = [[float(cell) for cell in line.split(",")] for line in _lines(path)]
    table = np.array(rows)
    return table[:, 2:], table[:, 1]


def last_iteration(path: Path) -> int:
    """The last that was recorded; -1 if none was."""
    return sum(1 for _ in _lines(path)) - 1


def _lines(path: Path) -> Iterator[str]:
    """The whole lines below the header, of a file that may not be there yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    yield from text[: text.rfind("\n") + 1].splitlines()[1:]
