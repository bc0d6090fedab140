"""Scores of Boltzmann policies and their weighted sums, for likelihood-ratio estimates.

They depend on the cell (state, joint action) alone, so that a sum over a batch is one over cells,
with the weights that have fallen into each.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netnewton.policies.scores import Scores, Sums

if TYPE_CHECKING:
    from netnewton.policies.boltzmann import Boltzmann
    from netnewton.trajectories import Trajectories

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


class BoltzmannScores(Scores):
    """Scores of a batch, tabulated: they depend on the cell (state, joint action) alone."""

    def __init__(self, policy: Boltzmann, theta: Array, mu: Array, batch: Trajectories) -> None:
        self.policy = policy
        single = policy.log_probabilities(np.concatenate([mu[:, np.newaxis], theta], axis=1))
        self.table = policy.tabulated(np.exp(single[:, 1:]))
        joint = np.zeros(batch.states.shape, dtype=np.intp)
        for agent, actions in enumerate(policy.n_actions):
            joint = joint * actions + batch.actions[:, :, agent]
        self.n_cells = policy.n_states * len(policy.joint_actions)
        self.states = batch.states[:, :, np.newaxis]
        self.cells = self.states * len(policy.joint_actions) + joint[:, :, np.newaxis]
        repetitions, copies = theta.shape[:2]
        self._rows = np.arange(repetitions * copies).reshape(repetitions, copies, 1)
        joint_log = self._log_probability(single)
        self.log_ratio = self._at(joint_log[:, 1:] - joint_log[:, :1], self.cells)

    def steps(self) -> Array:
        """The score of every step."""
        return self._at(self.cell_score, self.cells)

    def derivative(self, t: int) -> Array:
        """The score's derivative at step t: it depends on the state alone."""
        return self._at(self.cell_derivative, self.states[t])

    def weighted(self, weights: Array) -> Sums:
        """Sums over cells, with the weights that have fallen into each."""
        return BoltzmannSums(self, weights)

    @cached_property
    def cell_score(self) -> Array:
        """The score in all parameters, shape (R, N, cells, D)."""
        policy, score = self.policy, self.table.score
        *batch, states, actions, _ = score.shape
        full = np.zeros((*batch, states, actions, policy.n_parameters))
        for s, parameters in enumerate(policy.parameters):
            full[..., s, :, parameters] = np.moveaxis(score[..., s, :, :], -1, 0)
        return full.reshape(*batch, self.n_cells, policy.n_parameters)

    @cached_property
    def cell_derivative(self) -> Array:
        """The score's derivative in all parameters, shape (R, N, S, D, D)."""
        policy, derivative = self.policy, self.table.score_derivative
        D = policy.n_parameters
        full = np.zeros((*derivative.shape[:-2], D, D))
        for s, parameters in enumerate(policy.parameters):
            full[..., s, parameters[:, np.newaxis], parameters] = derivative[..., s, :, :]
        return full

    def _log_probability(self, single: Array) -> Array:
        """The logarithm of pi(a | s) from that of every agent, shape (R, copies, cells)."""
        chosen = self.policy.joint_actions.T
        joint = sum(single[..., agent, actions] for agent, actions in enumerate(chosen))
        return np.asarray(joint).reshape(*single.shape[:2], self.n_cells)

    def _at(self, table: Array, index: Indices) -> Array:
        """Entries of a table (R, N, cells, ...) at an index (..., R, 1, L)."""
        flat = table.reshape(-1, *table.shape[3:])
        return flat[self._rows * table.shape[2] + index]

    def collect(self, weights: Array, index: Indices, n: int) -> Array:
        """The sum of the weights that fall into each of n cells, shape (R, N, n)."""
        cells = np.broadcast_to(self._rows * n + index, weights.shape)
        total = np.bincount(cells.ravel(), weights.ravel(), minlength=self._rows.size * n)
        return np.asarray(total, dtype=float).reshape(*self._rows.shape[:2], n)


class BoltzmannSums(Sums):
    """Weighted sums over a batch, as sums over its cells."""

    scores: BoltzmannScores

    def score(self) -> Array:
        """Sum of weight * score, shape (R, N, D)."""
        return np.matmul(self._in_cells[..., np.newaxis, :], self.scores.cell_score)[..., 0, :]

    def outer(self) -> Array:
        """Sum of weight * score score^T, shape (R, N, D, D)."""
        score = self.scores.cell_score
        weighted = score * self._in_cells[..., np.newaxis]
        return np.matmul(np.swapaxes(weighted, -1, -2), score)

    def derivative(self) -> Array:
        """Sum of weight * derivative of the score, shape (R, N, D, D)."""
        derivative = self.scores.cell_derivative
        flat = derivative.reshape(*derivative.shape[:3], -1)
        in_states = self._in_cells.reshape(*derivative.shape[:3], -1).sum(axis=-1)
        total = np.matmul(in_states[..., np.newaxis, :], flat)
        return total.reshape(*derivative.shape[:2], *derivative.shape[3:])

    @cached_property
    def _in_cells(self) -> Array:
        return self.scores.collect(self.weights, self.scores.cells, self.scores.n_cells)
