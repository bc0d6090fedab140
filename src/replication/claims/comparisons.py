"""What the claims of Section 6 have in common: areas and times, compared pairwise.

Pairs are the repetitions of two methods, which share their random streams.
"""

from __future__ import annotations

import numpy as np

from netnewton.arrays import Array
from replication.claims.evidence import Evidence
from replication.experiments.intervals import (
    Interval,
    entry_time,
    median_interval,
    ratio_bounds,
    settling_time,
)
from replication.experiments.returns import average, returns


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


def arrival(
    evidence: Evidence, J: Array, level: float, distance: float, noise: float | Array = 0.0
) -> tuple[Array, Array]:
    """Bounds of the number of iterations until J has arrived at a level, shape (R,) each.

    Parameters
    ----------
    evidence : Evidence
        Its reading of the ambiguity ``arrival``: J enters and then stays within the distance; it
        first enters; or the area between the level and J, in units of their distance at the start,
        which is the number of iterations for a J that jumps.
    J : Array, shape (R, K + 1)
    level, distance : float
    noise : float or Array, shape (R, 1)
        How far beyond the distance a J that stays may be seen: see `settling_time`.
    """
    kind = evidence.reading("arrival")
    if kind == "enters-and-stays":
        return settling_time(J, level, distance, noise)
    if kind == "first-entry":
        return entry_time(J, level, distance)
    area = np.maximum(level - J, 0.0).sum(axis=1) / (level - J[:, 0].mean())
    return area, area
