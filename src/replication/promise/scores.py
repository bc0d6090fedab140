"""What a run is worth: area, time to a level, final level, and the probability of improvement.

Returns J have shape (R, K + 1); entry 0 is at theta(0). A diverged repetition counts from then on
with the lowest return of its game.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from replication.experiments.intervals import Interval

DRAWS = 2000


@dataclass(frozen=True)
class Levels:
    """Between which returns a task's methods are compared."""

    start: float
    """J(theta(0))."""
    best: float
    """The highest mean of the last tenth of the iterations over all tuning runs of all methods."""

    def share(self, J: Array) -> Array:
        """J as a share of the way from the start to the best level."""
        return (J - self.start) / (self.best - self.start)

    def at(self, share: float) -> float:
        """The return at a share of the way."""
        return self.start + share * (self.best - self.start)


def arrival(J: Array, level: float) -> Array:
    """The first iteration at which J reaches a level that its mean from then on keeps, shape (R,).

    Infinity if there is none. A return that is estimated passes a level by chance now and then, and
    a run that collapses has not arrived: the mean from then on tells.
    """
    remaining = np.arange(J.shape[1], 0, -1)
    later = np.cumsum(J[:, ::-1], axis=1)[:, ::-1] / remaining
    there = (level <= J) & (level <= later)
    return np.where(there.any(axis=1), there.argmax(axis=1), np.inf)


def improvement(better: Array, worse: Array) -> float:
    """P(X > Y) + P(X = Y) / 2 over all pairs of a repetition of each method.

    Agarwal, Schwarzer, Castro, Courville and Bellemare, *Deep Reinforcement Learning at the Edge of
    the Statistical Precipice* (2021): the Mann-Whitney statistic over the number of pairs.

    Parameters
    ----------
    better, worse : Array, shape (R,) and (Q,)
    """
    above = better[:, np.newaxis] - worse
    return float((above > 0).mean() + (above == 0).mean() / 2)


def improvement_interval(
    better: Array, worse: Array, confidence: float, rng: np.random.Generator, draws: int = DRAWS
) -> Interval:
    """The probability of improvement with its percentile bootstrap interval.

    The repetitions of each method are drawn with replacement, apart from the other's (strata).

    Parameters
    ----------
    better, worse : Array, shape (R,) and (Q,)
    confidence : float
    rng : numpy.random.Generator
    draws : int
    """
    wins = np.sign(better[:, np.newaxis] - worse) / 2 + 0.5
    first, second = (rng.integers(len(x), size=(draws, len(x))) for x in (better, worse))
    drawn = wins[first[:, :, np.newaxis], second[:, np.newaxis, :]].mean(axis=(1, 2))
    lower, upper = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(improvement(better, worse), float(lower), float(upper), len(better))
