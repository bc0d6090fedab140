"""Figures as files: the same bytes in every process and on every machine."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECIMALS = 5  # of the places of axes, in parts of the figure: a hundredth of a pixel
NAME = re.compile(r'(\bid="|href="#|url\(#)([^")]+)')
COORDINATES = re.compile(r'(?<= d=")[^"]+|(?<= [xy]=")[^"]+')
LONG = re.compile(r"-?\d+\.\d{3,}")
RASTER = 100  # dots per inch of what is too much for lines, inside an SVG
INVISIBLE = re.compile(r'\n *<path [^>]*style="fill: none"/>')


def pictures(figure: Figure, title: str, description: str) -> dict[str, bytes]:
    """A figure as ``svg`` and as ``png``, without a date and a version."""
    _settle(figure)
    said = {"Title": title, "Description": description}
    svg = _saved(figure, "svg", {**said, "Creator": None, "Date": None}).decode()
    png = _saved(figure, "png", {**said, "Software": None})
    return {"svg": numbered(rounded(visible(svg))).encode(), "png": png}


def _settle(figure: Figure) -> None:
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


def visible(svg: str) -> str:
    """The same SVG without paths that have neither a fill nor a line, as of a matrix's gaps."""
    return INVISIBLE.sub("", svg)


def rounded(svg: str) -> str:
    """Coordinates to a hundredth of a point, which nobody sees: half of a file is their digits."""
    return COORDINATES.sub(lambda of: LONG.sub(lambda x: f"{float(x[0]):.2f}", of[0]), svg)


def numbered(svg: str) -> str:
    """The same SVG with its ids numbered in order of appearance.

    Matplotlib names clipping paths and markers by a hash of their coordinates, all bits of them.
    """
    names = dict.fromkeys(name for _, name in NAME.findall(svg))
    numbers = {name: f"n{number}" for number, name in enumerate(names)}
    return NAME.sub(lambda found: found[1] + numbers[found[2]], svg)
