"""What the figures have in common: how they look, and the parts that each consists of.

Colours are told apart by the colour-blind and, with the line styles, in greyscale.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from replication.experiments.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Key = tuple[str, str]
"""An experiment and one of its methods."""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "netnewton",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
SMALL = 7.5  # the smallest print, in points

# All colours are from Okabe and Ito's palette, but for the purple, which goes with its orange; in
# greyscale it is the dashes that tell the lines apart.
LINES: Mapping[str, Mapping[str, Any]] = {
    "DN": {"color": "#0072B2", "linestyle": "-"},
    "DG": {"color": "#D55E00", "linestyle": (0, (5, 2))},
    "DS": {"color": "#000000", "linestyle": (0, (1, 1.5))},
    "DN_floor": {"color": "#009E73", "linestyle": "-"},
    "DN_absolute": {"color": "#CC79A7", "linestyle": (0, (6, 1.5, 1, 1.5))},
}
NAMES = {
    "DN": "DN: Newton, Algorithm 1",
    "DG": "DG: first order, $H_i = I$",
    "DS": "DS: first order, $H_i = (m/2)I$",
    "DN_floor": "second order, eigenvalues raised to $m/2$",
    "DN_absolute": "second order, absolute eigenvalues",
}
# Where an experiment's method is not what the others' of its name is.
OWN_LINES: Mapping[Key, Mapping[str, Any]] = {
    ("gridworld_unbiased", "DN"): {
        "color": "#56B4E9",
        "linestyle": (0, (6, 1.5, 1, 1.5)),
        "linewidth": 1.0,
    },
}
OWN_NAMES: Mapping[Key, str] = {
    ("gridworld_unbiased", "DN"): "DN with the Hessian of Theorem 1",
    ("gridworld_tuned", "DG"): "first order, $H_i = (m/2)I$",
}
AGENTS = ("#E69F00", "#5D3A9B")  # colours of WEST and EAST

T = TypeVar("T")


@dataclass(frozen=True)
class Drawing(Generic[T]):
    """A figure: what it needs, and how that becomes a picture, a caption and a table."""

    needs: Sequence[Key]
    """The results it is drawn from."""
    prepare: Callable[[Mapping[Key, Results], float], T]
    """From the results and the confidence of intervals to what is shown."""
    draw: Callable[[T], Figure]
    caption: Callable[[T, float], str]
    """Units, n and what is shown, from the data; also told the confidence."""
    table: Callable[[T], str]
    """What is drawn, as CSV."""


def line(key: Key) -> Mapping[str, Any]:
    """The look of a method's line."""
    return {"linewidth": 1.6, **OWN_LINES.get(key, LINES[key[1]])}


def label(key: Key) -> str:
    """A method's name in a legend."""
    return OWN_NAMES.get(key, NAMES[key[1]])


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
