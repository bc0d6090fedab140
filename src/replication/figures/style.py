"""What the figures have in common: how they look, and the parts that each consists of.

Colours are told apart by the colour-blind and, with the dashes, in greyscale.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from replication.experiments.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]
Key = tuple[str, str]
"""An experiment and one of its methods."""

THEME: Mapping[str, Any] = {
    "context": "paper",
    "style": "ticks",
    "palette": "colorblind",
    "font": "DejaVu Sans",  # comes with matplotlib
    "font_scale": 9 / 9.6,  # labels and titles of 9 points
    "rc": {
        "figure.dpi": 160,
        "svg.hashsalt": "netnewton",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "legend.handlelength": 3.0,  # or a marker hides the gap between two dashes
    },
}
WIDTH = 7.2  # inches, of a page
SMALL = 7.5  # the smallest print, in points


@dataclass(frozen=True)
class Look:
    """How a line looks."""

    color: str
    dashes: tuple[float, ...] | str = ""
    """Lengths of dashes and gaps, in widths of the line; empty for a solid one."""
    width: float = 1.6


@dataclass(frozen=True)
class Line:
    """A line with its band, and its name in the legend."""

    label: str
    look: Look
    x: npt.NDArray[Any]
    value: Array
    lower: Array
    upper: Array


# All colours are from Okabe and Ito's palette, but for the purple, which goes with its orange; in
# greyscale it is the dashes that tell the lines apart.
LOOKS: Mapping[str, Look] = {
    "DN": Look("#0072B2"),
    "DG": Look("#D55E00", (5, 2)),
    "DS": Look("#000000", (1, 1.5)),
    "DN_floor": Look("#009E73"),
    "DN_absolute": Look("#CC79A7", (6, 1.5, 1, 1.5)),
}
NAMES = {
    "DN": "DN: Newton, Algorithm 1",
    "DG": "DG: first order, $H_i = I$",
    "DS": "DS: first order, $H_i = (m/2)I$",
    "DN_floor": "second order, eigenvalues raised to $m/2$",
    "DN_absolute": "second order, absolute eigenvalues",
}
# Where an experiment's method is not what the others' of its name is.
OWN_LOOKS: Mapping[Key, Look] = {
    ("gridworld_unbiased", "DN"): Look("#56B4E9", (6, 1.5, 1, 1.5), 1.0),
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


@contextmanager
def themed() -> Iterator[None]:
    """Draw in our style, whatever matplotlib's configuration and the machine's fonts are."""
    log = logging.getLogger("matplotlib")
    log.setLevel(logging.ERROR)  # where matplotlib may keep its cache does not concern a figure
    import matplotlib
    import seaborn as sns
    from matplotlib.font_manager import fontManager

    log.setLevel(logging.NOTSET)
    bundled = Path(matplotlib.get_data_path())
    fontManager.ttflist = [f for f in fontManager.ttflist if Path(f.fname).is_relative_to(bundled)]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        sns.set_theme(**THEME)
        yield


def canvas(height: float, rows: int, columns: int, **options: Any) -> tuple[Figure, Any]:
    """A figure as wide as a page, and its axes; it is no business of pyplot's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def look(key: Key) -> Look:
    """The look of a method's line."""
    return OWN_LOOKS.get(key, LOOKS[key[1]])


def label(key: Key) -> str:
    """A method's name in a legend."""
    return OWN_NAMES.get(key, NAMES[key[1]])


def lines(axis: Axes, shown: Sequence[Line], **marks: Any) -> None:
    """Lines with bands between the given bounds: seaborn must not estimate any of its own."""
    import pandas as pd
    import seaborn as sns

    tables = [pd.DataFrame({"x": a.x, "value": a.value, "line": a.label}) for a in shown]
    long = pd.concat(tables, ignore_index=True)
    sns.lineplot(
        long, x="x", y="value", hue="line", style="line", size="line", estimator=None, sort=False,
        palette={line.label: line.look.color for line in shown},
        dashes={line.label: line.look.dashes for line in shown},
        sizes={line.label: line.look.width for line in shown}, ax=axis, **marks,
    )  # fmt: skip
    for line in shown:
        axis.fill_between(
            line.x, line.lower, line.upper, color=line.look.color, alpha=0.22, linewidth=0
        )
    axis.legend().remove()  # where it stands is the figure's to say
    axis.set(xlabel="", ylabel="")


def reference(axis: Axes, values: Iterable[float]) -> None:
    """Grey lines across, at values that are known beforehand."""
    for value in values:
        axis.axhline(value, color="0.7", linewidth=0.8, zorder=0)
