r"""How fast methods converge near the optimum, and from how far away: the table rates.csv.

Every method that applies to the team problems of Assumptions 2 and 3, at some step sizes, on five
networks, with exact derivatives. The problems, networks and starts are those of the check of
Theorem 5 with six agents, so that rows stand beside its thresholds.

*Near the optimum* the rate is the spectral radius of the step linearised there
(`netnewton.algorithms.local_rate`). ``stable_to`` is the largest step size up to which it is below
1, found by bisection between the step sizes of the plan, and 1 where all of them are stable.

*From far away* runs of unequal copies are made. ``arrived`` counts those whose largest error of a
copy falls to `ARRIVED` of its start; ``measured`` is the slowest rate of these, fitted to
log(error) from `NEAR` on. What is stable need not be reached, and runs that come from far out may
turn on a last bit: with unpinned arithmetic ``arrived`` differed by one in three of 650 rows,
``rate`` and ``stable_to`` in none.

`PLAN` and `METHODS` were committed before the table was made. Runs had 400 iterations then; as that
is too few where rates are near 1, they are now as long as the rate asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netnewton import networks, run
from netnewton.algorithms import ConsensusNewton, NetworkGiant, State, TrackedNewton
from netnewton.algorithms.consensus_newton import current_trackers
from netnewton.algorithms.directions import CubicRegularised, Floored
from netnewton.algorithms.local_rate import local_rate
from netnewton.arrays import Array
from netnewton.curvature import (
    DiagonalHessian,
    FullHessian,
    ScaledIdentity,
    absolute_eigenvalues,
    floor_eigenvalues,
)
from netnewton.damping import Damped
from netnewton.derivatives import DerivativeSource, concave_derivatives, reference_optimum
from replication.claims import concave
from replication.claims.team_cases import (
    FAMILIES,
    SEED,
    Cases,
    cases,
    graph,
    random_problems,
)

Row = dict[str, Any]
StepSize = float | Array
Made = Callable[[StepSize], Any]
"""From a step size to a method."""

NEWTON, DIAGONAL = FullHessian(-1), DiagonalHessian(-1)
PARAMETERS, M = 2, 1.0  # as in the check of Theorem 5
METHODS: Mapping[str, Made] = {
    "algorithm_1": lambda e: ConsensusNewton(NEWTON, e, M),
    "algorithm_1_floored": lambda e: ConsensusNewton(NEWTON, e, M, floor_eigenvalues),
    "algorithm_1_current": lambda e: ConsensusNewton(NEWTON, e, M, trackers=current_trackers),
    "algorithm_1_floored_current": lambda e: ConsensusNewton(
        NEWTON, e, M, floor_eigenvalues, current_trackers
    ),
    "algorithm_1_damped_current": lambda e: ConsensusNewton(
        Damped(NEWTON, 0.5), e, M, floor_eigenvalues, current_trackers
    ),
    "tracked_newton": lambda e: TrackedNewton(NEWTON, e),
    "tracked_absolute": lambda e: TrackedNewton(NEWTON, e, Floored(0.3, absolute_eigenvalues)),
    "tracked_diagonal": lambda e: TrackedNewton(DIAGONAL, e, Floored(0.3, absolute_eigenvalues)),
    "tracked_damped": lambda e: TrackedNewton(Damped(NEWTON, 0.5), e),
    "tracked_cubic": lambda e: TrackedNewton(NEWTON, e, CubicRegularised(0.5)),
    "network_giant": lambda e: NetworkGiant(NEWTON, e),
    "network_giant_damped": lambda e: NetworkGiant(Damped(NEWTON, 0.5), e),
    "gradient_tracking": lambda e: TrackedNewton(ScaledIdentity(), e),
}
"""With -Hessians. The floor of 0.3 is of the order that tuning has chosen in the trial."""


@dataclass(frozen=True)
class Plan:
    """What the table is made of."""

    steepness: tuple[float, ...] = (1.0, 2.0)
    """Of the problems, one each."""
    networks: tuple[str, ...] = FAMILIES
    methods: tuple[str, ...] = tuple(METHODS)
    step_sizes: tuple[float, ...] = (0.1, 0.3, 0.6, 0.8, 1.0)
    agents: int = 6
    starts: int = 6


PLAN = Plan()
SETTLING = 0.1, 1000  # step size and iterations, with exact averaging, of runs to the fixed point
BISECTIONS = 10
NEAR, ARRIVED = 1e-3, 1e-7  # largest errors of a copy, relative to the start
SETTLED, SLOWEST = 300, 0.996  # iterations of a run beyond what its rate asks for; rates beyond
FEWEST = 5  # points of a fit
DIGITS = 4  # differences leave 1e-9, and 1e-5 where two eigenvalues coincide
NOTHING = 5e-3  # where all coincide at zero they leave 1e-3


def rates(jobs: int, plan: Plan = PLAN) -> list[Row]:
    """The table: a row for each problem, network, method and step size.

    Parameters
    ----------
    jobs : int
        Worker processes, at most.
    plan : Plan
    """
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        parts = Parallel(n_jobs=jobs)(delayed(_of_method)(plan, name) for name in plan.methods)
    order = {name: i for i, name in enumerate(plan.networks)}
    rows = [row for part in parts for row in part]
    return sorted(rows, key=lambda row: (row["steepness"], order[row["network"]]))


def _of_method(plan: Plan, name: str) -> list[Row]:
    return [row for steepness in plan.steepness for row in _on_problem(plan, name, steepness)]


def _on_problem(plan: Plan, name: str, steepness: float) -> Iterator[Row]:
    made = METHODS[name]
    problem = random_problems(1, plan.agents, PARAMETERS, steepness, plan.agents)[0]
    source = concave_derivatives(problem).without_J
    weights = [networks.metropolis_weights(graph(name, plan.agents)) for name in plan.networks]
    fixed = fixed_point(made, source, reference_optimum(problem), plan.agents)
    radius = [_Radius(made, fixed, source, networks.mixing(W)) for W in weights]
    radii = np.array([[of(step) for step in plan.step_sizes] for of in radius])
    arrived, measured = runs(plan, cases([problem], weights), made, radii)
    for i, network in enumerate(plan.networks):
        stable_to = _stable_to(radius[i], plan.step_sizes, radii[i])
        for j, step in enumerate(plan.step_sizes):
            yield {
                "steepness": steepness,
                "network": network,
                "method": name,
                "step_size": step,
                "rate": _shown(float(radii[i, j])),
                "measured": None if np.isnan(measured[i, j]) else round(measured[i, j], DIGITS),
                "arrived": int(arrived[i, j]),
                "starts": plan.starts,
                "stable_to": round(stable_to, DIGITS),
            }


def _shown(rate: float) -> float:
    return round(rate, DIGITS) if rate > NOTHING else 0.0


@dataclass(frozen=True)
class _Radius:
    """The spectral radius of a method's step at a fixed point, by step size."""

    made: Made
    fixed: State
    source: DerivativeSource
    mix: networks.Mix

    def __call__(self, step_size: float) -> float:
        return local_rate(self.made(step_size), self.fixed, self.source, self.mix)[0]


