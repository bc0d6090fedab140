r"""Scores of linear policies and their weighted sums, for likelihood-ratio estimates.

The score of slot s's gains is e_s x_j, with x_j what its agent sees and the residual

    e_s = (a_s - k_s^T x_j) / sigma^2      Gaussian
    e_s = 1[a_j = s] - pi(s | x_j)         softmax

and the score's derivative -C_st x_j x_j^T for two slots of one agent, zero for those of two: C is
the covariance of the residuals, 1 / sigma^2 on the diagonal, or pi_s (1[s = t] - pi_t). It does not
depend on the action. So a sum over a batch is a product of matrices, or one for each pair of slots.
"""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from netnewton.arrays import Array
from netnewton.policies.linear_slots import LinearSlots
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores, Sums


class LinearScores(Scores):
    """Scores of a batch: T steps, R repetitions, N copies, M slots, L trajectories.

    A subclass sets `log_ratio` and `residual`, and says what the residuals' covariances are.
    """

    free_of_action = True

    residual: Array
    """e_s under each copy, shape (T, R, N, M, L)."""

    def __init__(self, slots: LinearSlots, batch: Trajectories) -> None:
        self.slots, self.seen = slots, slots.looked_at(batch.states)

    @abstractmethod
    def pairs(self) -> Iterable[tuple[int, int]]:
        """The slots s <= t whose residuals are correlated, those of one agent at most."""

    @abstractmethod
    def covariance(self, s: int, t: int) -> Array:
        """C_st at every step, shape (T, R, N, L)."""

    def steps(self) -> Array:
        """The score of every step."""
        score = self.residual[..., self.slots.slot, :]
        score *= self.seen[:, :, np.newaxis, self.slots.row]
        return np.swapaxes(score, -1, -2)

    def derivative(self, t: int) -> Array:
        """The score's derivative at step t: it depends on what is seen alone."""
        D = self.slots.n_parameters
        full = np.zeros((*self.log_ratio.shape[1:], D, D))
        for s, other in self.pairs():
            x = self.seen[t][:, self.slots.rows(s)]
            block = np.einsum("rfl,rgl,rnl->rnlfg", x, x, -self.covariance(s, other)[t])
            self.slots.place(full, s, other, block)
        return full

    def weighted(self, weights: Array) -> Sums:
        """Sums as products of matrices."""
        return LinearSums(self, weights)


class LinearSums(Sums):
    """Weighted sums over the steps and trajectories of a batch, all at once."""

    scores: LinearScores

    def score(self) -> Array:
        """Sum of weight * score, shape (R, N, D)."""
        slots = self.scores.slots
        weighted = _in_a_row(self.scores.residual * self.weights[:, :, :, np.newaxis])
        product = np.matmul(weighted, np.swapaxes(self._seen, -1, -2))
        return product[..., slots.slot, slots.row]

    def derivative(self) -> Array:
        """Sum of weight * derivative of the score, shape (R, N, D, D)."""
        scores, slots = self.scores, self.scores.slots
        D = slots.n_parameters
        total = np.zeros((*self.weights.shape[1:3], D, D))
        for s, other in scores.pairs():
            weight = _in_a_row((-scores.covariance(s, other) * self.weights)[:, :, :, np.newaxis])
            x = self._seen[:, :, slots.rows(s)]
            slots.place(total, s, other, np.matmul(x * weight, np.swapaxes(x, -1, -2)))
        return total

    @cached_property
    def _seen(self) -> Array:
        """What is seen, the steps one after another, shape (R, 1, F, T * L)."""
        return _in_a_row(self.scores.seen[:, :, np.newaxis])


