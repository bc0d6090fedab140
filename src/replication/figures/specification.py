"""Specification curves: DN's advantage in every universe of a figure, sorted, with its choices.

Simonsohn, Simmons and Nelson, *Specification curve analysis*, Nature Human Behaviour 4 (2020). One
column a universe, in the order of DN - DG; below, what is chosen there. All choices are in the
table, and those that matter most are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.style import SMALL, WIDTH, Drawing, Key, powers, sheet
from replication.multiverse import deciding
from replication.multiverse.atlas import FOLDER, Atlas, read_atlas
from replication.multiverse.effects import MAIN, UniverseEvidence, effects
from replication.multiverse.shares import short
from replication.multiverse.space import Dimension, Number, Options, of_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# In an order of lightness that holds in greyscale.
SHADES: Mapping[str, str] = {
    REPRODUCED: "#56B4E9", INCONCLUSIVE: "#D9D0B0", CONTRADICTED: "#A33B00",
}  # fmt: skip
UNITS = {
    "fig1": "the way from J(θ(0)) to the optimum",
    "fig2": "the way from J(θ(0)) to the optimum",
    "fig3": "the reward for arriving",
}
LINEAR = 0.02  # where the gridworld's scale turns logarithmic
MOST = 5  # choices that are drawn
ROW, STRIP = 0.165, 0.3  # inches: of an option, and of a number's range
LEFT, RIGHT, GAP, CURVE, HEAD, FOOT = 1.58, 0.74, 0.1, 1.3, 0.55, 0.35


@dataclass(frozen=True)
class Specifications:
    """The universes of a figure, sorted."""

    atlas: Atlas
    order: npt.NDArray[np.intp]
    choices: Sequence[Dimension]
    """The deciding ones first."""
    default: Mapping[str, float]
    """The effects by default."""

    @property
    def drawn(self) -> Sequence[Dimension]:
        """The choices that matter most."""
        return self.choices[:MOST]

    @property
    def claim(self) -> str:
        """The claim that gives the colours."""
        return f"{self.atlas.figure}-faster"

    def sorted(self, column: str) -> npt.NDArray[Any]:
        """A column in the curve's order."""
        return self.atlas.columns[column][self.order]


def draw_specification(figure: str, folder: Path = FOLDER) -> Drawing[Specifications]:
    """The specification curve of a figure's universes.

    Parameters
    ----------
    figure : str
    folder : Path
        Where the tables are; read when the figure is drawn, not before.

    Returns
    -------
    Drawing
        Its ``prepare`` raises ConfigError if there is no table.
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> Specifications:
        atlas = required(figure, folder)
        found = deciding.read_deciding(figure, folder).get("DN-DG", [])
        places = {importance.choice: place for place, importance in enumerate(found)}
        choices = [d for d in of_figure(figure) if d.name in atlas.columns]
        choices.sort(key=lambda d: places.get(d.name, len(places)))
        order = np.argsort(atlas.columns["DN-DG"], kind="stable")
        return Specifications(atlas, order, choices, by_default(figure, results, confidence))

    return Drawing(needs(figure), prepare, curve, caption, table)


def needs(figure: str) -> list[Key]:
    """The results that the effects by default are taken from."""
    return [(MAIN[figure], method) for method in ("DN", "DG", "DS")]


def required(figure: str, folder: Path) -> Atlas:
    """A figure's table.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if (atlas := read_atlas(figure, folder)) is None:
        raise ConfigError(
            f"{folder / figure}.csv is missing: make it with ./run snakemake --cores 8 multiverse"
        )
    return atlas


def by_default(
    figure: str, results: Mapping[Key, Results], confidence: float
) -> Mapping[str, float]:
    """The effects under the default choices, as `effects.effects` names them."""
    return effects(figure, results, UniverseEvidence(results, {}, confidence))