def fixed_point(made: Made, source: DerivativeSource, optimum: Array, agents: int) -> Any:
    """Where a method stands still, the same on every network: all trackers agree."""
    step_size, iterations = SETTLING
    start = np.tile(optimum, (1, agents, 1))
    exact = np.full((agents, agents), 1.0 / agents)
    return run(made(step_size), source, exact, iterations, start, _nothing).final


def _nothing(states: State) -> dict[str, Array]:
    return {}


def _stable_to(radius: Callable[[float], float], steps: tuple[float, ...], found: Array) -> float:
    """The largest step size up to which the radius is below 1; 1 if it always is."""
    first = next((i for i, rate in enumerate(found) if rate >= 1.0), None)
    if first is None:
        return float(steps[-1])
    lower, upper = (steps[first - 1] if first else 0.0), steps[first]
    for _ in range(BISECTIONS):
        middle = (lower + upper) / 2
        lower, upper = (middle, upper) if radius(middle) < 1.0 else (lower, middle)
    return float(lower)


def runs(plan: Plan, base: Cases, made: Made, radii: Array) -> tuple[Array, Array]:
    """How many starts arrive and the slowest of their rates, shape (networks, step sizes) each.

    The rate is NaN where none arrives, or all arrive in too few iterations to fit one. A run is as
    long as its radius asks for.
    """
    started = base.restarted(plan.starts, np.random.default_rng([SEED, 1]))
    every = started.take(np.tile(np.arange(len(started)), len(plan.step_sizes)))
    steps = np.repeat(plan.step_sizes, len(started))
    horizon = np.repeat(_horizon(radii).T, plan.starts, axis=1).ravel()
    errors = concave.follow(every, made(1.0), concave.Reading(), steps, horizon, ARRIVED)
    shape = (len(plan.step_sizes), len(plan.networks), plan.starts)
    there = (concave.arrival(errors, ARRIVED) >= 0).reshape(shape)
    fitted = np.array([_fitted(error) for error in errors]).reshape(shape)
    slowest = np.where(there & ~np.isnan(fitted), fitted, -np.inf).max(axis=-1)
    return there.sum(axis=-1).T, np.where(slowest >= 0, slowest, np.nan).T


def _horizon(radii: Array) -> Any:
    """Iterations in which errors shrink to `ARRIVED` at the predicted rate, and some to settle."""
    needed = np.log(ARRIVED) / np.log(np.clip(radii, 0.5, SLOWEST))
    return np.ceil(SETTLED + np.where(radii < 1.0, needed, 0.0)).astype(int)


def _fitted(error: Array) -> float:
    """The factor of an iteration, by least squares in the logarithm, after the last time far."""
    far = np.flatnonzero(error >= NEAR)
    near = error[far[-1] + 1 :]
    near = near[near >= ARRIVED]
    if len(near) < FEWEST:
        return float("nan")
    return float(np.exp(np.polyfit(np.arange(len(near)), np.log(near), 1)[0]))
