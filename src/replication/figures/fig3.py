"""The paper's Figure 3, learning in the gridworld, with our controls and the tuned methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import AVERAGE_RETURN, COLUMNS, Curve, Curves, counts, n, of
from replication.figures.style import Drawing, canvas, reference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDES = {
    "as printed, and controls": ("gridworld", "gridworld_unbiased"),
    "tuned at equal cost": ("gridworld_tuned",),
}
SIGNS = {"printed": "", "ascent": "−"}
HESSIANS = {
    "full": "∇²J",
    "diagonal": "diag ∇²J",
    "identity": "I",
    "floor_identity": "(m/2)I",
}


def draw(curves: Curves) -> Figure:
    """J against iteration, as printed and with tuned methods."""
    figure, axes = canvas(4.2, 1, 2, sharey=True)
    reward = curves["gridworld", "DN"].settings["game"]["reward"]
    for axis, (title, experiments) in zip(axes, SIDES.items(), strict=True):
        shared.draw_curves(axis, of(curves, *experiments), "linear")
        reference(axis, (0.0, reward))
        axis.set(title=title, xlabel="iteration $k$")
        axis.legend(loc="upper left", bbox_to_anchor=(0.0, -0.19), borderaxespad=0.0)
    axes[0].set_ylim(-0.04 * reward, 1.04 * reward)
    axes[0].set_ylabel(AVERAGE_RETURN)
    return figure


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    tuned = "; ".join(_setting(curve) for curve in of(curves, "gridworld_tuned"))
    newton = curves["gridworld", "DN"]
    some = newton.settings
    best = int(np.argmax(np.nan_to_num(newton.mean, nan=-np.inf)))
    return (
        "Learning from samples in the continuous gridworld, "
        f"{some['derivatives']['batch_size']} trajectories of {some['derivatives']['horizon']} "
        "steps in each iteration. Average discounted return J(μ) of the joint policy played, "
        "in units of reward, "
        f"estimated on {some['evaluation']['batch_size']} other trajectories, against the "
        "iteration k of Algorithm 1. Left: DN and DG, the methods of the paper's Figure 3; DS, a "
        "first-order control with DN's effective step; and DN with the unbiased Hessian of "
        "Theorem 1 in place of Appendix A's. Right: the best settings of each kind of method, "
        f"each found with the same number of runs: {tuned}. DN's mean (left) is "
        f"highest at k = {newton.iteration[best]}, {newton.mean[best]:.2f}. "
        f"Lines are means over {n(curves)} repetitions; bands are pointwise "
        f"{100 * confidence:g} % Student-t intervals of the mean. Diverged repetitions: "
        f"{counts(curves)}. Repetitions with a batch in which fewer than two trajectories "
        f"count by their importance weights: {counts(curves, 'vanished')}. Repetitions that end "
        "with more than half of the mean angles' weights beyond half a turn: "
        f"{counts(curves, 'saturated')}. Grey lines: no reward, and the bound on any return."
    )


def _setting(curve: Curve) -> str:
    method = curve.settings["method"]
    H = HESSIANS[method["curvature"]]
    sign = SIGNS[method["curvature_sign"]] if "∇" in H else ""
    return f"{curve.key[1]} H = {sign}{H}, ε = {method['step_size']:g}, m = {method['floor']:g}"


FIG3 = Drawing(
    needs=[
        *(("gridworld", method) for method in ("DN", "DG", "DS")),
        ("gridworld_unbiased", "DN"),
        *(("gridworld_tuned", method) for method in ("DN_floor", "DN_absolute", "DG")),
    ],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(("experiment", *COLUMNS), shared.rows(curves)),
)
