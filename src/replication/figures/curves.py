"""Learning curves: the paper's Figures 1 to 3, with our controls.

The paper's own figures were not available to us; what is drawn follows their captions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from replication.experiments.intervals import student_t
from replication.experiments.results import Results
from replication.figures.style import SMALL, Drawing, Key, label, line, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WITHOUT, WITH = "pd_sampled_no_is", "pd_sampled_is"
COLUMNS = ("method", "iteration", "mean", "lower", "upper", "repetitions", "diverged")

# Distances from the optimum: nearer than the first all is drawn as one; from the second on a
# repetition is at another corner of the Prisoner's Dilemma, where somebody defects.
ARRIVED, ELSEWHERE = 1e-4, 0.25
DIVERGED_AT = 2.5  # where a repetition that diverged is drawn, below the worst return


@dataclass(frozen=True)
class Curve:
    """Mean return and its interval at the iterations that are drawn, and how the run ended."""

    key: Key
    iteration: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    repetitions: int
    diverged: int
    vanished: int
    """Repetitions with a batch in which fewer than two trajectories count for some agent."""
    saturated: int
    """Repetitions that end with more than half of their policy saturated."""
    final: npt.NDArray[np.float64]
    """The return of each repetition at the last iteration, NaN if it diverged."""
    settings: Mapping[str, Any]


Curves = Mapping[Key, Curve]


def curves(results: Mapping[Key, Results], confidence: float) -> Curves:
    """The mean return of each method, thinned to what a printed curve can show."""
    return {key: curve(key, found, confidence) for key, found in results.items()}


def curve(key: Key, results: Results, confidence: float) -> Curve:
    """The mean return of a method, thinned to what a printed curve can show."""
    J = results["J"]
    mean, lower, upper = student_t(J, confidence)
    k = drawn_iterations(J.shape[1] - 1)
    return Curve(
        key,
        k,
        mean[k],
        lower[k],
        upper[k],
        repetitions=len(J),
        diverged=int(results.diverged.sum()),
        vanished=int(results.vanished.any(axis=1).sum()),
        saturated=int(results.saturated[:, -1].sum()),
        final=J[:, -1],
        settings=results.spec.settings,
    )


def drawn_iterations(last: int) -> npt.NDArray[np.int64]:
    """All of the first iterations, then ever fewer, evenly on both axes; the last one included."""
    even = np.linspace(0, last, 201)
    geometric = np.geomspace(1, max(last, 1), 121)
    chosen = np.concatenate([np.arange(min(last, 20) + 1), even, geometric])
    return np.unique(np.rint(chosen).astype(np.int64))


def fig1(curves: Curves) -> Figure:
    """Exact learning: J against iteration, on a linear and on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 5.4), layout="constrained")
    axes = figure.subplots(2, 2, sharey=True)
    rows: Sequence[tuple[str, tuple[str, ...]]] = (
        ("DN and DG, the methods of the paper's Figure 1", ("DN", "DG")),
        ("DN and the control DS, with DN's step size and floor", ("DN", "DS")),
    )
    for row, (title, methods) in zip(axes, rows, strict=True):
        for axis, scale in zip(row, ("linear", "symlog"), strict=True):
            _frame(axis)
            for method in methods:
                _band(axis, curves["pd_exact", method])
            _iteration_axis(axis, scale, int(curves["pd_exact", "DN"].iteration[-1]))
        row[0].set_title(title)
        row[0].set_ylabel(r"average return $J(\mu)$ (reward)")
        row[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.06))
    for axis in axes[1]:
        axis.set_xlabel("iteration $k$")
    return figure


def fig1_caption(curves: Curves, confidence: float) -> str:
    """Caption of `fig1`."""
    return (
        "Exact learning in the Prisoner's Dilemma. Average return J(μ) of the joint policy played, "
        "in units of reward, against the iteration k of Algorithm 1; left on a linear axis, right "
        "on an axis that is linear up to k = 1 and logarithmic beyond. Top: DN and DG, the "
        "methods of the paper's Figure 1. Bottom: DN and the control DS, a first-order method with "
        "the same effective step. Lines are means over "
        f"{_n(curves)} repetitions, each with its own random consensus "
        f"matrix; bands are pointwise {100 * confidence:g} % Student-t intervals of the mean; "
        "being symmetric, they may pass the optimum where repetitions differ widely. "
        f"Diverged repetitions: {_diverged(curves)}. Grey lines: mutual cooperation (−1) and "
        "mutual defection (−2)."
    )


