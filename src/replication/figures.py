"""Drawing the figures: SVG and PNG that are the same bytes every time, their data and captions.

Colours are told apart by the colour-blind and, with the line styles, in greyscale.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from replication.config import ConfigError
from replication.statistics import student_t
from replication.storage import Results, write_text, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "netnewton",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
# From Okabe and Ito's palette; in greyscale it is the dashes that tell the lines apart.
LINES: Mapping[str, Mapping[str, Any]] = {
    "DN": {"color": "#0072B2", "linestyle": "-"},
    "DG": {"color": "#D55E00", "linestyle": (0, (5, 2))},
    "DS": {"color": "#000000", "linestyle": (0, (1, 1.5))},
}
NAMES = {
    "DN": "DN: Newton, Algorithm 1",
    "DG": "DG: first order, $H_i = I$",
    "DS": "DS: first order, $H_i = (m/2)I$",
}


@dataclass(frozen=True)
class Curve:
    """Mean return and its interval at the iterations that are drawn."""

    method: str
    iteration: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    repetitions: int
    diverged: int


def draw(name: str, results: Mapping[str, Results], confidence: float, out: Path) -> None:
    """Draw a figure: ``<name>.svg``, ``.png``, ``.csv`` (what is drawn) and ``.txt`` (caption).

    Parameters
    ----------
    name : str
        A key of `FIGURES`.
    results : mapping
        The results of each method.
    confidence : float
        Of the bands.
    out : Path
        Folder to write to.
    """
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)
    if missing := set(LINES) - set(results):
        raise ConfigError(f"{name} also needs the results of {', '.join(sorted(missing))}")
    curves = {method: curve(method, results[method], confidence) for method in LINES}
    caption = CAPTIONS[name](curves, confidence)
    figure = FIGURES[name](curves)
    title = {"Title": name, "Description": caption}
    for suffix, options in {
        "svg": {"metadata": {**title, "Date": None}},
        "png": {"metadata": {**title, "Software": None}, "dpi": 160},
    }.items():
        write_whole(
            out / f"{name}.{suffix}",
            lambda path, suffix=suffix, options=options: figure.savefig(  # type: ignore[misc]
                path, format=suffix, **options
            ),
        )
    write_text(out / f"{name}.csv", _table(curves.values()))
    write_text(out / f"{name}.txt", caption + "\n")


def curve(method: str, results: Results, confidence: float) -> Curve:
    """The mean return of a method, thinned to what a printed curve can show."""
    J = results["J"]
    mean, lower, upper = student_t(J, confidence)
    k = drawn_iterations(J.shape[1] - 1)
    return Curve(method, k, mean[k], lower[k], upper[k], len(J), int(results.diverged.sum()))


def drawn_iterations(last: int) -> npt.NDArray[np.int64]:
    """All of the first iterations, then ever fewer, evenly on both axes; the last one included."""
    even = np.linspace(0, last, 201)
    geometric = np.geomspace(1, max(last, 1), 121)
    chosen = np.concatenate([np.arange(min(last, 20) + 1), even, geometric])
    return np.unique(np.rint(chosen).astype(np.int64))


def fig1(curves: Mapping[str, Curve]) -> Figure:
    """Exact learning: J against iteration, on a linear and on a logarithmic axis."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5.4), sharey=True, layout="constrained")
    rows: Sequence[tuple[str, tuple[str, ...]]] = (
        ("DN and DG, the methods of the paper's Figure 1", ("DN", "DG")),
        ("DN and the control DS, with DN's step size and floor", ("DN", "DS")),
    )
    for row, (title, methods) in zip(axes, rows, strict=True):
        for axis, scale in zip(row, ("linear", "symlog"), strict=True):
            _frame(axis)
            for method in methods:
                _band(axis, curves[method])
            _iteration_axis(axis, scale, int(curves["DN"].iteration[-1]))
        row[0].set_title(title)
        row[0].set_ylabel(r"average return $J(\mu)$ (reward)")
        row[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.06))
    for axis in axes[1]:
        axis.set_xlabel("iteration $k$")
    return figure


def fig1_caption(curves: Mapping[str, Curve], confidence: float) -> str:
    """Caption of `fig1`, with units and n from the data."""
    n = {curve.repetitions for curve in curves.values()}
    lost = {name: curve.diverged for name, curve in curves.items() if curve.diverged}
    diverged = ", ".join(f"{count} of {name}" for name, count in lost.items()) or "none"
    return (
        "Exact learning in the Prisoner's Dilemma. Average return J(μ) of the joint policy played, "
        "in units of reward, against the iteration k of Algorithm 1; left on a linear axis, right "
        "on an axis that is linear up to k = 1 and logarithmic beyond. Top: DN and DG, the "
        "methods of the paper's Figure 1. Bottom: DN and the control DS, a first-order method with "
        "the same effective step. Lines are means over "
        f"n = {'/'.join(map(str, sorted(n)))} repetitions, each with its own random consensus "
        f"matrix; bands are pointwise {100 * confidence:g} % Student-t intervals of the mean; "
        "being symmetric, they may pass the optimum where repetitions differ widely. "
        f"Diverged repetitions: {diverged}. Grey lines: mutual cooperation (−1) and "
        "mutual defection (−2)."
    )


FIGURES: Mapping[str, Callable[[Mapping[str, Curve]], Figure]] = {"fig1": fig1}
CAPTIONS: Mapping[str, Callable[[Mapping[str, Curve], float], str]] = {"fig1": fig1_caption}


def _frame(axis: Axes) -> None:
    for value in (-1.0, -2.0):
        axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
    axis.set_ylim(-2.05, -0.93)


def _band(axis: Axes, curve: Curve) -> None:
    line = LINES[curve.method]
    axis.plot(curve.iteration, curve.mean, label=NAMES[curve.method], linewidth=1.6, **line)
    axis.fill_between(
        curve.iteration, curve.lower, curve.upper, color=line["color"], alpha=0.22, linewidth=0
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


def _table(curves: Iterable[Curve]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", "iteration", "mean", "lower", "upper", "repetitions", "diverged"])
    for curve in curves:
        for k, *values in zip(curve.iteration, curve.mean, curve.lower, curve.upper, strict=True):
            numbers = [f"{float(value):.10g}" for value in values]
            table.writerow([curve.method, k, *numbers, curve.repetitions, curve.diverged])
    return text.getvalue()
