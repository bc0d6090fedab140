"""The sweep of the gridworld's reward and deviation: for which of them the printed steps serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from replication.experiments import tune
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.style import LOOKS, NAMES, Drawing, Key, Line, canvas, lines, reference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("DN", "DG", "DS")
ROWS = {"average": "mean over iterations", "final": "last iteration"}


@dataclass(frozen=True)
class Point:
    """What one method came to, in units of the reward it was run with."""

    method: str
    reward: float
    deviation: float
    repetitions: int
    iterations: str
    """``average`` or ``final``."""
    value: float
    lower: float
    upper: float


def points(results: Mapping[Key, Results], confidence: float) -> list[Point]:
    """Every point of the committed tables; results are not needed."""
    return [
        _point(method, row, what)
        for method in METHODS
        for row in tune.table(f"sweep_{method}")
        for what in ROWS
    ]


def _point(method: str, row: Mapping[str, str], what: str) -> Point:
    reward = float(row["game.reward"])
    value, lower, upper = (float(row[f"{what}_{k}"]) / reward for k in ("value", "lower", "upper"))
    deviation, repetitions = float(row["policy.deviation"]), int(row["repetitions"])
    return Point(method, reward, deviation, repetitions, what, value, lower, upper)


def draw(shown: list[Point]) -> Figure:
    """Return over reward against reward, a column for each deviation."""
    deviations = sorted({point.deviation for point in shown})
    figure, axes = canvas(4.4, len(ROWS), len(deviations), sharex=True, sharey=True, squeeze=False)
    for row, what in zip(axes, ROWS, strict=True):
        for axis, deviation in zip(row, deviations, strict=True):
            chosen = [p for p in shown if (p.iterations, p.deviation) == (what, deviation)]
            lines(axis, [_line(method, chosen) for method in METHODS], marker="o", markersize=4)
            reference(axis, (0.0, 1.0))
    axes[0, 0].set_xscale("log")
    for axis, deviation in zip(axes[0], deviations, strict=True):
        axis.set_title(f"$\\sigma$ = {deviation:g} rad")
    for axis, title in zip(axes[:, 0], ROWS.values(), strict=True):
        axis.set_ylabel(f"$J(\\mu)$ / reward,\n{title}")
    for axis in axes[-1]:
        axis.set_xlabel("reward for arriving")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(METHODS))
    return figure


def _line(method: str, shown: list[Point]) -> Line:
    own = sorted((p for p in shown if p.method == method), key=lambda point: point.reward)
    x, *values = np.array([(p.reward, p.value, p.lower, p.upper) for p in own]).T
    return Line(NAMES[method], LOOKS[method], x, *values)


def caption(shown: list[Point], confidence: float) -> str:
    """Caption of the figure."""
    n = "/".join(map(str, sorted({point.repetitions for point in shown})))
    printed = [p for p in shown if (p.method, p.iterations) == ("DN", "average")]
    best = max(printed, key=lambda point: point.value)
    return (
        "The printed methods in the gridworld under other sizes of the reward and of the policy's "
        "standard deviation σ, from the committed tables sweep_DN, sweep_DG and sweep_DS. Average "
        "return J(μ) of the joint policy played in units of the reward, against the reward; top "
        "averaged over all iterations, bottom at the last one. The reward decides how large the "
        "printed effective step 2ε/m = 20 is. Points are means over "
        f"n = {n} repetitions, bands pointwise {100 * confidence:g} % Student-t intervals. DN's "
        f"average is highest, {best.value:.2f}, at a reward of {best.reward:g} and "
        f"σ = {best.deviation:g}. Grey lines: no reward, and the bound on any return."
    )


def _table(shown: list[Point]) -> str:
    header = list(Point.__dataclass_fields__)
    numbers = ("value", "lower", "upper")
    return csv_table(
        header,
        (
            [f"{getattr(p, k):.10g}" if k in numbers else getattr(p, k) for k in header]
            for p in shown
        ),
    )


GRIDWORLD_SWEEP: Drawing[list[Point]] = Drawing(
    needs=[], prepare=points, draw=draw, caption=caption, table=_table
)
