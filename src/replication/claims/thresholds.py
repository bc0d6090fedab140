"""The largest step size for which runs converge, searched from all starts together.

*Converging* means that the largest error of a copy falls below `GOAL` of its start. A step size
too small for that within `SLOWEST` iterations is judged by whether the error falls, at a quarter of
the rate epsilon, once the trackers have settled, and whether the smallest step size of the grid
that is watched to the end converges from the same starts. A threshold below that one, 0.01, is
therefore reported as 0; a step size so close to the edge that its runs take longer than their
horizon counts as one that does not converge.
"""

from __future__ import annotations

import numpy as np

from netnewton.algorithms import ConsensusNewton
from netnewton.arrays import Array, Flags, Indices
from replication.claims.concave import Reading, arrival, follow
from replication.claims.team_cases import SEED, Cases

GRID: Array = np.geomspace(1e-6, 1.0, 13)
GOAL = 1e-4  # error, relative to the start, below which a run has converged
SLOWEST = 1000  # iterations; runs that would need more are judged by whether the error falls


def converges(runs: Cases, method: ConsensusNewton, reading: Reading, steps: Array) -> Flags:
    """Whether each run converges at its step size, shape (R,)."""
    slow = _too_slow(steps)
    patience = np.where(slow, 100 + 3 / runs.gaps, 30 / steps + 12 / runs.gaps)
    horizon = np.ceil(patience).astype(int)
    errors = follow(runs, method, reading, steps, horizon, GOAL)
    return (arrival(errors, GOAL) >= 0) | (slow & _falling(errors, steps, horizon))


def _too_slow(steps: Array) -> Flags:
    """Whether (1 - epsilon)^k is still above the goal after the most iterations spent on it."""
    return np.asarray(steps * SLOWEST < -np.log(GOAL))


def _falling(errors: Array, steps: Array, horizon: Indices) -> Flags:
    """Whether the error falls all through the second half, at a quarter of the rate epsilon.

    The slowest direction of the diagonal choice shrinks more slowly than at epsilon.
    """
    eighths = horizon[:, np.newaxis] * np.arange(4, 9) // 8
    seen = np.take_along_axis(errors, np.minimum(eighths, errors.shape[1] - 1), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = -np.diff(np.log(seen), axis=1)
        return (fall > 0).all(axis=1) & (fall.sum(axis=1) >= steps * horizon / 8)


def thresholds(
    base: Cases, method: ConsensusNewton, reading: Reading, starts: int, bisections: int = 7
) -> Array:
    """Measured epsilon-bar of each case: it and every smaller grid value converge from all starts.

    Parameters
    ----------
    base : Cases
        C cases.
    starts : int
        Random starts, the same ones for every step size.
    bisections : int
        Between the last grid value that converges and the next; 7 leave less than one per cent.

    Returns
    -------
    Array, shape (C,)
        0 if not even the smallest grid value converges; 1 if all of them do.
    """
    runs = base.restarted(starts, np.random.default_rng([SEED, 1]))
    every = np.tile(np.arange(len(runs)), len(GRID))
    steps = np.repeat(GRID, len(runs))
    arrived = converges(runs.take(every), method, reading, steps)
    good = np.asarray(arrived.reshape(len(GRID), len(base), starts).all(axis=-1))
    slow = _too_slow(GRID)
    good[slow] &= good[~slow][0]  # an error may fall for long on the way to another point
    count = np.cumprod(good, axis=0).sum(axis=0)
    ladder = np.concatenate([[0.0], GRID, [GRID[-1]]])
    lower, upper = ladder[count], ladder[count + 1]
    open_ = np.flatnonzero((lower > 0) & (lower < upper))
    rows = (open_[:, np.newaxis] * starts + np.arange(starts)).ravel()
    for _ in range(bisections if len(open_) else 0):
        middle = np.sqrt(lower[open_] * upper[open_])
        all_arrived = converges(runs.take(rows), method, reading, np.repeat(middle, starts))
        fine = all_arrived.reshape(-1, starts).all(axis=1)
        lower[open_] = np.where(fine, middle, lower[open_])
        upper[open_] = np.where(fine, upper[open_], middle)
    return np.asarray(lower)
