r"""Theorem 7: where eq. 5 and Algorithm 1 settle when their averages carry a constant error xi.

Assumption 6 adds the errors to g_i and H_i themselves, not to the derivatives of J_i, and the
proof adds xi_g to the average of the g_i and xi_H to that of the H_i. That is the reading here,
with a symmetric xi_H: an estimate that built g_i from an erroneous H_i would have an error in g_i
that moves with theta, xi_H theta.

Signs, for ascent (H_i = -hess J_i, g_i = H_i theta + grad J_i; the minimisation of footnote 4
written for -J). With H and g the averages, x an equilibrium in the coordinates of Algorithm 1:

    x  =  [H(x) + xi_H]_m^{-1} [g(x) + xi_g]      <=>      grad J(x) + xi_g - xi_H x = 0.

Its displacement t = x - theta\* from the optimum, with g'(x) = H(x) t + grad J(x), the g of
coordinates that start there, satisfies eq. 10:

    t  =  (H(x) + xi_H)^{-1} [g'(x) + xi_g - xi_H theta\*].

So eq. 10 is about displacements. Read as the point x, with Algorithm 1's own g, its last term is
one too many unless theta\* = 0. In the proof the product xi_g (t + theta\*) has to be
xi_H (t + theta\*), as in the condition that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from netnewton import networks, run
from netnewton.algorithms import ConsensusNewton
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, DerivativeSource, concave_derivatives
from netnewton.games.concave import TeamProblem
from replication.claims import concave
from replication.claims.concave import Reading
from replication.claims.evidence import Evidence, exactly
from replication.claims.team_cases import SEED, SPREAD, Cases, cases, graph, random_problems
from replication.experiments.intervals import Interval, line_slope

AGENTS, PARAMETERS = 5, 2
PROBLEMS, STARTS = 6, 8
SIZE = 0.05
"""||xi||, the Euclidean norm of (xi_g, xi_H) together, in units of m = 1."""
CHANGES: Array = np.geomspace(1e-4, 1e-1, 7)
STEP, ITERATIONS = 0.3, 400
DIFFERENCE = 1e-3  # relative step of the central differences of the equilibrium


@dataclass(frozen=True)
class Error:
    """xi = (xi_g, xi_H), constant, the same for every agent."""

    g: Array
    """shape (d,)"""
    H: Array
    """shape (d, d), symmetric"""

    @property
    def norm(self) -> float:
        """Euclidean norm of all entries together."""
        return float(np.sqrt((self.g**2).sum() + (self.H**2).sum()))

    def plus(self, other: Error, factor: float) -> Error:
        """Sum of the error and a multiple of another."""
        return Error(self.g + factor * other.g, self.H + factor * other.H)


def random_error(rng: np.random.Generator, size: float) -> Error:
    """An error of a given norm, in a random direction."""
    H = rng.normal(size=(PARAMETERS, PARAMETERS))
    drawn = Error(rng.normal(size=PARAMETERS), (H + H.T) / 2)
    return Error(drawn.g * size / drawn.norm, drawn.H * size / drawn.norm)


def perturbed(source: DerivativeSource, reading: Reading, error: Error) -> DerivativeSource:
    """A source with which every agent of Algorithm 1 builds g_i + xi_g and H_i + xi_H."""

    def derivatives(theta: Array) -> Derivatives:
        local = source(theta)
        # Algorithm 1 multiplies the erroneous H_i by theta_i; xi_g is to be g_i's whole error.
        return local._replace(
            gradient=local.gradient + error.g - theta @ error.H,
            hessian=local.hessian + reading.signum * error.H,
        )

    return derivatives


def averages(problem: TeamProblem, reading: Reading, x: Array) -> tuple[Array, Array, Array]:
    """Averages of H_i, of g_i and of the gradients, all copies being at x."""
    local = concave_derivatives(problem)(np.tile(x, (1, problem.n_agents, 1)))
    H = reading.signum * local.hessian.mean(axis=(0, 1))
    gradient = local.gradient.mean(axis=(0, 1))
    return H, H @ x + gradient, gradient


def force(problem: TeamProblem, reading: Reading, error: Error, x: Array) -> Array:
    """[H + xi_H]_m^{-1} (g + xi_g) with all copies at x, shape (d,)."""
    method = concave.algorithm_1(reading)
    H, g, _ = averages(problem, reading, x)
    projected = method.curvature.project(
        (H + error.H)[np.newaxis, np.newaxis], method.projection, method.floor / 2
    )
    return method.curvature.solve(projected, (g + error.g)[np.newaxis, np.newaxis]).direction[0, 0]


def equilibrium(problem: TeamProblem, reading: Reading, error: Error, start: Array) -> Array:
    """Equilibrium of the perturbed dynamics by scipy's root finder; NaN if it finds none."""
    from scipy.optimize import root

    found = root(lambda x: force(problem, reading, error, x) - x, start, tol=1e-14)
    left = np.abs(force(problem, reading, error, found.x) - found.x).max()
    return found.x if left <= 1e-11 * (1.0 + np.abs(found.x).max()) else np.full_like(start, np.nan)


def eq_10(
    problem: TeamProblem, reading: Reading, error: Error, optimum: Array, x: Array, coordinates: str
) -> float:
    """Residual of eq. 10 at an equilibrium x, relative to the size of what eq. 10 is about.

    Parameters
    ----------
    optimum, x : Array, shape (d,)
        Both in the coordinates of Algorithm 1.
    coordinates : {"displacement", "point"}
        Whether eq. 10 is about x - theta*, with g written there, or about x.
    """
    H, g, gradient = averages(problem, reading, x)
    if coordinates == "displacement":
        subject = x - optimum
        g = H @ subject + gradient
    else:
        subject = x
    right = np.linalg.solve(H + error.H, g + error.g - error.H @ optimum)
    return float(np.linalg.norm(right - subject) / np.linalg.norm(subject))


