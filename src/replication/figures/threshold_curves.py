"""How large the steps of Algorithm 1 may be on each graph, and what happens at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replication.claims.theorems import step_sizes
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.style import SMALL, Drawing, Key, canvas, reference

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
EDGE_LOOKS: tuple[Mapping[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#D55E00", "linestyle": (0, (5, 2))},
)


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
    figure, (left, right) = canvas(3.9, 1, 2, width_ratios=(3, 2))
    _gaps(left, shown)
    _edge(right, shown.edge)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
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
    axis.axhline(linear, color="0.35", linewidth=1.2, linestyle=(0, (5, 2)), label="linearised")
    reference(axis, (1.0,))
    proven = [row for row in rows if row["proof_threshold"]]
    axis.plot(*_numbers(proven, "proof_threshold"), "x", color="0.35", label="proof, for eq. 5")
    axis.set(xscale="log", yscale="log", xlabel="spectral gap of the consensus matrix")
    axis.set_ylabel(r"largest step size $\bar\varepsilon$")
    axis.set_title("a  measured and predicted")


def _numbers(rows: list[Cells], column: str) -> tuple[list[float], list[float]]:
    """Spectral gaps, and a column beside them."""
    return [float(row["spectral_gap"]) for row in rows], [float(row[column]) for row in rows]


def _edge(axis: Axes, edge: list[Cells]) -> None:
    for factor, look in zip(sorted({row["factor"] for row in edge}), EDGE_LOOKS, strict=True):
        own = [row for row in edge if row["factor"] == factor]
        iterations, errors = [int(r["iteration"]) for r in own], [float(r["error"]) for r in own]
        axis.plot(iterations, errors, linewidth=1.4, **look)
        middle = len(own) // 2
        axis.annotate(
            rf"{float(factor):g} $\bar\varepsilon$",
            (iterations[middle], max(errors[middle:])),
            xytext=(2, 4),
            textcoords="offset points",
            fontsize=SMALL + 1,
            color=str(look["color"]),
        )
    axis.set(yscale="log", xlabel="iteration", ylabel="largest error of a copy / at the start")
    axis.set_title("b  one start, below and above")


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
        "Largest step size ε̄ such that Algorithm 1 converges from all starts tried at it and at "
        "every smaller value of a logarithmic grid, on team problems that satisfy Assumptions 2 "
        f"and 3, in the ascent reading; {len(rows)} combinations of problem and graph with "
        f"N = {', '.join(map(str, agents))} agents, open markers for the steeper problem "
        f"(scale {steep}). (a) Measured ε̄ against the spectral gap of the Metropolis weights: "
        f"between {min(values):.2g} and {max(values):.2g}; on {all_steps} of them all of (0, 1] "
        "converges, which is written as 1 (grey line). Dashed: 2, the step size at which the "
        "spectral radius of the linearised dynamics reaches 1 on every graph. Crosses: the "
        "constant 2b₃/(b₂b₄²) of the proof of Theorem 4 where it can be bounded; it is about "
        f"eq. 5, whose measured ε̄ is at least {min(ratios):.0f} times larger. (b) Error of one "
        f"start, {one['agents']} agents on a {one['graph']}: it falls just below ε̄, and stays "
        "away from the optimum, without diverging, just above."
    )


def _table(shown: Shown) -> str:
    """The table of thresholds."""
    return csv_table(step_sizes.HEADER, ([row[k] for k in step_sizes.HEADER] for row in shown.rows))
