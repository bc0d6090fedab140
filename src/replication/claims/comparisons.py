"""What the claims of Section 6 have in common: returns, areas and times, compared pairwise.

Pairs are the repetitions of two methods, which share their random streams.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netnewton.games.finite import FiniteGame
from replication.claims.evidence import Evidence
from replication.claims.intervals import (
    Interval,
    entry_time,
    median_interval,
    ratio_bounds,
    settling_time,
)
from replication.experiments import problems
from replication.experiments.config import Settings
from replication.experiments.results import Results

Array = npt.NDArray[np.float64]


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


def area_difference(evidence: Evidence, experiment: str, method: str, reference: str) -> Interval:
    """Paired difference of the average return of two methods."""
    first, second = (average(returns(evidence.method(experiment, m))) for m in (method, reference))
    return evidence.mean(first - second)


def ratio(
    evidence: Evidence, experiment: str, method: str, reference: str, distance: float
) -> Interval:
    """Median pairwise ratio of the iterations until J stays within `distance` of the optimum."""
    runs = [evidence.method(experiment, name) for name in (method, reference)]
    times = [
        arrival(evidence, returns(run), run.spec.settings["optimum"], distance) for run in runs
    ]
    return median_interval(*ratio_bounds(*times), evidence.confidence)


def arrival(evidence: Evidence, J: Array, level: float, distance: float) -> tuple[Array, Array]:
    """Bounds of the number of iterations until J has arrived at a level, shape (R,) each.

    Parameters
    ----------
    evidence : Evidence
        Its reading of the ambiguity ``arrival``: J enters and then stays within the distance; it
        first enters; or the area between the level and J, in units of their distance at the start,
        which is the number of iterations for a J that jumps.
    J : Array, shape (R, K + 1)
    level, distance : float
    """
    kind = evidence.reading("arrival")
    if kind == "enters-and-stays":
        return settling_time(J, level, distance)
    if kind == "first-entry":
        return entry_time(J, level, distance)
    area = np.maximum(level - J, 0.0).sum(axis=1) / (level - J[:, 0].mean())
    return area, area
