"""What a batch of trajectories is, and what a game and a policy of your own must offer.

`rollout` plays any game and policy that have the members of `SampledGame` and `SampledPolicy`;
no class has to be inherited from. All R repetitions and L trajectories of a batch advance in one
call a step. In every array time comes first, if it is there, then the repetition; the trajectory
comes last, except where a policy's scores add the parameter. N is the number of agents, D that of
parameters, T that of steps.

In one batch the calls are, in this order,

    noise = policy.noise(streams, T, L)           chance = game.chance(streams, T + 1, L)
    act = policy.player(mu, copies)               state = game.start(chance[0], (R, L))
    for t in 0, ..., T - 1:
        states[t] = game.seen(state)
        actions[t] = act(states[t], noise[t])
        state, rewards[t] = game.step(state, actions[t], chance[t + 1])
    act.scores(Trajectories(states, actions, rewards))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt

from netnewton.arrays import Array, Indices
from netnewton.trajectories.scores import Scores
from netnewton.trajectories.streams import Streams


class Trajectories(NamedTuple):
    """L trajectories of T steps for each of R repetitions, with N agents."""

    states: npt.NDArray
    """What the policy saw at each step, shape (T, R, ..., L): as the game's `seen` gives it."""
    actions: npt.NDArray
    """The action of each agent, shape (T, R, N, L), of the type that the policy's player gives."""
    rewards: Array
    """The reward of each agent for each step, not discounted, shape (T, R, N, L)."""


class SampledGame(Protocol):
    """A game that gives trajectories.

    A state stands for all R x L trajectories at once. It may be any object that the game's own
    methods know; the policy sees of it what `seen` returns.
    """

    @property
    def n_agents(self) -> int:
        """N, the number of agents."""

    @property
    def discount(self) -> float:
        """Gamma in [0, 1], by whose powers estimators discount the rewards of `step`."""

    def chance(self, streams: Streams, draws: int, size: int) -> Sequence[Any]:
        """Draw all that a batch's states need beside the policy's actions.

        Parameters
        ----------
        streams : Streams
            R generators; ``streams.uniform(draws, size)`` has the shape (draws, R, L), one slab
            for each draw, and so has ``streams.normal``. Draw the same amount at every call.
        draws : int
            T + 1: one for the start and one for each step.
        size : int
            L, the number of trajectories for each repetition.

        Returns
        -------
        sequence of length draws
            Its first entry is given to `start`, the others to `step`; None each, if nothing but
            the policy is random.
        """

    def start(self, chance: Any, shape: tuple[int, int]) -> Any:
        """The first state of every trajectory.

        Parameters
        ----------
        chance : object
            The first entry of what `chance` drew.
        shape : tuple of int
            (R, L).

        Returns
        -------
        object
            A state.
        """

    def seen(self, state: Any) -> npt.NDArray:
        """What the policy sees of a state.

        Returns
        -------
        ndarray, shape (R, ..., L)
            As the policy wants it: for `Boltzmann`, numbers of states 0, ..., S - 1, shape (R, L);
            for `GaussianRBF`, coordinates, shape (R, N, 2, L). It is kept, so it must not change
            afterwards.
        """

    def step(self, state: Any, actions: npt.NDArray, chance: Any) -> tuple[Any, Array]:
        """Play one step.

        Parameters
        ----------
        state : object
            A state; it must be left as it is.
        actions : ndarray, shape (R, N, L)
            Each agent's action.
        chance : object
            This step's entry of what `chance` drew.

        Returns
        -------
        state : object
            The next one.
        rewards : Array, shape (R, N, L)
            Each agent's private reward for this step, float64, not discounted.
        """


class Player(Protocol):
    """A joint policy at play, and what copies of its parameters make of what it plays."""

    def __call__(self, seen: npt.NDArray, noise: Array, /) -> npt.NDArray:
        """Take a step.

        Parameters
        ----------
        seen : ndarray, shape (R, ..., L)
            What the game shows.
        noise : Array, shape (R, N, L)
            One step of what the policy's `noise` drew.

        Returns
        -------
        ndarray, shape (R, N, L)
            Each agent's action.
        """

    def scores(self, batch: Trajectories) -> Scores:
        """What the copies make of the batch, once all of its steps have been played.

        Parameters
        ----------
        batch : Trajectories
            The very steps that were taken.

        Returns
        -------
        Scores
            The same as the policy's `scores` of the copies that `player` was given.

        Raises
        ------
        ValueError
            If `player` was given no copies.
        """


class SampledPolicy(Protocol):
    """A joint policy, a product over agents, that can be played and whose scores are known.

    Its D parameters are the agents' blocks, theta = [psi_1, ..., psi_N]: agent j acts by the
    parameters that it owns, and by no others.
    """

    @property
    def n_agents(self) -> int:
        """N, the number of agents; that of the game."""

    @property
    def owner(self) -> Indices:
        """The agent, 0, ..., N - 1, that each parameter belongs to, shape (D,)."""

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """Draw what a batch's actions need.

        Parameters
        ----------
        streams : Streams
            R generators; ``streams.uniform(T, N, L)`` and ``streams.normal(T, N, L)`` have the
            shape that is returned.
        horizon : int
            T.
        size : int
            L.

        Returns
        -------
        Array, shape (T, R, N, L)
        """

    def player(self, mu: Array, copies: Array | None = None) -> Player:
        """The policy at play.

        Parameters
        ----------
        mu : Array, shape (R, D)
            The parameters that are played.
        copies : Array, shape (R, N, D), optional
            Agent i's copy theta_i of all parameters at ``[:, i]``, whose scores will be asked for.

        Returns
        -------
        Player
        """

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What copies of the parameters make of a batch that was played before.

        Parameters
        ----------
        theta : Array, shape (R, N, D)
            Agent i's copy at ``[:, i]``.
        mu : Array, shape (R, D)
            The parameters that were played.
        batch : Trajectories

        Returns
        -------
        Scores
            A subclass of `Scores` says it in three members: `log_ratio`, `steps`, `derivative`.
        """
