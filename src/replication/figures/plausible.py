"""The share of the plausible space in which each claim holds, and which choices decide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.experiments.files import csv_table
from replication.figures.specification import SHADES, required
from replication.figures.style import SMALL, WIDTH, Drawing
from replication.multiverse.atlas import FOLDER
from replication.multiverse.deciding import NOTICEABLE
from replication.multiverse.shares import Share, shares, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 3  # choices of a claim that are shown
LINE, BETWEEN, HEAD, FOOT = 0.16, 0.14, 0.45, 0.5  # inches
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
    """For each claim a bar for each law, and beside it the foremost choices."""
    from matplotlib.figure import Figure

    lines = max(MOST, *(len(share.laws) for share in shown))
    block = lines * LINE + BETWEEN
    height = HEAD + block * len(shown) + FOOT
    figure = Figure(figsize=(WIDTH, height))
    bottom, tall = FOOT / height, block * len(shown) / height
    left = figure.add_axes((0.24, bottom, 0.34, tall))
    right = figure.add_axes((0.64, bottom, 0.13, tall))
    for place, share in enumerate(shown):
        _bars(left, share, place * block / LINE)
        _choices(right, share, place * block / LINE)
    for axis in (left, right):
        axis.set_ylim(len(shown) * block / LINE - 0.5, -1)
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0, labelsize=SMALL)
        axis.tick_params(axis="x", labelsize=SMALL)
    left.set(xlim=(0, 1), xlabel="share of the plausible space")
    left.set_xticks([0, 0.5, 1], ["0", "50 %", "100 % "])
    right.axvline(NOTICEABLE, color="0.6", linewidth=0.8, linestyle=(0, (1, 2)))
    right.set_xlim(left=0)
    right.set_xlabel("importance")
    right.set_yticks([])
    _legend(figure)
    return figure


def _bars(axis: Axes, share: Share, top: float) -> None:
    """A bar for each law; whiskers are the intervals of its outer parts."""
    for line, (law, found) in enumerate(share.laws.items()):
        y, left = top + line, 0.0
        for verdict, shade in SHADES.items():
            axis.barh(y, found[verdict].value, 0.8, left=left, color=shade, linewidth=0)
            left += found[verdict].value
        held, against = found[REPRODUCED], found[CONTRADICTED]
        axis.hlines(y - 0.15, held.lower, held.upper, color="black", linewidth=1.1)
        axis.hlines(y + 0.15, 1 - against.upper, 1 - against.lower, color="black", linewidth=1.1)
        name = f"{share.claim}  " if line == 0 else ""
        axis.annotate(
            f"{name}{law}", (-0.02, y), xycoords=("axes fraction", "data"), ha="right",
            va="center", fontsize=SMALL,
        )  # fmt: skip
    axis.set_yticks([])


def _choices(axis: Axes, share: Share, top: float) -> None:
    for line, i in enumerate(share.importances[:MOST]):
        axis.hlines(top + line, i.lower, i.upper, color="black", linewidth=1.1)
        fill = "black" if i.decides else "white"
        axis.plot(i.value, top + line, "o", color="black", markersize=4, markerfacecolor=fill)
        axis.annotate(
            short(i.choice), (1.06, top + line),
            xycoords=("axes fraction", "data"), va="center", fontsize=SMALL,
        )  # fmt: skip


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=shade, label=verdict) for verdict, shade in SHADES.items()]
    look: dict[str, Any] = {"color": "black", "marker": "o", "markersize": 4, "linestyle": ""}
    handles.append(Line2D([], [], label="decides", **look))
    handles.append(Line2D([], [], markerfacecolor="white", label="may be noise", **look))
    figure.legend(handles=handles, loc="upper center", ncols=5, fontsize=SMALL, handlelength=1.2)


def caption(shown: list[Share], confidence: float) -> str:
    """Caption of `bars`."""
    counts = {share.figure: share.universes for share in shown}
    numbers = ", ".join(f"{n} of {figure}" for figure, n in counts.items())
    laws = ", ".join(shown[0].laws)
    return (
        "How large a share of the plausible space each claim on the figures holds in. Bars: shares "
        f"of the universes ({numbers}) with each verdict, weighted by the laws {laws} of "
        "paper_checks/multiverse.yaml; lines, "
        f"{100 * confidence:g} % Clopper–Pearson intervals of the shares reproduced (left) and "
        "contradicted (right) at the law's effective number of universes. Right: the choices that "
        "matter most to whether the claim is reproduced, by permutation importance in a random "
        "forest on held-out universes, as a share of the outcome's variance, with intervals over "
        f"universes. A choice decides (filled) if its interval lies above {NOTICEABLE:g} (dotted), "
        "which what plays no part does not reach."
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
