"""Runs of eq. 5 and of Algorithm 1 on team problems that satisfy Assumptions 2 and 3.

The base reading of Section 4 is ascent: H_i = -hess J_i, g_i = H_i theta + grad J_i (footnote 4,
written for -J). All runs of one call advance together, each with a step size of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from netnewton import Run, curvature, networks, run
from netnewton.algorithms.consensus_newton import (
    ConsensusNewton,
    NewtonState,
    current_trackers,
)
from netnewton.arrays import Array, Indices
from netnewton.derivatives import DerivativeSource, concave_derivatives
from replication.claims.evidence import Evidence
from replication.claims.team_cases import SEED, Cases
from replication.experiments.names import (
    CURVATURE_SIGNS,
    PROJECTIONS,
    TRACKERS,
)

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
    """Every run's exact gradients and Hessians; nobody reads J."""
    return concave_derivatives(runs.problem).without_J


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