class LinearGaussianScores(LinearScores):
    """Scores of Gaussian policies of fixed deviation.

    Parameters
    ----------
    slots : LinearSlots
    theta : Array, shape (R, N, D)
    mu : Array, shape (R, D)
    batch : Trajectories
        Actions of shape (T, R, M, L).
    deviation : float
    """

    def __init__(
        self, slots: LinearSlots, theta: Array, mu: Array, batch: Trajectories, deviation: float
    ) -> None:
        super().__init__(slots, batch)
        self.precision = 1.0 / deviation**2
        played = slots.values(mu, self.seen)[:, :, np.newaxis]
        away = batch.actions[:, :, np.newaxis] - played
        shift = slots.values(theta, self.seen[:, :, np.newaxis]) - played
        self.residual = self.precision * (away - shift)
        # (away^2 - (away - shift)^2) / 2, without the difference of two large numbers.
        self.log_ratio = self.precision * (shift * (away - shift / 2)).sum(axis=3)

    def pairs(self) -> Iterable[tuple[int, int]]:
        """Each component with itself: their noises are independent."""
        return ((s, s) for s in range(len(self.slots.agent)))

    def covariance(self, s: int, t: int) -> Array:
        """1 / sigma^2, everywhere."""
        return np.full(self.log_ratio.shape, self.precision)


class LinearSoftmaxScores(LinearScores):
    """Scores of softmax policies.

    Parameters
    ----------
    slots : LinearSlots
    theta : Array, shape (R, N, D)
    mu : Array, shape (R, D)
    batch : Trajectories
        Actions of shape (T, R, N, L).
    """

    def __init__(self, slots: LinearSlots, theta: Array, mu: Array, batch: Trajectories) -> None:
        super().__init__(slots, batch)
        # All slots, and the last actions behind them: one of each agent's has been taken.
        own = log_probabilities(slots, slots.values(theta, self.seen[:, :, np.newaxis]))
        played = log_probabilities(slots, slots.values(mu, self.seen))
        chosen = slots.action[:, np.newaxis]
        taken = batch.actions[:, :, slots.agent] == chosen
        last = batch.actions == np.array(slots.slots)[:, np.newaxis]
        log_ratio = [
            np.where(flag[:, :, np.newaxis], mine - its[:, :, np.newaxis], 0.0).sum(axis=3)
            for flag, mine, its in zip((taken, last), own, played, strict=True)
        ]
        self.log_ratio = log_ratio[0] + log_ratio[1]
        self.probability = np.exp(own[0])
        self.residual = taken[:, :, np.newaxis] - self.probability

    def pairs(self) -> Iterable[tuple[int, int]]:
        """All pairs of an agent's actions."""
        agent = self.slots.agent.tolist()
        both = itertools.combinations_with_replacement(range(len(agent)), 2)
        return ((s, t) for s, t in both if agent[s] == agent[t])

    def covariance(self, s: int, t: int) -> Array:
        """pi_s (1[s = t] - pi_t)."""
        return self.probability[:, :, :, s] * (float(s == t) - self.probability[:, :, :, t])


def log_probabilities(slots: LinearSlots, logits: Array) -> tuple[Array, Array]:
    """Logarithms of the probabilities of all slots, and of each agent's last action.

    Parameters
    ----------
    slots : LinearSlots
    logits : Array, shape (..., M, L)

    Returns
    -------
    tuple of Array, shapes (..., M, L) and (..., N, L)
    """
    shape = (*logits.shape[:-2], slots.n_agents, logits.shape[-1])
    total = np.empty(shape)
    for j in range(slots.n_agents):
        own = logits[..., slots.agent == j, :]
        largest = np.maximum(own.max(axis=-2), 0.0)
        rest = np.exp(own - largest[..., np.newaxis, :]).sum(axis=-2)
        total[..., j, :] = largest + np.log(rest + np.exp(-largest))
    return logits - total[..., slots.agent, :], -total


def _in_a_row(values: Array) -> Array:
    """From (T, R, ..., L) to (R, ..., T * L)."""
    moved = np.moveaxis(values, 0, -2)
    return moved.reshape(*moved.shape[:-2], -1)
