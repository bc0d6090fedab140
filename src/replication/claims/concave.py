"""Runs of eq. 5 and of Algorithm 1 on team problems that satisfy Assumptions 2 and 3.

The base reading of Section 4 is ascent: H_i = -hess J_i, g_i = H_i theta + grad J_i (footnote 4,
written for -J). All runs of one call advance together, each with a step size of its own.

*Converging* means that the largest error of a copy falls below `GOAL` of its start. A step size
too small for that within `SLOWEST` iterations is judged by whether the error falls, at a quarter of
the rate epsilon, once the trackers have settled, and whether the smallest step size of the grid
that is watched to the end converges from the same starts. A threshold below that one, 0.01, is
therefore reported as 0; a step size so close to the edge that its runs take longer than their
horizon counts as one that does not converge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import networkx as nx
import numpy as np
import numpy.typing as npt

from netnewton import Run, curvature, networks, run
from netnewton.algorithms.consensus_newton import (
    ConsensusNewton,
    NewtonState,
    current_trackers,
)
from netnewton.derivatives import DerivativeSource
from netnewton.games.concave import (
    TeamProblem,
    concave_derivatives,
    random_problem,
    reference_optimum,
    stacked,
)
from replication.claims.evidence import Evidence
from replication.experiments.names import (
    CURVATURE_SIGNS,
    GRAPHS,
    PROJECTIONS,
    TRACKERS,
)

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

SEED = 2022  # of the problems, graphs and starts of Sections 2 to 4; any number does
FAMILIES = ("path", "ring", "star", "random", "complete")
SPREAD = 3.0  # standard deviation of a start's entries; the optima have entries of order 1
GRID: Array = np.geomspace(1e-6, 1.0, 13)
GOAL = 1e-4  # error, relative to the start, below which a run has converged
SLOWEST = 1000  # iterations; runs that would need more are judged by whether the error falls
FIELDS = {
    "curvature-sign": "sign",
    "projection": "projection",
    "update-lag": "lag",
    "initial-conditions": "initial",
    "simplified-g": "simplified_g",
}
CHUNK = 50  # iterations between two looks at who has arrived


@dataclass(frozen=True)
class Reading:
    """How the paper is read: one option of each ambiguity that concerns these runs."""

    sign: str = "ascent"
    projection: str = "all-or-nothing"
    lag: str = "previous"
    initial: str = "copies"
    simplified_g: str = "same-matrix"

    @classmethod
    def of(cls, evidence: Evidence, *ambiguities: str) -> Reading:
        """The options chosen of some ambiguities, of the others the base reading.

        What a claim does not depend on is left out, so that runs are shared between readings.
        """
        chosen = {name: evidence.reading(name) for name in ambiguities if name != "curvature-sign"}
        if "curvature-sign" in ambiguities:
            chosen["curvature-sign"] = evidence.reading("curvature-sign", "ascent")
        return cls(**{FIELDS[name]: option for name, option in chosen.items()})

    @property
    def signum(self) -> int:
        """H_i is this times the Hessian of J_i."""
        return CURVATURE_SIGNS[self.sign]


def algorithm_1(reading: Reading, kind: str = "full") -> ConsensusNewton:
    """Algorithm 1 with the full Hessian or its diagonal; m = 1 as in `random_problem`."""
    chosen = curvature.FullHessian if kind == "full" else curvature.DiagonalHessian
    projection = PROJECTIONS[reading.projection.replace("-", "_")]
    return ConsensusNewton(
        chosen(reading.signum), 1.0, 1.0, projection, TRACKERS[reading.lag], vector_of(reading)
    )


def eq_5(reading: Reading, chosen: curvature.Curvature | None = None) -> ConsensusNewton:
    """Eq. 5-6: with exact averaging no lag and no [.]_m remain; the full Hessian by default."""
    return ConsensusNewton(
        chosen or curvature.FullHessian(reading.signum),
        1.0,
        1.0,
        curvature.unregularised,
        current_trackers,
        vector_of(reading),
    )


def vector_of(reading: Reading) -> curvature.LocalVector:
    """The matrix in g_i, as it is read."""
    if reading.simplified_g == "full-hessian":
        return curvature.FullHessianVector(reading.signum)
    return curvature.SameMatrix()


@dataclass(frozen=True)
class Cases:
    """R runs: a problem, an optimum, a consensus matrix and a start of the copies for each."""

    problem: TeamProblem
    optimum: Array
    """theta*, shape (R, d)."""
    weights: Array
    """a_ij, shape (R, N, N)."""
    theta: Array
    """theta(0), shape (R, N, d)."""

    def __len__(self) -> int:
        return len(self.theta)

    @property
    def gaps(self) -> Array:
        """Spectral gap of each network, shape (R,)."""
        return networks.spectral_gap(self.weights)

    def take(self, rows: Indices) -> Cases:
        """Some of the runs, or some of them several times."""
        problem = TeamProblem(
            **{f.name: getattr(self.problem, f.name)[rows] for f in fields(self.problem)}
        )
        return Cases(problem, self.optimum[rows], self.weights[rows], self.theta[rows])

    def errors(self, theta: Array) -> Array:
        """Largest distance of a copy from the optimum, shape (..., R)."""
        away = theta - self.optimum[:, np.newaxis]
        return np.linalg.norm(away, axis=-1).max(axis=-1)

    def restarted(self, starts: int, rng: np.random.Generator) -> Cases:
        """Each case `starts` times, from random unequal copies."""
        repeated = self.take(np.repeat(np.arange(len(self)), starts))
        return replace(repeated, theta=rng.normal(scale=SPREAD, size=repeated.theta.shape))


def graph(family: str, agents: int) -> nx.Graph:
    """A connected graph of one of the `FAMILIES`; a random one is a ring with random chords."""
    if family != "random":
        return GRAPHS[family](agents)
    seed = int(np.random.default_rng([SEED, agents]).integers(2**31))
    return nx.connected_watts_strogatz_graph(agents, 4, 0.3, seed=seed)


def cases(
    problems: Sequence[TeamProblem], weights: Sequence[Array] | None = None, equal: bool = False
) -> Cases:
    """One case for each problem and consensus matrix; exact averaging without matrices.

    The start is random; with `equal`, it is the same for all copies.
    """
    agents, d = problems[0].n_agents, problems[0].n_parameters
    matrices = [np.full((agents, agents), 1.0 / agents)] if weights is None else weights
    optima = [reference_optimum(problem) for problem in problems]
    rng = np.random.default_rng([SEED, len(problems), agents])
    start = rng.normal(size=(len(problems) * len(matrices), 1 if equal else agents, d))
    return Cases(
        stacked([problem for problem in problems for _ in matrices]),
        np.repeat(np.array(optima), len(matrices), axis=0),
        np.tile(np.array(matrices), (len(problems), 1, 1)),
        np.tile(start, (1, agents, 1)) if equal else start,
    )


def random_problems(
    count: int, agents: int, parameters: int, steepness: float, stream: int
) -> list[TeamProblem]:
    """Problems of `random_problem` with heterogeneous Q_i, some of them indefinite."""
    rng = np.random.default_rng([SEED, stream])
    return [random_problem(rng, agents, parameters, steepness=steepness) for _ in range(count)]


def initial_state(runs: Cases, method: ConsensusNewton, initial: str) -> NewtonState:
    """The state before the first iteration, under a reading of the initial conditions."""
    return with_trackers(method.init(runs.theta), initial)


def with_trackers(state: NewtonState, initial: str, size: float = 1.0) -> NewtonState:
    """An initial state with the trackers that a reading of the initial conditions allows.

    Parameters
    ----------
    state : State
        From `ConsensusNewton.init`.
    initial : {"copies", "consistent-trackers", "any-trackers"}
        An option of the ambiguity ``initial-conditions``.
    size : float
        Standard deviation of the trackers' entries.
    """
    if initial == "copies":
        return state
    rng = np.random.default_rng([SEED, 5])
    g, H = (size * rng.normal(size=local.shape) for local in (state.g, state.H))
    if H.ndim == 4:
        H = (H + np.swapaxes(H, -1, -2)) / 2
    if initial == "consistent-trackers":  # their average is that of the local quantities, zero
        g, H = g - g.mean(axis=1, keepdims=True), H - H.mean(axis=1, keepdims=True)
    return replace(state, g_mean=g, H_mean=H)


def source_of(runs: Cases) -> DerivativeSource:
    """Every run's exact derivatives."""
    return concave_derivatives(runs.problem)