def curve(shown: Specifications) -> Figure:
    """DN - DG and DN - DS above, the choices below."""
    below = sum(_height(d) + GAP for d in shown.drawn)
    height = HEAD + 2 * CURVE + 2 * GAP + below + FOOT
    figure = sheet(height)
    width, top = (WIDTH - LEFT - RIGHT) / WIDTH, height - HEAD
    for part, drawn in (*_curves(shown), *_panels(shown)):
        top -= part
        axis = figure.add_axes((LEFT / WIDTH, top / height, width, part / height))
        drawn(axis)
        axis.set(xlim=(-0.5, len(shown.atlas) - 0.5), xticks=[])
        top -= GAP
    axis.set_xlabel(f"{len(shown.atlas)} universes, by DN − DG", labelpad=3)
    _legend(figure, shown)
    return figure


Part = tuple[float, Any]
"""A height in inches, and what draws there."""


def _curves(shown: Specifications) -> Iterator[Part]:
    for other in ("DG", "DS"):
        yield CURVE, lambda axis, other=other: _effect(axis, shown, other)


def _effect(axis: Axes, shown: Specifications, other: str) -> None:
    name, x = f"DN-{other}", np.arange(len(shown.atlas))
    colors = [SHADES[verdict] for verdict in shown.sorted(shown.claim)]
    value, lower, upper = (shown.sorted(f"{name}{end}") for end in ("", "/lower", "/upper"))
    axis.vlines(x, lower, upper, color="0.85", linewidth=0.5, rasterized=True)
    axis.scatter(x, value, s=3, c=colors, linewidths=0, zorder=3, rasterized=True)
    axis.axhline(0, color="0.3", linewidth=0.7)
    default = shown.default[name]
    axis.axhline(default, color="black", linewidth=0.8, linestyle=(0, (4, 2)))
    label = f"default\n{_signed(default)}"
    axis.annotate(
        label, (1.02, default), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL
    )
    low, high = np.quantile([*lower, *upper, default, 0.0], [0.005, 0.995])
    margin = 0.08 * (high - low)
    axis.set_ylim(min(low, default) - margin, max(high, default) + margin)
    if shown.atlas.figure == "fig3":  # most universes hardly learn, and in some goals yield again
        axis.set_yscale("symlog", linthresh=LINEAR)
        axis.set_yticks([-1, -0.1, 0, 0.1, 1])
        axis.minorticks_off()
        powers(axis.yaxis)
    axis.set_ylabel(f"DN − {other}")


def _height(d: Dimension) -> float:
    return ROW * (len(d.options) + 1) if isinstance(d, Options) else STRIP


def _panels(shown: Specifications) -> Iterator[Part]:
    for d in shown.drawn:
        yield _height(d), lambda axis, d=d: _panel(axis, shown, d)


def _panel(axis: Axes, shown: Specifications, d: Dimension) -> None:
    """What is chosen in each universe, a row for each option or a strip over a number's range."""
    colors = [SHADES[verdict] for verdict in shown.sorted(shown.claim)]
    rows = _options(axis, shown, d) if isinstance(d, Options) else _number(axis, shown, d)
    marker, size = ("|", 30.0) if isinstance(d, Options) else ("o", 2.0)
    look: dict[str, Any] = {"linewidths": 0.6 if marker == "|" else 0, "rasterized": True}
    axis.scatter(np.arange(len(rows)), rows, marker=marker, s=size, c=colors, **look)
    axis.tick_params(length=0, labelsize=SMALL, pad=2)
    axis.spines[:].set_visible(False)
    axis.axhline(axis.get_ylim()[1], color="0.8", linewidth=0.5, clip_on=False)


def _options(axis: Axes, shown: Specifications, d: Options) -> npt.NDArray[Any]:
    chosen = shown.sorted(d.name)
    axis.set_ylim(len(d.options) - 0.5, -1.5)
    names = [d.name, *d.options]
    axis.set_yticks(range(-1, len(d.options)), [short(name) for name in names])
    holds = shown.sorted(shown.claim) == REPRODUCED
    for place, option in enumerate(d.options):
        if option == d.default:
            axis.get_yticklabels()[1 + place].set_fontweight("bold")
        share = holds[chosen == option].mean() if (chosen == option).any() else np.nan
        axis.annotate(
            f"{100 * share:.0f} %", (1.2, place), xycoords=("axes fraction", "data"),
            ha="right", va="center", fontsize=SMALL,
        )  # fmt: skip
    return np.array([d.options.index(option) for option in chosen])