def fig2(curves: Curves) -> Figure:
    """Learning from samples: J against iteration, above where each repetition ended."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    axes = figure.subplots(2, 2, sharey="row", height_ratios=(3, 2))
    titles = {WITHOUT: "without importance sampling", WITH: "with importance sampling"}
    for (top, bottom), (experiment, title) in zip(axes.T, titles.items(), strict=True):
        shown = [curve for key, curve in curves.items() if key[0] == experiment]
        _frame(top)
        for curve in shown:
            _band(top, curve)
        _iteration_axis(top, "symlog", max(int(curve.iteration[-1]) for curve in shown))
        top.set_xlabel("iteration $k$")
        top.set_title(title)
        _outcomes(bottom, shown)
    axes[0, 0].set_ylabel(r"average return $J(\mu)$ (reward)")
    _outcome_axis(axes[1, 0], axes[1, 1], any(curve.diverged for curve in curves.values()))
    figure.align_ylabels(axes[:, 0])
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=len(handles[0]))
    return figure


def fig2_caption(curves: Curves, confidence: float) -> str:
    """Caption of `fig2`."""
    some = next(iter(curves.values()))
    ends = "; ".join(
        f"{words} {_list(_ends(curve) for key, curve in curves.items() if key[0] == experiment)}"
        for experiment, words in ((WITHOUT, "without importance sampling"), (WITH, "with it"))
    )
    return (
        "Learning from samples in the Prisoner's Dilemma, without (left) and with importance "
        f"sampling (right), from {some.settings['derivatives']['batch_size']} plays in each "
        "iteration. Top: average return J(μ) of the joint policy played, computed exactly, in "
        "units of reward, against the iteration k of Algorithm 1, on an axis that is linear up to "
        "k = 1 and logarithmic beyond. DN and DG are the methods of the paper's Figure 2, DS is a "
        "control, a first-order method with DN's effective step. "
        f"Lines are means over {_n(curves)} repetitions on one fixed consensus matrix; bands are "
        f"pointwise {100 * confidence:g} % Student-t intervals of the mean; being symmetric, they "
        "may pass the optimum where repetitions differ widely. Grey lines: mutual cooperation "
        "(−1) and mutual defection (−2). Bottom: by how much the return of each repetition falls "
        f"short of the optimum −1 at the last iteration, k = {some.iteration[-1]}; one dot a "
        "repetition, sorted within its method; whatever is nearer than 10⁻⁴ is drawn at 10⁻⁴. "
        "How many end there, short of it, and at another corner (0.25 or more away): "
        f"{ends}. Diverged repetitions: {_diverged(curves)}."
    )


def fig2_rows(curves: Curves) -> Iterator[Sequence[object]]:
    """The curves, then a row for each repetition's final return: a mean over one repetition."""
    for row in rows(curves):
        yield *row, ""
    for (experiment, method), curve in curves.items():
        for repetition, J in enumerate(curve.final):
            value, lost = f"{float(J):.10g}", int(np.isnan(J))
            k = int(curve.iteration[-1])
            yield experiment, method, k, value, "", "", 1, lost, repetition


