"""The figures in the universe where most claims on them hold together, beside the default ones."""

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
from replication.figures.style import LOOKS, NAMES, Drawing, Key, Line, canvas, lines, reference
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
ROWS = {"default": "default", "best": "best faith"}
DILEMMA = (-1.0, -2.0)


@dataclass(frozen=True)
class Faith:
    """What is shown."""

    rows: Sequence[Mapping[str, str]]
    """Of the table: universe, figure, experiment, method, iteration, mean, lower, upper."""
    found: Mapping[str, Any]
    """What the search says of its best universe."""
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
        return Line(NAMES[method], LOOKS[method], x, *values)


def read(folder: Path = FOLDER) -> Faith:
    """What the search has found."""
    with (folder / "best_faith.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    summary = json.loads((folder / "best_faith.json").read_text(encoding="utf-8"))
    return Faith(rows, summary["universes"][0], summary["repetitions"])


def prepare(results: Mapping[Key, Results], confidence: float) -> Faith:
    """What is shown; results are not needed."""
    return read()


def draw(faith: Faith) -> Figure:
    """J against iteration: a row for each universe, a column for each figure."""
    figure, axes = canvas(4.2, len(ROWS), len(COLUMNS))
    for row, universe in zip(axes, ROWS, strict=True):
        for axis, experiment in zip(row, COLUMNS, strict=True):
            _panel(axis, faith.lines(universe, experiment), experiment)
        row[0].set_ylabel(f"$J(\\mu)$, {ROWS[universe]}")
    for axis, title in zip(axes[0], COLUMNS.values(), strict=True):
        axis.set_title(title, fontsize="small")
    for axis in axes[-1]:
        axis.set_xlabel("iteration $k$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _panel(axis: Axes, shown: Sequence[Line], experiment: str) -> None:
    lines(axis, shown)
    axis.set_xlim(0, max(line.x[-1] for line in shown))
    if experiment == "gridworld":
        reference(axis, (0.0,))
        return
    axis.set_xscale("symlog", linthresh=1, linscale=0.3)
    axis.set_xticks([0, 1, 10, 100, 1000], ["0", "1", "10", "100", "1000"])
    axis.set_xlim(0, max(line.x[-1] for line in shown))
    reference(axis, DILEMMA)
    axis.set_ylim(-2.05, -0.93)


def caption(faith: Faith, confidence: float) -> str:
    """Caption of the figure."""
    assumed = ", ".join(f"{short(name)} = {x}" for name, x in faith.found["assumed"].items())
    return (
        "Figures 1 to 3 by default (top) and in the universe of the multiverse in which most of "
        "their claims hold together (bottom). Average return J(μ) against the iteration k of "
        "Algorithm 1, for the dilemma on an axis that is linear up to k = 1 and logarithmic "
        f"beyond. {faith.found['held']} claims hold there, confirmed with fresh random numbers and "
        f"{faith.repetitions} repetitions. It departs from the default in {assumed or 'nothing'}. "
        "Lines are means over 30 repetitions, bands pointwise "
        f"{100 * confidence:g} % Student-t intervals. Grey lines: mutual cooperation (−1) and "
        "mutual defection (−2) in the dilemma, no reward in the gridworld."
    )


def _table(faith: Faith) -> str:
    header = list(faith.rows[0])
    return csv_table(header, ([row[name] for name in header] for row in faith.rows))


BEST_FAITH: Drawing[Faith] = Drawing(
    needs=[], prepare=prepare, draw=draw, caption=caption, table=_table
)
