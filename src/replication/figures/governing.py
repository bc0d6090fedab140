"""The number that governs the gridworld: q, DN's first step in deviations of the policy.

q = (2 epsilon / m) |grad J(theta(0))| / sigma, in every universe of Figure 3: against the least
effective sample size of DN, against DN - DG, and the share of universes in which DN is ahead.
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
from replication.figures.style import LOOKS, SMALL, Drawing, Key, canvas, reference
from replication.multiverse.atlas import FOLDER, Atlas, weighted_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGES = (0.003, 0.1, 0.3, 1.0)
"""Where q's bins begin; below the first it is not told apart from 0."""

WINDOW, STEPS = 60, 40  # universes of the running share, and of its places
LEAST_SHOWN = 1e-3
LAW = "even"
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
    """Effective sample size, DN - DG and the share, over q on one logarithmic axis."""
    figure, axes = canvas(6.6, 3, 1, sharex=True)
    for axis, column in zip(axes, COLUMNS, strict=False):
        _points(axis, shown, column)
    axes[0].set(yscale="log", ylabel="least effective\nsample size of DN")
    axes[1].set(ylabel="DN − DG\nin units of the reward")
    axes[1].set_yscale("symlog", linthresh=LINEAR)
    reference(axes[1], [0.0])
    _shares(axes[2], shown)
    for axis in axes:
        for edge in EDGES:
            axis.axvline(edge, color="0.75", linewidth=0.8, linestyle=(0, (1, 2)), zorder=0)
        axis.axvline(shown.default["q"], color="black", linewidth=0.8, linestyle=(0, (4, 2)))
    top = {"xycoords": ("data", "axes fraction"), "fontsize": SMALL, "va": "bottom"}
    axes[0].annotate(f"default, q = {shown.default['q']:.2g}", (shown.default["q"], 1.0), **top)
    axes[2].set(xscale="log", xlabel="q, DN's first step in standard deviations of the policy")
    return figure


def _points(axis: Axes, shown: Governed, column: str) -> None:
    """Universes as circles: open where DN is behind, so that greyscale tells them apart."""
    values, q = shown.atlas.columns[column], np.maximum(shown.q, LEAST_SHOWN)
    for ahead, look, fill in ((True, "DN", True), (False, "DG", False)):
        chosen, color = shown.ahead == ahead, LOOKS[look].color
        axis.scatter(
            q[chosen], values[chosen], s=9, marker="o", linewidths=0.6, edgecolors=color,
            facecolors=color if fill else "none", label="DN ahead" if ahead else "DN not ahead",
            rasterized=True,
        )  # fmt: skip
    default = (shown.default["q"], shown.default[column])
    axis.plot(*default, marker="D", color="black", markersize=6, linestyle="", label="default")
    if column == COLUMNS[0]:
        axis.legend(loc="best", fontsize=SMALL)


def _shares(axis: Axes, shown: Governed) -> None:
    x, intervals = zip(*shown.running(), strict=True)
    places = np.maximum(x, LEAST_SHOWN)
    axis.fill_between(
        places, [i.lower for i in intervals], [i.upper for i in intervals], color="0.85"
    )
    axis.plot(places, [i.value for i in intervals], color="black")
    axis.set(ylim=(0, 1.15), ylabel="share of universes\nwith DN > DG")
    axis.set_yticks([0, 0.5, 1])
    most = max(float(shown.q.max()), 10 * EDGES[-1])
    for low, high, share in shown.bins():
        middle = np.sqrt(max(low, LEAST_SHOWN / 2) * min(high, most))
        axis.annotate(
            f"{100 * share.value:.0f} %\nn = {share.n}", (middle, 1.13), ha="center", va="top",
            fontsize=SMALL,
        )  # fmt: skip


def caption(shown: Governed, confidence: float) -> str:
    """Caption of `scatter`."""
    unknown = int((shown.q == 0).sum())
    shares = "; ".join(
        f"{100 * s.value:.0f} % [{100 * s.lower:.0f}, {100 * s.upper:.0f}] for "
        + (f"{low:g} ≤ q < {high:g}" if np.isfinite(high) else f"q ≥ {low:g}")
        + f" (n = {s.n})"
        for low, high, s in shown.bins()
    )
    at = 100 * shown.atlas.made["confidence"]
    return (
        f"What governs the gridworld, in {len(shown.atlas)} universes of Figure 3 drawn evenly: "
        "q = (2ε/m)·|∇J(θ(0))|/σ, DN's first step in standard deviations of the policy. Top: the "
        "least effective sample size of DN over iterations and agents, the median over "
        "repetitions, in trajectories. Middle: DN − DG, the difference of the average returns in "
        "units of the reward for arriving. Filled where DN is ahead. Bottom: the share of "
        f"universes in which DN is ahead of DG, running over windows of {WINDOW} universes, with "
        f"{at:g} % Clopper–Pearson intervals; by bin {shares}. In {unknown} universes two "
        "independent estimates of the gradient at the start do not agree on its direction, so that "
        "q is not told apart from 0; they stand at the left edge, outside the running share. "
        f"Dashed: the default, q = {shown.default['q']:.2g}; dotted: the bins' edges."
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
