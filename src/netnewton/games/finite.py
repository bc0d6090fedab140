"""Finite Markov games for N agents (Section 2), and the Prisoner's Dilemma (Section 6).

A matrix game is a finite Markov game with one state, played once: discount zero.
Agents, states and actions are numbered from zero; a joint action is a tuple of actions, and joint
actions are enumerated in C order (the last agent's action varies fastest).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, floats, number
from netnewton.trajectories.streams import Streams

COOPERATE, DEFECT = 0, 1

SMALL_TABLE = 2**16  # probabilities whose running sums are worth keeping


@dataclass(frozen=True)
class FiniteGame:
    """A Markov game with finitely many states and actions and a private reward for each agent.

    Parameters
    ----------
    rewards : array_like, shape (N, S, n_1, ..., n_N)
        R_i(s, a) for each agent i, state s and joint action a = (a_1, ..., a_N).
    transitions : array_like, shape (S, n_1, ..., n_N, S)
        P(s' | s, a); the last axis sums to one.
    initial : array_like, shape (S,)
        Distribution of the first state.
    discount : float
        gamma in [0, 1); 0 makes the game one-shot.
    normalised : bool
        Whether returns are multiplied by (1 - gamma), which makes them averages of rewards.

    Raises
    ------
    ValueError
        If shapes disagree, there is no agent, state or action, an entry is no finite number, a row
        is not a distribution or gamma is out of range, naming the value.
    """

    rewards: Array
    transitions: Array
    initial: Array
    discount: float
    normalised: bool = False
    name: str = field(default="finite game", compare=False)

    def __post_init__(self) -> None:
        for name in ("rewards", "transitions", "initial"):
            object.__setattr__(self, name, floats(name, getattr(self, name)))
        object.__setattr__(self, "discount", number("discount", self.discount))
        if self.rewards.ndim < 3 or self.rewards.shape[0] != self.rewards.ndim - 2:
            raise ValueError(
                f"rewards of shape {self.rewards.shape}: for N agents give (N, S, n_1, ..., n_N), "
                "one trailing axis of actions for each agent"
            )
        if 0 in self.rewards.shape:
            raise ValueError(
                f"rewards of shape {self.rewards.shape}: give at least one state, and one action "
                "for each agent"
            )
        expected = (self.n_states, *self.n_actions, self.n_states)
        if self.transitions.shape != expected:
            raise ValueError(f"transitions of shape {self.transitions.shape}: expected {expected}")
        if self.initial.shape != (self.n_states,):
            raise ValueError(f"initial of shape {self.initial.shape}: expected ({self.n_states},)")
        if not 0.0 <= self.discount < 1.0:
            raise ValueError(f"discount = {self.discount}: give a discount in [0, 1)")
        _require_distribution("transitions", self.transitions)
        _require_distribution("initial", self.initial)

    @property
    def n_agents(self) -> int:
        """N."""
        return self.rewards.shape[0]

    @property
    def n_states(self) -> int:
        """S."""
        return self.rewards.shape[1]

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return self.rewards.shape[2:]

    @cached_property
    def joint_rewards(self) -> Array:
        """R_i(s, a), shape (N, S, A), over the A enumerated joint actions."""
        return self.rewards.reshape(self.n_agents, self.n_states, -1)

    @cached_property
    def least_rewards(self) -> Array:
        """The least that `step` may pay each agent, shape (N,): what it knows of its own game."""
        scale = 1.0 - self.discount if self.normalised else 1.0
        return scale * self.joint_rewards.min(axis=(1, 2))

    @cached_property
    def joint_transitions(self) -> Array:
        """P(s' | s, a), shape (S, A, S), over the A enumerated joint actions."""
        return self.transitions.reshape(self.n_states, -1, self.n_states)

    @cached_property
    def _cumulated(self) -> Array | None:
        """Cumulated P(s' | s, a), shape (S A, S); None if there are too many to keep."""
        if self.transitions.size > SMALL_TABLE:
            return None
        return _cumulated(self.joint_transitions.reshape(-1, self.n_states))

    def chance(self, streams: Streams, draws: int, size: int) -> Sequence[Array | None]:
        """One uniform number for each state that is drawn, shape (draws, R, L)."""
        if self.n_states == 1:
            return [None] * draws
        return list(streams.uniform(draws, size))

    def start(self, chance: Array | None, shape: tuple[int, int]) -> Indices:
        """The first state of every trajectory, shape (R, L)."""
        if chance is None:
            return np.zeros(shape, dtype=np.intp)
        return _draw(_cumulated(self.initial), chance)

    def seen(self, state: Indices) -> Indices:
        """The number of the state, shape (R, L)."""
        return state

    def step(self, state: Indices, actions: Indices, chance: Array | None) -> tuple[Indices, Array]:
        """Play actions, shape (R, N, L). Rewards are normalised as returns are."""
        cell = state
        for agent, n in enumerate(self.n_actions):
            cell = cell * n + actions[:, agent]
        rewards = np.stack([reward.take(cell) for reward in self.joint_rewards], axis=1)
        if self.normalised:
            rewards *= 1.0 - self.discount
        return self._next(cell, chance), rewards

    def _next(self, cell: Indices, chance: Array | None) -> Indices:
        """States by the distributions of the cells that were played."""
        if chance is None:
            return np.zeros_like(cell)
        if self._cumulated is not None:
            return _draw(self._cumulated[cell], chance)
        return _draw(_cumulated(self.joint_transitions.reshape(-1, self.n_states)[cell]), chance)


def _cumulated(probabilities: Array) -> Array:
    """Running sums over the last axis; rounding must leave no gap at its end."""
    cumulated = np.cumsum(probabilities, axis=-1)
    cumulated[..., -1] = np.inf
    return cumulated


def _draw(cumulated: Array, chance: Array) -> Indices:
    """Which entry of each distribution a uniform number hits, in the shape of `chance`."""
    drawn = np.zeros(chance.shape, dtype=np.intp)
    for entry in range(cumulated.shape[-1] - 1):  # nothing reaches the last
        drawn += chance >= cumulated[..., entry]
    return drawn


def matrix_game(payoffs: npt.ArrayLike, name: str = "matrix game") -> FiniteGame:
    """A one-shot game from an array of payoffs.

    Parameters
    ----------
    payoffs : array_like, shape (N, n_1, ..., n_N)
        ``payoffs[i, a_1, ..., a_N]`` is agent i's reward.

    Raises
    ------
    ValueError
        If the first axis does not count the other axes, or a payoff is not a finite number.
    """
    rewards = floats("payoffs", payoffs)
    if rewards.ndim < 2 or rewards.shape[0] != rewards.ndim - 1:
        raise ValueError(
            f"payoffs of shape {rewards.shape}: for N players give (N, n_1, ..., n_N), "
            "one axis of actions for each player"
        )
    actions = rewards.shape[1:]
    return FiniteGame(
        rewards=rewards[:, np.newaxis],
        transitions=np.ones((1, *actions, 1)),
        initial=np.ones(1),
        discount=0.0,
        name=name,
    )


def prisoners_dilemma() -> FiniteGame:
    """The one-shot Prisoner's Dilemma with the payoffs of Section 6.

    Both cooperate: -1 each. Both defect: -2 each. One defects: it gets 0, the other -3.
    """
    row = np.array([[-1.0, -3.0], [0.0, -2.0]])
    return matrix_game(np.stack([row, row.T]), name="one-shot Prisoner's Dilemma")


def repeated_prisoners_dilemma(discount: float) -> FiniteGame:
    """The infinitely repeated Prisoner's Dilemma with memory one, normalised by (1 - gamma).

    State 0 is the start, state 1 + 2 a_1 + a_2 remembers the last joint action. Returns are
    averages of rewards, so the team optimum is -1 as in the one-shot game.

    Raises
    ------
    ValueError
        If the discount is outside [0, 1).
    """
    stage = prisoners_dilemma().rewards
    states = 5
    transitions = np.zeros((states, 2, 2, states))
    for first in (COOPERATE, DEFECT):
        for second in (COOPERATE, DEFECT):
            transitions[:, first, second, 1 + 2 * first + second] = 1.0
    return FiniteGame(
        rewards=np.repeat(stage, states, axis=1),
        transitions=transitions,
        initial=np.eye(states)[0],
        discount=discount,
        normalised=True,
        name="repeated Prisoner's Dilemma, memory one",
    )


def _require_distribution(name: str, values: Array) -> None:
    if (values < 0).any():
        where = tuple(int(i) for i in np.argwhere(values < 0)[0])
        raise ValueError(f"{name}{list(where)} = {values[where]:g}: probabilities must be >= 0")
    totals = values.sum(axis=-1)
    if (bad := np.abs(totals - 1.0) > 1e-10).any():
        raise ValueError(
            f"{name} sum to {totals[bad].flat[0]:g} over the states, not 1: normalise them"
        )
