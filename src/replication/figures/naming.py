"""Names of lines beside the lines, where they touch neither data nor each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from replication.figures.rendering import settle
from replication.figures.style import SMALL, Array, Line, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

PLACES = 41  # along a line that are tried
GAP = 2.0  # points between a name and all else
AWAY = tuple(range(0, 25, 3))  # points farther from its line, as outside a band
FAR = 40.0  # points from the other lines that are far enough


def name_lines(axis: Axes, shown: Sequence[Line], names: Mapping[str, str] | None = None) -> None:
    """Write the name of each line beside it, or all in a legend where one finds no room.

    Of the places where a name touches no line, no band and no other name, and is nearer to its line
    than to any other, it takes the one that is nearest to its own and farthest from the others. The
    layout of the figure is settled first.

    Parameters
    ----------
    axis : Axes
        With the lines and all else that is to be kept clear.
    shown : sequence of Line
    names : mapping, optional
        Longer names, by the lines' labels.
    """
    if (figure := axis.get_figure(root=True)) is not None:
        settle(figure)
    points = [_points(axis, line) for line in shown]
    written: list[Text] = []
    for number, line in enumerate(shown):
        name = (names or {}).get(line.label, line.label)
        text = axis.text(0.5, 0.5, name, color=ink(line.look.color), fontsize=SMALL)
        text.set(ha="center", va="center", transform=axis.transAxes, in_layout=False)
        others = np.concatenate([np.empty((0, 2)), *points[:number], *points[number + 1 :]])
        if (place := _place(axis, text, points[number], others, written)) is None:
            for made in (text, *written):
                made.remove()
            _legend(axis, names or {})
            return
        text.set_position(tuple(np.round(axis.transAxes.inverted().transform(place), 4)))
        written.append(text)


def _points(axis: Axes, line: Line) -> Array:
    """A line in pixels, evenly over its width; shape (PLACES, 2), of one without values (0, 2)."""
    found = axis.transData.transform(np.column_stack([line.x, line.value]))
    found = found[np.isfinite(found).all(axis=1)]
    if not len(found):
        return np.empty((0, 2))
    x = np.linspace(found[-1, 0], found[0, 0], PLACES)
    return np.column_stack([x, np.interp(x, *found.T)])


def _place(
    axis: Axes, text: Text, own: Array, others: Array, written: Sequence[Text]
) -> Array | None:
    """The middle of the best place for a name, in pixels."""
    from matplotlib.transforms import Bbox

    point = axis.figure.dpi / 72
    size = np.array(text.get_window_extent().size)
    lines, bands = _drawn(axis)
    names = [other.get_window_extent().padded(GAP * point) for other in written]
    best, most = None, -math.inf
    for middle, away in _candidates(own, size, point):
        box = Bbox([middle - size / 2, middle + size / 2])
        kept = box.padded(0.7 * GAP * point)
        if not _inside(box, axis.bbox) or any(kept.overlaps(name) for name in names):
            continue
        if any(path.intersects_bbox(kept, filled=False) for path in lines):
            continue
        if any(path.intersects_bbox(kept, filled=True) for path in bands):
            continue
        distance = np.hypot(*(np.maximum(np.abs(others - middle) - size / 2, 0.0)).T)
        clear = round(min([FAR, *distance / point]))  # whole points: the last bits do not choose
        if clear > away + GAP and clear - 2 * away > most:
            best, most = middle, clear - 2 * away
    return best


def _candidates(own: Array, size: Array, point: float) -> Iterator[tuple[Array, float]]:
    """Middles above, below, right and left of each point of a line, and how far off in points."""
    for place in own:
        for side in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            for away in AWAY:
                yield place + np.array(side) * (size / 2 + (GAP + away) * point), away


def _legend(axis: Axes, names: Mapping[str, str]) -> None:
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles, [names.get(label, label) for label in labels], loc="best")


def _inside(box: Bbox, outer: Bbox) -> bool:
    return outer.contains(*box.min) and outer.contains(*box.max)


def _drawn(axis: Axes) -> tuple[list[Path], list[Path]]:
    """Lines, and bands, in pixels."""
    lines = [line.get_path().transformed(line.get_transform()) for line in axis.lines]
    bands = [
        path.transformed(band.get_transform())
        for band in axis.collections
        for path in band.get_paths()
    ]
    return [path for path in lines if np.size(path.vertices)], bands
