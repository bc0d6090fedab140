"""Small finite games played for a few steps, and what is exact about them, by other means.

Nothing here shares code with the estimators that it serves to check. For Boltzmann policies, with
e(s, a) the indicator of the logits that joint action a takes in state s,

    pi(a | s) ~ exp(theta^T e(s, a)),    score  e - m,   m(s) = sum_a pi(a | s) e(s, a),
    derivative of the score  -sum_a pi(a | s) (e - m)(e - m)^T;

returns are by dynamic programming over the T steps, their derivatives by complex steps, and
expectations of estimators by enumeration of every trajectory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices
from netnewton.games import finite
from netnewton.policies import Boltzmann

Credit = Callable[[Array], Array]

SEED = 2022  # of the games; any number does


class Enumeration(NamedTuple):
    """Every sequence of T states and joint actions, M of them."""

    states: Indices
    """Shape (T, M)."""
    actions: Indices
    """Joint actions, shape (T, M)."""
    chance: Array
    """The game's part in each sequence's probability, shape (M,)."""


@dataclass(frozen=True)
class Problem:
    """A finite game, played for T steps by agents that hold copies of the joint parameters."""

    game: finite.FiniteGame
    policy: Boltzmann
    theta: Array
    """The agents' copies, shape (N, D)."""
    horizon: int

    @cached_property
    def taken(self) -> Array:
        """e(s, a), shape (S, A, D): agents' logits follow one another, each agent's by state."""
        game = self.game
        actions = list(itertools.product(*map(range, game.n_actions)))
        logits = [
            (agent, state, action)
            for agent, free in enumerate(self.policy.free_actions)
            for state in range(game.n_states)
            for action in range(free)
        ]
        return np.array(
            [
                [[s == state and joint[j] == b for j, s, b in logits] for joint in actions]
                for state in range(game.n_states)
            ],
            dtype=float,
        )

    @cached_property
    def rewards(self) -> Array:
        """R_i(s, a) as it counts for returns, shape (N, S, A)."""
        scale = 1.0 - self.game.discount if self.game.normalised else 1.0
        return scale * self.game.joint_rewards

    def probability(self, theta: npt.NDArray) -> npt.NDArray:
        """pi(a | s), shape (..., S, A), for real or complex parameters (..., D)."""
        unnormalised = np.exp(np.tensordot(theta, self.taken, axes=(-1, -1)))
        return unnormalised / unnormalised.sum(axis=-1, keepdims=True)

    def returns(self, theta: npt.NDArray) -> npt.NDArray:
        """J_i of T steps, shape (..., N), for real or complex parameters (..., D)."""
        pi = self.probability(theta)[..., np.newaxis, :, :]
        values = np.zeros(self.game.n_states)
        for _ in range(self.horizon):
            ahead = np.einsum("sat,...t->...sa", self.game.joint_transitions, values)
            values = (pi * (self.rewards + self.game.discount * ahead)).sum(axis=-1)
        return values @ self.game.initial

    def gradient_at(self, theta: Array) -> Array:
        """Gradient of J_i at copy i by complex steps, shape (..., N, D) as the copies'."""
        step = 1e-30
        moved = theta[..., np.newaxis, :] + 1j * step * np.eye(theta.shape[-1])
        return np.einsum("...idi->...id", self.returns(moved).imag) / step

    @cached_property
    def gradient(self) -> Array:
        """Exact gradient of J_i at copy i, shape (N, D)."""
        return self.gradient_at(self.theta)

    @cached_property
    def hessian(self) -> Array:
        """Hessian of J_i at copy i, shape (N, D, D), by central differences of the gradient."""
        step = 1e-5
        moves = step * np.eye(self.theta.shape[-1])[:, np.newaxis]
        change = self.gradient_at(self.theta + moves) - self.gradient_at(self.theta - moves)
        return np.moveaxis(change, 0, -1) / (2 * step)

    @cached_property
    def enumeration(self) -> Enumeration:
        """All (S A)^T trajectories."""
        sizes = self.taken.shape[:2] * self.horizon
        sequences = np.indices(sizes).reshape(len(sizes), -1)
        states, actions = sequences[0::2], sequences[1::2]
        chance = self.game.initial[states[0]]
        for t in range(1, self.horizon):
            chance = chance * self.game.joint_transitions[states[t - 1], actions[t - 1], states[t]]
        return Enumeration(states, actions, chance)

    def probability_of_trajectories(self, theta: Array) -> Array:
        """p(tau | theta) of all enumerated trajectories, shape (M,), for parameters (D,)."""
        states, actions, chance = self.enumeration
        return chance * self.probability(theta)[states, actions].prod(axis=0)

    def expectation(self, credit: Credit) -> tuple[Array, Array]:
        """Of the printed gradient and Hessian estimators on-policy at each copy (Appendix A).

        Returns
        -------
        gradient, hessian : Array, shapes (N, D) and (N, D, D)
        """
        states, actions, _ = self.enumeration
        discounts = self.game.discount ** np.arange(self.horizon)[:, np.newaxis]
        gradients = np.zeros_like(self.theta)
        hessians = np.zeros((*self.theta.shape, self.theta.shape[-1]))
        for i, theta in enumerate(self.theta):
            pi = self.probability(theta)[..., np.newaxis]
            score = self.taken - (pi * self.taken).sum(axis=1, keepdims=True)
            outer = score[..., :, np.newaxis] * score[..., np.newaxis, :]
            curved = outer - (pi[..., np.newaxis] * outer).sum(axis=1, keepdims=True)
            credited = credit(discounts * self.rewards[i, states, actions])
            weight = self.probability_of_trajectories(theta) * credited
            to_go = np.cumsum(weight[::-1], axis=0)[::-1]
            cells = np.zeros(score.shape[:2])
            np.add.at(cells, (states, actions), to_go)
            gradients[i] = np.einsum("sa,sad->d", cells, score)
            hessians[i] = np.einsum("sa,sade->de", cells, curved)
        return gradients, hessians


