"""The tables of the extended experiments, paper_checks/extended, and what they were made with.

- ``search.csv``: every tuning run; ``winners.csv``: the best of each search
- ``sizes.csv``, ``graphs.csv``, ``rounds.csv``: iterations to a share of the way from J(theta(0))
  to the game's level (medians), and scalars; against N, the graph, and rounds of mixing
- ``curves.csv``: the mean share of the way to the level in rounds.csv, against scalars
- ``losses.csv``, ``others.csv``: what links do; ``error`` is the trackers' at the end (median)
- ``made.json``: what all were made with

``last`` is the mean over the last tenth of the iterations, as a share of the way from J(theta(0))
to the optimum of the team, and ``worst`` that of the worst repetition. Scalars cross an edge in an
iteration, both ways. A time that was not seen is infinite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from netnewton.arrays import Array
from replication.experiments.config import ROOT
from replication.experiments.files import csv_table, write_text
from replication.experiments.intervals import Interval, mean_interval, median_interval, student_t
from replication.experiments.made import made_with, read_made
from replication.experiments.returns import tenth
from replication.extended.cells import Cell
from replication.extended.conducting import MADE_WITH, Found, Played, conduct, what
from replication.extended.declared import DECLARED, Plan, declared
from replication.extended.outcomes import Row, points, share
from replication.promise.scores import arrival

FOLDER = ROOT / "paper_checks" / "extended"
COMMAND = "./run snakemake --cores 2 extended"
ROOM = (
    *MADE_WITH,
    "src/replication/extended/written.py",
    *(
        f"src/replication/experiments/{name}.py"
        for name in ("intervals", "recipes", "results", "returns")
    ),
    "src/replication/promise/scores.py",
)
"""What the tables depend on, beside the declaration."""
WAYS = ("sizes", "graphs", "rounds")
LINKS = ("losses", "others")

Levels = Mapping[Played, Array]


def extended(
    out: Path,
    scratch: Path,
    jobs: int,
    confidence: float,
    say: Callable[[str], None] = print,
    declared_in: Path = DECLARED,
) -> None:
    """Run the experiments and write their tables; as `conducting.conduct`."""
    found = conduct(scratch, jobs, say, declared_in)
    for name, table in tables_of(declared(declared_in), found, confidence).items():
        write_text(out / f"{name}.csv", as_csv(table))
    made = {"made_with": made_with(ROOM, declared_in), "confidence": confidence}
    write_text(out / "made.json", json.dumps(made, indent=1) + "\n")


def is_current(folder: Path = FOLDER) -> bool:
    """Whether tables were made with the sources and the declaration here."""
    made = read_made(folder / "made.json", lambda document: document["made_with"], COMMAND)
    return bool(made == made_with(ROOM, DECLARED))


def tables_of(plan: Plan, found: Found, confidence: float) -> dict[str, Sequence[Row]]:
    """All tables by name."""
    of: dict[str, list[tuple[Cell, Row, Array]]] = {part: [] for part in (*WAYS, *LINKS)}
    for cell, run in found.runs:
        of[cell.part].append((cell, run, np.array(run["J"])))
    levels = {part: _levels(plan, found, part) for part in WAYS}
    return {
        "search": [row for each in found.tuned for row in each.rows],
        "winners": [each.winner for each in found.tuned],
        **{
            part: [
                {
                    **_way(plan, cell, run, share(J, levels[part][what(cell)]), confidence),
                    **_end(found, cell, run, J, confidence),
                }
                for cell, run, J in of[part]
            ]
            for part in WAYS
        },
        "curves": [
            row
            for cell, run, J in of["rounds"]
            for row in _curve(cell, run, share(J, levels["rounds"][what(cell)]), confidence)
        ],
        **{
            part: [
                {
                    **_key(cell),
                    **_named("error", _error(np.array(run["error"]), confidence)),
                    **_end(found, cell, run, J, confidence),
                }
                for cell, run, J in of[part]
            ]
            for part in LINKS
        },
    }


def _levels(plan: Plan, found: Found, part: str) -> Levels:
    """The level of every repetition of every game of a part: its optimum, or the best seen."""
    best: dict[Played, Array] = {}
    for cell, run in found.runs:
        if cell.part == part:
            with np.errstate(over="ignore"):  # of what has run away, and is no one's best
                last = np.nan_to_num(tenth(np.array(run["J"])), nan=-np.inf)
            best[what(cell)] = np.maximum(best.get(what(cell), -np.inf), last)
    optimal = {game for game, own in plan.games.items() if own["level"] == "optimum"}
    return {key: found.optima[key] if key[0] in optimal else seen for key, seen in best.items()}


def _key(cell: Cell) -> Row:
    return {name: value for name, value in asdict(cell).items() if name != "part"}


def _way(plan: Plan, cell: Cell, run: Row, way: Array, confidence: float) -> Row:
    """Iterations and scalars to shares of the way to the level."""
    scalars, last = run["scalars"], way.shape[1] - 1
    times = {
        name: _time(arrival(way, level), last, confidence) for name, level in plan.levels.items()
    }
    return {
        **_key(cell),
        **_named("gap", mean_interval(np.array(run["gap"]), confidence)),
        "scalars": scalars,
        **{key: x for name, time in times.items() for key, x in _named(name, time).items()},
        **{f"{name}_scalars": time.value * scalars for name, time in times.items()},
    }


def _end(found: Found, cell: Cell, run: Row, J: Array, confidence: float) -> Row:
    last = tenth(share(J, found.optima[what(cell)]))
    return {
        **_named("last", mean_interval(last, confidence)),
        "worst": float(last.min()),
        "diverged": run["diverged"],
        "repetitions": len(J),
    }


def _time(seen: Array, last: int, confidence: float) -> Interval:
    """The median of times; what was not seen in a run took longer than that."""
    return median_interval(np.where(np.isfinite(seen), seen, last + 1), seen, confidence)


def _error(seen: Array, confidence: float) -> Interval:
    """The median of errors; that of a repetition which has diverged is infinite."""
    found = np.nan_to_num(seen, nan=np.inf)
    with np.errstate(over="ignore"):  # of trackers that have run away
        return median_interval(found, found, confidence)


def _curve(cell: Cell, run: Row, way: Array, confidence: float) -> Iterator[Row]:
    bounds = student_t(way, confidence)
    for k in points(way.shape[1] - 1):
        key = {"game": cell.game, "method": cell.method, "rounds": cell.rounds, "iteration": k}
        ends = zip(("mean", "lower", "upper"), bounds, strict=True)
        numbers = {name: float(x[k]) for name, x in ends}
        yield {**key, "scalars": k * run["scalars"], **numbers}


def _named(name: str, interval: Interval) -> Row:
    return {
        name: interval.value,
        f"{name}_lower": interval.lower,
        f"{name}_upper": interval.upper,
    }


def as_csv(table: Sequence[Row]) -> str:
    """Rows with the union of their columns: numbers to eight digits, nothing for None."""
    header = list(dict.fromkeys(key for row in table for key in row))
    return csv_table(header, ([_shown(row.get(key)) for key in header] for row in table))


def _shown(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.8g}" if isinstance(value, float) else value
