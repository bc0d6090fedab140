"""Boltzmann policies for finite Markov games (Section 6).

Written for two uses: as a table over states and joint actions, for exact derivatives, and played
and scored step by step, for the likelihood-ratio estimators.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from netnewton.policies.boltzmann_scores import BoltzmannScores
from netnewton.policies.scores import Scores

if TYPE_CHECKING:
    from netnewton.trajectories import Streams, Trajectories

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class JointPolicy:
    """A joint policy tabulated over states and enumerated joint actions, part by part on demand.

    K is the number of parameters that act in one state; which ones is `Boltzmann.parameters`.
    """

    policy: Boltzmann
    single: Array
    """pi_{psi_j}(b | s), shape (..., S, N, largest number of actions)."""

    @cached_property
    def probability(self) -> Array:
        """pi(a | s), shape (..., S, A)."""
        product = self.single[..., 0, : self.policy.n_actions[0]]
        for agent, actions in enumerate(self.policy.n_actions[1:], start=1):
            factor = self.single[..., agent, np.newaxis, :actions]
            product = (product[..., np.newaxis] * factor).reshape(*product.shape[:-1], -1)
        return product

    @cached_property
    def score(self) -> Array:
        """Gradient of log pi(a | s) in the K parameters of state s, shape (..., S, A, K)."""
        return self.policy.taken - self.free[..., np.newaxis, :]

    @cached_property
    def score_derivative(self) -> Array:
        """Hessian of log pi(a | s), the same for every a, shape (..., S, K, K)."""
        p, same_agent = self.free, self.policy.same_agent
        identity = np.eye(p.shape[-1])
        return p[..., :, np.newaxis] * (same_agent * p[..., np.newaxis, :] - identity)

    @cached_property
    def free(self) -> Array:
        """Probability of the action of each of the K slots, shape (..., S, K)."""
        flat = self.single.reshape(*self.single.shape[:-2], -1)
        return flat[..., self.policy.slot_index] if self.policy.needs_constants else flat


@dataclass(frozen=True)
class Boltzmann:
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
        If `logits` is neither, or there are no states, actions or logits.
    """

    n_states: int
    n_actions: tuple[int, ...]
    logits: Literal["per_action", "reference"] = "per_action"

    def __post_init__(self) -> None:
        if self.logits not in ("per_action", "reference"):
            raise ValueError(f"logits = {self.logits!r}: choose 'per_action' or 'reference'")
        if self.n_states < 1 or not self.n_actions or min(self.n_actions) < 1:
            raise ValueError(f"{self.n_states} states and actions {self.n_actions}: need some")
        if self.n_parameters == 0:
            raise ValueError(
                f"actions {self.n_actions} with a reference action leave no logit to learn: "
                "choose logits = 'per_action'"
            )

    @property
    def n_parameters(self) -> int:
        """D, the length of theta."""
        return self.n_states * sum(self.free_actions)

    @cached_property
    def free_actions(self) -> tuple[int, ...]:
        """Number of logits that each agent has in a state."""
        return tuple(n - (self.logits == "reference") for n in self.n_actions)

    @cached_property
    def owner(self) -> Indices:
        """The agent that each parameter belongs to, shape (D,): psi_j is ``theta[owner == j]``."""
        sizes = [self.n_states * free for free in self.free_actions]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def _logit_index(self) -> Indices:
        """Where each logit stands in [theta, 0, -inf], shape (S, N, largest number of actions)."""
        fixed, absent = self.n_parameters, self.n_parameters + 1
        index = np.full((self.n_states, len(self.n_actions), max(self.n_actions)), absent)
        start = 0
        for j, (free, actions) in enumerate(zip(self.free_actions, self.n_actions, strict=True)):
            index[:, j, free:actions] = fixed
            block = np.arange(start, start + self.n_states * free)
            index[:, j, :free] = block.reshape(self.n_states, free)
            start += self.n_states * free
        return index

    @cached_property
    def _in_order(self) -> bool:
        """Whether theta, cut up, is the table of logits already: one state, all logits free."""
        return bool(np.array_equal(self._logit_index.ravel(), np.arange(self.n_parameters)))

    @cached_property
    def needs_constants(self) -> bool:
        """Whether some logits are fixed at zero, or some agents have fewer actions than others."""
        return bool((self._logit_index >= self.n_parameters).any())

    @cached_property
    def slots(self) -> tuple[Indices, Indices]:
        """Agent and action of the K logits that are parameters in a state."""
        agent, action = np.nonzero(self._logit_index[0] < self.n_parameters)
        return agent, action

    @cached_property
    def slot_index(self) -> Indices:
        """Where the K logits stand among all agents' actions, padded to the largest number."""
        agent, action = self.slots
        return agent * max(self.n_actions) + action

    @cached_property
    def parameters(self) -> Indices:
        """The position in theta of each state's K parameters, shape (S, K)."""
        return self._logit_index[:, *self.slots]

    @cached_property
    def joint_actions(self) -> Indices:
        """The enumerated joint actions, shape (A, N)."""
        grid = np.indices(self.n_actions)
        return grid.reshape(len(self.n_actions), -1).T

    @cached_property
    def taken(self) -> Array:
        """One where joint action a takes the action of slot k, shape (A, K)."""
        agent, action = self.slots
        return (self.joint_actions[:, agent] == action).astype(float)

    @cached_property
    def taken_together(self) -> Array:
        """One where joint action a takes the actions of slots k and l, shape (A, K * K)."""
        pairs = self.taken[:, :, np.newaxis] * self.taken[:, np.newaxis, :]
        return pairs.reshape(len(pairs), -1)

    @cached_property
    def same_agent(self) -> Array:
        """One where two slots belong to the same agent, shape (K, K)."""
        agent, _ = self.slots
        return (agent[:, np.newaxis] == agent).astype(float)

    def probabilities(self, theta: Array) -> Array:
        """pi_{psi_j}(b | s) for every state, agent and action.

        Parameters
        ----------
        theta : Array, shape (..., D)

        Returns
        -------
        Array, shape (..., S, N, largest number of actions)
            Zero for actions an agent does not have.
        """
        unnormalised = np.exp(self._logits(theta))
        return unnormalised / _over_actions(np.add, unnormalised)

    def log_probabilities(self, theta: Array) -> Array:
        """Logarithms of `probabilities`, finite also where those vanish by rounding."""
        logits = self._logits(theta)
        return logits - np.log(_over_actions(np.add, np.exp(logits)))

    def _logits(self, theta: Array) -> Array:
        """The table of logits, less the largest of each state and agent."""
        if self._in_order:
            logits = theta.reshape(*theta.shape[:-1], *self._logit_index.shape)
        else:
            constants = np.broadcast_to([0.0, -np.inf], (*theta.shape[:-1], 2))
            extended = np.concatenate([theta, constants], axis=-1)
            logits = np.take(extended, self._logit_index, axis=-1)
        return logits - _over_actions(np.maximum, logits)

    def joint(self, theta: Array) -> JointPolicy:
        """The joint policy as a table, with its score and its score derivative.

        Parameters
        ----------
        theta : Array, shape (..., D)
        """
        return self.tabulated(self.probabilities(theta))

    def tabulated(self, single: Array) -> JointPolicy:
        """The joint policy of given `probabilities`."""
        return JointPolicy(self, single)

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """One uniform number for each action, shape (T, R, N, L)."""
        return streams.uniform(horizon, len(self.n_actions), size)

    def player(self, mu: Array, copies: Array | None = None) -> BoltzmannPlayer:
        """Play mu, shape (R, D), before copies of the parameters, shape (R, N, D)."""
        return BoltzmannPlayer(self, mu, copies)

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""
        return BoltzmannScores(self, theta, mu, batch)

    def saturated_share(self, mu: Array) -> Array:
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


def _over_actions(combine: np.ufunc, values: Array) -> Array:
    """Reduce the last axis to one entry: on one this short, far faster than a ufunc's reduce."""
    each = [values[..., action, np.newaxis] for action in range(values.shape[-1])]
    return functools.reduce(combine, each)
