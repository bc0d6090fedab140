"""The paper's Figure 1, exact learning in the Prisoner's Dilemma, with our control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import ARRIVED, COLUMNS, DILEMMA, NEAR, Curves, Panel, bands
from replication.figures.style import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DN, DG, DS = (("pd_exact", method) for method in ("DN", "DG", "DS"))
LOW = -1.65  # of the axes: the start is half-way between defection and cooperation, at -1.5
PANELS = (
    Panel("Figure 1: exact learning in the Prisoner's Dilemma", (DN, DG), low=LOW),
    Panel("ours: logarithmic axis", (DN, DG), "logarithmic", LOW),
    Panel("ours: the control DS", (DN, DS), low=LOW),
)


def draw(curves: Curves) -> Figure:
    """J against iteration as in the paper; below and smaller, a logarithmic axis and DS."""
    return shared.compose(curves, PANELS, "aa;bc", 4.5, DILEMMA[1:])


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    newton, first, control = (curves[key] for key in (DN, DG, DS))
    return (
        f"DN is within {NEAR:g} of the optimum −1 {newton.settled()} in the median repetition, DG "
        f"{first.settled()}. DN ends at −1 in {newton.ends()[0]} of {newton.repetitions} "
        "repetitions; the control DS, with DN's effective step and no second derivatives, is near "
        f"−1 {control.settled()}, and ends there in {control.ends()[0]}. "
        "Top, as in the paper's Figure 1: average return J(μ) of the joint policy played, in "
        "units of reward, against the iteration k of Algorithm 1. Bottom, ours: the same on an "
        "axis that is linear up to k = 1 and logarithmic beyond, and DN beside DS. Each "
        f"repetition has its own random consensus matrix; at −1 is within {ARRIVED:g}. "
        f"{bands(curves, confidence)} Grey: mutual cooperation (−1)."
    )


FIG1 = Drawing(
    needs=[DN, DG, DS],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(COLUMNS, (row[1:] for row in shared.rows(curves))),
)
