"""The trial: the best of each family on every task beside what is printed, and how they are tuned.

On the left mean returns with bands; on the right how far each setting can be moved from the winner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.claims.promise.committed import FOLDER, Row, table
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.curves import logarithmic
from replication.figures.style import LOOKS, SMALL, Drawing, Key, Line, Look, canvas, lines
from replication.promise.registration import FIRST_ORDER, SECOND_ORDER, Task, registered
from replication.promise.tables import is_current

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAMILIES: Mapping[str, Look] = {
    SECOND_ORDER: LOOKS["DN_floor"],
    FIRST_ORDER: LOOKS["DS"],
    "printed DN": LOOKS["DN"],
    "printed DG": LOOKS["DG"],
}
LABELS = {
    SECOND_ORDER: "best second order",
    FIRST_ORDER: "best first order",
    "printed DN": "DN as printed",
    "printed DG": "DG as printed",
}
SIGNS = {"step_size": "ε", "floor": "floor", "damping": "damping", "bound": "bound"}

STALE = " The tables were made with other sources than those that are here."


@dataclass(frozen=True)
class Shown:
    """A line of a panel: one method on one task, with the bands of its settings."""

    task: Task
    kind: str
    """The family it is the best of, or what is printed."""
    method: str
    curve: Line
    bands: Sequence[Row]
    ninety: float
    """Median of the iterations to 90 % of the best level."""
    current: bool
    """Whether its tables were made with the sources that are here."""


def draw_promise(folder: Path = FOLDER) -> Drawing[list[Shown]]:
    """The figure of the trial's tables; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> list[Shown]:
        curves, bands, current = table("curves", folder), table("bands", folder), is_current(folder)
        ninety = {
            (row["task"], row["method"]): float(row["ninety"])
            for row in table("scores", folder)
            if (row["seeds"], float(row["scale"])) == ("trial", 1.0)
        }
        return [
            Shown(
                task,
                kind,
                name,
                _line(curves, task, kind, name),
                _of(bands, task, name),
                ninety[task.name, name],
                current,
            )
            for task in registered().tasks.values()
            for kind, name in _chosen(task, table("winners", folder), curves)
        ]

    return Drawing([], prepare, draw, caption, _table)


def _chosen(task: Task, winners: Sequence[Row], curves: Sequence[Row]) -> list[tuple[str, str]]:
    """The best of each family by its area in tuning, and what is printed."""
    own = [row for row in winners if row["task"] == task.name]
    found = []
    for family in (SECOND_ORDER, FIRST_ORDER):
        rows = [row for row in own if row["family"] == family]
        found.append((family, str(max(rows, key=lambda row: float(row["area"]))["method"])))
    run = {row["method"] for row in curves if row["task"] == task.name}
    return found + [(name, name) for name in FAMILIES if name in run]


def _of(rows: Sequence[Row], task: Task, method: str) -> list[Row]:
    return [row for row in rows if (row["task"], row["method"]) == (task.name, method)]


def _line(curves: Sequence[Row], task: Task, kind: str, method: str) -> Line:
    own = _of(curves, task, method)
    columns = ("iteration", "mean", "lower", "upper")
    return Line(LABELS[kind], FAMILIES[kind], *(np.array([r[c] for r in own]) for c in columns))


def draw(shown: list[Shown]) -> Figure:
    """A row for each task: curves, and the bands of settings."""
    tasks = list(dict.fromkeys(line.task.name for line in shown))
    figure, axes = canvas(
        1.35 * len(tasks) + 0.6, len(tasks), 2, squeeze=False, width_ratios=(2, 1)
    )
    for (left, right), name in zip(axes, tasks, strict=True):
        own = [line for line in shown if line.task.name == name]
        lines(left, [line.curve for line in own])
        logarithmic(left)
        left.set_title(own[0].task.title, fontsize=SMALL)
        _bands(right, own)
    axes[-1, 0].set_xlabel("iteration")
    axes[0, 1].set_title("settings move by", fontsize=SMALL)
    axes[-1, 1].set_xlabel("decades")
    figure.supylabel("J(μ)", fontsize=SMALL)
    handles = [
        axes[0, 0].plot([], [], color=look.color, dashes=look.dashes or (), label=LABELS[kind])[0]
        for kind, look in FAMILIES.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=SMALL)
    return figure


