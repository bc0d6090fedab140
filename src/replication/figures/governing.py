"""The number that governs the gridworld: q, DN's first step in deviations of the policy.

q = (2 epsilon / m) |grad J(theta(0))| / sigma, in every universe of Figure 3: against DN - DG, and
the share of universes in which DN is ahead. The least effective sample size is in the table.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from replication.experiments.files import csv_table
from replication.experiments.intervals import Interval
from replication.experiments.results import Results
from replication.figures.specification import LINEAR, by_default, needs, required
from replication.figures.style import LOOKS, SMALL, Drawing, Key, canvas, ink, powers, reference
from replication.multiverse.atlas import FOLDER, Atlas, weighted_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGES = (0.003, 0.1, 0.3, 1.0)
"""Where q's bins begin; below the first it is not told apart from 0."""

WINDOW, STEPS = 60, 40  # universes of the running share, and of its places
LEAST_SHOWN = 1e-3
COLUMNS = ("least_sample_size", "DN-DG")


@dataclass(frozen=True)
class Governed:
    """Figure 3's universes by q."""

    atlas: Atlas
    default: Mapping[str, float]

    @property
    def q(self) -> Array:
        """Shape (U,), in deviations of the policy."""
        return np.asarray(self.atlas.columns["q"])

    @property
    def ahead(self) -> npt.NDArray[np.bool_]:
        """Where DN's average return is above DG's, shape (U,)."""
        return np.asarray(self.atlas.columns["DN-DG"] > 0)

    def bins(self) -> list[tuple[float, float, Interval]]:
        """Each bin of q that has universes, with the share in which DN is ahead."""
        edges = (0.0, *EDGES, np.inf)
        found = []
        for low, high in itertools.pairwise(edges):
            inside = (self.q >= low) & (self.q < high)
            if inside.any():
                found.append((low, high, self._share(inside)))
        return found

    def running(self) -> list[tuple[float, Interval]]:
        """The share in windows of as many universes each, and the median of their q."""
        order = np.argsort(self.q, kind="stable")[int((self.q < EDGES[0]).sum()) :]
        size = min(WINDOW, len(order))
        starts = np.unique(np.linspace(0, len(order) - size, STEPS).astype(int))
        windows = [order[start : start + size] for start in starts]
        return [(float(np.median(self.q[w])), self._share(w)) for w in windows]

    def _share(self, chosen: npt.NDArray[Any]) -> Interval:
        ahead = self.ahead[chosen]
        return weighted_share(ahead, np.ones(len(ahead)), self.atlas.made["confidence"])


def draw_governing(folder: Path = FOLDER) -> Drawing[Governed]:
    """The figure of the multiverse's table of Figure 3; read when it is drawn.

    Parameters
    ----------
    folder : Path
    """

    def prepare(results: Mapping[Key, Results], confidence: float) -> Governed:
        return Governed(required("fig3", folder), by_default("fig3", results, confidence))

    return Drawing(needs("fig3"), prepare, scatter, caption, table)


def scatter(shown: Governed) -> Figure:
    """DN - DG and the share in which it is positive, over q on one logarithmic axis."""
    figure, (top, bottom) = canvas(5.0, 2, 1, sharex=True, height_ratios=(3, 2))
    _points(top, shown)
    _shares(bottom, shown)
    for axis in (top, bottom):
        axis.axvline(shown.default["q"], color="black", linewidth=0.8, linestyle=(0, (4, 2)))
    bottom.set(xscale="log", xlabel="q, DN's first step in deviations of the policy")
    bottom.set_xticks([1e-3, 1e-2, 1e-1, 1, 10, 100, 1000, 1e4])
    bottom.minorticks_off()
    powers(bottom.xaxis)
    return figure


