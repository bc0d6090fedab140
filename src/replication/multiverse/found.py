"""What the search for the paper's universe has found, in the folder of the multiverse's tables.

``best_faith.json`` holds the best universes, with what they assume and their verdicts;
``best_faith.csv`` the figures' curves by default and in the first of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table, digest, write_text
from replication.experiments.intervals import student_t
from replication.experiments.made import read_made
from replication.experiments.returns import returns
from replication.experiments.thinning import drawn_iterations
from replication.multiverse.atlas import FOLDER, read_atlas, remaking
from replication.multiverse.together import (
    CONFIRMING,
    FIGURES,
    REPETITIONS,
    figure_claims,
    held,
    run,
    search,
)
from replication.multiverse.universes import SOURCES, Universe, default

PAPERS = 30  # repetitions of its figures


def write_together(
    out: Path, jobs: int, confidence: float, say: Callable[[str], None] = print
) -> None:
    """Search, and write ``best_faith.json`` (the best universes) and ``.csv`` (its curves).

    Parameters
    ----------
    out : Path
        The folder of the tables, and for what is found.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.

    Raises
    ------
    ConfigError
        If a table is missing.
    """
    atlases = {figure: read_atlas(figure, out) for figure in FIGURES}
    if missing := [figure for figure, atlas in atlases.items() if atlas is None]:
        raise ConfigError(
            f"{out} has no table of {', '.join(missing)}: make it with {remaking(missing[0], out)}"
        )
    there = {figure: atlas for figure, atlas in atlases.items() if atlas is not None}
    found, together = search(there, jobs, confidence, say), held(there)
    summary = {
        "sources": digest(SOURCES),
        "confidence": confidence,
        "repetitions": REPETITIONS,
        "claims": figure_claims(),
        "drawn": len(together),
        "as_many": int((together >= found[0].held).sum()),
        "universes": [
            {
                "number": r.universe.number,
                "held": r.held,
                "assumed": r.assumed,
                "verdicts": dict(r.verdicts),
            }
            for r in found
        ],
    }
    rows = [
        row
        for which, universe in (("default", default(CONFIRMING)), ("best", found[0].universe))
        for row in curves(which, universe, confidence)
    ]
    header = ["universe", "figure", "experiment", "method", "iteration", "mean", "lower", "upper"]
    write_text(out / "best_faith.csv", csv_table(header, rows))
    write_text(out / "best_faith.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


def read_together(folder: Path = FOLDER) -> dict[str, Any] | None:
    """What the search has found, and whether it is ``current``; None if there is nothing yet.

    Raises
    ------
    ConfigError
        If it is damaged.
    """

    def found(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "current": document["sources"] == digest(SOURCES)}

    return read_made(folder / "best_faith.json", found, remaking("together", folder))


def curves(which: str, universe: Universe, confidence: float) -> list[list[Any]]:
    """The figures' curves in a universe, with the paper's repetitions: rows of the table."""
    rows: list[list[Any]] = []
    for figure, runs in run(universe, PAPERS).items():
        for (experiment, method), results in runs.items():
            bands = student_t(returns(results), confidence)
            for k in drawn_iterations(len(bands[0]) - 1):
                numbers = [f"{band[k]:.5g}" for band in bands]
                rows.append([which, figure, experiment, method, k, *numbers])
    return rows
