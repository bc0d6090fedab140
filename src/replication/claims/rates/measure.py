"""Orders of convergence (Section 2, Section 3.3), and the diagonal of the Hessian in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from netnewton import networks
from netnewton.algorithms import ConsensusNewton
from netnewton.arrays import Array, Flags
from netnewton.curvature import ScaledIdentity
from replication.claims import concave
from replication.claims.concave import Reading
from replication.claims.evidence import Evidence, Measure, exactly
from replication.claims.team_cases import FAMILIES, SEED, Cases, cases, graph, random_problems
from replication.claims.thresholds import GRID, thresholds
from replication.experiments.intervals import (
    Interval,
    median_interval,
    ratio_bounds,
    settling_time,
    share_interval,
)

AGENTS, PARAMETERS = 4, 3
PROBLEMS = 60
STEEPNESS = 2.0  # of the problems for orders: too gentle ones leave Newton's method two iterates
NEAR, FAR = 1e-12, 1e-2  # errors between which an order is read off
NEWTON_ITERATIONS, GRADIENT_ITERATIONS = 25, 400
NOT_SETTLED = 2.0  # what a run that does not settle counts, in units of the iterations given

JACOBI_AGENTS, JACOBI_STARTS = 5, 2
JACOBI_STEEPNESS = (1.0, 2.0)
SETTLED = 1e-8  # error, relative to the start, from which iterations are counted
COMPARED = 400  # iterations that the two methods are given
STEP = 0.1
STEP_GRID = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TUNING_PROBLEMS = 12


def newton_quadratic(evidence: Evidence) -> Mapping[str, Interval]:
    """The order of eq. 2, as eq. 5 from equal copies (eq. 7), at full step or at a half.

    The starts lie at distances from half the range's upper end to that end, so that the few
    iterates it takes from there to rounding are all seen.
    """
    reading = Reading.of(evidence, "curvature-sign")
    step = 1.0 if evidence.reading("newton-step") == "full" else 0.5
    base = _near(_equal_copies())
    method = concave.eq_5(reading)
    steps = np.full(len(base), step)
    errors = _errors(base, method, reading, steps, NEWTON_ITERATIONS)
    return {"order": _median_order(errors, evidence.confidence)}


def gradient_linear(evidence: Evidence) -> Mapping[str, Interval]:
    """The order of eq. 5-6 with H_i = I, and by how much an iteration shrinks the error.

    The starts are those of Newton's method, the step size is 1/M of each problem.
    """
    reading, base = Reading.of(evidence, "simplified-g"), _near(_equal_copies())
    method = concave.eq_5(reading, ScaledIdentity(1.0))
    errors = _errors(base, method, reading, gradient_steps(base), GRADIENT_ITERATIONS)
    factors = np.array([np.median(_factors(error)) for error in errors])
    # A run that never comes near the optimum has not shrunk its error at all.
    lower = np.where(np.isnan(factors), 1.0, factors)
    upper = np.where(np.isnan(factors), np.inf, factors)
    return {
        "order": _median_order(errors, evidence.confidence),
        "factor": median_interval(lower, upper, evidence.confidence),
    }


def gradient_steps(base: Cases) -> Array:
    """1/M of each problem, with which the error of gradient ascent falls in each step."""
    return np.asarray(1.0 / base.problem.M)


@cache
def _equal_copies() -> Cases:
    """Problems for orders, the copies of each starting from one random point."""
    problems = random_problems(PROBLEMS, AGENTS, PARAMETERS, STEEPNESS, stream=6)
    return cases(problems, equal=True)


def _near(base: Cases) -> Cases:
    """The same with starts close to the optima, in random directions."""
    rng = np.random.default_rng([SEED, 4])
    direction = rng.normal(size=base.optimum.shape)
    distance = FAR * rng.uniform(0.5, 1.0, size=(len(base), 1))
    start = base.optimum + distance * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return replace(base, theta=np.repeat(start[:, np.newaxis], AGENTS, axis=1))


def _errors(
    base: Cases, method: ConsensusNewton, reading: Reading, steps: Array, iterations: int
) -> Array:
    """Distances from the optimum, shape (R, K + 1)."""
    horizon = np.full(len(base), iterations)
    relative = concave.follow(base, method, reading, steps, horizon, goal=0.0)
    return relative * base.errors(base.theta)[:, np.newaxis]


def _between(error: Array) -> Flags:
    return (error > NEAR) & (error < FAR)


def _factors(error: Array) -> Array:
    """Ratios of successive errors, both of them between the two bounds; NaN if there are none."""
    between = _between(error)
    pairs = between[:-1] & between[1:]
    return (error[1:] / np.where(error[:-1] > 0, error[:-1], 1.0))[pairs] if pairs.any() else _NONE


_NONE = np.array([np.nan])


def order(error: Array) -> tuple[float, float]:
    """Bounds of a run's order log(e_{k+1}/e_k) / log(e_k/e_{k-1}), from its last three in range.

    A run that does not end near the optimum has the order 0. One that does, but passes through
    the range too fast to leave three errors in it, could have any.
    """
    between = _between(error)
    triples = np.flatnonzero(between[:-2] & between[1:-1] & between[2:])
    if not error[-1] < FAR:
        return 0.0, 0.0
    if len(triples) == 0:
        return 0.0, np.inf
    a, b, c = np.log(error[triples[-1] : triples[-1] + 3])
    return float((c - b) / (b - a)), float((c - b) / (b - a))


def _median_order(errors: Array, confidence: float) -> Interval:
    bounds = np.array([order(error) for error in errors])
    return median_interval(bounds[:, 0], bounds[:, 1], confidence)


def jacobi_optimum(evidence: Evidence) -> Mapping[str, Interval]:
    """Algorithm 1 with the diagonals of the Hessians ends at the optimum of the average return."""
    reading = Reading.of(evidence, "curvature-sign", "projection", "simplified-g")
    threshold = _common_threshold(reading)
    groups = _jacobi_cases()
    half = threshold / 2 if threshold else float(GRID[0])
    distances = [_final_distance(base, reading, half) for base in groups]
    n = sum(len(base) for base in groups) * JACOBI_STARTS
    return {"final-distance": exactly(max(distances), n), "threshold": exactly(threshold, n)}


@cache
def _jacobi_cases() -> list[Cases]:
    """A problem of each steepness on a graph of every family."""
    graphs = [graph(family, JACOBI_AGENTS) for family in FAMILIES]
    weights = [networks.metropolis_weights(graph) for graph in graphs]
    return [
        cases(random_problems(1, JACOBI_AGENTS, PARAMETERS, steepness, stream=7), weights)
        for steepness in JACOBI_STEEPNESS
    ]


@cache
def _common_threshold(reading: Reading) -> float:
    """Largest grid value such that it and every smaller one converge in all cases."""
    method = concave.algorithm_1(reading, "diagonal")
    found = [
        thresholds(base, method, reading, JACOBI_STARTS, bisections=0) for base in _jacobi_cases()
    ]
    return float(np.min(found))


def _final_distance(base: Cases, reading: Reading, step: float) -> float:
    runs = base.restarted(JACOBI_STARTS, np.random.default_rng([SEED, 3]))
    horizon = np.minimum(3000, 60 / step + 40 / runs.gaps).astype(int)
    method = concave.algorithm_1(reading, "diagonal")
    errors = concave.follow(runs, method, reading, np.full(len(runs), step), horizon, goal=0.0)
    ends = np.take_along_axis(errors, horizon[:, np.newaxis], axis=1)
    return float(np.where(np.isnan(ends), np.inf, ends).max())


@dataclass(frozen=True)
class Pair:
    """Iterations to settle of the full Hessian and of its diagonal, each as bounds."""

    full: tuple[Array, Array]
    diagonal: tuple[Array, Array]


def jacobi_slower(evidence: Evidence) -> Mapping[str, Interval]:
    """Iterations that the full Hessian and its diagonal need, on the same random problems.

    The damped reading of the Newton step compares at epsilon = 1/2, and leaves the full step out
    of the grid.
    """
    reading = Reading.of(evidence, "curvature-sign", "simplified-g")
    damped = evidence.reading("newton-step") == "damped"
    base = _comparison(PROBLEMS, stream=8)
    equal = _pair(base, reading, *[0.5 if damped else STEP] * 2)
    grid = [step for step in STEP_GRID if step < 1.0 or not damped]
    own = _pair(base, reading, *[best_step(reading, kind, grid) for kind in ("full", "diagonal")])
    slower = equal.diagonal[0] > equal.full[1]
    return {
        "ratio-equal-step": _median_ratio(equal, evidence.confidence),
        "ratio-own-step": _median_ratio(own, evidence.confidence),
        "share-slower": share_interval(int(slower.sum()), len(slower), evidence.confidence),
    }


def _comparison(count: int, stream: int) -> Cases:
    """Random problems on a ring, from unequal copies."""
    weights = networks.metropolis_weights(graph("ring", AGENTS))
    return cases(random_problems(count, AGENTS, PARAMETERS, 1.0, stream), [weights])


def _pair(base: Cases, reading: Reading, full: float, diagonal: float) -> Pair:
    return Pair(
        iterations(base, methods(reading)["full"], reading, full),
        iterations(base, methods(reading)["diagonal"], reading, diagonal),
    )


def methods(reading: Reading) -> Mapping[str, ConsensusNewton]:
    """The two methods that are compared."""
    return {kind: concave.algorithm_1(reading, kind) for kind in ("full", "diagonal")}


def iterations(
    base: Cases, method: ConsensusNewton, reading: Reading, step: float
) -> tuple[Array, Array]:
    """Bounds on the iterations until the error stays below `SETTLED` of its start, shape (R,)."""
    steps, horizon = np.full(len(base), step), np.full(len(base), COMPARED)
    errors = concave.follow(base, method, reading, steps, horizon, goal=0.0)
    return settling_time(-errors, optimum=0.0, distance=SETTLED)


def best_step(reading: Reading, kind: str, grid: Sequence[float]) -> float:
    """The grid's step size with the smallest mean time to settle, on problems of its own.

    A run that does not settle counts with twice the iterations it was given.
    """
    base = _comparison(TUNING_PROBLEMS, stream=9)
    everywhere = base.take(np.tile(np.arange(len(base)), len(grid)))
    method = methods(reading)[kind]
    steps = np.repeat(np.array(grid), len(base))
    horizon = np.full(len(steps), COMPARED)
    errors = concave.follow(everywhere, method, reading, steps, horizon, goal=SETTLED)
    settled = concave.arrival(errors, SETTLED)
    times = np.where(settled >= 0, settled, NOT_SETTLED * COMPARED).reshape(len(grid), -1)
    return float(grid[int(times.mean(axis=1).argmin())])


def _median_ratio(pair: Pair, confidence: float) -> Interval:
    return median_interval(*ratio_bounds(pair.full, pair.diagonal), confidence)


MEASURES: Mapping[str, Measure] = {
    "jacobi-optimum": jacobi_optimum,
    "jacobi-slower": jacobi_slower,
    "newton-quadratic": newton_quadratic,
    "gradient-linear": gradient_linear,
}
