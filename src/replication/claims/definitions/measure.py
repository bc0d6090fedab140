"""Claims of Sections 2 and 3 that are measured on the library itself."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from netnewton import curvature, networks, run
from netnewton.algorithms.consensus_newton import ConsensusNewton, current_trackers
from netnewton.arrays import Array, Flags
from netnewton.derivatives import exact
from netnewton.games import finite
from netnewton.policies import Boltzmann
from replication.claims.definitions.directions import equal_directions
from replication.claims.definitions.maxima import local_maximum
from replication.claims.definitions.tracking import tracking
from replication.claims.evidence import Evidence, Measure, exactly
from replication.experiments.intervals import Interval

SEED = 2022  # of the random matrices and games below; any number does
REPEATED_DISCOUNT = 0.8  # of the repeated game, as in the ledger's reading of it
CERTAIN = 800.0  # a logit beyond which exp(-x) is zero

LOGITS: Mapping[str, Literal["per_action", "reference"]] = {
    "per-action": "per_action",
    "reference": "reference",
}
PROJECTIONS = {
    "all-or-nothing": curvature.all_or_nothing,
    "floor-eigenvalues": curvature.floor_eigenvalues,
    "absolute-eigenvalues": curvature.absolute_eigenvalues,
}


def nash(evidence: Evidence) -> Mapping[str, Interval]:
    """Mutual defection is the equilibrium, mutual cooperation the team's optimum (Section 6)."""
    if evidence.reading("game-horizon") == "repeated":
        return _nash_repeated()
    payoffs = finite.prisoners_dilemma().rewards[:, 0]
    own_first = [np.moveaxis(payoffs[i], i, 0) for i in range(len(payoffs))]
    gain = [own[finite.DEFECT] - own[finite.COOPERATE] for own in own_first]
    team = payoffs.mean(axis=0)
    cooperation = team[finite.COOPERATE, finite.COOPERATE]
    others = np.delete(team.ravel(), 0)
    return {
        "dominance-margin": exactly(np.min(gain)),
        "equilibrium-return": exactly(team[finite.DEFECT, finite.DEFECT]),
        "team-optimum": exactly(team.max()),
        "optimum-is-cooperation": exactly(cooperation - others.max()),
    }


def _nash_repeated() -> Mapping[str, Interval]:
    """The same for the repeated game, over the plans with memory one that are not random.

    A plan answers each of the five states, the start and the four joint actions of the play before.
    """
    game = finite.repeated_prisoners_dilemma(REPEATED_DISCOUNT)
    policy = Boltzmann(game.n_states, game.n_actions, "reference")
    plans = list(itertools.product((finite.COOPERATE, finite.DEFECT), repeat=game.n_states))
    returns = np.array([[_plans_return(game, policy, (p, q)) for q in plans] for p in plans])
    always = [plans.index((action,) * game.n_states) for action in range(2)]
    cooperate, defect = always[finite.COOPERATE], always[finite.DEFECT]
    gain = [
        returns[defect, :, 0] - returns[cooperate, :, 0],
        returns[:, defect, 1] - returns[:, cooperate, 1],
    ]
    team = returns.mean(axis=-1)
    # Other plans than these two can play the same actions: they are the same optimum.
    others = team[team < team.max() - 1e-9]
    return {
        "dominance-margin": exactly(np.min(gain)),
        "equilibrium-return": exactly(team[defect, defect]),
        "team-optimum": exactly(team.max()),
        "optimum-is-cooperation": exactly(team[cooperate, cooperate] - others.max()),
    }


def _plans_return(
    game: finite.FiniteGame, policy: Boltzmann, plans: Sequence[Sequence[int]]
) -> Array:
    """Each agent's return when both follow a plan; logits this large leave no chance."""
    theta = np.zeros(policy.n_parameters)
    for agent, plan in enumerate(plans):
        theta[policy.owner == agent] = [CERTAIN if a == 0 else -CERTAIN for a in plan]
    return exact(game, policy, order=0).returns(theta)


def projection_operator(evidence: Evidence) -> Mapping[str, Interval]:
    """Eq. 3: [Z]_m is Z where Z >= (m/2) I, otherwise (m/2) I."""
    floor, count = 0.5, 400
    projection = PROJECTIONS[evidence.reading("projection")]
    rng = np.random.default_rng(SEED)
    violations, smallest, tried = 0, np.inf, 0
    for size in (1, 2, 3, 5, 8):
        Z, kept = _matrices_about(floor, size, count, rng)
        projected = curvature.FullHessian().project(Z, projection, floor).value
        expected = np.where(kept[..., np.newaxis, np.newaxis], Z, floor * np.eye(size))
        violations += int((projected != expected).any(axis=(-1, -2)).sum())
        smallest = min(smallest, np.linalg.eigvalsh(projected).min() / floor)
        tried += count
    return {
        "violations": exactly(violations / tried, tried),
        "smallest-eigenvalue": exactly(smallest, tried),
    }


