"""The table of measured and predicted step sizes behind the claims theorem-4 and theorem-5."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from replication.claims.concave import Reading
from replication.claims.theorems import convergence
from replication.claims.theorems.convergence import Row
from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table, write_text
from replication.experiments.recipes import Missing

HEADER = (
    "dynamics",
    "graph",
    "agents",
    "spectral_gap",
    "steepness",
    "condition",
    "threshold",
    "linear_threshold",
    "proof_threshold",
    "rate",
    "runs",
    "arrived",
    "behaviour_above",
)
EDGE_HEADER = ("graph", "agents", "steepness", "factor", "iteration", "error")
EDGE_SIZE, EDGE_CASE = convergence.SIZES[1], 0  # six agents on a path, the steeper problem
FACTORS = (0.95, convergence.ABOVE)
EDGE_ITERATIONS = 150


def edge_path(path: Path) -> Path:
    """Where the errors just below and above one threshold are, beside the table."""
    return path.with_name(f"{path.stem}_edge{path.suffix}")


def write_thresholds(path: Path) -> None:
    """Write the table, and beside it the errors just below and just above one threshold.

    Everything is made under the base reading of Section 4; what was measured for the two claims
    in the same process is not measured again.

    Parameters
    ----------
    path : Path
        ``thresholds.csv`` in a folder of results; the other is ``thresholds_edge.csv``.
    """
    reading = Reading()
    rows = [_cells("eq. 5", row) for row in convergence.eq_5_rows(reading, convergence.EQ_5_SIZES)]
    rows += [
        _cells("Algorithm 1", row)
        for row in convergence.algorithm_1_rows(reading, convergence.SIZES)
    ]
    write_text(path, csv_table(HEADER, rows))
    write_text(edge_path(path), csv_table(EDGE_HEADER, _edge_rows()))


def read(path: Path, header: Sequence[str]) -> list[dict[str, str]]:
    """A table that `write_thresholds` made.

    Raises
    ------
    ConfigError
        If it is missing or has other columns.
    """
    if not path.exists():
        raise Missing(path)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != tuple(header):
            raise ConfigError(f"{path} has other columns than {header}: delete it, make it again")
        return list(reader)


def _cells(dynamics: str, row: Row) -> list[object]:
    rate = max(slope.value for slope in row.slopes)
    numbers = (
        row.spectral_gap,
        row.steepness,
        row.condition,
        row.threshold,
        row.linear_threshold,
        row.proof_threshold,
        rate,
    )
    written = ["" if np.isnan(x) else f"{x:.6g}" for x in numbers]
    counts = [len(row.slopes), row.arrived, row.behaviour_above]
    return [dynamics, row.graph, row.agents, *written, *counts]


def _edge_rows() -> Iterable[list[object]]:
    errors = convergence.edge_errors(EDGE_SIZE, EDGE_CASE, FACTORS, EDGE_ITERATIONS)
    where = [EDGE_SIZE.families[EDGE_CASE], EDGE_SIZE.agents, EDGE_SIZE.steepness]
    for factor, run in zip(FACTORS, errors, strict=True):
        for k, error in enumerate(run):
            yield [*where, factor, k, f"{error:.6g}"]
