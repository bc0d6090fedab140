"""What DN's advantage is due to: all methods as printed, at equal effective step, and tuned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replication.claims.attribution.measure import CONDITIONS
from replication.experiments.files import csv_table
from replication.experiments.intervals import Interval, mean_interval
from replication.experiments.results import Results
from replication.experiments.returns import average, returns
from replication.figures.style import SMALL, TEXT, Drawing, Key, canvas, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = ("Dilemma,\nexact", "Dilemma,\nsampled", "Gridworld,\nsampled")
ORDERS = {
    "second order": ("DN", "DN_floor", "DN_absolute"),
    "diagonal": ("DJ", "DJ_floor", "DJ_absolute"),
    "first order": ("DG", "DS"),
}
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "second order": {"color": "#0072B2", "marker": "o"},
    "diagonal": {"color": "#CC79A7", "marker": "s"},
    "first order": {"color": "#D55E00", "marker": "^"},
}
NAMES = {
    "DN": "DN",
    "DG": "DG",
    "DJ": "DJ",
    "DS": "DS",
    "DN_floor": "DN, raised",
    "DN_absolute": "DN, absolute",
    "DJ_floor": "DJ, raised",
    "DJ_absolute": "DJ, absolute",
}


@dataclass(frozen=True)
class Point:
    """What one method came to in one experiment."""

    condition: str
    column: int
    """The experiment's place in its condition."""
    experiment: str
    method: str
    average: Interval
    final: float


def points(results: Mapping[Key, Results], confidence: float) -> list[Point]:
    """Every method once in each condition; DN and DJ at equal step are those as printed."""
    shown = []
    for condition, column, key in _places():
        J = returns(results[key])
        mean = mean_interval(average(J), confidence)
        shown.append(Point(condition, column, *key, mean, float(J[:, -1].mean())))
    return shown


def _places() -> list[tuple[str, int, Key]]:
    seen: set[Key] = set()
    places = []
    for condition, experiments, methods in CONDITIONS:
        for method in methods:
            for column, experiment in enumerate(experiments):
                if (experiment, method) not in seen:
                    seen.add((experiment, method))
                    places.append((condition, column, (experiment, method)))
    return places


def draw(shown: list[Point]) -> Figure:
    """A column for each experiment, a row for each method, grouped by condition."""
    rows = list(dict.fromkeys((point.condition, point.method) for point in shown))
    conditions = list(dict.fromkeys(condition for condition, _ in rows))
    # A gap between groups, in which the group's name stands.
    height = {row: n + conditions.index(row[0]) for n, row in enumerate(rows)}
    figure, axes = canvas(4.6, 1, len(TITLES), sharey=True)
    for column, (axis, title) in enumerate(zip(axes, TITLES, strict=True)):
        _panel(axis, [point for point in shown if point.column == column], height)
        axis.set_title(title)
        axis.locator_params(axis="x", nbins=3)
    for name in conditions:
        above = min(height[row] for row in rows if row[0] == name) - 1
        axes[0].annotate(
            name, (0.04, above), xycoords=axes[0].get_yaxis_transform(), va="center",
            fontsize=SMALL, color="0.35",
        )  # fmt: skip
    axes[0].set_yticks(list(height.values()), [_name(*row) for row in rows])
    for text, (_, method) in zip(axes[0].get_yticklabels(), rows, strict=True):
        text.set_color(ink(LOOKS[_order(method)]["color"]))
    axes[0].set_ylim(max(height.values()) + 0.6, -1.6)
    figure.supxlabel("J(μ): filled, over all iterations; hollow, at the last", fontsize=TEXT)
    return figure


def _name(condition: str, method: str) -> str:
    return "first order" if (condition, method) == ("tuned", "DG") else NAMES[method]


def _order(method: str) -> str:
    return next(order for order, methods in ORDERS.items() if method in methods)


def _panel(axis: Axes, shown: list[Point], height: Mapping[tuple[str, str], int]) -> None:
    for point in shown:
        x, lower, upper, _ = point.average
        y, look = height[point.condition, point.method], LOOKS[_order(point.method)]
        axis.errorbar(x, y, xerr=[[x - lower], [upper - x]], markersize=5, capsize=2, **look)
        axis.plot(point.final, y, "d", color="0.4", markersize=6, markerfacecolor="none")


def caption(shown: list[Point], confidence: float) -> str:
    """Caption of the figure."""
    n = "/".join(map(str, sorted({point.average.n for point in shown})))
    best = "; ".join(
        f"{title.replace(chr(10), ' ')}, {_name(first.condition, first.method)} with "
        f"{first.average.value:.2f}".replace("-", "−")
        for title, first in zip(TITLES, _best(shown), strict=True)
    )
    return (
        f"Tuned at equal cost, the methods with the highest average return are: {best}. Return "
        "J(μ) of the joint policy played, averaged over all iterations (filled: means over "
        f"n = {n} repetitions with {100 * confidence:g} % Student-t intervals) and at the last "
        "one (hollow): as printed; at DN's effective step 2ε/m, where DS has no second derivatives "
        "and DN and DJ are those above; and tuned, each method at the best of 24 settings on seeds "
        "of its own, with fewer iterations in the Prisoner's Dilemma. Circles: second order, with "
        "eigenvalues raised to m/2 or their absolute values; squares: DJ, the same for the "
        "Hessian's diagonal, of which the paper prints no settings: as printed it has DN's; "
        "triangles: first order."
    )


def _best(shown: list[Point]) -> list[Point]:
    """The foremost tuned method of each experiment."""
    tuned = [point for point in shown if point.condition == "tuned"]
    columns = [[p for p in tuned if p.column == column] for column in range(len(TITLES))]
    return [max(column, key=lambda point: point.average.value) for column in columns]


def _table(shown: list[Point]) -> str:
    header = ("condition", "experiment", "method", "average", "lower", "upper", "n", "final")
    return csv_table(header, map(_row, shown))


def _row(point: Point) -> tuple[object, ...]:
    *numbers, n = point.average
    value, lower, upper, final = (f"{number:.10g}" for number in (*numbers, point.final))
    return point.condition, point.experiment, point.method, value, lower, upper, n, final


ATTRIBUTION: Drawing[list[Point]] = Drawing(
    needs=[key for _, _, key in _places()],
    prepare=points,
    draw=draw,
    caption=caption,
    table=_table,
)
