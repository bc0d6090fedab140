"""Boltzmann policies as tables: logits, probabilities, and what follows for joint actions.

Nothing that has an entry for each joint action is made before it is asked for: with N agents of
two actions each it would have 2^N.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, count, counts, reals


@dataclass(frozen=True)
class JointPolicy:
    """A joint policy tabulated over states and enumerated joint actions, part by part on demand.

    K is the number of parameters that act in one state; which ones is `BoltzmannTables.parameters`.
    """

    policy: BoltzmannTables
    single: Array
    """pi_{psi_j}(b | s), shape (..., S, N, largest number of actions)."""

    @cached_property
    def probability(self) -> Array:
        """pi(a | s), shape (..., S, A)."""
        return self.policy.joint_probability(self.single)

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
        return self.policy.slot_probability(self.single)


@dataclass(frozen=True)
class BoltzmannTables:
    """The fields of `Boltzmann`, which says what they are, and the tables that follow from them."""

    n_states: int
    n_actions: tuple[int, ...]
    logits: Literal["per_action", "reference"] = "per_action"

    def __post_init__(self) -> None:
        if self.logits not in ("per_action", "reference"):
            raise ValueError(f"logits = {self.logits!r}: choose 'per_action' or 'reference'")
        object.__setattr__(self, "n_states", count("n_states", self.n_states))
        object.__setattr__(self, "n_actions", counts("n_actions", self.n_actions))
        if self.n_parameters == 0:
            raise ValueError(
                f"actions {self.n_actions} with a reference action leave no logit to learn: "
                "choose logits = 'per_action'"
            )

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.n_actions)

    @property
    def n_joint_actions(self) -> int:
        """A, how many joint actions there would be to enumerate."""
        return math.prod(self.n_actions)

    @cached_property
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

    def probabilities(self, theta: npt.ArrayLike) -> Array:
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

    def log_probabilities(self, theta: npt.ArrayLike) -> Array:
        """Logarithms of `probabilities`, finite also where those vanish by rounding."""
        logits = self._logits(theta)
        return logits - np.log(_over_actions(np.add, np.exp(logits)))

    def _logits(self, theta: npt.ArrayLike) -> Array:
        """The table of logits, less the largest of each state and agent."""
        theta = reals("theta", theta)
        if self._in_order:
            logits = theta.reshape(*theta.shape[:-1], *self._logit_index.shape)
        else:
            constants = np.broadcast_to([0.0, -np.inf], (*theta.shape[:-1], 2))
            extended = np.concatenate([theta, constants], axis=-1)
            logits = np.take(extended, self._logit_index, axis=-1)
        return logits - _over_actions(np.maximum, logits)

    def joint(self, theta: npt.ArrayLike) -> JointPolicy:
        """The joint policy as a table, with its score and its score derivative.

        Parameters
        ----------
        theta : Array, shape (..., D)
        """
        return self.tabulated(self.probabilities(theta))

    def joint_probability(self, single: Array) -> Array:
        """pi(a | s), shape (..., S, A), from given `probabilities`."""
        product = single[..., 0, : self.n_actions[0]]
        for agent, actions in enumerate(self.n_actions[1:], start=1):
            factor = single[..., agent, np.newaxis, :actions]
            product = (product[..., np.newaxis] * factor).reshape(*product.shape[:-1], -1)
        return product

    def slot_probability(self, single: Array) -> Array:
        """Probability of the action of each of the K slots, shape (..., S, K)."""
        flat = single.reshape(*single.shape[:-2], -1)
        return flat[..., self.slot_index] if self.needs_constants else flat

    def tabulated(self, single: Array) -> JointPolicy:
        """The joint policy of given `probabilities`."""
        return JointPolicy(self, single)


def _over_actions(combine: np.ufunc, values: Array) -> Array:
    """Reduce the last axis to one entry: on one this short, far faster than a ufunc's reduce."""
    each = [values[..., action, np.newaxis] for action in range(values.shape[-1])]
    return functools.reduce(combine, each)
