"""Learning curves, what the paper's Figures 1 to 3 consist of.

The paper's own figures were not available to us; what is drawn follows their captions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from replication.experiments.intervals import settling_time, student_t
from replication.experiments.results import Results
from replication.experiments.thinning import drawn_iterations
from replication.figures.naming import name_lines
from replication.figures.style import LOOKS, NAMES, Array, Key, Line, label, lines, reference, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("method", "iteration", "mean", "lower", "upper", "repetitions", "diverged")
RETURN = "average return J(μ)"
DILEMMA = (-2.0, -1.0)  # what both agents of the Prisoner's Dilemma gain by defection, cooperation
LOWEST, HIGHEST = -2.05, -0.75  # of its axes, with room for names
# Distances from the optimum: at it, near it, and at another corner of the Prisoner's Dilemma.
ARRIVED, NEAR, ELSEWHERE = 1e-4, 1e-2, 0.25


@dataclass(frozen=True)
class Curve:
    """Mean return and its interval at the iterations that are drawn, and how the run ended."""

    key: Key
    iteration: npt.NDArray[np.int64]
    mean: Array
    lower: Array
    upper: Array
    repetitions: int
    diverged: int
    vanished: int
    """Repetitions with a batch in which fewer than two trajectories count for some agent."""
    saturated: int
    """Repetitions that end with more than half of their policy saturated."""
    J: Array
    """The return of each repetition at every iteration, NaN once it has diverged."""
    settings: Mapping[str, Any]

    @property
    def final(self) -> Array:
        """The return of each repetition at the last iteration."""
        return np.asarray(self.J[:, -1])

    def ends(self, near: float = ARRIVED) -> tuple[int, int]:
        """How many repetitions end so near to the optimum, and how many at another corner."""
        short = self.settings["optimum"] - self.final
        return int((short <= near).sum()), int((short >= ELSEWHERE).sum())

    def settled(self) -> str:
        """From which iteration on the median repetition is near the optimum, in words."""
        least, _ = settling_time(self.J, self.settings["optimum"], NEAR)
        middle = float(np.median(least))
        return f"from iteration {middle:.0f} on" if middle < self.J.shape[1] else "at no iteration"


Curves = Mapping[Key, Curve]


@dataclass(frozen=True)
class Panel:
    """One of a figure's axes, and the curves on it."""

    title: str
    keys: Sequence[Key]
    scale: str = "linear"
    """Of iterations: ``linear`` or ``logarithmic``."""
    low: float = LOWEST
    """Where the axis of returns begins."""
    high: float = HIGHEST


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
        J=J,
        settings=results.spec.settings,
    )


def of(curves: Curves, *experiments: str) -> list[Curve]:
    """The curves of some experiments."""
    return [curve for key, curve in curves.items() if key[0] in experiments]


def rows(curves: Curves) -> Iterator[Sequence[object]]:
    """Experiment, and `COLUMNS`, of every point that is drawn."""
    for (experiment, method), curve in curves.items():
        for k, *values in zip(curve.iteration, curve.mean, curve.lower, curve.upper, strict=True):
            numbers = [f"{float(value):.10g}" for value in values]
            yield experiment, method, k, *numbers, curve.repetitions, curve.diverged


def compose(
    curves: Curves, panels: Sequence[Panel], layout: str, height: float, known: Sequence[float]
) -> Figure:
    """J against iteration, the paper's own panels first; what is ours below, and smaller.

    The layout is that of ``subplot_mosaic``, a letter for each panel; grey lines are at returns
    that are known beforehand.
    """
    figure = sheet(height, layout="constrained")
    axes = figure.subplot_mosaic(layout, height_ratios=(4, 3))
    drawn = [_panel(axis, panel, curves) for axis, panel in zip(axes.values(), panels, strict=True)]
    for row, name in zip(layout.split(";"), (RETURN, "J(μ)"), strict=True):
        axes[row[-1]].tick_params(labelleft=row[0] == row[-1])  # as those at the left
        axes[row[0]].set_ylabel(name)
    for axis in axes.values():
        reference(axis, known)
    wide = axes[layout[0]] if layout[0] == layout[1] else None
    for axis, shown in zip(axes.values(), drawn, strict=True):
        name_lines(axis, shown, NAMES if axis is wide else None)
    return figure


def _panel(axis: Axes, panel: Panel, curves: Curves) -> list[Line]:
    shown = [_line(curves[key]) for key in panel.keys]
    lines(axis, shown)
    axis.set_xlim(0, max(int(line.x[-1]) for line in shown))
    axis.locator_params(nbins=4)
    if panel.scale == "logarithmic":
        logarithmic(axis)
    axis.set(title=panel.title, xlabel="iteration", ylim=(panel.low, panel.high))
    return shown


def logarithmic(axis: Axes) -> None:
    """An axis of iterations that is linear up to 1, and logarithmic beyond."""
    last = axis.get_xlim()[1]
    axis.set_xscale("symlog", linthresh=1, linscale=0.3)
    axis.set_xticks([0, *(10**e for e in range(len(str(int(last)))))])
    axis.get_xaxis().set_major_formatter("{x:.0f}")
    axis.set_xlim(0, last)


def _line(curve: Curve) -> Line:
    named = label(curve.key), LOOKS[curve.key[1]]
    return Line(*named, curve.iteration, curve.mean, curve.lower, curve.upper)


def bands(curves: Curves, confidence: float) -> str:
    """What lines and bands are, for captions."""
    return (
        f"Lines are means over {n(curves)} repetitions, bands pointwise {100 * confidence:g} % "
        "Student-t intervals of the mean; being symmetric, they may pass what is possible where "
        f"repetitions differ widely. Diverged repetitions: {counts(curves)}."
    )


def n(curves: Curves) -> str:
    """How many repetitions the curves are means over."""
    numbers = sorted({curve.repetitions for curve in curves.values()})
    return f"n = {'/'.join(map(str, numbers))}"


def counts(curves: Curves, what: str = "diverged") -> str:
    """How many repetitions of which method, of those that have any."""
    several = len({experiment for experiment, _ in curves}) > 1
    counted = (
        f"{count} of {'/'.join(key) if several else key[1]}"
        for key, curve in curves.items()
        if (count := getattr(curve, what))
    )
    return ", ".join(counted) or "none"
