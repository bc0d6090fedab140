"""What the figures have in common: how they look, and the parts that each consists of.

Colours are told apart by the colour-blind and, with the dashes, in greyscale.
"""

from __future__ import annotations

import logging
import math
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
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]
Key = tuple[str, str]
"""An experiment and one of its methods."""

# A figure is as wide as a phone's page: there a point is a pixel, and on paper a column's width.
WIDTH = 5.0  # inches
TEXT, SMALL = 10.0, 9.0  # points: labels and titles, and the smallest print
THEME: Mapping[str, Any] = {
    "context": "paper",
    "style": "ticks",
    "palette": "colorblind",
    "font": "sans-serif",
    "font_scale": TEXT / 9.6,
    "rc": {
        # The first comes with matplotlib, the second is as wide, and any other is narrower.
        "font.sans-serif": ["DejaVu Sans", "Verdana"],
        "figure.dpi": 160,
        "savefig.facecolor": "white",  # or a dark page would show through
        "svg.fonttype": "none",  # text that can be searched, selected and read aloud
        "svg.hashsalt": "netnewton",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": TEXT,
        "axes.axisbelow": True,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
    },
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Look:
    """How a line looks."""

    color: str
    dashes: tuple[float, ...] | str = ""
    """Lengths of dashes and gaps, in widths of the line; empty for a solid one."""
    width: float = 1.6


@dataclass(frozen=True)
class Line:
    """A line with its band, and its name."""

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
    "DG": "DG: first order, H = I",
    "DS": "DS: first order, H = (m/2)I",
    "DN_floor": "eigenvalues raised",
    "DN_absolute": "absolute eigenvalues",
}
# Where an experiment's method is not what the others' of its name is.
OWN_NAMES: Mapping[Key, str] = {
    ("gridworld_tuned", "DN_floor"): "raised",
    ("gridworld_tuned", "DN_absolute"): "absolute",
    ("gridworld_tuned", "DG"): "first order",
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

    @property
    def source(self) -> str:
        """The file that draws it, from the project's root."""
        return f"src/{self.draw.__module__.replace('.', '/')}.py"


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
    figure = sheet(height, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def sheet(height: float, **options: Any) -> Figure:
    """A figure without axes, as wide as a page and of a height in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), **options)


def label(key: Key) -> str:
    """A method's name, as short as it can be."""
    return OWN_NAMES.get(key, key[1])


def ink(color: str) -> tuple[float, float, float]:
    """A colour for letters: darker than that of lines, so that small print is read on white."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(color)
    return 0.75 * red, 0.75 * green, 0.75 * blue


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


def powers(axis: XAxis | YAxis) -> None:
    """Powers of ten on a logarithmic axis, in letters that are text and no formula."""
    axis.set_major_formatter(lambda value, _: power(value))


def power(value: float) -> str:
    """A number, a power of ten, as it is written."""
    if value == 0:
        return "0"
    exponent = round(math.log10(abs(value)))
    digits = "1" if exponent == 0 else f"10{str(exponent).translate(SUPERSCRIPTS)}"
    return digits if value > 0 else f"−{digits}"
