"""How iterations grow with the number of agents, and as mixing gets worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.claims.promise.committed import Row
from replication.extended.declared import declared
from replication.extended.written import FOLDER
from replication.figures.extended_parts import (
    Shown,
    as_drawn,
    intervals,
    named,
    of_tables,
    seen,
    share,
    titles,
    where,
)
from replication.figures.style import SMALL, Drawing, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = ("sizes", "graphs")
COLUMNS = ("game", "method", "agents", "graph", "gap", "ninety", "ninety_lower", "ninety_upper")


def draw_size(folder: Path = FOLDER) -> Drawing[Shown]:
    """The figure of sizes.csv and graphs.csv; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """
    return of_tables(NAMES, folder, draw, caption, _table)


def draw(shown: Shown) -> Figure:
    """A column for each game: iterations to 90 % against N, and against the spectral gap."""
    games = seen(shown.rows["sizes"], "game")
    figure, axes = canvas(7.0, 2, len(games), sharey="row", squeeze=False)
    for column, game in enumerate(games):
        _panel(axes[0, column], shown, "sizes", game, "agents")
        _panel(axes[1, column], shown, "graphs", game, "gap")
        axes[0, column].set_title(declared().games[game]["title"], fontsize=SMALL)
    axes[0, len(games) // 2].set_xlabel("agents N")
    axes[1, len(games) // 2].set_xlabel("graph, with its mean spectral gap")
    figure.supylabel("iterations to 90 % of the level", fontsize=SMALL)
    named(figure, axes[0, 0], titles())
    return figure


def _panel(axis: Axes, shown: Shown, part: str, game: str, x: str) -> None:
    """A line for each method; what was not seen stands on the line of *never*."""
    never = 2.0 * declared().iterations
    rows = sorted(where(shown.rows[part], game=game), key=lambda row: float(row[x]))
    places = [_place(row, x) for row in rows]
    ticks = list(dict.fromkeys(places))
    for method in seen(shown.rows[part], "method"):
        own = [n for n, row in enumerate(rows) if row["method"] == method]
        at = [ticks.index(places[n]) for n in own]
        intervals(axis, at, [rows[n] for n in own], "ninety", method, never)
    axis.set_xticks(range(len(ticks)), ticks, rotation=90 if x == "gap" else 0)
    axis.set(yscale="log", ylim=(0.8, 1.5 * never))
    axis.axhline(never, color="0.7", linewidth=0.8, zorder=0)
    axis.set_yticks([1, 10, 100, never], ["1", "10", "100", "never"])
    axis.minorticks_off()


def _place(row: Row, x: str) -> str:
    kind = str(row["graph"]).replace("_", " ")
    return f"{row[x]:g}" if x == "agents" else f"{kind} {row[x]:.2g}"


def caption(shown: Shown, confidence: float) -> str:
    """Caption of the figure."""
    plan = declared()
    sizes, graphs = plan.sizes, plan.graphs
    return (
        f"{_answer(shown)} Shown are iterations until the return is {100 * share('ninety'):g} % of "
        "the way from its start to the level (the optimum; in the coordination game, where methods "
        "end at local optima, the best that any of them comes to), medians over "
        f"n = {plan.repetitions['trial']} random graphs and payoffs with {100 * confidence:g} % "
        f"intervals; never: not within {plan.iterations}. Top: against the number of agents, "
        f"{sizes['graph']} random graphs of degree {plan.networks['regular']['degree']}. Bottom: "
        f"{graphs['agents']} agents whose payoffs are on a {graphs['payoffs']} and whose messages "
        f"go over {len(graphs['graphs'])} kinds of graph, against the mean spectral gap of their "
        f"Metropolis weights. Every method was tuned on a {plan.tuning['graph']} of "
        f"{plan.tuning['agents']} agents, and keeps its settings.{shown.remark}"
    )


def _answer(shown: Shown) -> str:
    """What gradient tracking and two methods with Hessians need on concave problems."""
    rows = where(shown.rows["sizes"], game="team_problem")
    first, mended, tracked = (
        _span([float(row["ninety"]) for row in where(rows, method=name)])
        for name in ("gradient_tracking", "DN_ascent", "tracked_absolute")
    )
    return (
        f"On concave problems Algorithm 1 with H = −∇²J needs {mended} iterations, gradient "
        f"tracking {first}, and a tracked Hessian {tracked}, whatever the number of agents."
    )


def _span(values: list[float]) -> str:
    found = np.unique(values)
    return f"{found[0]:g}" if len(found) == 1 else f"{found[0]:g} to {found[-1]:g}"


def _table(shown: Shown) -> str:
    return as_drawn([row for name in NAMES for row in shown.rows[name]], COLUMNS)
