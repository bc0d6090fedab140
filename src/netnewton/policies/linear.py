r"""Policies of agents that see vectors of their own, linear in what they see (Section 2).

Agent j sees some of the rows that the game shows, x_j, and has a vector of gains k_s for each of
its *slots* s: the components of its action, or its actions but the last.

    `LinearGaussian`   a_s = k_s^T x_j + sigma * noise
    `LinearSoftmax`    pi(a | x_j) ~ exp(k_a^T x_j), and 1 for the last action

psi_j holds the gains of its slots, slot by slot. Where the parameters
stand is in `linear_slots`, the scores are in `linear_scores`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, counts, number
from netnewton.policies.linear_scores import (
    LinearGaussianScores,
    LinearSoftmaxScores,
    log_probabilities,
)
from netnewton.policies.linear_slots import LinearSlots
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores
from netnewton.trajectories.streams import Streams


class Observed(Protocol):
    """A game that says which of the rows that it shows are for which agent."""

    @property
    def sees(self) -> tuple[tuple[int, ...], ...]:
        """The rows of agent j at place j."""


class ObservedBoxes(Observed, Protocol):
    """One whose actions are vectors of real numbers."""

    @property
    def components(self) -> tuple[int, ...]:
        """How many numbers make each agent's action."""


class ObservedChoices(Observed, Protocol):
    """One whose actions are choices."""

    @property
    def n_actions(self) -> tuple[int, ...]:
        """How many actions each agent has."""


class LinearPolicy(LinearSlots):
    """What both families share: they are played and scored by the values of their slots."""

    @abstractmethod
    def act(self, values: Array, noise: Array) -> npt.NDArray:
        """Actions from the slots' values k_s^T x_j, shape (R, M, L), and a step's noise."""

    @abstractmethod
    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""

    def player(self, mu: Array, copies: Array | None = None) -> LinearPlayer:
        """Play mu, shape (R, D), before copies of the parameters, shape (R, N, D)."""
        return LinearPlayer(self, mu, copies)


class LinearPlayer:
    """A policy at play: from rows (R, F or more, L) and noise to actions.

    Parameters
    ----------
    policy : LinearPolicy
    mu : Array, shape (R, D)
        The parameters that are played.
    copies : Array, shape (R, N, D), optional
        Those that watch.
    """

    def __init__(self, policy: LinearPolicy, mu: Array, copies: Array | None = None) -> None:
        self.policy, self.mu, self.copies = policy, mu, copies
        self._gains = policy.gains(mu)

    def __call__(self, seen: Array, noise: Array) -> npt.NDArray:
        """Take a step."""
        values = np.matmul(self._gains, self.policy.looked_at(seen))
        return self.policy.act(values, noise)

    def scores(self, batch: Trajectories) -> Scores:
        """What the copies make of the batch that was played."""
        if self.copies is None:
            name = type(self.policy).__name__
            raise ValueError(f"no copies were named that watch: give them to {name}.player")
        return self.policy.scores(self.copies, self.mu, batch)


@dataclass(frozen=True)
class LinearGaussian(LinearPolicy):
    """Gaussian policies whose means are linear: state feedback with exploration.

    Parameters
    ----------
    sees : sequence of sequences of int
        The rows that agent j looks at, at place j. For an affine mean, one that is always 1.
    components : sequence of int
        How many numbers make each agent's action. Actions have the shape (R, M, L), agent after
        agent: with one component each, one row for each agent.
    deviation : float
        sigma, in units of the actions.

    Raises
    ------
    ValueError
        If a value is out of range, or `sees` is not for as many agents, naming it.
    """

    components: Sequence[int]
    deviation: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "components", counts("components", self.components))
        object.__setattr__(self, "deviation", number("deviation", self.deviation))
        if not 0.0 < self.deviation < np.inf:
            raise ValueError(f"deviation = {self.deviation}: give a standard deviation above 0")
        super().__post_init__()

    @classmethod
    def of(cls, game: ObservedBoxes, **choices: Any) -> LinearGaussian:
        """The policies for a game, such as ``LinearGaussian.of(team, deviation=0.3)``.

        Parameters
        ----------
        game : ObservedBoxes
            Gives `sees` and `components`.
        **choices
            `deviation`, or other rows as `sees`.
        """
        return cls(**{"sees": game.sees, "components": game.components} | choices)

    @property
    def slots(self) -> tuple[int, ...]:
        """The components."""
        return tuple(self.components)

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """One standard normal number for each component, shape (T, R, M, L)."""
        return streams.normal(horizon, len(self.agent), size)

    def act(self, values: Array, noise: Array) -> Array:
        """Means plus noise, shape (R, M, L)."""
        return values + self.deviation * noise

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""
        return LinearGaussianScores(self, theta, mu, batch, self.deviation)


@dataclass(frozen=True)
class LinearSoftmax(LinearPolicy):
    """Boltzmann policies whose logits are linear; the last action's is zero.

    Parameters
    ----------
    sees : sequence of sequences of int
        The rows that agent j looks at, at place j. For logits of their own where all rows vanish,
        one that is always 1.
    n_actions : sequence of int
        How many actions each agent has, at least 2: 0, 1, ....

    Raises
    ------
    ValueError
        If a value is out of range, or `sees` is not for as many agents, naming it.
    """

    n_actions: Sequence[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_actions", counts("n_actions", self.n_actions, least=2))
        super().__post_init__()

    @classmethod
    def of(cls, game: ObservedChoices, **choices: Any) -> LinearSoftmax:
        """The policies for a game, such as ``LinearSoftmax.of(from_pettingzoo(make_env))``.

        Parameters
        ----------
        game : ObservedChoices
            Gives `sees` and `n_actions`.
        **choices
            Other rows as `sees`.
        """
        return cls(**{"sees": game.sees, "n_actions": game.n_actions} | choices)

    @property
    def slots(self) -> tuple[int, ...]:
        """The actions but the last."""
        return tuple(n - 1 for n in self.n_actions)

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """One uniform number for each agent, shape (T, R, N, L)."""
        return streams.uniform(horizon, self.n_agents, size)

    def act(self, values: Array, noise: Array) -> Indices:
        """The action whose share of [0, 1] the noise falls into, shape (R, N, L)."""
        probability = np.exp(log_probabilities(self, values)[0])
        actions = np.zeros(noise.shape, dtype=np.intp)
        for j in range(self.n_agents):
            below = np.cumsum(probability[:, self.agent == j], axis=1)
            actions[:, j] = (noise[:, j, np.newaxis] >= below).sum(axis=1)
        return actions

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""
        return LinearSoftmaxScores(self, theta, mu, batch)
