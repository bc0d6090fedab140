"""Theorems 4 and 5: convergence of eq. 5 and of Algorithm 1, and how large their steps may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from netnewton import networks
from netnewton.algorithms.consensus_newton import ConsensusNewton, previous_trackers
from netnewton.arrays import Array
from netnewton.games.concave import TeamProblem
from replication.claims import concave
from replication.claims.concave import Reading
from replication.claims.evidence import Evidence, exactly
from replication.claims.team_cases import FAMILIES, SEED, Cases, cases, graph, random_problems
from replication.claims.theorems.prediction import linear_threshold, proof_threshold
from replication.claims.thresholds import GOAL, GRID, thresholds
from replication.experiments.intervals import Interval, line_slope, share_interval

PARAMETERS = 2
ARRIVED = 1e-10  # error, relative to the start, that counts as arrival in the ledger
LONGEST = 12_000  # iterations of a run that is watched until it arrives
HOPELESS = 200  # iterations of a run for which no step size converges
EQ_5_READINGS = ("curvature-sign",)
ALGORITHM_1_READINGS = ("curvature-sign", "projection", "update-lag", "initial-conditions")
ABOVE = 1.05  # "just above" the measured threshold, five times the width of the bisection


@dataclass(frozen=True)
class Size:
    """Problems of one size and steepness, and how many starts they are given."""

    agents: int
    steepness: float
    starts: int
    """Of the search for the threshold."""
    runs: int
    """Of the runs at half of it."""
    families: tuple[str, ...] = FAMILIES


EQ_5_SIZES = (
    Size(6, 1.0, 8, 320),
    Size(6, 2.0, 8, 320),
    Size(6, 3.0, 8, 340),
    Size(30, 1.0, 2, 40),
)
# A path mixes so slowly that 20 agents on it cost more than 30 on any other graph.
SIZES = (
    Size(6, 1.0, 6, 98),
    Size(6, 2.0, 6, 98),
    Size(12, 2.0, 3, 6),
    Size(20, 1.0, 2, 4, ("path",)),
    Size(30, 1.0, 2, 2, ("ring", "star", "random", "complete")),
)


@dataclass(frozen=True)
class Row:
    """One problem on one graph."""

    graph: str
    """A family of `FAMILIES`; "averaging" for eq. 5."""
    agents: int
    spectral_gap: float
    steepness: float
    condition: float
    """M / m."""
    threshold: float
    """Measured, in (0, 1]; 0 if no step size of the grid converges."""
    linear_threshold: float
    proof_threshold: float
    """NaN where the constants of the proof cannot be bounded."""
    slopes: tuple[Interval, ...]
    """Slope of log(error) in the second half of each run at half the threshold."""
    arrived: int
    """How many of these runs arrived."""
    behaviour_above: str
    """What the starts of the search do just above the threshold; empty if it is 1 or 0."""


@cache
def eq_5_rows(reading: Reading, sizes: tuple[Size, ...]) -> list[Row]:
    """Every problem of Theorem 4, under eq. 5."""
    rows = []
    for size in sizes:
        problem = _problem(size)
        base = cases([problem])
        rows += _rows(size, base, concave.eq_5(reading), reading, ["averaging"])
    return rows


@cache
def algorithm_1_rows(reading: Reading, sizes: tuple[Size, ...]) -> list[Row]:
    """Every problem and graph of Theorem 5, under Algorithm 1."""
    rows = []
    for size in sizes:
        base = cases_of(size)
        rows += _rows(size, base, concave.algorithm_1(reading), reading, size.families)
    return rows


def cases_of(size: Size) -> Cases:
    """A problem on a graph of each of its families, with Metropolis weights."""
    graphs = [graph(family, size.agents) for family in size.families]
    return cases([_problem(size)], [networks.metropolis_weights(g) for g in graphs])


def _problem(size: Size) -> TeamProblem:
    return random_problems(1, size.agents, PARAMETERS, size.steepness, size.agents)[0]


def _rows(
    size: Size, base: Cases, method: ConsensusNewton, reading: Reading, names: Sequence[str]
) -> list[Row]:
    problem = _problem(size)
    found = thresholds(base, method, reading, size.starts)
    errors = half_way(base, method, reading, found, size.runs)
    above = behaviour_above(base, method, reading, found, size.starts)
    proof = proof_threshold(problem)
    return [
        Row(
            graph=name,
            agents=size.agents,
            spectral_gap=float(base.gaps[i]),
            steepness=size.steepness,
            condition=float(problem.M / problem.m),
            threshold=float(found[i]),
            linear_threshold=predicted(base, i, method, reading),
            proof_threshold=proof,
            slopes=tuple(slope(error) for error in errors[i]),
            arrived=int((concave.arrival(errors[i], ARRIVED) >= 0).sum()),
            behaviour_above=above[i],
        )
        for i, name in enumerate(names)
    ]


def predicted(base: Cases, case: int, method: ConsensusNewton, reading: Reading) -> float:
    """Step size at which the dynamics linearised at the optimum lose their stability.

    NaN with the printed sign, for which the optimum is no equilibrium. Eq. 5 does not lag.
    """
    if reading.sign == "printed":
        return float("nan")
    one = base.take(np.array([case]))
    local = concave.source_of(one)(
        np.repeat(one.optimum[:, np.newaxis], one.problem.n_agents, axis=1)
    )
    H = method.curvature.local(local)[0]
    lag = "previous" if method.trackers is previous_trackers else "current"
    return linear_threshold(one.weights[0], H.mean(axis=0), H + local.hessian[0], lag)


def half_way(
    base: Cases, method: ConsensusNewton, reading: Reading, found: Array, starts: int
) -> Array:
    """Relative errors of runs at half the threshold, shape (C, starts, K + 1).

    Where there is no threshold, they are short runs at the smallest step size of the grid.
    """
    runs = base.restarted(starts, np.random.default_rng([SEED, 2]))
    steps = np.repeat(np.where(found > 0, found / 2, GRID[0]), starts)
    patience = np.minimum(LONGEST, 60 / steps + 40 / runs.gaps)
    horizon = np.where(np.repeat(found > 0, starts), patience, HOPELESS).astype(int)
    errors = concave.follow(runs, method, reading, steps, horizon, ARRIVED)
    return errors.reshape(len(base), starts, -1)


def slope(error: Array, confidence: float = 0.98) -> Interval:
    """Slope of log(error) against iteration in the second half of a run, by least squares.

    A run ends at its arrival. Its residuals are no independent noise: the interval says how
    straight the line is.
    """
    end = concave.arrival(error[np.newaxis], ARRIVED)[0]
    last = int(end) if end >= 0 else int(np.flatnonzero(~np.isnan(error))[-1])
    k = np.arange(last // 2, last + 1)
    with np.errstate(divide="ignore"):
        return line_slope(k.astype(float), np.log(error[k]), confidence)


def edge_errors(size: Size, case: int, factors: Sequence[float], iterations: int) -> Array:
    """Relative errors of one start at multiples of its case's threshold, under Algorithm 1.

    The start is the one, of those the threshold was searched with, that is farthest from the
    optimum at the end of the run with the last multiple.

    Returns
    -------
    Array, shape (len(factors), iterations + 1)
    """
    reading = Reading()
    base, method = cases_of(size), concave.algorithm_1(reading)
    runs = base.restarted(size.starts, np.random.default_rng([SEED, 1]))
    chosen = runs.take(case * size.starts + np.arange(size.starts))
    rows = algorithm_1_rows(reading, SIZES)
    found = next(
        row.threshold
        for row in rows
        if (row.graph, row.agents, row.steepness)
        == (size.families[case], size.agents, size.steepness)
    )
    horizon = np.full(size.starts, iterations)
    steps = [np.full(size.starts, min(1.0, factor * found)) for factor in factors]
    errors = np.array(
        [concave.follow(chosen, method, reading, step, horizon, 0.0) for step in steps]
    )
    return errors[:, errors[-1, :, -1].argmax()]


def behaviour_above(
    base: Cases, method: ConsensusNewton, reading: Reading, found: Array, starts: int
) -> list[str]:
    """What the starts of the search do just above each threshold, in words."""
    runs = base.restarted(starts, np.random.default_rng([SEED, 1]))
    there = np.flatnonzero((found > 0) & (found * ABOVE <= 1.0))
    words = [""] * len(base)
    if len(there) == 0:
        return words
    rows = (there[:, np.newaxis] * starts + np.arange(starts)).ravel()
    steps = np.repeat(found[there] * ABOVE, starts)
    horizon = np.ceil(30 / steps + 12 / runs.gaps[rows]).astype(int)
    above = runs.take(rows)
    errors = concave.follow(above, method, reading, steps, horizon, GOAL)
    for i, block in zip(there, errors.reshape(len(there), starts, -1), strict=True):
        words[i] = describe(block)
    return words


def describe(errors: Array) -> str:
    """Counts of starts that converge, diverge, or stay away from the optimum without diverging."""
    arrived = concave.arrival(errors, GOAL) >= 0
    diverged = np.isinf(errors).any(axis=1) | (np.nanmax(errors, axis=1) > 1e6)
    counts = {
        "converge": int(arrived.sum()),
        "oscillate": int((~arrived & ~diverged).sum()),
        "diverge": int(diverged.sum()),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def theorem_4(evidence: Evidence) -> Mapping[str, Interval]:
    """Eq. 5 converges exponentially for small steps, and for all below the proof's constant."""
    rows = eq_5_rows(Reading.of(evidence, *EQ_5_READINGS), EQ_5_SIZES)
    bounded = [row for row in rows if np.isfinite(row.proof_threshold)]
    ratios = [row.threshold / row.proof_threshold for row in bounded]
    return {
        **_common(rows, evidence),
        "threshold-over-proof": exactly(min(ratios, default=np.nan), len(ratios)),
    }


def theorem_5(evidence: Evidence) -> Mapping[str, Interval]:
    """Algorithm 1 takes every copy to the optimum exponentially, for small steps."""
    rows = algorithm_1_rows(Reading.of(evidence, *ALGORITHM_1_READINGS), SIZES)
    # Where nothing converges the ratio is zero, whatever the prediction.
    ratios = [row.threshold / row.linear_threshold if row.threshold else 0.0 for row in rows]
    return {
        **_common(rows, evidence),
        "threshold-over-linear": exactly(max(ratios), len(ratios)),
    }


def _common(rows: Sequence[Row], evidence: Evidence) -> dict[str, Interval]:
    slopes = [slope for row in rows for slope in row.slopes]
    arrived = sum(row.arrived for row in rows)
    return {
        "threshold": exactly(min(row.threshold for row in rows), len(rows)),
        "arrival-share": share_interval(arrived, len(slopes), evidence.confidence),
        "rate": max(slopes, key=lambda slope: slope.value),
    }
