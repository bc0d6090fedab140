"""The sweep of the gridworld's reward and deviation: for which of them the printed steps serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replication.experiments import tune
from replication.experiments.results import Results
from replication.figures.style import NAMES, Drawing, Key, line, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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


def sweep(shown: list[Point]) -> Figure:
    """Return over reward against reward, a column for each deviation."""
    from matplotlib.figure import Figure

    deviations = sorted({point.deviation for point in shown})
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.subplots(len(ROWS), len(deviations), sharex=True, sharey=True, squeeze=False)
    for row, (what, title) in zip(axes, ROWS.items(), strict=True):
        row[0].set_ylabel(f"$J(\\mu)$ / reward,\n{title}")
        for axis, deviation in zip(row, deviations, strict=True):
            chosen = [p for p in shown if (p.iterations, p.deviation) == (what, deviation)]
            _panel(axis, chosen)
    for axis, deviation in zip(axes[0], deviations, strict=True):
        axis.set_title(f"$\\sigma$ = {deviation:g} rad")
    for axis in axes[-1]:
        axis.set_xlabel("reward for arriving")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(METHODS))
    return figure


def _panel(axis: Axes, shown: list[Point]) -> None:
    for value in (0.0, 1.0):
        axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
    for method in METHODS:
        own = sorted((p for p in shown if p.method == method), key=lambda point: point.reward)
        rewards, values = [p.reward for p in own], [p.value for p in own]
        look = line(("gridworld", method))
        axis.plot(rewards, values, label=NAMES[method], marker="o", markersize=3, **look)
        lower, upper = [p.lower for p in own], [p.upper for p in own]
        axis.fill_between(rewards, lower, upper, color=look["color"], alpha=0.22, linewidth=0)
    axis.set_xscale("log")


def sweep_caption(shown: list[Point], confidence: float) -> str:
    """Caption of `sweep`."""
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
    return table(
        header,
        (
            [f"{getattr(p, k):.10g}" if k in numbers else getattr(p, k) for k in header]
            for p in shown
        ),
    )


GRIDWORLD_SWEEP: Drawing[list[Point]] = Drawing(
    needs=[], prepare=points, draw=sweep, caption=sweep_caption, table=_table
)
