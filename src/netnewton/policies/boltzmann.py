"""Boltzmann policies for finite Markov games (Section 6), played and scored step by step.

As tables over states and joint actions, for exact derivatives, they are in `boltzmann_tables`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices
from netnewton.policies.boltzmann_scores import BoltzmannScores, PlayedScores
from netnewton.policies.boltzmann_tables import BoltzmannTables
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores
from netnewton.trajectories.streams import Streams

SMALL_TABLE = 256  # cells that cost next to nothing, however few plays there are


class FiniteSizes(Protocol):
    """A game's numbers of states and of each agent's actions."""

    @property
    def n_states(self) -> int:
        """S."""

    @property
    def n_actions(self) -> tuple[int, ...]:
        """n_1, ..., n_N."""


@dataclass(frozen=True)
class Boltzmann(BoltzmannTables):
    """Boltzmann (softmax) policies of N agents, with logits of their own in every state.

    psi_j holds agent j's logits state by state. With ``logits="per_action"`` each action has one,
    which leaves a direction per agent and state along which nothing changes; with
    ``logits="reference"`` the last action's logit is fixed at zero.

    Parameters
    ----------
    n_states : int
    n_actions : tuple of int
        Number of actions of each agent.
    logits : {"per_action", "reference"}

    Raises
    ------
    ValueError
        If `logits` is neither, or there are no agents, states, actions or logits.
    """

    @classmethod
    def of(
        cls, game: FiniteSizes, logits: Literal["per_action", "reference"] = "per_action"
    ) -> Boltzmann:
        """The policies for a finite game, such as ``Boltzmann.of(prisoners_dilemma())``."""
        return cls(game.n_states, game.n_actions, logits)

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """One uniform number for each action, shape (T, R, N, L)."""
        return streams.uniform(horizon, len(self.n_actions), size)

    def player(self, mu: Array, copies: Array | None = None) -> BoltzmannPlayer:
        """Play mu, shape (R, D), before copies of the parameters, shape (R, N, D)."""
        return BoltzmannPlayer(self, mu, copies)

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""
        horizon, *_, size = batch.actions.shape
        if self.n_states * self.n_joint_actions <= max(horizon * size, SMALL_TABLE):
            return BoltzmannScores(self, theta, mu, batch)
        return PlayedScores(self, theta, mu, batch)

    def saturated_share(self, mu: npt.ArrayLike) -> Array:
        """Share of the distributions over actions, one for each state and agent, that have
        one action all but certain: its probability exceeds 0.999. Shape (...).
        """
        return np.asarray((self.probabilities(mu).max(axis=-1) > 0.999).mean(axis=(-2, -1)))


class BoltzmannPlayer:
    """A policy at play: from states (R, L) and uniform noise (R, N, L) to actions (R, N, L).

    Parameters
    ----------
    policy : Boltzmann
    mu : Array, shape (R, D)
        The parameters that are played.
    copies : Array, shape (R, N, D), optional
        Those that watch.
    """

    def __init__(self, policy: Boltzmann, mu: Array, copies: Array | None = None) -> None:
        self.policy, self.mu, self.copies = policy, mu, copies
        most = max(policy.n_actions)
        distribution = np.cumsum(policy.probabilities(mu), axis=-1)
        last = np.array(policy.n_actions)[:, np.newaxis] - 1
        distribution[..., np.arange(most) >= last] = np.inf  # the last action takes the rest
        self._thresholds = np.moveaxis(distribution, (-1, 1), (0, -1))[: most - 1]

    def __call__(self, states: Indices, noise: Array) -> Indices:
        """Take a step."""
        if states.dtype.kind not in "iu":
            raise ValueError(
                f"Boltzmann policies see numbers of states, shape (R, L); this game shows "
                f"{states.dtype} of shape {states.shape}: give it a policy that sees those"
            )
        actions = np.zeros(noise.shape, dtype=np.intp)
        for threshold in self._thresholds:
            if self.policy.n_states > 1:
                threshold = np.take_along_axis(threshold, states[:, np.newaxis], axis=-1)
            actions += noise >= threshold
        return actions

    def scores(self, batch: Trajectories) -> Scores:
        """What the copies make of the batch that was played."""
        if self.copies is None:
            raise ValueError("no copies were named that watch: give them to Boltzmann.player")
        return self.policy.scores(self.copies, self.mu, batch)
