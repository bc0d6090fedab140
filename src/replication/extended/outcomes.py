"""What runs are worth: returns as shares of a way, and how far trackers have strayed."""

from __future__ import annotations

from typing import Any

import numpy as np

from netnewton.algorithms import State
from netnewton.arrays import Array

Row = dict[str, Any]
POINTS = 40  # of a curve, at most
WORST = -1.0
"""The share of all that is worse than it, and of a diverged repetition."""


def share(J: Array, level: Array) -> Array:
    """J as a share of the way from its start to a level, at least `WORST`.

    Parameters
    ----------
    J : Array, shape (R, K + 1)
        NaN once a repetition has diverged.
    level : Array, shape (R,)
    """
    start = J[:, :1]
    with np.errstate(over="ignore", invalid="ignore"):
        found = (J - start) / (level[:, np.newaxis] - start)
    return np.where(found >= WORST, found, WORST)


def tracked_means(state: State) -> dict[str, Array]:
    """How far the mean of the trackers is from that of what they track, and the size of that.

    Returns
    -------
    apart, size : Array, shape (..., R)
        The distance of the means over agents, and the root mean square over agents of the local
        vectors, g_i of Algorithm 1 or the gradient; NaN for a method without trackers.
    """
    for tracker, own in state.tracked():
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.square(tracker.mean(axis=-2) - own.mean(axis=-2)).sum(axis=-1)
            size = np.square(own).sum(axis=-1).mean(axis=-1)
        return {"apart": np.sqrt(apart), "size": np.sqrt(size)}
    unknown = np.full(state.theta.shape[:-2], np.nan)
    return {"apart": unknown, "size": unknown}


def points(last: int) -> list[int]:
    """The iterations of a curve that are kept: the first, then ever fewer, and the last."""
    later = np.rint(np.geomspace(1, max(last, 1), POINTS))
    return [0, *np.unique(later).astype(int).tolist()]
