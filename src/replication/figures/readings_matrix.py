"""The verdict on each claim under each reading of the paper, as a matrix of marks.

One column for each single departure from the default reading. What combinations of departures come
to is in the figures of the multiverse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, MARKS, NOT_TESTED, REPRODUCED
from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table
from replication.figures.style import SMALL, Drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEFAULT = "default"
COLUMNS = ("claim", "reading", "verdict")

# From Okabe and Ito's palette, in an order of lightness that holds in greyscale.
FILLS: Mapping[str, str] = {
    REPRODUCED: "#56B4E9",
    INCONCLUSIVE: "#F0E070",
    CONTRADICTED: "#D55E00",
    NOT_TESTED: "#F2F2F2",
}
FRAME: Mapping[str, Any] = {"fill": False, "edgecolor": "black", "linewidth": 1.1, "zorder": 3}
CELL, MARGIN_LEFT = 0.17, 1.55  # inches
HEAD, FOOT, GAP = 2.15, 0.65, 0.15


@dataclass(frozen=True)
class Column:
    """One reading that differs from the default in at most one ambiguity."""

    ambiguity: str
    option: str
    verdicts: Mapping[str, str]
    """By claim; a claim that the ambiguity does not affect is not in it."""


@dataclass(frozen=True)
class Readings:
    """What the figure shows."""

    claims: Sequence[str]
    columns: Sequence[Column]
    """The default first, then grouped by ambiguity."""


def draw_readings(path: Path) -> Drawing[Readings]:
    """The figure of a sweep's table, ``paper_checks/readings.json``.

    Parameters
    ----------
    path : Path
        Read when the figure is drawn, not before.

    Returns
    -------
    Drawing
        Its ``prepare`` raises ConfigError if the table is missing or damaged, or lacks the
        default reading.
    """
    return Drawing(
        needs=[],
        prepare=lambda results, confidence: read(path),
        draw=matrix,
        caption=caption,
        table=lambda shown: csv_table(COLUMNS, rows(shown)),
    )


def read(path: Path) -> Readings:
    """The table of a sweep, arranged for the figure."""
    try:
        readings = json.loads(path.read_text(encoding="utf-8"))["readings"]
        single = [_column(reading) for reading in readings if reading["product"] is None]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{path} is missing or not a table of readings: make it with ./run snakemake sweep"
        ) from None
    default = next((column for column in single if column.ambiguity == DEFAULT), None)
    if default is None:
        raise ConfigError(
            f"{path} lacks the reading {DEFAULT!r}: make it with ./run snakemake sweep"
        )
    others = [column for column in single if column is not default and column.verdicts]
    groups = dict.fromkeys(column.ambiguity for column in others)
    ordered = [column for group in groups for column in others if column.ambiguity == group]
    swept = {name for column in others for name in column.verdicts}
    claims = [name for name in default.verdicts if name in swept]
    return Readings(claims, [default, *ordered])


def matrix(shown: Readings) -> Figure:
    """Verdicts under single readings."""
    from matplotlib.figure import Figure

    across, down = len(shown.columns) * CELL, len(shown.claims) * CELL
    width, height = MARGIN_LEFT + across + GAP, HEAD + down + FOOT
    figure = Figure(figsize=(width, height))
    axis = figure.add_axes((MARGIN_LEFT / width, FOOT / height, across / width, down / height))
    _cells(axis, shown)
    _labels(axis, shown)
    _legend(figure)
    return figure


def caption(shown: Readings, confidence: float) -> str:
    """Caption of `matrix`."""
    default = shown.columns[0].verdicts
    cells = [
        (name, verdict)
        for column in shown.columns[1:]
        for name, verdict in column.verdicts.items()
        if name in default
    ]
    changed = [name for name, verdict in cells if verdict != default[name]]
    return (
        "Verdicts under other readings of the paper. Rows are claims, columns readings: the "
        f"default reading first, then {len(shown.columns) - 1} that depart from it in one "
        "ambiguity, grouped by ambiguity; blank where an ambiguity does not bear on a claim, and "
        "left out where on none. A black frame marks a verdict that is not the default's: "
        f"{len(changed)} of {len(cells)}, in {len(set(changed))} of {len(shown.claims)} claims. "
        "Verdicts are "
        f"those of {100 * confidence:g} % intervals."
    )


def rows(shown: Readings) -> Iterator[Sequence[object]]:
    """Every mark."""
    for column in shown.columns:
        name = DEFAULT if column.ambiguity == DEFAULT else f"{column.ambiguity}={column.option}"
        for claim in shown.claims:
            if claim in column.verdicts:
                yield claim, name, column.verdicts[claim]


def _column(reading: Mapping[str, Any]) -> Column:
    verdicts = {name: claim["verdict"] for name, claim in reading["claims"].items()}
    if reading["id"] == DEFAULT:
        return Column(DEFAULT, "", verdicts)
    ((ambiguity, option),) = reading["choice"].items()
    return Column(ambiguity, option, verdicts)


def _cells(axis: Axes, shown: Readings) -> None:
    """The verdicts of single readings, each with its mark; those not the default's in a frame."""
    import seaborn as sns
    from matplotlib.patches import Rectangle

    found = [[column.verdicts.get(claim) for column in shown.columns] for claim in shown.claims]
    codes: dict[str | None, float] = {verdict: code for code, verdict in enumerate(FILLS)}
    sns.heatmap(
        np.array([[codes.get(verdict, np.nan) for verdict in row] for row in found]),
        annot=np.array([[MARKS.get(verdict or "", "") for verdict in row] for row in found]),
        annot_kws={"color": "black", "fontsize": SMALL}, fmt="", linewidths=0, cbar=False,
        cmap=list(FILLS.values()), vmin=-0.5, vmax=len(FILLS) - 0.5,
        xticklabels=False, yticklabels=False, ax=axis,
    )  # fmt: skip
    for y, (default, *others) in enumerate(found):
        for x, verdict in enumerate(others, start=1):
            if verdict not in (default, None):
                axis.add_patch(Rectangle((x + 0.07, y + 0.07), 0.86, 0.86, **FRAME))


def _labels(axis: Axes, shown: Readings) -> None:
    """Claims at the left; above, options upright; lines between claims and between ambiguities."""
    axis.set_yticks(np.arange(len(shown.claims)) + 0.5, shown.claims, fontsize=SMALL)
    axis.xaxis.tick_top()
    names = [_label(column) for column in shown.columns]
    axis.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90, fontsize=SMALL)
    axis.tick_params(length=0)
    groups = [column.ambiguity for column in shown.columns]
    starts = [x for x in range(1, len(groups)) if groups[x] != groups[x - 1]]
    _grid(axis, range(len(shown.claims) + 1), range(len(names) + 1), color="white", linewidth=2)
    _grid(axis, range(1, len(shown.claims)), [], color="0.9", linewidth=0.5)
    _grid(axis, [], starts, color="0.6", linewidth=0.6)


def _grid(axis: Axes, rows: Iterable[int], columns: Iterable[int], **look: Any) -> None:
    for y in rows:
        axis.axhline(y, **look)
    for x in columns:
        axis.axvline(x, **look)


def _label(column: Column) -> str:
    return DEFAULT if column.ambiguity == DEFAULT else f"{column.ambiguity}: {column.option}"


def _legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=fill, label=f"{MARKS[name]} {name}") for name, fill in FILLS.items()]
    framed = Patch(facecolor="white", edgecolor="black", label="not the default's verdict")
    figure.legend(handles=[*handles, framed], loc="lower center", ncols=3, fontsize=SMALL)
