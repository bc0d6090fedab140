"""results/<experiment>/summary.csv: one row for each method and iteration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from replication.experiments.files import csv_table, write_text
from replication.experiments.intervals import student_t
from replication.experiments.results import Results

COLUMNS = (
    "method",
    "iteration",
    "mean",
    "lower",
    "upper",
    "n",
    "diverged",
    "vanished",
    "saturated",
)


def rows(results: Results, confidence: float) -> Iterator[tuple]:
    """J of one method: mean and Student-t interval over the repetitions that have not diverged.

    Beside them: how many have diverged, how many have a batch in which fewer than two trajectories
    count for some agent, and how many have more than half of their policy saturated.
    """
    J = results["J"]
    vanished, saturated = results.vanished.sum(axis=0), results.saturated.sum(axis=0)
    mean, lower, upper = student_t(J, confidence)
    n = np.isfinite(J).sum(axis=0)
    for k in range(J.shape[1]):
        yield (
            results.spec.method,
            k,
            *(f"{float(x):.12g}" for x in (mean[k], lower[k], upper[k])),
            int(n[k]),
            len(J) - int(n[k]),
            int(vanished[k]),
            int(saturated[k]),
        )


def write_summary(paths: Sequence[Path], out: Path, confidence: float) -> None:
    """Summarise the methods of one experiment into one tidy table."""
    every = (row for path in paths for row in rows(Results(path), confidence))
    write_text(out, csv_table(COLUMNS, every))