def _points(axis: Axes, shown: Governed) -> None:
    """Universes as circles: open where DN is behind, so that greyscale tells them apart."""
    values, q = shown.atlas.columns["DN-DG"], np.maximum(shown.q, LEAST_SHOWN)
    for ahead, look, fill in ((True, "DN", True), (False, "DG", False)):
        chosen, color = shown.ahead == ahead, LOOKS[look].color
        axis.scatter(
            q[chosen], values[chosen], s=9, marker="o", linewidths=0.6, edgecolors=color,
            facecolors=color if fill else "none", rasterized=True,
        )  # fmt: skip
    default = shown.default["q"], shown.default["DN-DG"]
    axis.plot(*default, marker="D", color="black", markersize=6, linestyle="")
    reference(axis, [0.0])
    axis.set_yscale("symlog", linthresh=LINEAR)
    axis.set_ylabel("DN − DG (rewards)")
    axis.set_yticks([-1, -0.1, 0, 0.1, 1])
    axis.minorticks_off()
    powers(axis.yaxis)
    axis.set_title(f"{len(shown.atlas)} ways to make every choice of Figure 3")
    beside: dict[str, Any] = {"xycoords": "axes fraction", "fontsize": SMALL}
    axis.annotate("DN ahead", (0.8, 0.9), color=ink(LOOKS["DN"].color), **beside)
    axis.annotate("DN behind", (0.02, 0.1), color=ink(LOOKS["DG"].color), **beside)


def _shares(axis: Axes, shown: Governed) -> None:
    x, intervals = zip(*shown.running(), strict=True)
    places = np.maximum(x, LEAST_SHOWN)
    axis.fill_between(
        places, [i.lower for i in intervals], [i.upper for i in intervals], color="0.85"
    )
    axis.plot(places, [i.value for i in intervals], color="black")
    axis.set(ylim=(0, 1), ylabel="DN ahead in")
    axis.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axis.annotate(
        f"default, q = {shown.default['q']:.2g}", (shown.default["q"], 0.9), xytext=(4, 0),
        textcoords="offset points", fontsize=SMALL,
    )  # fmt: skip


def caption(shown: Governed, confidence: float) -> str:
    """Caption of `scatter`."""
    unknown, bins = int((shown.q == 0).sum()), shown.bins()
    shares = "; ".join(
        f"{100 * s.value:.0f} % [{100 * s.lower:.0f}, {100 * s.upper:.0f}] for "
        + (f"{low:g} ≤ q < {high:g}" if np.isfinite(high) else f"q ≥ {low:g}")
        + f" (n = {s.n})"
        for low, high, s in bins
    )
    least, most = (b for b in (bins[min(1, len(bins) - 1)], bins[-1]))
    at = 100 * shown.atlas.made["confidence"]
    return (
        "In the gridworld DN leads where its first step is small: it is ahead of DG in "
        f"{100 * least[2].value:.0f} % of the universes where {least[0]:g} ≤ q < {least[1]:g}, in "
        f"{100 * most[2].value:.0f} % where q ≥ {most[0]:g}; by default q = "
        f"{shown.default['q']:.2g}. q = (2ε/m)·|∇J(θ(0))|/σ is DN's first step in standard "
        f"deviations of the policy, in {len(shown.atlas)} universes of Figure 3 drawn evenly. Top: "
        "DN − DG, the difference of the average returns in units of the reward for arriving; "
        "filled where DN is ahead. Bottom: the share of universes in which DN is ahead of DG, "
        f"running over windows of {WINDOW} universes, with {at:g} % Clopper–Pearson intervals; by "
        f"bin {shares}. In {unknown} universes two independent estimates of the gradient at the "
        "start do not agree on its direction, so that q is not told apart from 0; they stand at "
        "the left edge, outside the running share. Dashed, and the diamond: the default."
    )


def table(shown: Governed) -> str:
    """The universes by q, then the running share and that of each bin."""
    header = ("what", "universe", "q", *COLUMNS, "share", "lower", "upper", "n")
    columns = [shown.atlas.columns[name] for name in ("universe", "q", *COLUMNS)]
    points = (
        ["universe", f"{u:g}", *(f"{v:.5g}" for v in values), "", "", "", ""]
        for u, *values in zip(*columns, strict=True)
    )
    running = (["running", "", f"{q:.5g}", "", "", *_numbers(s)] for q, s in shown.running())
    bins = (["bin", "", f"{low:g}", "", "", *_numbers(s)] for low, _, s in shown.bins())
    return csv_table(header, [*points, *running, *bins])


def _numbers(share: Interval) -> list[str]:
    return [*(f"{v:.5g}" for v in share[:3]), str(share.n)]
