"""What the claims of Section 6 have in common: returns, areas and times, compared pairwise.

Pairs are the repetitions of two methods, which share their random streams.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netnewton.games.finite import FiniteGame
from replication import problems
from replication.config import Settings
from replication.measures import Evidence
from replication.statistics import (
    Interval,
    median_interval,
    ratio_bounds,
    settling_time,
)
from replication.storage import Results

Array = npt.NDArray[np.float64]


def returns(results: Results) -> Array:
    """J(mu), shape (R, K + 1), a diverged repetition counting as the lowest return of its game."""
    return np.where(results.lost, _lowest(results.spec.settings["game"]), results["J"])


def _lowest(settings: Settings) -> float:
    """Of a finite game its worst joint action's; in the gridworld 0, when nobody arrives."""
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


def area_difference(evidence: Evidence, experiment: str, method: str, reference: str) -> Interval:
    """Paired difference of the average return of two methods."""
    first, second = (average(returns(evidence.method(experiment, m))) for m in (method, reference))
    return evidence.mean(first - second)


def ratio(
    evidence: Evidence, experiment: str, method: str, reference: str, distance: float
) -> Interval:
    """Median pairwise ratio of the iterations until J stays within `distance` of the optimum."""
    runs = [evidence.method(experiment, name) for name in (method, reference)]
    times = [settling_time(run["J"], run.spec.settings["optimum"], distance) for run in runs]
    return median_interval(*ratio_bounds(*times), evidence.confidence)
