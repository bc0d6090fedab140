"""Intervals over repetitions. The unit that varies, and that a bootstrap draws, is the repetition.

All intervals are two-sided; the paper's are at 98 %.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from netnewton.arrays import Array, Flags


class Interval(NamedTuple):
    """An estimate with its confidence interval."""

    value: float
    lower: float
    upper: float
    n: int


def student_t(samples: Array, confidence: float) -> tuple[Array, Array, Array]:
    """Mean and Student-t interval over the first axis, entries that are NaN left out.

    Parameters
    ----------
    samples : Array, shape (R, ...)
    confidence : float

    Returns
    -------
    mean, lower, upper : Array, shape (...)
        The interval is infinite where fewer than two repetitions are left.
    """
    present = np.isfinite(samples)
    n = present.sum(axis=0)
    mean = np.where(present, samples, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(present, samples - mean, 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / np.maximum(n - 1, 1))
    quantile = special.stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2)
    half = np.where(n > 1, quantile * deviation / np.sqrt(np.maximum(n, 1)), np.inf)
    mean = np.where(n > 0, mean, np.nan)
    return mean, mean - half, mean + half


def mean_interval(samples: Array, confidence: float) -> Interval:
    """Student-t interval of a mean, for samples of shape (R,)."""
    mean, lower, upper = student_t(samples, confidence)
    return Interval(float(mean), float(lower), float(upper), int(np.isfinite(samples).sum()))


def normal_interval(samples: Array, confidence: float) -> Interval:
    """Interval of a mean by the normal law, for samples of shape (R,): too short for few of them.

    It takes the estimated spread for the true one; another reading of the paper's intervals.
    """
    t = mean_interval(samples, confidence)
    shrunk = special.ndtri((1 + confidence) / 2) / special.stdtrit(t.n - 1, (1 + confidence) / 2)
    half = shrunk * (t.upper - t.value)
    return Interval(t.value, t.value - half, t.value + half, t.n)


def bootstrap(
    samples: Array,
    confidence: float,
    rng: np.random.Generator,
    draws: int = 10_000,
    statistic: Callable[[Array], Array] = lambda means: means,
) -> Interval:
    """Percentile bootstrap interval of a mean, or of a function of several means.

    Parameters
    ----------
    samples : Array, shape (R,) or (R, M)
        R repetitions of one quantity, or of M that belong together.
    confidence : float
    rng : numpy.random.Generator
    draws : int
    statistic : callable
        From means, shape (...) or (..., M), to the quantity wanted, shape (...).
    """
    drawn = rng.integers(len(samples), size=(draws, len(samples)))
    values = statistic(samples[drawn].mean(axis=1))
    lower, upper = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(
        float(statistic(samples.mean(axis=0))), float(lower), float(upper), len(samples)
    )


def share_interval(successes: int, n: int, confidence: float) -> Interval:
    """Clopper-Pearson interval of a share: its coverage is at least `confidence`."""
    tail = (1 - confidence) / 2
    lower = special.betaincinv(successes, n - successes + 1, tail) if successes > 0 else 0.0
    upper = special.betaincinv(successes + 1, n - successes, 1 - tail) if successes < n else 1.0
    return Interval(successes / n, float(lower), float(upper), n)


def median_interval(lower: Array, upper: Array, confidence: float) -> Interval:
    """Distribution-free interval of a median from order statistics, for censored samples.

    Sample r is known to lie in [lower_r, upper_r]; for a sample that was seen both ends agree.
    Each end of the interval takes the unfavourable bound, so its coverage is at least
    `confidence` whatever the censored values are.

    Parameters
    ----------
    lower, upper : Array, shape (R,)
        Bounds of each sample, 0 and infinity allowed.

    Returns
    -------
    Interval
        Its value is the mean of the medians of the lower and of the upper bounds, where all are
        seen simply the median; an end is infinite where too few samples bound it.
    """
    n = len(lower)
    rank = _order_statistic(n, confidence)
    low, high = np.sort(lower), np.sort(upper)
    if rank == 0:
        return Interval(_median(lower, upper), -np.inf, np.inf, n)
    return Interval(_median(lower, upper), float(low[rank - 1]), float(high[n - rank]), n)


def _order_statistic(n: int, confidence: float) -> int:
    """Largest rank l with P(Binomial(n, 1/2) < l) <= (1 - confidence) / 2; 0 if there is none."""
    ranks = np.arange(1, n + 1)
    below = special.bdtr(ranks - 1, n, 0.5)
    return int((below <= (1 - confidence) / 2).sum())


def _median(lower: Array, upper: Array) -> float:
    ends = np.array([np.median(lower), np.median(upper)])
    return float(ends.mean())


def line_slope(x: Array, y: Array, confidence: float) -> Interval:
    """Slope of y against x by least squares, with its Student-t interval.

    Infinite if y is not finite throughout: what does not stay finite does not fall.
    """
    if not np.isfinite(y).all():
        return Interval(np.inf, np.inf, np.inf, len(x))
    centred = x - x.mean()
    fitted = float(centred @ y / (centred @ centred))
    rest, free = y - y.mean() - fitted * centred, len(x) - 2
    variance = rest @ rest / (free * (centred @ centred))
    half = float(special.stdtrit(free, (1 + confidence) / 2) * np.sqrt(variance))
    return Interval(fitted, fitted - half, fitted + half, len(x))


def settling_time(
    J: Array, optimum: float, distance: float, noise: float | Array = 0.0
) -> tuple[Array, Array]:
    """Iterations until J comes within `distance` of the optimum and stays there.

    Parameters
    ----------
    J : Array, shape (R, K + 1)
        Entry 0 precedes the first iteration. NaN counts as away from the optimum.
    optimum, distance : float
    noise : float or Array, shape (R, 1)
        How far beyond the distance a later entry may be and still count as having stayed: the
        error of J where that is an estimate.

    Returns
    -------
    lower, upper : Array, shape (R,)
        Equal where J settled; (K + 1, infinity) where it was away at the last iteration: censored.
    """
    last = J.shape[1] - 1
    left = ~(optimum - distance - noise <= J)
    latest = np.where(left.any(axis=1), last - np.argmax(left[:, ::-1], axis=1), -1)
    near = optimum - distance <= J
    return _first(near & (np.arange(last + 1) > latest[:, np.newaxis]))


def entry_time(J: Array, optimum: float, distance: float) -> tuple[Array, Array]:
    """Iterations until J first comes within `distance` of the optimum; as `settling_time`."""
    return _first(optimum - distance <= J)


def _first(near: Flags) -> tuple[Array, Array]:
    """Where each row is first true; (its length, infinity) where it never is."""
    entered = near.any(axis=1)
    lower = np.where(entered, np.argmax(near, axis=1), near.shape[1]).astype(float)
    return lower, np.where(entered, lower, np.inf)


def ratio_bounds(
    numerator: tuple[Array, Array], denominator: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Pairwise bounds of a ratio of quantities >= 0, each known to lie between two bounds.

    Zero by zero says nothing: 0 and infinity.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        lower, upper = numerator[0] / denominator[1], numerator[1] / denominator[0]
    return np.where(np.isnan(lower), 0.0, lower), np.where(np.isnan(upper), np.inf, upper)