def follow(
    runs: Cases,
    method: ConsensusNewton,
    reading: Reading,
    steps: Array,
    horizon: Indices,
    goal: float,
) -> Array:
    """Run each case until its error is below `goal` of its start, or to its horizon.

    Parameters
    ----------
    steps, horizon : Array, shape (R,)
        epsilon and the most iterations of each run.
    goal : float
        Relative to the error at the start; 0 to go to the horizon in any case.

    Returns
    -------
    Array, shape (R, K + 1)
        Largest error of a copy, relative to its start; NaN after the end of a run, infinite from
        where it diverged.
    """
    method = replace(method, step_size=steps[:, np.newaxis, np.newaxis])
    state = initial_state(runs, method, reading.initial)
    start = runs.errors(runs.theta)
    errors = np.full((len(runs), int(horizon.max()) + 1), np.nan)
    rows, done = np.arange(len(runs)), 0
    while len(rows):
        count = int(min(CHUNK, horizon[rows].max() - done))
        part = _run(state, runs, method, count)
        seen = part.trace["error"].T / start[rows, np.newaxis]
        lost = part.diverged_at >= 0
        since = part.diverged_at - done
        seen[lost[:, np.newaxis] & (np.arange(count + 1) >= since[:, np.newaxis])] = np.inf
        errors[rows, done : done + count + 1] = seen
        done += count
        kept = np.flatnonzero(~lost & (seen[:, -1] >= goal) & (horizon[rows] > done))
        rows, state = rows[kept], part.final
        if 0 < len(kept) < len(runs):
            runs, state = runs.take(kept), state.take(kept)
            method = replace(method, step_size=np.asarray(method.step_size)[kept])
    return errors


