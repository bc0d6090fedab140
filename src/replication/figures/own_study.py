"""What a study came to, against its settings: a line for one that varies, a map for two, and
ranked dots for more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.experiments.files import write_whole
from replication.experiments.intervals import Interval
from replication.figures.rendering import pictures
from replication.figures.style import SMALL, Array, Line, Look, canvas, lines, themed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RETURN = "average return (reward)"
TITLES = {"average": "averaged over the iterations", "final": "at the last iteration"}
LOOK, END = Look("#0173B2"), "#DE8F05"  # the first two of seaborn's colour-blind palette
WIDE = 20.0  # largest over smallest, from which on an axis is logarithmic
DOTS = 25  # the best combinations, of those that are ranked
CELLS = 8  # columns of a map whose cells have room for numbers
LOST = "†"


@dataclass(frozen=True)
class Point:
    """One combination of settings, and what it came to."""

    settings: Mapping[str, Any]
    """Those that vary."""
    average: Interval
    final: Interval
    diverged: int


def plot_study(
    name: str,
    study: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    confidence: float,
    out: Path,
) -> str:
    """Draw a study's table to an SVG file, whole or not at all, and return the caption.

    Parameters
    ----------
    name : str
        The study's.
    study : mapping
        Its entry in the file of studies.
    rows : sequence
        Its table, as `tune.run_study` returns it.
    confidence : float
        Of its intervals.
    out : Path
    """
    points = [_point(row, _varied(study)) for row in rows]
    text = caption(name, study, points, confidence)
    with themed():
        content = pictures(draw(points), name, text)["svg"]
    write_whole(out, partial(Path.write_bytes, data=content))
    return text


def _varied(study: Mapping[str, Any]) -> list[str]:
    return [key for key, values in study["grid"].items() if len(values) > 1]


def _point(row: Mapping[str, Any], varied: Sequence[str]) -> Point:
    def interval(what: str) -> Interval:
        value, lower, upper = (float(row[f"{what}_{part}"]) for part in ("value", "lower", "upper"))
        return Interval(value, lower, upper, int(row["repetitions"]))

    settings = {key: row[key] for key in varied}
    return Point(settings, interval("average"), interval("final"), int(row["diverged"]))


def draw(points: Sequence[Point]) -> Figure:
    """The figure that fits the number of settings that vary."""
    kinds: Mapping[int, Callable[[Sequence[Point]], Figure]] = {1: _line, 2: _maps}
    return kinds.get(len(points[0].settings), _ranked)(points)


def _line(points: Sequence[Point]) -> Figure:
    """Return against the setting: lines with bands over numbers, dots with bars over names."""
    ((key, _),) = points[0].settings.items()
    values = [point.settings[key] for point in points]
    figure, axes = canvas(2.6, 1, 2, sharey=True)
    for axis, (what, title) in zip(axes, TITLES.items(), strict=True):
        bounds = np.array([getattr(point, what)[:3] for point in points])
        (_over_numbers if all(map(_number, values)) else _over_names)(axis, values, bounds)
        axis.set(title=title, xlabel=key)
    axes[0].set_ylabel(RETURN)
    return figure


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _over_numbers(axis: Axes, values: Sequence[float], bounds: Array) -> None:
    order = np.argsort(values)
    x = np.asarray(values, dtype=float)[order]
    lines(axis, [Line("return", LOOK, x, *bounds[order].T)], marker="o", markersize=4)
    if x[0] > 0 and x[-1] / x[0] >= WIDE:
        axis.set_xscale("log")


def _over_names(axis: Axes, values: Sequence[Any], bounds: Array) -> None:
    value, *_ = bounds.T
    axis.errorbar(
        range(len(value)), value, yerr=_bars(bounds), fmt="o", color=LOOK.color, capsize=2
    )
    axis.set_xticks(range(len(value)), list(map(str, values)))
    axis.set_xlim(-0.5, len(value) - 0.5)


def _bars(bounds: Array) -> tuple[Array, Array]:
    value, lower, upper = bounds.T
    return value - lower, upper - value


def _maps(points: Sequence[Point]) -> Figure:
    """A colour for each pair of values, its number and the half width of its interval in it."""
    import pandas as pd
    import seaborn as sns

    across, down = _longer_first(points)
    columns, index = (list(dict.fromkeys(p.settings[k] for p in points)) for k in (across, down))
    figure, axes = canvas(1.2 + 0.8 * len(index), 2, 1, sharex=True)
    every = [getattr(point, what).value for point in points for what in TITLES]
    for axis, (what, title) in zip(axes, TITLES.items(), strict=True):
        shown = {(p.settings[down], p.settings[across]): p for p in points}
        values = [[getattr(shown[i, c], what).value for c in columns] for i in index]
        texts = [[_cell(shown[i, c], what) for c in columns] for i in index]
        annotated: Any = np.array(texts) if len(columns) <= CELLS else False
        sns.heatmap(
            pd.DataFrame(values, index, columns), annot=annotated, fmt="", cmap="viridis", ax=axis,
            vmin=min(every), vmax=max(every), annot_kws={"fontsize": SMALL},
            cbar=False,
        )  # fmt: skip
        axis.set(title=title, ylabel=down, xlabel="")
        axis.tick_params(axis="y", rotation=0, length=0)
        axis.tick_params(axis="x", length=0)
    axes[-1].set_xlabel(across)
    figure.colorbar(axes[0].collections[0], ax=list(axes), label=RETURN)
    return figure


def _longer_first(points: Sequence[Point]) -> list[str]:
    """The two settings, that of more values first."""
    keys = list(points[0].settings)
    return sorted(keys, key=lambda key: -len({str(point.settings[key]) for point in points}))


def _cell(point: Point, what: str) -> str:
    of: Interval = getattr(point, what)
    half = (of.upper - of.lower) / 2
    return f"{of.value:.3g}{_lost(point)}" + (f"\n±{half:.1g}" if half else "")


def _lost(point: Point) -> str:
    return LOST if point.diverged else ""


def _ranked(points: Sequence[Point]) -> Figure:
    """The best combinations, the best on top."""
    best = ranked(points)[:DOTS]
    figure, axis = canvas(0.9 + 0.22 * len(best), 1, 1)
    rows = np.arange(len(best))
    bounds = np.array([point.average[:3] for point in best])
    mark = {"fmt": "o", "color": LOOK.color, "capsize": 2, "markersize": 4}
    axis.errorbar(bounds[:, 0], rows, xerr=_bars(bounds), label=TITLES["average"], **mark)
    ends = [point.final.value for point in best]
    axis.plot(ends, rows, "d", color=END, markerfacecolor="none", label=TITLES["final"])
    axis.set_yticks(rows, [_named(point) + _lost(point) for point in best])
    axis.set_ylim(len(best) - 0.5, -0.5)
    axis.set(xlabel=RETURN, title=" · ".join(best[0].settings))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def _named(point: Point) -> str:
    return " · ".join(map(str, point.settings.values()))


def ranked(points: Sequence[Point]) -> list[Point]:
    """Combinations by their average return, the highest first."""
    return sorted(points, key=lambda point: -point.average.value)


def caption(name: str, study: Mapping[str, Any], points: Sequence[Point], confidence: float) -> str:
    """Caption of the figure: what was run, and the best settings."""
    best = ranked(points)[0]
    fixed = {k: v for k, v in study["grid"].items() if k not in best.settings}
    alone = f" with {_assignments({k: v[0] for k, v in fixed.items()})}" if fixed else ""
    left = f" The best {DOTS} are shown." if len(points) > DOTS and len(best.settings) > 2 else ""
    lost = sum(point.diverged > 0 for point in points)
    diverged = f" {LOST}: of {lost} some repetitions diverged." if lost else ""
    value, lower, upper, n = best.average
    return (
        f"Study {name}: {study['method']} in {study['experiment']}{alone}, {len(points)} "
        f"combinations of {n} repetitions each, with {100 * confidence:g} % intervals of the mean."
        f"{left}{diverged}\n"
        f"Best on average over the iterations: {_assignments(best.settings)}: "
        f"{value:.4g} [{lower:.4g}, {upper:.4g}]. "
        "The best of a grid looks better than it is: run it again from another seed."
    )


def _assignments(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items()) or "as is"
