"""The paper's Figure 1, exact learning in the Prisoner's Dilemma, with our control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import AVERAGE_RETURN, COLUMNS, Curves, counts, n
from replication.figures.style import Drawing, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = {
    "DN and DG, the methods of the paper's Figure 1": ("DN", "DG"),
    "DN and the control DS, with DN's step size and floor": ("DN", "DS"),
}


def draw(curves: Curves) -> Figure:
    """J against iteration, on a linear and on a logarithmic axis."""
    figure, axes = canvas(5.4, 2, 2, sharey=True)
    for row, (title, methods) in zip(axes, ROWS.items(), strict=True):
        for axis, scale in zip(row, ("linear", "symlog"), strict=True):
            shared.draw_curves(axis, [curves["pd_exact", method] for method in methods], scale)
            shared.dilemma_axis(axis)
        row[0].set(title=title, ylabel=AVERAGE_RETURN)
        row[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.06))
    for axis in axes[1]:
        axis.set_xlabel("iteration $k$")
    return figure


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    return (
        "Exact learning in the Prisoner's Dilemma. Average return J(μ) of the joint policy played, "
        "in units of reward, against the iteration k of Algorithm 1; left on a linear axis, right "
        "on an axis that is linear up to k = 1 and logarithmic beyond. Top: DN and DG, the "
        "methods of the paper's Figure 1. Bottom: DN and the control DS, a first-order method with "
        "the same effective step. Lines are means over "
        f"{n(curves)} repetitions, each with its own random consensus "
        f"matrix; bands are pointwise {100 * confidence:g} % Student-t intervals of the mean; "
        "being symmetric, they may pass the optimum where repetitions differ widely. "
        f"Diverged repetitions: {counts(curves)}. Grey lines: mutual cooperation (−1) and "
        "mutual defection (−2)."
    )


FIG1 = Drawing(
    needs=[("pd_exact", method) for method in ("DN", "DG", "DS")],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(COLUMNS, (row[1:] for row in shared.rows(curves))),
)
