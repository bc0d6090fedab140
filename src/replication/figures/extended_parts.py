"""What the figures of the extended experiments share: looks of methods, medians with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.claims.promise.committed import Row, table
from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.extended.declared import declared
from replication.extended.written import COMMAND, FOLDER, is_current
from replication.figures.style import LOOKS, SMALL, Drawing, Key, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METHODS: Mapping[str, tuple[Look, str]] = {
    "DN": (LOOKS["DN"], "o"),
    "DN_ascent": (Look("#0072B2", (5, 2)), "P"),
    "DJ": (Look("#56B4E9"), "v"),
    "DG": (LOOKS["DG"], "s"),
    "DS": (LOOKS["DS"], "D"),
    "gradient_tracking": (Look("#E69F00"), "^"),
    "gradient_tracking_grown": (Look("#E69F00", (5, 2)), "^"),
    "gradient_tracking_slow": (Look("#E69F00", (1, 1.5)), "<"),
    "tracked_absolute": (LOOKS["DN_absolute"], "X"),
    "tracked_diagonal": (LOOKS["DN_floor"], "p"),
    "network_giant": (Look("#5D3A9B", (1, 1.5)), "*"),
}
"""Colour and marker both tell methods apart; the colours are Okabe and Ito's, and one purple."""
STALE = " The tables were made with other sources than those that are here."


@dataclass(frozen=True)
class Shown:
    """The rows of some tables, by name, and whether they are of the sources that are here."""

    rows: Mapping[str, Sequence[Row]]
    current: bool

    @property
    def remark(self) -> str:
        """What a caption ends with."""
        return "" if self.current else STALE


def of_tables(
    names: Sequence[str],
    folder: Path,
    draw: Callable[[Shown], Figure],
    caption: Callable[[Shown, float], str],
    drawn: Callable[[Shown], str],
) -> Drawing[Shown]:
    """A figure of some of the committed tables, which are read when it is drawn."""

    def prepare(results: Mapping[Key, Results], confidence: float) -> Shown:
        return read(names, folder)

    return Drawing([], prepare, draw, caption, drawn)


def read(names: Sequence[str], folder: Path = FOLDER) -> Shown:
    """Some of the committed tables.

    Raises
    ------
    ConfigError
        If one is missing, with the command that makes it.
    """
    for name in names:
        require(folder / f"{name}.csv", COMMAND)
    return Shown({name: table(name, folder) for name in names}, is_current(folder))


def where(rows: Iterable[Row], **values: Any) -> list[Row]:
    """The rows with the given values."""
    return [row for row in rows if all(row[key] == value for key, value in values.items())]


def seen(rows: Iterable[Row], name: str) -> list[Any]:
    """The values of a column, in their order."""
    return list(dict.fromkeys(row[name] for row in rows))


def column(rows: Iterable[Row], name: str, never: float = np.inf) -> Any:
    """A column of numbers, shape (rows,), with another number for infinity."""
    found = np.array([float(row[name]) for row in rows])
    return np.where(found == np.inf, never, found)


def intervals(
    axis: Axes, x: Any, rows: Sequence[Row], name: str, method: str, never: float = np.inf
) -> None:
    """A line through values with their intervals, in a method's look."""
    (look, marker), y = METHODS[method], column(rows, name, never)
    low, high = (column(rows, f"{name}_{end}", never) for end in ("lower", "upper"))
    axis.errorbar(
        x, y, yerr=[np.maximum(y - low, 0), np.maximum(high - y, 0)], color=look.color,
        marker=marker, markersize=4, linewidth=1.1, elinewidth=0.7, label=method,
    )[0].set_dashes(look.dashes or (1, 0))  # fmt: skip


def named(figure: Figure, axis: Axes, titles: Mapping[str, str], columns: int = 2) -> None:
    """A legend above the figure, of the methods on an axis."""
    handles, names = axis.get_legend_handles_labels()
    figure.legend(
        handles, [titles.get(name, name) for name in names], loc="outside upper center",
        ncols=columns, fontsize=SMALL, handlelength=2, columnspacing=1,
    )  # fmt: skip


def share(level: str) -> float:
    """A level whose times are taken."""
    return float(declared().levels[level])


def times(path: Path) -> list[Row]:
    """The rows of the table of times; as `read`."""
    require(path, "./run python benchmarks/scaling.py")
    return table(path.stem, path.parent)


def require(path: Path, command: str) -> None:
    """Refuse to draw from a table that is not there.

    Raises
    ------
    ConfigError
        With the command that makes it.
    """
    if not path.exists():
        raise ConfigError(f"{path} is missing: make it with {command}")


def titles() -> dict[str, str]:
    """What methods are called."""
    return {name: method.title for name, method in declared().methods.items()}


def as_drawn(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Some columns of rows, as CSV."""
    return csv_table(
        columns,
        (
            [f"{v:.8g}" if isinstance(v, float) else v for v in (row[c] for c in columns)]
            for row in rows
        ),
    )
