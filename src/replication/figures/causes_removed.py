"""Why Algorithm 1 as printed is not Newton's method: DN less DS with each cause removed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replication.claims.promise.committed import FOLDER, Row, table
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.style import LOOKS, SMALL, Drawing, Key, canvas
from replication.promise.causes import CAUSES
from replication.promise.registration import registered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = {"printed": ("printed steps", LOOKS["DN"]), "safe": ("a safe step", LOOKS["DN_floor"])}


def draw_causes(folder: Path = FOLDER) -> Drawing[list[Row]]:
    """The figure of the table of causes; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> list[Row]:
        return table("causes", folder)

    return Drawing([], prepare, draw, caption, _table)


def draw(rows: list[Row]) -> Figure:
    """A panel for each task: the difference, with its interval, for every set of causes."""
    tasks = list(dict.fromkeys(str(row["task"]) for row in rows))
    labels = ["none", *CAUSES, *(f"all but {name}" for name in CAUSES), "all"]
    figure, axes = canvas(0.22 * len(labels) + 1.2, 1, len(tasks), squeeze=False, sharey=True)
    for axis, task in zip(axes.flat, tasks, strict=True):
        for offset, (steps, (name, look)) in zip((-0.15, 0.15), STEPS.items(), strict=True):
            own = [row for row in rows if (row["task"], row["steps"]) == (task, steps)]
            y = [labels.index(row["removed"]) + offset for row in own]
            _intervals(axis, own, y, color=look.color, label=name)
        axis.locator_params(axis="x", nbins=2)
        axis.axvline(0, color="0.7", linewidth=0.8, zorder=0)
        axis.set_title(textwrap.fill(registered().tasks[task].title, 17), fontsize=SMALL)
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2, fontsize=SMALL)
    figure.supxlabel("mean return over iterations, DN − DS", fontsize=SMALL)
    return figure


def _intervals(axis: Axes, rows: Sequence[Row], y: Sequence[float], **marks: Any) -> None:
    """The difference of each row with its interval."""
    value, lower, upper = (
        np.array([row[name] for row in rows]) for name in ("difference", "lower", "upper")
    )
    reach = [value - lower, upper - value]
    axis.errorbar(value, y, xerr=reach, fmt="o", markersize=3, elinewidth=1, **marks)


def caption(rows: list[Row], confidence: float) -> str:
    """Caption of the figure."""
    kept = [row for row in rows if row["removed"] == "none" and row["steps"] == "printed"]
    shares = ", ".join(
        f"{100 * row['kept']:.1f} % ({registered().tasks[str(row['task'])].title})" for row in kept
    )
    what = "; ".join(f"{name}: {text}" for name, text in CAUSES.items())
    safe, n = registered().causes["safe"], registered().causes["repetitions"]
    ahead = sum(float(row["lower"]) > 0 for row in rows)
    behind = sum(float(row["upper"]) < 0 for row in rows)
    return (
        "Whichever causes are removed that keep Algorithm 1 from being Newton's method, it is "
        f"ahead of first-order steps with the same switches in {ahead} of {len(rows)} comparisons, "
        f"and behind in {behind}. Shown is the mean return of DN less that of DS, with no cause "
        f"removed, each alone, all but each, and all. As printed [·]ₘ keeps the matrix in {shares} "
        "of the steps. "
        f"Causes: {what}. Steps as printed, and the same safe ones for all, ε = "
        f"{safe['step_size']:g}, m = {safe['floor']:g}. Means over n = {n} repetitions with "
        f"{100 * confidence:g} % Student-t intervals, paired."
    )


def _table(rows: list[Row]) -> str:
    header = list(rows[0])
    return csv_table(
        header,
        ([f"{v:.8g}" if isinstance(v, float) else v for v in row.values()] for row in rows),
    )
