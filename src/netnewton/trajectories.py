"""Batches of trajectories, and rolling them out with streams of randomness of their own.

A game and a policy that can be rolled out have the methods of `SampledGame` and `SampledPolicy`.
All R repetitions and L trajectories of a batch advance in one call a step; time comes first in
every array, so that a step is one slab of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from netnewton.policies.scores import Scores

Array = npt.NDArray[np.float64]


class Trajectories(NamedTuple):
    """L trajectories of T steps for each of R repetitions, with N agents."""

    states: npt.NDArray
    """What the policy saw at each step, shape (T, R, ..., L): `SampledGame` says what."""
    actions: npt.NDArray
    """The action of each agent, shape (T, R, N, L)."""
    rewards: Array
    """The reward of each agent for each step, not discounted, shape (T, R, N, L)."""


class Streams:
    """One random generator for each repetition, drawn from by all of them at once.

    What a repetition draws depends on its own generator alone, so that it is the same in any
    company.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each of the R repetitions.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self.generators = generators

    def uniform(self, *shape: int) -> Array:
        """Uniform numbers in [0, 1), shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.random, shape)

    def normal(self, *shape: int) -> Array:
        """Standard normal numbers, shape (shape[0], R, shape[1], ...)."""
        return self._draw(np.random.Generator.standard_normal, shape)

    def _draw(self, draw: Callable[..., object], shape: tuple[int, ...]) -> Array:
        drawn = np.empty((len(self.generators), *shape))
        for generator, out in zip(self.generators, drawn, strict=True):
            draw(generator, out=out)
        return np.swapaxes(drawn, 0, 1)


class SampledGame(Protocol):
    """A game that gives trajectories; its states may be anything that its own methods know."""

    @property
    def n_agents(self) -> int:
        """N."""

    @property
    def discount(self) -> float:
        """Gamma."""

    def chance(self, streams: Streams, draws: int, size: int) -> Sequence[Any]:
        """Draw what a batch needs beside the policy's actions: for its start and for every step."""

    def start(self, chance: Any, shape: tuple[int, int]) -> Any:
        """The first state of every trajectory, for shape (R, L)."""

    def seen(self, state: Any) -> npt.NDArray:
        """What the policy sees of a state, shape (R, ..., L)."""

    def step(self, state: Any, actions: npt.NDArray, chance: Any) -> tuple[Any, Array]:
        """The next state and each agent's reward, shape (R, N, L)."""


class Player(Protocol):
    """A policy at play, and what copies of its parameters make of it."""

    def __call__(self, seen: npt.NDArray, noise: Array, /) -> npt.NDArray:
        """Take a step: from what is seen and noise (R, N, L) to actions of the noise's shape."""

    def scores(self, batch: Trajectories) -> Scores:
        """What the copies make of the batch that was played."""


class SampledPolicy(Protocol):
    """A joint policy that can be played and whose scores are known."""

    @property
    def owner(self) -> npt.NDArray[np.intp]:
        """The agent that each parameter belongs to, shape (D,)."""

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """Draw what a batch's actions need, shape (T, R, N, L)."""

    def player(self, mu: Array, copies: Array | None = None) -> Player:
        """The policy with parameters mu, shape (R, D), at play before copies (R, N, D)."""

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""


def rollout(
    game: SampledGame,
    policy: SampledPolicy,
    mu: Array,
    streams: Streams,
    horizon: int,
    size: int,
    player: Player | None = None,
) -> Trajectories:
    """Play the joint policy: `size` trajectories of `horizon` steps for every repetition.

    Parameters
    ----------
    mu : Array, shape (R, D)
        The parameters that are played.
    streams : Streams
        R generators; each advances by the same amount whatever is played.
    horizon : int
        T >= 1.
    size : int
        L >= 1.
    player : Player, optional
        Who plays mu; ``policy.player(mu)`` by default.
    """
    noise = policy.noise(streams, horizon, size)
    chance = game.chance(streams, horizon + 1, size)
    act = policy.player(mu) if player is None else player
    state = game.start(chance[0], (len(mu), size))
    states, actions, rewards = [], [], []
    for t in range(horizon):
        states.append(game.seen(state))
        actions.append(act(states[-1], noise[t]))
        state, reward = game.step(state, actions[-1], chance[t + 1])
        rewards.append(reward)
    return Trajectories(np.stack(states), np.stack(actions), np.stack(rewards))