def _matrices_about(
    floor: float, size: int, count: int, rng: np.random.Generator
) -> tuple[Array, Flags]:
    """Random symmetric matrices (1, count, size, size), and which of them are >= floor * I.

    A quarter has all eigenvalues above the floor, a quarter one below it by a hair, a quarter any
    signs; the last quarter is diagonal, hence with eigenvalues free of rounding, the smallest
    exactly at the floor.
    """
    eigenvalues = floor * (1.001 + rng.exponential(size=(count, size)))
    quarter = count // 4
    eigenvalues[quarter : 2 * quarter, 0] = floor * (1 - 1e-6)
    eigenvalues[2 * quarter : 3 * quarter] = rng.normal(size=(quarter, size))
    eigenvalues[3 * quarter :, 0] = floor
    basis = np.linalg.qr(rng.normal(size=(count, size, size)))[0]
    basis[3 * quarter :] = np.eye(size)
    Z = np.matmul(basis * eigenvalues[:, np.newaxis, :], np.swapaxes(basis, -1, -2))
    kept = np.asarray(eigenvalues.min(axis=-1) >= floor)
    return ((Z + np.swapaxes(Z, -1, -2)) / 2)[np.newaxis], kept[np.newaxis]


def average_dynamics(evidence: Evidence) -> Mapping[str, Interval]:
    """Eq. 7: from equal starts, eq. 5-6 move all copies together along the centralised Newton path.

    Eq. 5-6 are Algorithm 1 with exact averaging, current trackers and without [.]_m. The paths are
    short: where J is not concave, Newton's method amplifies rounding exponentially, and no two
    programs agree for long.
    """
    games, iterations, epsilon = 20, 10, 0.01
    logits = LOGITS[evidence.reading("policy-parameters", "reference")]
    rng = np.random.default_rng(SEED)
    distances, disagreements = [], []
    for _ in range(games):
        game = _random_game(rng)
        policy = Boltzmann(game.n_states, game.n_actions, logits)
        start = np.tile(rng.normal(size=policy.n_parameters), (1, game.n_agents, 1))
        copies = _eq5(game, policy, start, iterations, epsilon)
        newton = _newton(game, policy, start[0, 0], iterations, epsilon)
        error = np.abs(copies - newton[:, np.newaxis]).max(axis=(1, 2))
        relative = error / np.maximum(1.0, np.abs(newton).max(axis=-1))
        distances.append(np.nan_to_num(relative, nan=np.inf).max())
        spread = copies - copies.mean(axis=1, keepdims=True)
        disagreements.append(np.linalg.norm(spread, axis=-1).max())
    return {
        "distance-to-newton": exactly(np.max(distances), games),
        "disagreement": exactly(np.max(disagreements), games),
    }


def _random_game(rng: np.random.Generator) -> finite.FiniteGame:
    """Three agents with two or three actions in two states, and private rewards."""
    shape = (2, 2, 3, 2)
    return finite.FiniteGame(
        rewards=rng.normal(size=(3, *shape)),
        transitions=rng.dirichlet(np.ones(2), size=shape),
        initial=rng.dirichlet(np.ones(2)),
        discount=0.8,
    )


def _eq5(
    game: finite.FiniteGame, policy: Boltzmann, start: Array, iterations: int, epsilon: float
) -> Array:
    """The copies under eq. 5-6, shape (iterations + 1, N, D)."""
    eq_5 = ConsensusNewton(
        curvature.FullHessian(),
        step_size=epsilon,
        floor=1e-7,
        projection=curvature.unregularised,
        trackers=current_trackers,
    )
    averaging = networks.mixing(np.full((game.n_agents, game.n_agents), 1 / game.n_agents))
    followed = run(eq_5, exact(game, policy), averaging, iterations, start[0])
    return followed.trace["theta"]


def _newton(
    game: finite.FiniteGame, policy: Boltzmann, theta: Array, iterations: int, epsilon: float
) -> Array:
    """Eq. 2 for the average return: one parameter vector, no agents; shape (iterations + 1, D)."""
    derivatives = exact(game, policy)
    path = [theta]
    for _ in range(iterations):
        every_agent = derivatives(np.tile(theta, (1, game.n_agents, 1)))
        gradient, hessian = every_agent.gradient.mean(axis=(0, 1)), every_agent.hessian.mean((0, 1))
        try:
            theta = theta + epsilon * np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:  # with one logit for each action it is singular everywhere
            nowhere = np.full_like(theta, np.nan)
            return np.array([*path, *[nowhere] * (iterations + 1 - len(path))])
        path.append(theta)
    return np.array(path)


MEASURES: Mapping[str, Measure] = {
    "nash": nash,
    "projection-operator": projection_operator,
    "average-dynamics": average_dynamics,
    "tracking": tracking,
    "equal-directions": equal_directions,
    "local-maximum": local_maximum,
}
