"""The sweep of the gridworld's reward and deviation: for which of them the printed steps serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from replication.experiments import tune
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.naming import name_lines
from replication.figures.style import (
    LOOKS,
    TEXT,
    Drawing,
    Key,
    Line,
    canvas,
    lines,
    powers,
    reference,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("DN", "DG", "DS")
AVERAGE, FINAL = "average", "final"  # over iterations, and at the last one


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
        for what in (AVERAGE, FINAL)
    ]


def _point(method: str, row: Mapping[str, str], what: str) -> Point:
    reward = float(row["game.reward"])
    value, lower, upper = (float(row[f"{what}_{k}"]) / reward for k in ("value", "lower", "upper"))
    deviation, repetitions = float(row["policy.deviation"]), int(row["repetitions"])
    return Point(method, reward, deviation, repetitions, what, value, lower, upper)


def draw(shown: list[Point]) -> Figure:
    """Average return over reward against reward, a panel for each deviation."""
    deviations = sorted({point.deviation for point in shown})
    figure, axes = canvas(2.7, 1, len(deviations), sharey=True, squeeze=False)
    for axis, deviation in zip(axes.flat, deviations, strict=True):
        chosen = [p for p in shown if (p.iterations, p.deviation) == (AVERAGE, deviation)]
        drawn = [_line(method, chosen) for method in METHODS]
        lines(axis, drawn, marker="o", markersize=4)
        reference(axis, (0.0, 1.0))
        axis.set(xscale="log", title=f"σ = {deviation:g}", xticks=[1e-3, 1e-1, 10])
        axis.minorticks_off()
        powers(axis.xaxis)
    axes[0, 0].set_ylabel("J(μ) / reward")
    figure.supxlabel("reward for arriving", fontsize=TEXT)
    name_lines(axis, drawn)
    return figure


def _line(method: str, shown: list[Point]) -> Line:
    own = sorted((p for p in shown if p.method == method), key=lambda point: point.reward)
    x, *values = np.array([(p.reward, p.value, p.lower, p.upper) for p in own]).T
    return Line(method, LOOKS[method], x, *values)


def caption(shown: list[Point], confidence: float) -> str:
    """Caption of the figure."""
    n = "/".join(map(str, sorted({point.repetitions for point in shown})))
    value = {(p.method, p.reward, p.deviation): p.value for p in shown if p.iterations == AVERAGE}
    newton = {cell[1:]: v for cell, v in value.items() if cell[0] == "DN"}
    reward, deviation = best = max(newton, key=lambda cell: newton[cell])
    ahead, control = (
        sum(newton[cell] > value[other, *cell] for cell in newton) for other in ("DG", "DS")
    )
    return (
        "In the gridworld the size of the reward decides whether DN learns: it is ahead of DG in "
        f"{ahead} of {len(newton)} settings and of the first-order control DS in {control}; its "
        f"average return is highest, {newton[best]:.2f} of the reward, at a reward of "
        f"{reward:g} and σ = {deviation:g}. Average return J(μ) of the joint policy played, over "
        "all iterations, in units of the reward, against the reward, for three standard deviations "
        "σ of the policy in radians; from the committed tables sweep_DN, sweep_DG and sweep_DS. "
        "The methods are as printed, with an effective step 2ε/m = 20. Points are means over "
        f"n = {n} repetitions, bands pointwise {100 * confidence:g} % Student-t intervals. Grey: "
        "no reward, and the bound on any return. The returns at the last iteration are in the "
        "figure's table."
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