def _number(axis: Axes, shown: Specifications, d: Dimension) -> npt.NDArray[Any]:
    """A strip over a number's range; its default is the line across."""
    assert isinstance(d, Number)
    axis.set_ylim(-0.06, 1.06)
    at = float(_place(d, np.array(d.default)))
    axis.axhline(at, color="black", linewidth=0.6, linestyle=(0, (4, 2)))
    axis.set_yticks([0.5], [short(d.name)])
    for y, end in ((0.06, d.low), (0.94, d.high)):
        axis.annotate(
            f"{end:g}", (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL
        )
    return _place(d, shown.sorted(d.name))


def _place(d: Number, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Where numbers are in their range, from 0 to 1, by the law of the range."""
    if d.law == "uniform":
        return (x - d.low) / (d.high - d.low)
    if d.law == "log-uniform":
        return np.log(x / d.low) / np.log(d.high / d.low)
    return np.log((1 - x) / (1 - d.low)) / np.log((1 - d.high) / (1 - d.low))


def _legend(figure: Figure, shown: Specifications) -> None:
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 6}
    handles = [
        Line2D([], [], color=shade, label=verdict, **look) for verdict, shade in SHADES.items()
    ]
    figure.legend(
        handles=handles, loc="upper center", ncols=3, handlelength=1,
        title=f"{shown.claim} is", title_fontsize=SMALL,
    )  # fmt: skip


def caption(shown: Specifications, confidence: float) -> str:
    """Caption of `curve`."""
    atlas, default = shown.atlas, shown.default["DN-DG"]
    values, lower, upper = (atlas.columns[f"DN-DG{end}"] for end in ("", "/lower", "/upper"))
    verdicts = atlas.columns[shown.claim]
    counts = ", ".join(f"{verdict} in {int(np.sum(verdicts == verdict))}" for verdict in SHADES)
    first, at = shown.choices[0], 100 * atlas.made["confidence"]
    return (
        f"Over {len(atlas)} universes, ways of making all free choices of Figure "
        f"{atlas.figure[3:]} at once, {shown.claim} is {counts}; the choice that matters most "
        f"to DN − DG is {short(first.name)}. DN's average return is above DG's in "
        f"{int((lower > 0).sum())} universes and below in {int((upper < 0).sum())}. Each column "
        "is a universe, drawn evenly from the ranges of the choices. Top: DN − DG and DN − DS, "
        "the paired difference of the average returns over iterations, in units of "
        f"{UNITS[atlas.figure]}, with "
        f"{at:g} % intervals over repetitions (grey); the half per cent at either end may be cut. "
        f"The median of DN − DG is {_signed(float(np.median(values)))}. Dashed: the "
        f"default, {_signed(default)}, above {100 * float(np.mean(values < default)):.0f} % of the "
        f"universes. Below: of {len(shown.choices)} choices the {len(shown.drawn)} that matter "
        "most to DN − DG; default options bold, numbers over their range with the default dashed; "
        f"right, the share of an option's universes in which {shown.claim} is reproduced."
    )


def _signed(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")


def table(shown: Specifications) -> str:
    """What is drawn, a row for each universe in the curve's order."""
    names = [
        "universe",
        *(f"DN-{other}{end}" for other in ("DG", "DS") for end in ("", "/lower", "/upper")),
        shown.claim,
        *(d.name for d in shown.choices),
    ]
    columns = [shown.sorted(name) for name in names]
    return csv_table(names, ([_cell(value) for value in row] for row in zip(*columns, strict=True)))


def _cell(value: Any) -> Any:
    return f"{value:.10g}" if isinstance(value, float) else value