@dataclass(frozen=True)
class Shifted:
    """A problem, an error, and where the dynamics settle."""

    problem: TeamProblem
    optimum: Array
    error: Error
    found: Array
    """Equilibria from `STARTS` starts, shape (STARTS, d); NaN where none was found."""

    @property
    def x(self) -> Array:
        """The equilibrium found from the optimum."""
        return self.found[0]


@cache
def shifted(reading: Reading) -> list[Shifted]:
    """Equilibria of all problems, each with an error of its own."""
    rng = np.random.default_rng([SEED, 10])
    base = _base()
    results = []
    for i, problem in enumerate(_problems()):
        error, optimum = random_error(rng, SIZE), base.optimum[i]
        far = rng.normal(scale=SPREAD, size=(STARTS - 1, PARAMETERS))
        starts = np.vstack([optimum, far])
        found = np.array([equilibrium(problem, reading, error, start) for start in starts])
        results.append(Shifted(problem, optimum, error, found))
    return results


@cache
def _problems() -> list[TeamProblem]:
    return random_problems(PROBLEMS, AGENTS, PARAMETERS, 1.0, stream=11)


@cache
def _base() -> Cases:
    weights = networks.metropolis_weights(graph("ring", AGENTS))
    return cases(_problems(), [weights]).restarted(1, np.random.default_rng(SEED))


def limits(reading: Reading) -> Array:
    """Where Algorithm 1 is after its iterations on a ring, xi held constant, shape (P, N, d)."""
    base, method = _base(), concave.algorithm_1(reading)
    method = replace(method, step_size=np.array(STEP))
    ends = []
    for i, case in enumerate(shifted(reading)):
        one = base.take(np.array([i]))
        source = perturbed(concave_derivatives(one.problem), reading, case.error)
        ends.append(_last(one, method, source))
    return np.array(ends)


def _last(one: Cases, method: ConsensusNewton, source: DerivativeSource) -> Array:
    end = run(method, source, networks.mixing(one.weights), ITERATIONS, one.theta[0])
    return end.theta if end.stopped is None else np.full_like(end.theta, np.inf)


def remainders(reading: Reading, case: Shifted, rng: np.random.Generator) -> Array:
    """||x(xi + c) - x(xi) - x'(xi) c|| for changes c along one direction, shape (len(CHANGES),).

    The derivative is a central difference, extrapolated once, so that its own error is far below
    the remainders.
    """
    direction = random_error(rng, case.error.norm)

    def moved(factor: float) -> Array:
        return equilibrium(case.problem, reading, case.error.plus(direction, factor), case.x)

    def central(h: float) -> Array:
        return (moved(h) - moved(-h)) / (2 * h)

    h = DIFFERENCE
    slope = (4 * central(h / 2) - central(h)) / 3
    return np.array([np.linalg.norm(moved(c) - case.x - c * slope) for c in CHANGES])


def shift_growth(reading: Reading, sizes: Array) -> Interval:
    """Slope of log of the shift ||x - theta*|| against log ||xi||, for one problem and direction.

    Its value is near 1: to first order the shift is (H + xi_H)^{-1} (xi_g - xi_H theta*).
    """
    case = shifted(reading)[0]
    unit = Error(case.error.g / case.error.norm, case.error.H / case.error.norm)
    nothing = Error(np.zeros_like(unit.g), np.zeros_like(unit.H))
    found = [
        equilibrium(case.problem, reading, nothing.plus(unit, size), case.optimum) for size in sizes
    ]
    shift = np.linalg.norm(np.array(found) - case.optimum, axis=1)
    return line_slope(np.log(sizes), np.log(shift), 0.98)


def theorem_7(evidence: Evidence) -> Mapping[str, Interval]:
    """The perturbed equilibrium solves eq. 10, is unique and smooth, and Algorithm 1 ends there."""
    reading = Reading.of(evidence, "curvature-sign", "projection")
    coordinates = evidence.reading("shifted-coordinates")
    cases = shifted(reading)
    residuals = [eq_10(c.problem, reading, c.error, c.optimum, c.x, coordinates) for c in cases]
    ends = limits(reading)
    return {
        "eq10-residual": exactly(np.max(residuals), len(cases)),
        "uniqueness": exactly(np.max([_apart(case) for case in cases]), len(cases) * STARTS),
        "smoothness": _smoothness(reading, evidence.confidence),
        "limit-distance": exactly(
            np.max([_distance(case, end) for case, end in zip(cases, ends, strict=True)]),
            len(cases),
        ),
    }


def _apart(case: Shifted) -> float:
    """Largest distance between two equilibria, relative to the spread of the starts."""
    away = np.linalg.norm(case.found[:, np.newaxis] - case.found, axis=-1)
    if np.isnan(case.x).any():
        return float("nan")
    return float(away[~np.isnan(away)].max() / SPREAD)


def _distance(case: Shifted, end: Array) -> float:
    """Largest distance of a copy from the equilibrium, relative to the equilibrium's shift."""
    away = np.linalg.norm(end - case.x, axis=1).max()
    return float(away / np.linalg.norm(case.x - case.optimum))


def _smoothness(reading: Reading, confidence: float) -> Interval:
    """The smallest slope over the problems, with the interval of its own line."""
    rng = np.random.default_rng([SEED, 12])
    logs = [np.log(remainders(reading, case, rng)) for case in shifted(reading)]
    slopes = [line_slope(np.log(CHANGES), y, confidence) for y in logs]
    return min(slopes, key=lambda slope: slope.value)
