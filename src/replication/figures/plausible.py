"""The share of the plausible space in which each claim holds, and which choices decide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replication.claims.ledger import claim
from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.experiments.files import csv_table
from replication.figures.specification import SHADES, required
from replication.figures.style import SMALL, WIDTH, Drawing, sheet
from replication.multiverse.atlas import FOLDER
from replication.multiverse.deciding import NOTICEABLE
from replication.multiverse.shares import Share, shares, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 3  # choices of a claim in the table
LINE, LEFT, HEAD, FOOT = 0.17, 0.55, 0.3, 0.45  # inches
BLOCK = 3.6  # lines: a claim, its bar, what decides it, and a gap
LAW = "even"  # the other laws are in the table
HEADER = ("claim", "what", "verdict", "value", "lower", "upper", "n")


def draw_plausible(folder: Path = FOLDER) -> Drawing[list[Share]]:
    """The figure of all committed tables of the multiverse; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """

    def prepare(results: Mapping[Any, Any], confidence: float) -> list[Share]:
        if not (found := shares(folder)):
            required("fig1", folder)
        return found

    return Drawing([], prepare, bars, caption, table)


def bars(shown: list[Share]) -> Figure:
    """For each claim a bar, below the claim and above the choices that decide it."""
    height = HEAD + BLOCK * LINE * len(shown) + FOOT
    figure = sheet(height)
    axis = figure.add_axes(
        (LEFT / WIDTH, FOOT / height, 0.94 - LEFT / WIDTH, 1 - (HEAD + FOOT) / height)
    )
    for place, share in enumerate(shown):
        _bar(axis, share, place * BLOCK)
    axis.set(xlim=(0, 1), ylim=(len(shown) * BLOCK - 0.5, -0.5), yticks=[])
    axis.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axis.set_xlabel("share of the universes")
    axis.spines["left"].set_visible(False)
    _legend(figure)
    return figure


def _bar(axis: Axes, share: Share, top: float) -> None:
    """Whiskers are the intervals of a bar's outer parts."""
    found, left, beside = share.laws[LAW], 0.0, axis.get_yaxis_transform()
    for verdict, shade in SHADES.items():
        axis.barh(top + 1, found[verdict].value, 0.9, left=left, color=shade, linewidth=0)
        left += found[verdict].value
    held, against = found[REPRODUCED], found[CONTRADICTED]
    axis.hlines(top + 0.85, held.lower, held.upper, color="black", linewidth=1.1)
    axis.hlines(top + 1.15, 1 - against.upper, 1 - against.lower, color="black", linewidth=1.1)
    text: dict[str, Any] = {"fontsize": SMALL, "va": "center", "transform": beside}
    axis.text(-0.11, top, claim(share.claim)["title"], **text)
    axis.text(-0.02, top + 1, f"{100 * held.value:.0f} %", ha="right", **text)
    axis.text(0.0, top + 2, _deciding(share), color="0.35", **text)


def _deciding(share: Share) -> str:
    names = [short(i.choice) for i in share.importances[:MOST] if i.decides]
    return f"decided by {', '.join(names)}" if names else "decided by no single choice"


def _legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=shade, label=verdict) for verdict, shade in SHADES.items()]
    figure.legend(handles=handles, loc="upper center", ncols=3, handlelength=1.2)


def caption(shown: list[Share], confidence: float) -> str:
    """Caption of `bars`."""
    counts = {share.figure: share.universes for share in shown}
    numbers = ", ".join(f"{n} of {figure}" for figure, n in counts.items())
    most = max(shown, key=lambda share: share.laws[LAW][REPRODUCED].value)
    half = sum(share.laws[LAW][REPRODUCED].value > 0.5 for share in shown)
    return (
        f"{half} of {len(shown)} claims on the figures hold in more than half of the plausible "
        f"ways to make the choices that the paper leaves open: {most.claim} holds in most, "
        f"{100 * most.laws[LAW][REPRODUCED].value:.0f} %. Bars: shares of the universes "
        f"({numbers}) with each verdict, and at the left the share reproduced, by the law {LAW} of "
        f"paper_checks/multiverse.yaml; lines, {100 * confidence:g} % Clopper–Pearson intervals of "
        "the shares reproduced and contradicted. Below each bar the choices that decide whether "
        "the claim is reproduced: their permutation importance in a random forest on held-out "
        "universes, as a share of the outcome's variance, has an interval above "
        f"{NOTICEABLE:g}, which what plays no part does not reach. The other laws "
        f"({', '.join(law for law in shown[0].laws if law != LAW)}) and the importances are in the "
        "figure's table."
    )


def table(shown: list[Share]) -> str:
    """The share of each verdict by claim and law, then the importances that are shown."""
    return csv_table(HEADER, (row for share in shown for row in _rows(share)))


def _rows(share: Share) -> Iterator[Sequence[object]]:
    for law, found in share.laws.items():
        for verdict, interval in found.items():
            yield share.claim, law, verdict, *_digits(interval[:3]), interval.n
    for i in share.importances[:MOST]:
        numbers = _digits((i.value, i.lower, i.upper))
        yield share.claim, f"importance of {i.choice}", "", *numbers, share.universes


def _digits(values: Sequence[float]) -> list[str]:
    return [f"{v:.5g}" for v in values]
