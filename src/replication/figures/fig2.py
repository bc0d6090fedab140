"""The paper's Figure 2, learning from samples in the Prisoner's Dilemma, with our controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from replication.experiments.files import csv_table
from replication.figures import curves as shared
from replication.figures.curves import AVERAGE_RETURN, COLUMNS, Curve, Curves, counts, n, of
from replication.figures.style import SMALL, Array, Drawing, canvas, look, reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WITHOUT, WITH = "pd_sampled_no_is", "pd_sampled_is"
TITLES = {WITHOUT: "without importance sampling", WITH: "with importance sampling"}

# Distances from the optimum: nearer than the first all is drawn as one; from the second on a
# repetition is at another corner of the Prisoner's Dilemma, where somebody defects.
ARRIVED, ELSEWHERE = 1e-4, 0.25
ONE_DEFECTS, BOTH_DEFECT = 0.5, 1.0
DIVERGED_AT = 2.5  # where a repetition that diverged is drawn, below the worst return


def draw(curves: Curves) -> Figure:
    """J against iteration, above where each repetition ended."""
    figure, axes = canvas(5.6, 2, 2, sharey="row", height_ratios=(3, 2))
    for (top, bottom), (experiment, title) in zip(axes.T, TITLES.items(), strict=True):
        shown = of(curves, experiment)
        shared.draw_curves(top, shown, "symlog")
        shared.dilemma_axis(top)
        top.set(xlabel="iteration $k$", title=title)
        _outcomes(bottom, shown)
    axes[0, 0].set_ylabel(AVERAGE_RETURN)
    _outcome_axis(axes[1, 0], axes[1, 1], any(curve.diverged for curve in curves.values()))
    figure.align_ylabels(axes[:, 0])
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=len(handles[0]))
    return figure


def _outcomes(axis: Axes, shown: Sequence[Curve]) -> None:
    """One dot for each repetition, the worst first, method beside method."""
    import seaborn as sns

    reference(axis, (ONE_DEFECTS, BOTH_DEFECT))
    for column, curve in enumerate(shown):
        short = np.sort(shortfall(curve))[::-1]
        across = column + np.linspace(-0.42, 0.42, len(short))
        dots = {"color": look(curve.key).color, "s": 7, "linewidth": 0}
        sns.scatterplot(x=across, y=np.maximum(short, ARRIVED), ax=axis, **dots)
    axis.set_xticks(range(len(shown)), [curve.key[1] for curve in shown])
    axis.set_xlim(-0.55, len(shown) - 0.45)
    axis.tick_params(axis="x", length=0)


def _outcome_axis(left: Axes, right: Axes, diverged: bool) -> None:
    """The axis that both share: upwards is better, as above; its parts are named at the right."""
    left.set_yscale("log")
    left.set_ylim(1.5 * DIVERGED_AT if diverged else 1.6, ARRIVED / 1.6)
    left.set_ylabel("short of −1 by (reward)")
    left.minorticks_off()
    powers = np.arange(round(np.log10(ARRIVED)), 1)
    left.set_yticks(10.0**powers, [f"≤ {_power(powers[0])}", *map(_power, powers[1:])])
    named = {"arrived": ARRIVED, "one defects": ONE_DEFECTS, "both defect": BOTH_DEFECT}
    if diverged:
        named["diverged"] = DIVERGED_AT
    for text, value in named.items():
        right.annotate(
            text, (1.0, value), xycoords=right.get_yaxis_transform(), va="center", fontsize=SMALL,
            xytext=(3, 0), textcoords="offset points", annotation_clip=False,
        )  # fmt: skip


def _power(exponent: int) -> str:
    return f"$10^{{{exponent}}}$" if exponent else "1"


def shortfall(curve: Curve) -> Array:
    """By how much each repetition ended below the optimum; a diverged one below all others."""
    short = curve.settings["optimum"] - curve.final
    return np.where(np.isnan(short), DIVERGED_AT, short)


def caption(curves: Curves, confidence: float) -> str:
    """Caption of the figure."""
    some = next(iter(curves.values()))
    ends = "; ".join(
        f"{words} {'; '.join(_ends(curve) for curve in of(curves, experiment))}"
        for experiment, words in ((WITHOUT, "without importance sampling"), (WITH, "with it"))
    )
    return (
        "Learning from samples in the Prisoner's Dilemma, without (left) and with importance "
        f"sampling (right), from {some.settings['derivatives']['batch_size']} plays in each "
        "iteration. Top: average return J(μ) of the joint policy played, computed exactly, in "
        "units of reward, against the iteration k of Algorithm 1, on an axis that is linear up to "
        "k = 1 and logarithmic beyond. DN and DG are the methods of the paper's Figure 2, DS is a "
        "control, a first-order method with DN's effective step. "
        f"Lines are means over {n(curves)} repetitions on one fixed consensus matrix; bands are "
        f"pointwise {100 * confidence:g} % Student-t intervals of the mean; being symmetric, they "
        "may pass the optimum where repetitions differ widely. Grey lines: mutual cooperation "
        "(−1) and mutual defection (−2). Bottom: by how much the return of each repetition falls "
        f"short of the optimum −1 at the last iteration, k = {some.iteration[-1]}; one dot a "
        "repetition, sorted within its method; whatever is nearer than 10⁻⁴ is drawn at 10⁻⁴. "
        "How many end there, short of it, and at another corner (0.25 or more away): "
        f"{ends}. Diverged repetitions: {counts(curves)}."
    )


def _ends(curve: Curve) -> str:
    short = shortfall(curve)[np.isfinite(curve.final)]
    arrived, elsewhere = (short <= ARRIVED).sum(), (short >= ELSEWHERE).sum()
    return f"{curve.key[1]} {arrived}, {len(short) - arrived - elsewhere}, {elsewhere}"


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
    needs=[(name, method) for name in (WITHOUT, WITH) for method in ("DN", "DG", "DS")],
    prepare=shared.curves,
    draw=draw,
    caption=caption,
    table=lambda curves: csv_table(("experiment", *COLUMNS, "repetition"), rows(curves)),
)