def _run(state: NewtonState, runs: Cases, method: ConsensusNewton, count: int) -> Run[NewtonState]:
    return run(
        method,
        source_of(runs),
        networks.unchecked_mixing(runs.weights),
        count,
        state,
        observe=lambda block: {"error": runs.errors(block.theta)},
    )


def arrival(errors: Array, goal: float) -> Indices:
    """First iteration with an error below `goal`, shape (R,); -1 if there is none."""
    below = errors < goal
    return np.where(below.any(axis=1), below.argmax(axis=1), -1)


def converges(
    runs: Cases, method: ConsensusNewton, reading: Reading, steps: Array
) -> npt.NDArray[np.bool_]:
    """Whether each run converges at its step size, shape (R,)."""
    slow = _too_slow(steps)
    patience = np.where(slow, 100 + 3 / runs.gaps, 30 / steps + 12 / runs.gaps)
    horizon = np.ceil(patience).astype(int)
    errors = follow(runs, method, reading, steps, horizon, GOAL)
    return (arrival(errors, GOAL) >= 0) | (slow & _falling(errors, steps, horizon))


def _too_slow(steps: Array) -> npt.NDArray[np.bool_]:
    """Whether (1 - epsilon)^k is still above the goal after the most iterations spent on it."""
    return np.asarray(steps * SLOWEST < -np.log(GOAL))


def _falling(errors: Array, steps: Array, horizon: Indices) -> npt.NDArray[np.bool_]:
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
