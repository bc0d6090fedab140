r"""Second-order matrices that are made of hess log pi alone: Gauss-Newton and Fisher.

With the credits c_t and weights w_t of `estimation`, for agent i at its own copy theta_i,

    GaussNewton  =  mean_l sum_t w_t gamma^t (R_i(s_t, a_t) - b_i) sum_{k<=t} hess log pi(a_k | s_k)
    Fisher       =  E[sum_t gamma^t grad log pi(a_t | s_t) grad log pi(a_t | s_t)^T]
                 = -E[sum_t gamma^t hess log pi(a_t | s_t)]

*Gauss-Newton*, with b_i = 0, is the second term of Theorem 1, with the Hessian's own sign; what it
leaves out are the outer products of the summed scores. If log pi is concave in the parameters, as
for Boltzmann policies and Gaussian ones of fixed deviation, and no reward falls below b_i, no batch
gives it a positive eigenvalue. The bound is known to its agent alone, as the reward is, and is a
choice that changes the matrix:

    GaussNewton(b)  =  GaussNewton(0) - b sum_t gamma^t E[sum_{k<=t} hess log pi(a_k | s_k)].

The lower, the nearer to a multiple of a Fisher matrix; a one-shot game's is -(J_i - b_i) Fisher.

The bound enters the matrix alone: J, the return that was played and the gradient are the same bits
without it. A gradient shifted as well would have the same mean, but another variance. With 50 plays
of the Prisoner's Dilemma from copies that are a little apart its deviation is 0.38 as it is, 0.32
with the bound -3, 5.8 with the loose bound -30, and 0.17 with a constant baseline; that of the
matrix, relative to its size, is 0.12, 0.10 with the bound -3 and 0.03 with -30 (`spreads` in
tests/netnewton/derivatives/test_second_order.py). So the gradient may keep its baseline.

No baseline enters the matrix. From the whole Hessian a baseline takes nothing in expectation; from
this part it takes b E[sum hess log pi]. Credits less their mean have either sign: what they would
leave are covariances of reward and hess log pi, and in a one-shot game with Boltzmann policies
nothing.

*Fisher* is positive semidefinite and knows nothing of rewards. With gamma = 1 it is the information
of a trajectory; discounted, states count as they do in the gradient. Where hess log pi depends on
the state alone its expectation over the action is known, and is taken in place of the sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from netnewton.arrays import Array, Flags, floats
from netnewton.trajectories.scores import Scores, Sums, sums_so_far


@dataclass(frozen=True, eq=False)
class Credited:
    """A batch with credits: what estimates of second order are sums over."""

    scores: Scores
    discounts: Array
    """gamma^t, shape (T, 1, 1, 1)."""
    log_weight: Array
    """log w_t, shape (T, R, N, L)."""
    credited: Array
    """The credit of each step, neither weighted nor with a baseline, shape (T, R, N, L)."""
    less: Array
    """The same less its baseline; the same array if there is none."""
    weight: Array
    """w_t, where `less` is not zero."""
    assign: Callable[[Array], Array]
    """From discounted rewards to credits."""
    weights: Callable[[Array, Flags], Array]
    """From log weights, where they are needed, to weights."""

    @property
    def now(self) -> Sums:
        """Sums with the credit c_t of each step."""
        return self.scores.weighted(self.weight * self.less)

    @cached_property
    def to_go(self) -> Sums:
        """Sums with the credit to go of each step, sum_{t>=k} c_t."""
        return self._to_go(self.weight * self.less)

    def above(self, bound: Array) -> Sums:
        """Sums with the credits to go of rewards less their bounds (N,), without a baseline."""
        if bound.any():
            shift = self.assign(self.discounts * bound[:, np.newaxis])
            return self._to_go(self._everywhere(self.log_weight) * (self.credited - shift))
        return (
            self.to_go if self.less is self.credited else self._to_go(self.weight * self.credited)
        )

    def information(self) -> Array:
        """L times the Fisher matrix of `fisher`, shape (R, N, D, D)."""
        scores, before = self.scores, np.zeros_like(self.log_weight)
        if not scores.free_of_action:
            return scores.weighted(self.discounts * self._everywhere(self.log_weight)).outer()
        before[1:] = self.log_weight[:-1]  # of what led to the state
        return -scores.weighted(self.discounts * self._everywhere(before)).derivative()

    def _everywhere(self, log_weight: Array) -> Array:
        return self.weights(log_weight, np.full(log_weight.shape, True))

    def _to_go(self, credit: Array) -> Sums:
        return self.scores.weighted(sums_so_far(credit[::-1])[::-1])


class PolicyCurvature(ABC):
    """A second-order matrix made of hess log pi alone, and how each kind of source finds it.

    For Boltzmann policies hess log pi depends on the state alone: `in_states` and `of_plays` say by
    what it is multiplied.
    """

    @abstractmethod
    def __call__(self, batch: Credited) -> Array:
        """L times the estimate from a batch of L trajectories, shape (R, N, D, D)."""

    @abstractmethod
    def in_states(self, occupancy: Array, returns: Array, discount: float) -> Array:
        """The exact multiple of hess log pi in every state, shape (..., N, S).

        Parameters
        ----------
        occupancy : Array, shape (S,) or (..., N, S)
            sum_t gamma^t P(s_t = s) under agent i's copy.
        returns : Array, shape (..., N, S)
            What agent i expects from a state on.
        discount : float
            gamma.
        """

    @abstractmethod
    def of_plays(self, weight: Array, reward: Array) -> Array:
        """A multiple for each joint action of a one-shot game, whose mean over plays is taken.

        Parameters
        ----------
        weight : Array, shape (R, N, A)
        reward : Array, shape (N, A)

        Returns
        -------
        Array, shape (R, N, A)
        """

    def require(self, n_agents: int) -> None:  # noqa: B027 - most are for any
        """Refuse what it is not for: by default nothing."""


@dataclass(frozen=True)
class GaussNewton(PolicyCurvature):
    """Theorem 1's second term, of rewards less a bound that each agent knows of its own.

    Parameters
    ----------
    bound : float or sequence of float, shape (N,)
        b_i, below which agent i's reward for a step (as a game's `step` gives it) never falls; one
        for all, or one for each. Zero by default.

    Raises
    ------
    ValueError
        If a bound is not a finite number; in a source, if there is not one for each agent.
    """

    bound: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        bounds = np.atleast_1d(floats("bound", self.bound))
        object.__setattr__(self, "bound", tuple(bounds.ravel().tolist()))

    @classmethod
    def of(cls, game: Bounded) -> GaussNewton:
        """For a game that states its least rewards, as finite games and the gridworld do.

        Raises
        ------
        ValueError
            If it does not.
        """
        if (known := getattr(game, "least_rewards", None)) is None:
            raise ValueError(
                f"{type(game).__name__} does not state its least_rewards: give the bounds, as in "
                "GaussNewton((-3.0, -3.0))"
            )
        return cls(tuple(known.tolist()))

    def __call__(self, batch: Credited) -> Array:
        """L times the estimate, shape (R, N, D, D)."""
        return batch.above(self._bounds(batch.credited.shape[2])).derivative()

    def in_states(self, occupancy: Array, returns: Array, discount: float) -> Array:
        """The occupancy times what is expected above the bound's own return b / (1 - gamma)."""
        bounds = self._bounds(returns.shape[-2])[:, np.newaxis]
        return occupancy * (returns - bounds / (1.0 - discount))

    def of_plays(self, weight: Array, reward: Array) -> Array:
        """The weighted reward above the bound."""
        return weight * (reward - self._bounds(len(reward))[:, np.newaxis])

    def require(self, n_agents: int) -> None:
        """Refuse another number of bounds than of agents."""
        self._bounds(n_agents)

    def _bounds(self, n_agents: int) -> Array:
        bounds = np.array(self.bound)
        if len(bounds) not in (1, n_agents):
            raise ValueError(
                f"{len(bounds)} bounds of rewards for {n_agents} agents: give one for each, or one "
                "for all"
            )
        return np.broadcast_to(bounds, n_agents)


class Bounded(Protocol):
    """A game that states how little each agent may be paid for a step."""

    @property
    def least_rewards(self) -> Array:
        """Shape (N,)."""


@dataclass(frozen=True)
class Fisher(PolicyCurvature):
    """The Fisher information of the joint policy, with the weights of the copy's own states."""

    def __call__(self, batch: Credited) -> Array:
        """L times the estimate, shape (R, N, D, D)."""
        return batch.information()

    def in_states(self, occupancy: Array, returns: Array, discount: float) -> Array:
        """Less the occupancy."""
        return np.broadcast_to(-occupancy, returns.shape)

    def of_plays(self, weight: Array, reward: Array) -> Array:
        """Minus one: in the only state there is nothing to weight."""
        return np.full_like(weight, -1.0)


gauss_newton = GaussNewton()
"""With rewards as they come: negative semidefinite if none is negative."""

fisher = Fisher()
"""Positive semidefinite, for the natural gradient: fisher^{-1} grad J."""
