"""The time of an iteration against the number of agents, in the sparse form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.claims.promise.committed import Row
from replication.experiments.intervals import Interval, line_slope
from replication.experiments.results import Results
from replication.extended.declared import declared
from replication.extended.scaling import METHODS, TIMES
from replication.figures.extended_parts import as_drawn, seen, times, where
from replication.figures.style import LOOKS, Drawing, Key, canvas, powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("method", "agents", "edges", "stored", "sent", "peak_bytes", "repeat", "seconds")
MARKS = dict(zip(METHODS, ((LOOKS["DS"], "D"), (LOOKS["DN_floor"], "p")), strict=True))


@dataclass(frozen=True)
class Scaling:
    """Times of an iteration, with their slopes."""

    rows: list[Row]
    confidence: float

    def slope(self, method: str, name: str = "seconds") -> Interval:
        """Of the logarithm of a column on that of N, with its interval, for large networks."""
        least = declared().scaling["fitted_from"]
        own = [row for row in where(self.rows, method=method) if row["agents"] >= least]
        x, y = (np.log([float(row[key]) for row in own]) for key in ("agents", name))
        return line_slope(x, y, self.confidence)


def draw_scaling(path: Path = TIMES) -> Drawing[Scaling]:
    """The figure of the table that benchmarks/scaling.py writes; read when it is drawn.

    Parameters
    ----------
    path : Path
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> Scaling:
        return Scaling(times(path), confidence)

    return Drawing([], prepare, draw, caption, lambda shown: as_drawn(shown.rows, COLUMNS))


def draw(shown: Scaling) -> Figure:
    """Time and memory against N."""
    figure, (left, right) = canvas(2.9, 1, 2)
    for method in seen(shown.rows, "method"):
        _against(left, shown, method, "seconds", 1e3)
        _against(right, shown, method, "peak_bytes", 1e-6)
    left.set(title="time, ms", xlabel="agents N")
    right.set(title="memory, MB", xlabel="agents N")
    left.legend(loc="upper left")
    return figure


def _against(axis: Axes, shown: Scaling, method: str, name: str, unit: float) -> None:
    look, marker = MARKS[method]
    rows = where(shown.rows, method=method)
    sizes = np.unique([float(row["agents"]) for row in rows])
    each = [[unit * float(row[name]) for row in where(rows, agents=size)] for size in sizes]
    y = np.median(each, axis=1)
    apart = np.abs(np.quantile(each, (0.0, 1.0), axis=1) - y)
    axis.errorbar(
        sizes, y, yerr=apart, color=look.color, marker=marker, markersize=4, linewidth=1.1,
        label=method,
    )  # fmt: skip
    axis.set(xscale="log", yscale="log")
    axis.minorticks_off()
    for direction in (axis.xaxis, axis.yaxis):
        powers(direction)


def caption(shown: Scaling, confidence: float) -> str:
    """Caption of the figure."""
    own = declared().scaling
    slopes = " and ".join(
        f"N to the power {found.value:.2f} [{found.lower:.2f}, {found.upper:.2f}] ({method})"
        for method in seen(shown.rows, "method")
        for found in [shown.slope(method)]
    )
    most = max(int(row["agents"]) for row in shown.rows)
    return (
        f"An iteration of {most:,} agents takes time in proportion to {slopes}, from N = "
        f"{own['fitted_from']} on. Shown are the processor time of an iteration (medians and "
        f"ranges of {own['repeats']} repeats) and the most memory that it allocates, in a "
        f"coordination game with d = 2N logits on a random {own['graph']} graph, agents holding "
        "copies of their neighbourhoods' parameters alone: gradient tracking, and tracked Newton "
        "with a block for each agent. The exponents are least-squares slopes of logarithms with "
        f"{100 * confidence:g} % intervals. Times are of one machine (benchmarks/scaling.csv)."
    )