def fig3(curves: Curves) -> Figure:
    """The gridworld: J against iteration, as printed and with tuned methods."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    sides = (
        ("as printed, and controls", ("gridworld", "gridworld_unbiased")),
        ("tuned at equal cost", ("gridworld_tuned",)),
    )
    for axis, (title, experiments) in zip(axes, sides, strict=True):
        shown = [curve for key, curve in curves.items() if key[0] in experiments]
        for value in (0.0, shown[0].settings["game"]["reward"]):
            axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
        for curve in shown:
            _band(axis, curve)
        _iteration_axis(axis, "linear", max(int(curve.iteration[-1]) for curve in shown))
        axis.set_title(title)
        axis.set_xlabel("iteration $k$")
        axis.legend(loc="upper left", bbox_to_anchor=(0.0, -0.19), borderaxespad=0.0)
    axes[0].set_ylim(np.array([-0.04, 1.04]) * shown[0].settings["game"]["reward"])
    axes[0].set_ylabel(r"average return $J(\mu)$ (reward)")
    return figure


def fig3_caption(curves: Curves, confidence: float) -> str:
    """Caption of `fig3`."""
    tuned = _list(_setting(curve) for key, curve in curves.items() if key[0] == "gridworld_tuned")
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
        f"Lines are means over {_n(curves)} repetitions; bands are pointwise "
        f"{100 * confidence:g} % Student-t intervals of the mean. Diverged repetitions: "
        f"{_diverged(curves)}. Repetitions with a batch in which fewer than two trajectories "
        f"count by their importance weights: {_counts(curves, 'vanished')}. Repetitions that end "
        "with more than half of the mean angles' weights beyond half a turn: "
        f"{_counts(curves, 'saturated')}. Grey lines: no reward, and the bound on any return."
    )


def rows(curves: Curves) -> Iterator[Sequence[object]]:
    """Experiment, and `COLUMNS`, of every point that is drawn."""
    for (experiment, method), curve in curves.items():
        for k, *values in zip(curve.iteration, curve.mean, curve.lower, curve.upper, strict=True):
            numbers = [f"{float(value):.10g}" for value in values]
            yield experiment, method, k, *numbers, curve.repetitions, curve.diverged


def _frame(axis: Axes) -> None:
    for value in (-1.0, -2.0):
        axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
    axis.set_ylim(-2.05, -0.93)


def _band(axis: Axes, curve: Curve) -> None:
    look = line(curve.key)
    axis.plot(curve.iteration, curve.mean, label=label(curve.key), **look)
    axis.fill_between(
        curve.iteration, curve.lower, curve.upper, color=look["color"], alpha=0.22, linewidth=0
    )


def _iteration_axis(axis: Axes, scale: str, last: int) -> None:
    if scale == "linear":
        axis.set_xlim(0, last)
        axis.locator_params(axis="x", nbins=4)
        return
    axis.set_xscale("symlog", linthresh=1, linscale=0.3)
    axis.set_xlim(0, last)
    axis.set_xticks([0, *(10**e for e in range(len(str(last))))])
    axis.get_xaxis().set_major_formatter("{x:.0f}")


def _outcomes(axis: Axes, shown: Sequence[Curve]) -> None:
    """One dot for each repetition, the worst first, method beside method."""
    for value in (0.5, 1.0):
        axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
    for column, curve in enumerate(shown):
        short = np.sort(_shortfall(curve))[::-1]
        across = column + np.linspace(-0.42, 0.42, len(short))
        color = line(curve.key)["color"]
        axis.plot(across, np.maximum(short, ARRIVED), "o", color=color, markersize=2.6, mew=0)
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
    named = {"arrived": ARRIVED, "one defects": 0.5, "both defect": 1.0}
    if diverged:
        named["diverged"] = DIVERGED_AT
    for text, value in named.items():
        right.annotate(
            text,
            (1.0, value),
            xycoords=right.get_yaxis_transform(),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            annotation_clip=False,
        )


def _power(exponent: int) -> str:
    return f"$10^{{{exponent}}}$" if exponent else "1"


def _shortfall(curve: Curve) -> npt.NDArray[np.float64]:
    """By how much each repetition ended below the optimum; a diverged one below all others."""
    short = curve.settings["optimum"] - curve.final
    return np.where(np.isnan(short), DIVERGED_AT, short)


def _ends(curve: Curve) -> str:
    short = _shortfall(curve)[np.isfinite(curve.final)]
    arrived, elsewhere = (short <= ARRIVED).sum(), (short >= ELSEWHERE).sum()
    return f"{curve.key[1]} {arrived}, {len(short) - arrived - elsewhere}, {elsewhere}"


def _setting(curve: Curve) -> str:
    method = curve.settings["method"]
    sign = {"printed": "", "ascent": "−"}[method["curvature_sign"]]
    H = {
        "full": f"{sign}∇²J",
        "diagonal": f"{sign}diag ∇²J",
        "identity": "I",
        "floor_identity": "(m/2)I",
    }[method["curvature"]]
    return f"{curve.key[1]} H = {H}, ε = {method['step_size']:g}, m = {method['floor']:g}"


def _n(curves: Curves) -> str:
    numbers = sorted({curve.repetitions for curve in curves.values()})
    return f"n = {'/'.join(map(str, numbers))}"


def _diverged(curves: Curves) -> str:
    return _counts(curves, "diverged")


def _counts(curves: Curves, what: str) -> str:
    """How many repetitions of which method, of those that have any."""
    several = len({experiment for experiment, _ in curves}) > 1
    counted = (
        f"{count} of {_plain(key) if several else key[1]}"
        for key, curve in curves.items()
        if (count := getattr(curve, what))
    )
    return ", ".join(counted) or "none"


def _plain(key: Key) -> str:
    return "/".join(key)


def _list(parts: Iterable[str]) -> str:
    return "; ".join(parts)


FIG1 = Drawing(
    needs=[("pd_exact", method) for method in ("DN", "DG", "DS")],
    prepare=curves,
    draw=fig1,
    caption=fig1_caption,
    table=lambda curves: table(COLUMNS, (row[1:] for row in rows(curves))),
)
FIG2 = Drawing(
    needs=[(name, method) for name in (WITHOUT, WITH) for method in ("DN", "DG", "DS")],
    prepare=curves,
    draw=fig2,
    caption=fig2_caption,
    table=lambda curves: table(("experiment", *COLUMNS, "repetition"), fig2_rows(curves)),
)
FIG3 = Drawing(
    needs=[
        *(("gridworld", method) for method in ("DN", "DG", "DS")),
        ("gridworld_unbiased", "DN"),
        *(("gridworld_tuned", method) for method in ("DN_floor", "DN_absolute", "DG")),
    ],
    prepare=curves,
    draw=fig3,
    caption=fig3_caption,
    table=lambda curves: table(("experiment", *COLUMNS), rows(curves)),
)
