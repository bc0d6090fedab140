"""Learning curves, what the paper's Figures 1 to 3 consist of.

The paper's own figures were not available to us; what is drawn follows their captions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from replication.experiments.intervals import student_t
from replication.experiments.results import Results
from replication.experiments.thinning import drawn_iterations
from replication.figures.style import Array, Key, Line, label, lines, look, reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ("method", "iteration", "mean", "lower", "upper", "repetitions", "diverged")
AVERAGE_RETURN = r"average return $J(\mu)$ (reward)"
DEFECTION, COOPERATION = -2.0, -1.0  # what both agents of the Prisoner's Dilemma gain by it


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
    final: Array
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


def of(curves: Curves, *experiments: str) -> list[Curve]:
    """The curves of some experiments."""
    return [curve for key, curve in curves.items() if key[0] in experiments]


def rows(curves: Curves) -> Iterator[Sequence[object]]:
    """Experiment, and `COLUMNS`, of every point that is drawn."""
    for (experiment, method), curve in curves.items():
        for k, *values in zip(curve.iteration, curve.mean, curve.lower, curve.upper, strict=True):
            numbers = [f"{float(value):.10g}" for value in values]
            yield experiment, method, k, *numbers, curve.repetitions, curve.diverged


def draw_curves(axis: Axes, shown: Sequence[Curve], scale: str) -> None:
    """Means with their bands, on an axis of iterations that is ``linear`` or ``symlog``."""
    lines(axis, [_line(curve) for curve in shown])
    last = max(int(curve.iteration[-1]) for curve in shown)
    if scale == "linear":
        axis.locator_params(axis="x", nbins=4)
    else:
        axis.set_xscale("symlog", linthresh=1, linscale=0.3)
        axis.set_xticks([0, *(10**e for e in range(len(str(last))))])
        axis.get_xaxis().set_major_formatter("{x:.0f}")
    axis.set_xlim(0, last)


def _line(curve: Curve) -> Line:
    named = label(curve.key), look(curve.key)
    return Line(*named, curve.iteration, curve.mean, curve.lower, curve.upper)


def dilemma_axis(axis: Axes) -> None:
    """The returns of the Prisoner's Dilemma, with those of its two symmetric outcomes."""
    reference(axis, (COOPERATION, DEFECTION))
    axis.set_ylim(DEFECTION - 0.05, COOPERATION + 0.07)


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
