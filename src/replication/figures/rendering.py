"""Figures as files: the same bytes in every process and on every machine, and few of them."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECIMALS = 5  # of the places of axes, in parts of the figure: a hundredth of a pixel
NAME = re.compile(r'(\bid="|href="#|url\(#)([^")]+)')
COORDINATES = re.compile(r'(?<= d=")[^"]+|(?<= [xy]=")[^"]+|(?<= transform=")rotate[^"]+')
LONG = re.compile(r"-?\d+\.\d{2,}")
STRAIGHT = re.compile(r'(?<= d=")M[-\d. \nMLz]+(?=")')
TOLERANCE = 0.06  # points: how far a line may be from where it was
RASTER = 144  # dots per inch of what is too much for lines, inside an SVG


def pictures(figure: Figure, title: str, description: str) -> dict[str, bytes]:
    """A figure as ``svg`` and as ``png``, without a date and a version."""
    settle(figure)
    said = {"Title": title, "Description": description}
    svg = _saved(figure, "svg", {**said, "Creator": None, "Date": None}).decode()
    png = _saved(figure, "png", {**said, "Software": None})
    return {"svg": numbered(rounded(thinned(svg))).encode(), "png": png}


def settle(figure: Figure) -> None:
    """Lay a figure out once for all formats, and round where its axes are.

    The solver's last bits are not those of another machine, and they would be everywhere.
    """
    if (engine := figure.get_layout_engine()) is None:
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axis in figure.axes:
        axis.set_position(np.round(axis.get_position(original=True).bounds, DECIMALS))


def _saved(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    file = io.BytesIO()
    raster: dict[str, Any] = {"dpi": RASTER} if kind == "svg" else {}
    figure.savefig(file, format=kind, metadata=metadata, **raster)
    return file.getvalue()


def thinned(svg: str) -> str:
    """The same SVG without the points of lines that lie on a straight line between others."""
    return STRAIGHT.sub(lambda found: " ".join(map(_part, found[0].split("M")[1:])), svg)


def _part(part: str) -> str:
    """One line or polygon of a path: points follow each other without a letter."""
    numbers = part.replace("L", " ").replace("z", " ").split()
    points = np.array(numbers, dtype=float).reshape(-1, 2)
    kept = " ".join(f"{x:.2f} {y:.2f}" for x, y in points[needed(points)])
    return f"M {kept}{' z' if 'z' in part else ''}"


def needed(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which points a line needs to stay where it is: Douglas and Peucker's, shapes (P, 2), (P,)."""
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        across, away = points[last] - points[first], points[first + 1 : last] - points[first]
        along = np.clip(away @ across / max(across @ across, 1e-12), 0.0, 1.0)
        distance = np.hypot(*(away - along[:, np.newaxis] * across).T)
        if distance.max() > TOLERANCE:
            middle = first + 1 + int(distance.argmax())
            kept[middle] = True
            parts += [(first, middle), (middle, last)]
    return kept


def rounded(svg: str) -> str:
    """Coordinates to a tenth of a point, which nobody sees: half of a file is their digits."""
    return COORDINATES.sub(lambda of: LONG.sub(lambda x: f"{float(x[0]):.1f}", of[0]), svg)


def numbered(svg: str) -> str:
    """The same SVG with its ids numbered in order of appearance.

    Matplotlib names clipping paths and markers by a hash of their coordinates, all bits of them.
    """
    names = dict.fromkeys(name for _, name in NAME.findall(svg))
    numbers = {name: f"n{number}" for number, name in enumerate(names)}
    return NAME.sub(lambda found: found[1] + numbers[found[2]], svg)
