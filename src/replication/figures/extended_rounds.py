"""Rounds of mixing an iteration: what they save in iterations, and what they cost in scalars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.extended.declared import declared
from replication.extended.written import FOLDER
from replication.figures.extended_parts import (
    METHODS,
    Shown,
    as_drawn,
    column,
    named,
    of_tables,
    seen,
    share,
    titles,
    where,
)
from replication.figures.style import SMALL, Drawing, canvas, powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = ("rounds", "curves")
COLUMNS = ("game", "method", "rounds", "scalars", "mean", "lower", "upper")


def draw_rounds(folder: Path = FOLDER) -> Drawing[Shown]:
    """The figure of rounds.csv and curves.csv; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """
    return of_tables(NAMES, folder, draw, caption, _table)


def draw(shown: Shown) -> Figure:
    """A column for each game: iterations against scalars to 90 %, and the return as it rises."""
    games = seen(shown.rows["rounds"], "game")
    figure, axes = canvas(6.2, 2, len(games), sharey="row", sharex="col", squeeze=False)
    for number, game in enumerate(games):
        _prices(axes[0, number], shown, game)
        _curves(axes[1, number], shown, game)
        axes[0, number].set_title(declared().games[game]["title"], fontsize=SMALL)
        powers(axes[1, number].xaxis)
    axes[0, 0].set_ylabel("iterations to 90 %")
    axes[1, 0].set_ylabel("share of the way")
    axes[1, len(games) // 2].set_xlabel("scalars sent over an edge")
    named(figure, axes[1, 0], titles())
    return figure


def _prices(axis: Axes, shown: Shown, game: str) -> None:
    """A line for each method through its numbers of rounds, the first with a larger mark."""
    rows = where(shown.rows["rounds"], game=game)
    for method in seen(rows, "method"):
        own = [row for row in where(rows, method=method) if np.isfinite(row["ninety"])]
        look, marker = METHODS[method]
        x, y = column(own, "ninety_scalars"), column(own, "ninety")
        axis.plot(x, y, color=look.color, marker=marker, markersize=3, linewidth=0.9)
        first = where(own, rounds=1)
        x, y = column(first, "ninety_scalars"), column(first, "ninety")
        axis.plot(x, y, color=look.color, marker=marker, markersize=7, linestyle="none")
    axis.set(xscale="log", yscale="log")
    axis.minorticks_off()
    powers(axis.yaxis)


def _curves(axis: Axes, shown: Shown, game: str) -> None:
    """The mean share with one round, from the first iteration on."""
    rows = where(shown.rows["curves"], game=game, rounds=1)
    for method in seen(rows, "method"):
        own = [row for row in where(rows, method=method) if row["iteration"] > 0]
        look, marker = METHODS[method]
        x = column(own, "scalars")
        axis.plot(
            x, column(own, "mean"), color=look.color, marker=marker, markersize=3, markevery=6,
            linewidth=1.1, dashes=look.dashes or (1, 0), label=method,
        )  # fmt: skip
        axis.fill_between(
            x, column(own, "lower"), column(own, "upper"), color=look.color, alpha=0.15, linewidth=0
        )
    axis.set(xscale="log", ylim=(-0.3, 1.1))
    axis.minorticks_off()


def caption(shown: Shown, confidence: float) -> str:
    """Caption of the figure."""
    plan, own = declared(), declared().rounds
    rounds = ", ".join(map(str, own["rounds"]))
    return (
        f"{_answer(shown)} Top: iterations until the return is {100 * share('ninety'):g} % of the "
        "way to the level, against the scalars that cross an edge until then, both ways; a line "
        f"goes through {rounds} rounds of mixing an iteration, the large mark being one; medians "
        f"over n = {plan.repetitions['trial']} repetitions, where there is one. Lower and farther "
        "left is better. Bottom: the share of the way against scalars, one round, means with "
        f"{100 * confidence:g} % Student-t intervals. {own['agents']} agents on a {own['graph']}; "
        f"settings tuned on a {plan.tuning['graph']} of {plan.tuning['agents']} with one round."
        f"{shown.remark}"
    )


def _answer(shown: Shown) -> str:
    """How often more rounds pay for themselves."""
    rows, paid, compared = shown.rows["rounds"], 0, 0
    for game in seen(rows, "game"):
        for method in seen(rows, "method"):
            own = where(rows, game=game, method=method)
            times = {row["rounds"]: float(row["ninety_scalars"]) for row in own}
            one = times.pop(1)
            if np.isfinite([one, *times.values()]).any():
                compared += 1
                paid += min(times.values()) < one
    return (
        f"More rounds of mixing send fewer scalars until 90 % in {paid} of the {compared} pairs of "
        "game and method that come so far."
    )


def _table(shown: Shown) -> str:
    return as_drawn(shown.rows["curves"], COLUMNS)
