"""The paper's Figure 2, learning from samples in the Prisoner's Dilemma, with our controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import ARRIVED, COLUMNS, DILEMMA, Curve, Curves, Panel, of
from replication.figures.style import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WITHOUT, WITH = "pd_sampled_no_is", "pd_sampled_is"
TITLES = {
    WITHOUT: "Figure 2, left: without\nimportance sampling",
    WITH: "Figure 2, right: with\nimportance sampling",
}
METHODS = ("DN", "DG", "DS")
OURS = "ours: logarithmic, with DS"
PANELS = (
    *(Panel(title, [(name, m) for m in METHODS[:2]]) for name, title in TITLES.items()),
    *(Panel(OURS, [(name, m) for m in METHODS], "logarithmic") for name in TITLES),
)


def draw(curves: Curves) -> Figure:
    """J against iteration as in the paper; below and smaller, a logarithmic axis with DS."""
    return shared.compose(curves, PANELS, "ab;cd", 4.7, DILEMMA)


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    some = next(iter(curves.values()))
    (right, _, _), (wrong, slow, _) = of(curves, WITH), of(curves, WITHOUT)
    arrived, elsewhere = right.ends()
    return (
        f"With importance sampling DN ends at the optimum −1 in {arrived} of {right.repetitions} "
        f"repetitions and at another corner, where an agent defects, in {elsewhere}; without it "
        f"DN ends at another corner in {wrong.ends()[1]} of {wrong.repetitions}, DG in "
        f"{slow.ends()[1]}. Top, as in the paper's Figure 2: average return J(μ) of the joint "
        "policy played, computed exactly, in units of reward, against the iteration k of "
        "Algorithm 1, learning from "
        f"{some.settings['derivatives']['batch_size']} plays of the Prisoner's Dilemma in each "
        "iteration, on one fixed consensus matrix. Bottom, ours: the same on an axis that is "
        "linear up to k = 1 and logarithmic beyond, with the control DS, first order with DN's "
        f"effective step. Of {shared.n(curves)} repetitions there end, at k = "
        f"{some.iteration[-1]}, within {ARRIVED:g} of −1, short of it, and at another corner: "
        f"without importance sampling {_ends(of(curves, WITHOUT))}; with it "
        f"{_ends(of(curves, WITH))}. {shared.bands(curves, confidence)} Grey: mutual cooperation "
        "(−1) and mutual defection (−2)."
    )


def _ends(shown: Sequence[Curve]) -> str:
    """Where the repetitions of each method end; those that diverged are nowhere."""
    found = ((curve, *curve.ends(), int(np.isfinite(curve.final).sum())) for curve in shown)
    return "; ".join(f"{c.key[1]} {at}, {n - at - away}, {away}" for c, at, away, n in found)


def rows(curves: Curves) -> Iterator[Sequence[object]]:
    """The curves, then a row for each repetition's final return: a mean over one repetition."""
    for row in shared.rows(curves):
        yield *row, ""
    for (experiment, method), curve in curves.items():
        for repetition, J in enumerate(curve.final):
            value, lost = f"{float(J):.10g}", int(np.isnan(J))
            k = int(curve.iteration[-1])
            yield experiment, method, k, value, "", "", 1, lost, repetition


FIG2 = Drawing(
    needs=[(name, method) for name in (WITHOUT, WITH) for method in METHODS],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(("experiment", *COLUMNS, "repetition"), rows(curves)),
)
