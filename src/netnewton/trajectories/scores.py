"""The sums over a batch that likelihood-ratio estimators are made of.

A policy says what N agents' copies make of a batch (`Scores`): the log ratio, the score and the
score's derivative of every step. All weighted sums then follow (`Sums`). A policy whose structure
gives them more cheaply has a subclass of `Sums`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from netnewton.arrays import Array


class Scores(ABC):
    """Scores of every step under every copy: T steps, R repetitions, N copies, L trajectories.

    pi is the joint policy, log pi(a | s) the sum of its agents' log probabilities (or densities),
    and D the number of all agents' parameters. A subclass sets `log_ratio` and defines `steps` and
    `derivative`.
    """

    log_ratio: Array
    """log pi_{theta_i}(a_t | s_t) - log pi_mu(a_t | s_t), shape (T, R, N, L): of step t alone,
    under agent i's copy theta_i at ``[:, :, i]`` and under what was played, mu."""
    free_of_action: bool = False
    """Whether the score's derivative depends on the state alone, as for exponential families in
    their natural parameters: it is then minus the score's covariance there."""

    @abstractmethod
    def steps(self) -> Array:
        """The score of every step.

        Returns
        -------
        Array, shape (T, R, N, L, D)
            Gradient of log pi_{theta_i}(a_t | s_t) in theta at agent i's copy, ``[:, :, i]``.
        """

    @abstractmethod
    def derivative(self, t: int) -> Array:
        """The score's derivative at step t.

        Returns
        -------
        Array, shape (R, N, L, D, D)
            Hessian of log pi_{theta_i}(a_t | s_t) in theta at agent i's copy, ``[:, i]``.
        """

    def weighted(self, weights: Array) -> Sums:
        """Sums over steps and trajectories.

        Parameters
        ----------
        weights : Array, shape (T, R, N, L)

        Returns
        -------
        Sums
            Good for any policy; override this where its structure gives sums more cheaply.
        """
        return Sums(self, weights)


class Sums:
    """Weighted sums over the steps and trajectories of a batch.

    Parameters
    ----------
    scores : Scores
    weights : Array, shape (T, R, N, L)
    """

    def __init__(self, scores: Scores, weights: Array) -> None:
        self.scores, self.weights = scores, weights

    def score(self) -> Array:
        """Sum of weight * score, shape (R, N, D)."""
        return np.einsum("trnl,trnld->rnd", self.weights, self.scores.steps())

    def outer(self) -> Array:
        """Sum of weight * score score^T, shape (R, N, D, D)."""
        return gram(self.weights, self.scores.steps())

    def derivative(self) -> Array:
        """Sum of weight * derivative of the score, shape (R, N, D, D)."""
        steps = enumerate(self.weights)
        terms = (np.einsum("rnl,rnlde->rnde", w, self.scores.derivative(t)) for t, w in steps)
        return np.asarray(sum(terms))

    def outer_and_derivative(self) -> Array:
        """The sum of `outer` and `derivative`, shape (R, N, D, D)."""
        return self.outer() + self.derivative()

    def outer_of_sums(self) -> Array:
        """Sum of weight * S_t S_t^T, where S_t sums the scores up to step t; (R, N, D, D)."""
        return gram(self.weights, sums_so_far(self.scores.steps()))


def gram(weights: Array, vectors: Array) -> Array:
    """Sum over t and l of weight * v v^T, for vectors of shape (T, R, N, L, D)."""
    total = np.zeros((*weights.shape[1:3], vectors.shape[-1], vectors.shape[-1]))
    for w, v in zip(weights, vectors, strict=True):
        total += np.matmul(np.swapaxes(v * w[..., np.newaxis], -1, -2), v)
    return total


def sums_so_far(values: Array) -> Array:
    """Cumulated sums over the first axis: slab by slab, far faster than `numpy.cumsum`."""
    total = values.copy()
    for t in range(1, len(total)):
        total[t] += total[t - 1]
    return total
