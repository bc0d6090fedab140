"""What lost messages do: the trackers' error and the return, against the probability of a loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.claims.promise.committed import Row
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
    titles,
    where,
)
from replication.figures.style import SMALL, Drawing, canvas, powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {"symmetric": "both directions", "asymmetric": "each direction by itself"}
"""What is drawn of the kinds of losses; bursts are in the table."""
PANELS = (
    ("team_problem", "error", "error of the trackers"),
    ("team_problem", "last", "return, concave"),
    ("coordination", "last", "return, coordination"),
)
WAYS = {
    "weighted_sum": ("", (1.0, 0.0)),
    "running_sums": (", sums", (4.0, 1.5)),
    "running_sums_afresh": (", sums, copies anew", (1.0, 1.5)),
}
"""Protocols: what a method's name is followed by, and its dashes."""
TOLD = 0.4  # the probability that the caption begins with
LEAST, MOST = 1e-6, 10.0  # of the trackers' errors, as drawn
COLUMNS = (
    *("game", "method", "protocol", "links", "p"),
    *("error", "error_lower", "error_upper", "last", "last_lower", "last_upper", "diverged"),
)


def draw_links(folder: Path = FOLDER) -> Drawing[Shown]:
    """The figure of losses.csv; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """
    return of_tables(["losses"], folder, draw, caption, _table)


def draw(shown: Shown) -> Figure:
    """A column for each kind of losses; a row for the error and for each return."""
    figure, axes = canvas(7.2, len(PANELS), len(KINDS), sharey="row", sharex=True)
    for place, (game, name, label) in enumerate(PANELS):
        for number, links in enumerate(KINDS):
            _panel(axes[place, number], where(shown.rows["losses"], game=game), links, name)
        axes[place, 0].set_ylabel(label)
    for number, title in enumerate(KINDS.values()):
        axes[0, number].set_title(title, fontsize=SMALL)
        axes[-1, number].set_xlabel("probability of a loss")
    named(figure, axes[0, 0], _labels())
    return figure


def _labels() -> dict[str, str]:
    return {
        f"{name} {protocol}": f"{title}{suffix}"
        for name, title in titles().items()
        for protocol, (suffix, _) in WAYS.items()
    }


def _panel(axis: Axes, rows: list[Row], links: str, name: str) -> None:
    """A line for each method and protocol; no loss is the same of every kind."""
    for protocol in seen(rows, "protocol"):
        for method in seen(where(rows, protocol=protocol), "method"):
            own = [
                row
                for row in where(rows, method=method, protocol=protocol)
                if row["links"] == links or row["p"] == 0
            ]
            _line(axis, sorted(own, key=lambda row: float(row["p"])), method, protocol, name)
    if name == "error":
        axis.set(yscale="log", ylim=(LEAST / 2, 2 * MOST))
        axis.minorticks_off()
        powers(axis.yaxis)
    else:
        axis.set_ylim(-1.1, 1.1)


def _line(axis: Axes, rows: list[Row], method: str, protocol: str, name: str) -> None:
    (look, marker), (suffix, dashes) = METHODS[method], WAYS[protocol]
    ends = (LEAST, MOST) if name == "error" else (-1.0, 1.0)
    y, low, high = (column(rows, f"{name}{end}").clip(*ends) for end in ("", "_lower", "_upper"))
    reach = [np.maximum(y - low, 0), np.maximum(high - y, 0)]
    axis.errorbar(
        column(rows, "p"), y, yerr=reach, color=look.color, marker=marker, markersize=4,
        linewidth=1.1, elinewidth=0.7, markerfacecolor="white" if suffix else None,
        label=f"{method} {protocol}",
    )[0].set_dashes(dashes)  # fmt: skip


def caption(shown: Shown, confidence: float) -> str:
    """Caption of the figure."""
    plan, own = declared(), declared().losses
    return (
        f"{_answer(shown)} Top: the distance, after {own['iterations']} iterations, of the mean of "
        "the trackers from the mean of what they track, relative to the agents' vectors at the "
        f"start (medians, cut to {LEAST:g} and {MOST:g}). Below: the return over the last tenth of "
        "the iterations as a share of the way from the start to the optimum (means; at least -1, "
        f"which a diverged run counts). {own['agents']} agents on a {own['graph']}, n = "
        f"{plan.repetitions['trial']} repetitions, {100 * confidence:g} % intervals. Left: a loss "
        "takes both directions of a link; right: each by itself. Full marks: weighted sums, "
        "in which a lost message's weight goes to the receiver's own value; open ones: running "
        "sums, dotted if copies are averaged anew. "
        f"Losses in bursts are in losses.csv.{shown.remark}"
    )


def _answer(shown: Shown) -> str:
    """Gradient tracking with so many messages lost: what the losses take, and the protocol."""
    rows = where(shown.rows["losses"], game="team_problem", method="gradient_tracking", p=TOLD)

    def found(links: str, protocol: str) -> str:
        (row,) = where(rows, links=links, protocol=protocol)
        return f"{float(row['error']):.1g} and {float(row['last']):.3f}"

    together, apart = (found(links, "weighted_sum") for links in ("symmetric", "asymmetric"))
    return (
        f"With {100 * TOLD:g} % of the messages lost, the trackers' error and the return of "
        f"gradient tracking on concave problems are {together} if both directions of a link are "
        f"lost together, {apart} if each is by itself, and {found('asymmetric', 'running_sums')} "
        "then with running sums."
    )


def _table(shown: Shown) -> str:
    return as_drawn(shown.rows["losses"], COLUMNS)
