"""Figures 1 to 3 in the universe where most of their claims hold together."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.curves import DILEMMA, HIGHEST, LOWEST, logarithmic
from replication.figures.naming import name_lines
from replication.figures.style import LOOKS, Drawing, Key, Line, canvas, lines, reference
from replication.multiverse.atlas import FOLDER
from replication.multiverse.shares import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = {
    "pd_exact": "Figure 1",
    "pd_sampled_no_is": "Figure 2, left",
    "pd_sampled_is": "Figure 2, right",
    "gridworld": "Figure 3",
}
SHOWN = "best"  # the default is in Figures 1 to 3, and both are in the table


@dataclass(frozen=True)
class Faith:
    """What is shown."""

    rows: Sequence[Mapping[str, str]]
    """Of the table: universe, figure, experiment, method, iteration, mean, lower, upper."""
    found: Mapping[str, Any]
    """What the search says of its best universe."""
    claims: int
    """That could hold."""
    repetitions: int
    """It was confirmed with."""

    def lines(self, universe: str, experiment: str) -> list[Line]:
        """The methods' curves."""
        return [
            line
            for method in ("DN", "DG", "DS")
            if (line := self._line(universe, experiment, method)) is not None
        ]

    def _line(self, universe: str, experiment: str, method: str) -> Line | None:
        wanted = (universe, experiment, method)
        own = [r for r in self.rows if (r["universe"], r["experiment"], r["method"]) == wanted]
        if not own:
            return None
        names = ("iteration", "mean", "lower", "upper")
        x, *values = np.array([[float(row[name]) for name in names] for row in own]).T
        return Line(method, LOOKS[method], x, *values)


def read(folder: Path = FOLDER) -> Faith:
    """What the search has found."""
    with (folder / "best_faith.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    summary = json.loads((folder / "best_faith.json").read_text(encoding="utf-8"))
    return Faith(rows, summary["universes"][0], len(summary["claims"]), summary["repetitions"])


def prepare(results: Mapping[Key, Results], confidence: float) -> Faith:
    """What is shown; results are not needed."""
    return read()


def draw(faith: Faith) -> Figure:
    """J against iteration: a panel for each figure."""
    figure, axes = canvas(4.4, 2, 2)
    drawn = {}
    for axis, (experiment, title) in zip(axes.flat, COLUMNS.items(), strict=True):
        drawn[axis] = faith.lines(SHOWN, experiment)
        _panel(axis, drawn[axis], experiment)
        axis.set_title(title)
    for axis in axes[:, 0]:
        axis.set_ylabel("J(μ)")
    for axis in axes[-1]:
        axis.set_xlabel("iteration")
    for axis, shown in drawn.items():
        name_lines(axis, shown)
    return figure


def _panel(axis: Axes, shown: Sequence[Line], experiment: str) -> None:
    lines(axis, shown)
    axis.set_xlim(0, max(line.x[-1] for line in shown))
    axis.locator_params(nbins=4)
    if experiment == "gridworld":
        reference(axis, (0.0,))
        axis.margins(y=0.15)
        return
    logarithmic(axis)
    reference(axis, DILEMMA)
    axis.set_ylim(LOWEST, HIGHEST)


def caption(faith: Faith, confidence: float) -> str:
    """Caption of the figure."""
    assumed = ", ".join(f"{short(name)} = {x}" for name, x in faith.found["assumed"].items())
    return (
        f"In one universe {faith.found['held']} of the {faith.claims} claims on Figures 1 to 3 "
        f"hold together. It departs from the default in {assumed or 'nothing'}. Average return "
        "J(μ) against the iteration k of Algorithm 1, for the dilemma on an axis that is linear up "
        "to k = 1 and logarithmic beyond. The verdicts were confirmed with fresh random numbers "
        f"and {faith.repetitions} repetitions. Lines are means over 30, bands pointwise "
        f"{100 * confidence:g} % Student-t intervals. Grey: mutual cooperation (−1) and mutual "
        "defection (−2) in the dilemma, no reward in the gridworld."
    )


def _table(faith: Faith) -> str:
    header = list(faith.rows[0])
    return csv_table(header, ([row[name] for name in header] for row in faith.rows))


BEST_FAITH: Drawing[Faith] = Drawing(
    needs=[], prepare=prepare, draw=draw, caption=caption, table=_table
)