def _bands(axis: Axes, shown: Sequence[Shown]) -> None:
    """A bar for each setting of each tuned method; an arrow where it goes on."""
    bars = [(line, band) for line in shown for band in line.bands]
    for y, (line, band) in enumerate(bars):
        color = line.curve.look.color
        axis.plot([-band["below"], band["above"]], [y, y], color=color, linewidth=4)
        axis.plot([0], [y], marker="o", markersize=4, color=color)
        for end, is_open in ((-band["below"], "open_below"), (band["above"], "open_above")):
            if band[is_open] == "True":
                axis.plot([end], [y], marker="<" if end < 0 else ">", color=color, clip_on=False)
    axis.set_yticks(range(len(bars)), [SIGNS[band["setting"]] for _, band in bars])
    axis.set(xlim=(-1.2, 1.2), ylim=(len(bars) - 0.5, -0.5))
    axis.axvline(0, color="0.7", linewidth=0.8, zorder=0)


def caption(shown: list[Shown], confidence: float) -> str:
    """Caption of the figure."""
    plan = registered()
    return (
        f"{_answer(shown)} "
        "Shown are, for every task of the trial, the second-order and the first-order method with "
        f"the largest mean return in tuning, each the best of {plan.budget} runs, and DN and DG "
        f"with their printed settings. The best are {_best(shown)}. Left: J(μ) (team problems: "
        f"normalised) on fresh seeds, means over n = {plan.repetitions['trial']} repetitions with "
        f"pointwise {100 * confidence:g} % Student-t intervals. Right: how many decades a setting "
        "alone can be moved from the winner (0) with at least "
        f"{100 * plan.band['keeps']:g} % of its normalised mean return in tuning, in steps of "
        f"{plan.band['stride']:g}; arrows: it goes on beyond {plan.band['farthest']} decade, the "
        f"farthest tried.{'' if shown[0].current else STALE}"
    )


def _answer(shown: Sequence[Shown]) -> str:
    """To 90 % of the best level, task by task."""

    def medians(kind: str) -> list[float]:
        return [line.ninety for line in shown if line.kind == kind]

    def needed(kind: str) -> str:
        return ", ".join("never" if np.isinf(x) else f"{x:g}" for x in medians(kind))

    pairs = list(zip(medians(SECOND_ORDER), medians(FIRST_ORDER), strict=True))
    level = sum(second >= first for second, first in pairs)
    return (
        "Tuned at equal cost, second order needs no fewer iterations than first order on "
        f"{level} of {len(pairs)} tasks. To 90 % of the best level the best second-order method "
        f"needs, task by task, {needed(SECOND_ORDER)} iterations (medians), the best first-order "
        f"one {needed(FIRST_ORDER)}, and DN as printed {needed('printed DN')}."
    )


def _best(shown: Sequence[Shown]) -> str:
    """The names of the best of both families on every task."""
    methods = registered().methods
    by_task: dict[str, list[str]] = {}
    for line in shown:
        if line.kind in (SECOND_ORDER, FIRST_ORDER):
            by_task.setdefault(line.task.title, []).append(methods[line.method].title)
    return "; ".join(f"{title}: {' and '.join(names)}" for title, names in by_task.items())


def _table(shown: list[Shown]) -> str:
    header = ("task", "kind", "method", "iteration", "mean", "lower", "upper")
    return csv_table(
        header,
        (
            [line.task.name, line.kind, line.method, int(k), *(f"{x:.8g}" for x in values)]
            for line in shown
            for k, *values in zip(
                line.curve.x, line.curve.value, line.curve.lower, line.curve.upper, strict=True
            )
        ),
    )