def one_step_problems(distance: float) -> list[Problem]:
    """The Prisoner's Dilemma and two random matrix games.

    Parameters
    ----------
    distance : float
        Of every agent's copy from a common point.
    """
    rng = generator(0)
    prisoners_dilemma = finite.prisoners_dilemma()
    games = [finite.matrix_game(_random_rewards((1, *n), rng)[:, 0]) for n in ((2, 3), (2, 2, 2))]
    opposed = np.array([0.5, -0.5, -0.5, 0.5])  # one cooperates with probability 0.73, one 0.27
    copies = _around(opposed, prisoners_dilemma.n_agents, distance, rng)
    return [
        Problem(prisoners_dilemma, Boltzmann(1, (2, 2)), copies, 1),
        *[random_problem(game, 1, distance, rng) for game in games],
    ]


def several_step_problems(distance: float) -> list[Problem]:
    """Two random Markov games, of two states and three steps, and of three states and four."""
    rng = generator(1)
    games = [(random_game(2, rng), 3), (random_game(3, rng), 4)]
    return [random_problem(game, steps, distance, rng) for game, steps in games]


def drawn_problems() -> list[Problem]:
    """Forty random Markov games of two to four steps, by which a bias is seen to vary."""
    rng = generator(8)
    sizes = [(2, 2), (2, 3), (2, 4), (3, 3)] * 10
    return [random_problem(random_game(S, rng), steps, 0.0, rng) for S, steps in sizes]


def random_game(n_states: int, rng: np.random.Generator) -> finite.FiniteGame:
    """Two agents with two actions each."""
    shape = (n_states, 2, 2)
    return finite.FiniteGame(
        rewards=_random_rewards(shape, rng),
        transitions=rng.dirichlet(np.ones(n_states), size=shape),
        initial=rng.dirichlet(np.ones(n_states)),
        discount=0.9,
    )


def _random_rewards(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Private rewards (N, S, n_1, ..., n_N) that depend on every agent's action.

    Purely random ones now and then leave an agent a gradient next to zero, against which no bias
    could be told from noise.
    """
    _, *n_actions = shape
    rewards = rng.normal(scale=0.5, size=(len(n_actions), *shape))
    for n, actions in zip(n_actions, np.indices(n_actions), strict=True):
        effect = 2 * actions / (n - 1) - 1
        signs = rng.choice([-1.0, 1.0], size=len(n_actions))
        rewards += np.multiply.outer(signs, effect)[:, np.newaxis]
    return rewards


def random_problem(
    game: finite.FiniteGame, horizon: int, distance: float, rng: np.random.Generator
) -> Problem:
    """Policies neither near uniform, where curvature vanishes, nor near certain."""
    policy = Boltzmann(game.n_states, game.n_actions, "reference")
    D = policy.n_parameters
    centre = rng.choice([-1.0, 1.0], size=D) * rng.uniform(0.5, 1.5, size=D)
    return Problem(game, policy, _around(centre, game.n_agents, distance, rng), horizon)


def _around(centre: Array, n_agents: int, distance: float, rng: np.random.Generator) -> Array:
    """Copies at a distance from the centre, shape (N, D)."""
    direction = rng.normal(size=(n_agents, len(centre)))
    return centre + distance * direction / np.linalg.norm(direction, axis=-1, keepdims=True)


def generator(*key: int) -> np.random.Generator:
    """The random stream of a purpose, whatever else is drawn."""
    return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=key))
