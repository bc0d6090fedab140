"""The committed tables of the trial, paper_checks/promise, as plain data."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from replication.experiments.config import ROOT, ConfigError

FOLDER = ROOT / "paper_checks" / "promise"

Row = Mapping[str, Any]


def table(name: str, folder: Path = FOLDER) -> list[Row]:
    """The rows of a table; what is a number in each row that has it is one, NaN where it is empty.

    Raises
    ------
    ConfigError
        If it is missing, with the command that makes it.
    """
    path = folder / f"{name}.csv"
    if not path.exists():
        raise ConfigError(f"{path} is missing: make it with ./run snakemake --cores 2 promise")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = {key for key in (rows[0] if rows else ()) if _numeric(row[key] for row in rows)}
    return [
        {key: _number(cell) if key in numbers else cell for key, cell in row.items()}
        for row in rows
    ]


def _numeric(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    try:
        return bool(list(map(float, filled)))
    except ValueError:
        return False


def _number(cell: str) -> float:
    return float(cell) if cell else float("nan")
