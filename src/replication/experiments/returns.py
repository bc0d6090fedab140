"""The returns of a run: what a diverged repetition counts, and averages over iterations."""

from __future__ import annotations

import numpy as np

from netnewton.arrays import Array
from netnewton.games.finite import FiniteGame
from replication.experiments import problems
from replication.experiments.config import Settings
from replication.experiments.results import Results


def returns(results: Results) -> Array:
    """J(mu), shape (R, K + 1), a diverged repetition counting as the lowest return of its game."""
    return np.where(results.lost, lowest(results.spec.settings["game"]), results["J"])


def lowest(settings: Settings) -> float:
    """A game's lowest average return: that of its worst joint action, 0 in the gridworld."""
    played = problems.game(settings)
    if isinstance(played, FiniteGame):
        return float(played.joint_rewards.mean(axis=0).min())
    return 0.0


def average(J: Array) -> Array:
    """J averaged over iterations 1 to K, shape (R,): the area under the curve, per iteration."""
    return J[:, 1:].mean(axis=1)


def tenth(J: Array, before_last: int = 0) -> Array:
    """J averaged over the last tenth of the iterations, or over one before it; shape (R,)."""
    length = max(1, (J.shape[1] - 1) // 10)
    end = J.shape[1] - before_last * length
    return J[:, end - length : end].mean(axis=1)
