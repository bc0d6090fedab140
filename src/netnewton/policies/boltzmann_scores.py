"""Scores of Boltzmann policies and their weighted sums, for likelihood-ratio estimates.

They depend on the cell (state, joint action) alone. Where there are fewer cells than plays, a sum
over a batch is one over cells, with the weights that have fallen into each (`BoltzmannScores`).
Otherwise every play is looked up in the agents' own tables, and no joint action is enumerated
(`PlayedScores`): N agents of two actions each have 2^N.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.policies.boltzmann_tables import BoltzmannTables
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores, Sums


class TableScores(Scores):
    """What both ways share: the tables of R repetitions' N copies, and how to look things up."""

    free_of_action = True

    def __init__(
        self, policy: BoltzmannTables, theta: Array, mu: Array, batch: Trajectories
    ) -> None:
        self.policy = policy
        self.log_single = policy.log_probabilities(np.concatenate([mu[:, np.newaxis], theta], 1))
        """Of mu and of the copies, shape (R, 1 + N, S, N, largest number of actions)."""
        self.table = policy.tabulated(np.exp(self.log_single[:, 1:]))
        self.states = batch.states[:, :, np.newaxis]
        repetitions, copies = theta.shape[:2]
        self._rows = np.arange(repetitions * copies).reshape(repetitions, copies, 1)

    def derivative(self, t: int) -> Array:
        """The score's derivative at step t: it depends on the state alone."""
        return self._at(self._state_derivative, self.states[t])

    @cached_property
    def _state_derivative(self) -> Array:
        """The score's derivative in all parameters, shape (R, N, S, D, D)."""
        policy, derivative = self.policy, self.table.score_derivative
        D = policy.n_parameters
        full = np.zeros((*derivative.shape[:-2], D, D))
        for s, parameters in enumerate(policy.parameters):
            full[..., s, parameters[:, np.newaxis], parameters] = derivative[..., s, :, :]
        return full

    def derivative_sum(self, in_states: Array) -> Array:
        """The sum of the score's derivatives, with weights of each state, shape (R, N, S)."""
        policy, derivative = self.policy, self.table.score_derivative
        total = np.zeros((*in_states.shape[:2], policy.n_parameters, policy.n_parameters))
        for s, parameters in enumerate(policy.parameters):
            weighted = in_states[..., s, np.newaxis, np.newaxis] * derivative[..., s, :, :]
            total[..., parameters[:, np.newaxis], parameters] = weighted
        return total

    def _at(self, table: Array, index: Indices) -> Array:
        """Entries of a table (R, N, cells, ...) at an index (..., R, 1, L)."""
        flat = table.reshape(-1, *table.shape[3:])
        return flat[self._rows * table.shape[2] + index]

    def collect(self, weights: Array, index: Indices, n: int) -> Array:
        """The sum of the weights that fall into each of n cells, shape (R, N, n)."""
        cells = np.broadcast_to(self._rows * n + index, weights.shape)
        total = np.bincount(cells.ravel(), weights.ravel(), minlength=self._rows.size * n)
        return np.asarray(total, dtype=float).reshape(*self._rows.shape[:2], n)


class BoltzmannScores(TableScores):
    """Scores of a batch, tabulated over cells (state, joint action)."""

    def __init__(
        self, policy: BoltzmannTables, theta: Array, mu: Array, batch: Trajectories
    ) -> None:
        super().__init__(policy, theta, mu, batch)
        joint = np.zeros(batch.states.shape, dtype=np.intp)
        for agent, actions in enumerate(policy.n_actions):
            joint = joint * actions + batch.actions[:, :, agent]
        self.n_cells = policy.n_states * policy.n_joint_actions
        self.cells = self.states * policy.n_joint_actions + joint[:, :, np.newaxis]
        joint_log = self._log_probability(self.log_single)
        self.log_ratio = self._at(joint_log[:, 1:] - joint_log[:, :1], self.cells)

    def steps(self) -> Array:
        """The score of every step."""
        return self._at(self.cell_score, self.cells)

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

    def _log_probability(self, single: Array) -> Array:
        """The logarithm of pi(a | s) from that of every agent, shape (R, copies, cells)."""
        chosen = self.policy.joint_actions.T
        joint = sum(single[..., agent, actions] for agent, actions in enumerate(chosen))
        return np.asarray(joint).reshape(*single.shape[:2], self.n_cells)


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
        *batch, _ = self._in_cells.shape
        in_cells = self._in_cells.reshape(*batch, self.scores.policy.n_states, -1)
        return self.scores.derivative_sum(in_cells.sum(axis=-1))

    @cached_property
    def _in_cells(self) -> Array:
        return self.scores.collect(self.weights, self.scores.cells, self.scores.n_cells)


class PlayedScores(TableScores):
    """Scores of a batch, play by play: the largest array has an entry for each play and parameter.

    Log ratios are the same bits as those of `BoltzmannScores`.
    """

    def __init__(
        self, policy: BoltzmannTables, theta: Array, mu: Array, batch: Trajectories
    ) -> None:
        super().__init__(policy, theta, mu, batch)
        self.actions = batch.actions
        log = self._log_probability()
        self.log_ratio = log[:, :, 1:] - log[:, :, :1]

    def steps(self) -> Array:
        """The score of every step."""
        return self._steps

    def weighted(self, weights: Array) -> Sums:
        """Sums over plays; those of the score's derivative, over states."""
        return PlayedSums(self, weights)

    def _log_probability(self) -> Array:
        """The logarithm of pi(a_t | s_t) under mu and the copies, shape (T, R, 1 + N, L)."""
        R, copies, S, N, most = self.log_single.shape
        rows = np.arange(R * copies).reshape(R, copies, 1) * S + self.states
        flat = self.log_single.reshape(-1, N, most)
        return np.asarray(sum(flat[rows, agent, self.actions[:, :, [agent]]] for agent in range(N)))

    @cached_property
    def _steps(self) -> Array:
        policy = self.policy
        agent, action = policy.slots
        taken = self.actions[:, :, agent] == action[:, np.newaxis]  # (T, R, K, L)
        in_state = np.swapaxes(taken, -1, -2)[:, :, np.newaxis] - self._at(
            self.table.free, self.states
        )
        full = np.zeros((*in_state.shape[:-1], policy.n_parameters))
        np.put_along_axis(full, policy.parameters[self.states], in_state, axis=-1)
        return full


class PlayedSums(Sums):
    """Weighted sums over a batch, play by play."""

    scores: PlayedScores

    def derivative(self) -> Array:
        """Sum of weight * derivative of the score, shape (R, N, D, D)."""
        scores = self.scores
        in_states = scores.collect(self.weights, scores.states, scores.policy.n_states)
        return scores.derivative_sum(in_states)
