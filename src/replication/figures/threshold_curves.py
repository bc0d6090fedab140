"""How large the steps of Algorithm 1 may be on each graph, and what happens at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.claims.theorems import step_sizes
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.naming import name_lines
from replication.figures.style import LOOKS, SMALL, Drawing, Key, Line, canvas, lines, powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Cells = dict[str, str]

# Colour and marker both tell the families apart; the colours are Okabe and Ito's.
MARKS: Mapping[str, tuple[str, str, float]] = {
    "path": ("#0072B2", "o", 6),
    "ring": ("#D55E00", "s", 6),
    "star": ("#000000", "*", 9),
    "random": ("#009E73", "^", 6),
    "complete": ("#CC79A7", "D", 6),
}
EDGE_LOOKS = (LOOKS["DN"], LOOKS["DG"])


@dataclass(frozen=True)
class Shown:
    """The two tables of `replication.thresholds`."""

    rows: list[Cells]
    edge: list[Cells]

    def of(self, dynamics: str) -> list[Cells]:
        """The rows of eq. 5, or those of Algorithm 1."""
        return [row for row in self.rows if row["dynamics"] == dynamics]


def draw_thresholds(table: Path) -> Drawing[Shown]:
    """The figure of the thresholds that `thresholds.write_thresholds` wrote to `table`.

    The table is read when the figure is drawn.
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> Shown:
        edge = step_sizes.read(step_sizes.edge_path(table), step_sizes.EDGE_HEADER)
        return Shown(step_sizes.read(table, step_sizes.HEADER), edge)

    return Drawing(needs=[], prepare=prepare, draw=draw, caption=caption, table=_table)


def draw(shown: Shown) -> Figure:
    """Threshold against spectral gap, and the error just below and just above one threshold."""
    figure, (top, bottom) = canvas(5.6, 2, 1, height_ratios=(4, 3))
    _gaps(top, shown)
    _edge(bottom, shown.edge)
    return figure


def _gaps(axis: Axes, shown: Shown) -> None:
    rows = shown.of("Algorithm 1")
    steepest = max((row["steepness"] for row in rows), key=float)
    for family, (color, marker, size) in MARKS.items():
        own = [row for row in rows if row["graph"] == family]
        faces = ["none" if row["steepness"] == steepest else color for row in own]
        x, y = _numbers(own, "threshold")
        axis.scatter(x, y, size**2, marker=marker, facecolors=faces, edgecolors=color, label=family)
    linear = max(float(row["linear_threshold"]) for row in rows)
    axis.axhline(linear, color="0.35", linewidth=1.2, linestyle=(0, (5, 2)))
    axis.axhline(1.0, color="0.7", linewidth=0.8, zorder=0)
    proven = [row for row in rows if row["proof_threshold"]]
    axis.plot(*_numbers(proven, "proof_threshold"), "x", color="0.35")
    axis.set(xscale="log", yscale="log", xlabel="spectral gap of the consensus matrix")
    axis.set(ylabel="largest step size ε̄", ylim=(None, 2.5 * linear))
    axis.set_title("a  largest steps that converge")
    beside: dict[str, Any] = {"xycoords": axis.get_yaxis_transform(), "fontsize": SMALL}
    axis.annotate("linearised", (0.02, 1.15 * linear), color="0.35", **beside)
    for height in sorted(1.8 * float(row["proof_threshold"]) for row in proven)[-1:]:
        axis.annotate("proof, for eq. 5", (0.02, height), color="0.35", **beside)
    for direction in (axis.xaxis, axis.yaxis):
        powers(direction)
    axis.minorticks_off()
    axis.legend(loc="center", bbox_to_anchor=(0.5, 0.45), ncols=3)


def _numbers(rows: list[Cells], column: str) -> tuple[list[float], list[float]]:
    """Spectral gaps, and a column beside them."""
    return [float(row["spectral_gap"]) for row in rows], [float(row[column]) for row in rows]


def _edge(axis: Axes, edge: list[Cells]) -> None:
    drawn = []
    for factor, look in zip(sorted({row["factor"] for row in edge}), EDGE_LOOKS, strict=True):
        own = [row for row in edge if row["factor"] == factor]
        x, y = (np.array([float(row[name]) for row in own]) for name in ("iteration", "error"))
        drawn.append(Line(f"{float(factor):g} ε̄", look, x, y, y, y))
    lines(axis, drawn)
    axis.set(yscale="log", xlabel="iteration", ylabel="error / at the start")
    axis.set_title("b  one start, just below and just above")
    axis.minorticks_off()
    axis.margins(y=0.15)
    powers(axis.yaxis)
    name_lines(axis, drawn)


def caption(shown: Shown, confidence: float) -> str:
    """Caption of `draw`."""
    rows, eq_5 = shown.of("Algorithm 1"), shown.of("eq. 5")
    values = [float(row["threshold"]) for row in rows]
    ratios = [
        float(row["threshold"]) / float(row["proof_threshold"])
        for row in eq_5
        if row["proof_threshold"]
    ]
    all_steps = sum(value == 1.0 for value in values)
    one, agents = shown.edge[0], sorted({int(row["agents"]) for row in rows})
    steep = max((row["steepness"] for row in rows), key=float)
    return (
        f"On all {len(rows)} combinations of problem and graph Algorithm 1 converges up to a step "
        f"size of at least {min(values):.2g}; what the proof of Theorem 4 guarantees for eq. 5 is "
        f"at least {min(ratios):.0f} times smaller than what is measured for it. Shown is the "
        "largest step size ε̄ such that Algorithm 1 converges from all starts tried at it and at "
        "every smaller value of a logarithmic grid, on team problems that satisfy Assumptions 2 "
        "and 3, in the ascent reading, with "
        f"N = {', '.join(map(str, agents))} agents, open markers for the steeper problem "
        f"(scale {steep}). (a) Measured ε̄ against the spectral gap of the Metropolis weights: "
        f"between {min(values):.2g} and {max(values):.2g}; on {all_steps} of them all of (0, 1] "
        "converges, which is written as 1 (grey line). Dashed: 2, the step size at which the "
        "spectral radius of the linearised dynamics reaches 1 on every graph. Crosses: the "
        "constant 2b₃/(b₂b₄²) of the proof of Theorem 4 where it can be bounded. (b) Error of one "
        f"start, the largest of a copy, {one['agents']} agents on a "
        f"{one['graph']}: it falls just below ε̄, and stays away from the optimum, without "
        "diverging, just above."
    )


def _table(shown: Shown) -> str:
    """The table of thresholds."""
    return csv_table(step_sizes.HEADER, ([row[k] for k in step_sizes.HEADER] for row in shown.rows))
