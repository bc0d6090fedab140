"""The paper's Figure 3, learning in the gridworld, with our controls and the tuned methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import COLUMNS, Curve, Curves, Panel, bands, counts
from replication.figures.style import NAMES, Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TUNED = [("gridworld_tuned", method) for method in ("DN_floor", "DN_absolute", "DG")]
DN, DG, DS = (("gridworld", method) for method in ("DN", "DG", "DS"))
UNBIASED = ("gridworld_unbiased", "DN")
SIGNS = {"printed": "", "ascent": "−"}
HESSIANS = {
    "full": "∇²J",
    "diagonal": "diag ∇²J",
    "identity": "I",
    "floor_identity": "(m/2)I",
}


def draw(curves: Curves) -> Figure:
    """J against iteration as in the paper; below and smaller, a control and tuned methods."""
    bound = curves[DN].settings["game"]["reward"]
    panels = (
        Panel("Figure 3: the gridworld", (DN, DG), low=-0.06 * bound, high=1.06 * bound),
        Panel("ours: the control DS", (DN, DS), low=-0.3 * bound, high=1.06 * bound),
        Panel("ours: tuned at equal cost", TUNED, low=-0.3 * bound, high=1.06 * bound),
    )
    return shared.compose(curves, panels, "aa;bc", 4.8, (0.0, bound))


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    newton, first = curves[DN], curves[DG]
    some = newton.settings
    ends = ", ".join(f"{_name(curves[key])} {curves[key].mean[-1]:.2f}" for key in TUNED)
    settings = "; ".join(f"{_name(curves[key])} {_setting(curves[key])}" for key in TUNED)
    return (
        f"As printed DN {_course(newton)}, DG ends at {first.mean[-1]:.2f} of "
        f"{some['game']['reward']:g}; tuned at equal cost, the methods "
        f"end at: {ends}. Top, as in the paper's Figure 3: average discounted return J(μ) of the "
        "joint policy played, in units of reward, against the iteration k of Algorithm 1; each "
        f"iteration learns from {some['derivatives']['batch_size']} trajectories of "
        f"{some['derivatives']['horizon']} steps, and J is estimated on "
        f"{some['evaluation']['batch_size']} others. Bottom, ours: DN beside DS, a first-order "
        "control with DN's effective step; and the best settings of each kind of method, each "
        f"found with the same number of runs: {settings}. Not drawn: with the unbiased Hessian of "
        "Theorem 1 in place of Appendix A's DN "
        f"{_course(curves[UNBIASED])}. {bands(curves, confidence)} "
        "Repetitions with a batch in which fewer than two trajectories count by their importance "
        "weights: "
        f"{counts(curves, 'vanished')}. Repetitions that end with more than half of the mean "
        f"angles' weights beyond half a turn: {counts(curves, 'saturated')}. Grey: no reward, and "
        "the bound on any return."
    )


def _course(curve: Curve) -> str:
    best = int(np.argmax(np.nan_to_num(curve.mean, nan=-np.inf)))
    return (
        f"rises to a mean return of {curve.mean[best]:.2f} at iteration {curve.iteration[best]} "
        f"and ends at {curve.mean[-1]:.2f}"
    )


def _name(curve: Curve) -> str:
    method = curve.key[1]
    return "first order" if method == "DG" else f"second order, {NAMES[method]},"


def _setting(curve: Curve) -> str:
    method = curve.settings["method"]
    H = HESSIANS[method["curvature"]]
    sign = SIGNS[method["curvature_sign"]] if "∇" in H else ""
    return f"H = {sign}{H}, ε = {method['step_size']:g}, m = {method['floor']:g}"


FIG3 = Drawing(
    needs=[DN, DG, DS, UNBIASED, *TUNED],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(("experiment", *COLUMNS), shared.rows(curves)),
)
