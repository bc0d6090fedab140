"""Estimates from counts: how often each joint action of a one-shot game was played.

What `estimation` sums over the plays of a batch is summed over joint actions here, each as often
as it was drawn: for baselines, less the one play that a baseline is subtracted from. Shapes: R
repetitions, N copies, A joint actions, D parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives.estimation import Baseline, constant_baseline, no_baseline
from netnewton.derivatives.source import NOT_COMPUTED


@dataclass(frozen=True)
class Counts:
    """R batches of plays, counted by joint action, and what N copies make of them."""

    drawn: Array
    """n(a), shape (R, 1, A)."""
    size: Array
    """L, shape (R, 1)."""
    reward: Array
    """R_i(a), shape (N, A)."""
    weight: Array
    """w(a), shape (R, N, A); anything where nothing was drawn."""

    def mean(self, values: Array) -> Array:
        """The mean over the plays of values for joint actions, from (R, N, A) to (R, N)."""
        return np.einsum("rna,ra->rn", values, self.drawn[:, 0]) / self.size


def _plain(counts: Counts, score: Array, derivative: Array, order: int) -> tuple[Array, Array]:
    """With b = 0."""
    return _from_credit(counts, counts.weight * counts.reward, score, derivative, order)


def _constant(counts: Counts, score: Array, derivative: Array, order: int) -> tuple[Array, Array]:
    """With b = the mean of the other plays' weighted rewards."""
    weighted = counts.weight * counts.reward
    total = np.einsum("rna,ra->rn", weighted, counts.drawn[:, 0])
    others = (total[..., np.newaxis] - weighted) / (counts.size - 1)[..., np.newaxis]
    credit = counts.weight * (counts.reward - others)
    return _from_credit(counts, credit, score, derivative, order)


def _from_credit(
    counts: Counts, credit: Array, score: Array, derivative: Array, order: int
) -> tuple[Array, Array]:
    """Gradient and Hessian from the credit c(a), shape (R, N, A)."""
    share = credit * (counts.drawn / counts.size[..., np.newaxis])
    gradient = np.matmul(share[..., np.newaxis, :], score)[..., 0, :]
    if order == 1:
        return gradient, NOT_COMPUTED
    hessian = np.matmul(np.swapaxes(score * share[..., np.newaxis], -1, -2), score)
    hessian += np.einsum("rna->rn", share)[..., np.newaxis, np.newaxis] * derivative
    return gradient, hessian


def _least_variance(
    counts: Counts, score: Array, derivative: Array, order: int
) -> tuple[Array, Array]:
    """With the baseline of its own for every component that minimises its estimated variance."""
    gradient = _with_own_baseline(counts, score)
    if order == 1:
        return gradient, NOT_COMPUTED
    outer = score[..., :, np.newaxis] * score[..., np.newaxis, :]
    return gradient, _with_own_baseline(counts, outer + derivative[:, :, np.newaxis])


def _with_own_baseline(counts: Counts, terms: Array) -> Array:
    """Mean over the plays of w (x - b) f, for terms f of shape (R, N, A, ...).

    b = E[w^2 f^2 x] / E[w^2 f^2], x being the reward; the play it is subtracted from is left out
    of both means.
    """
    ones = (1,) * (terms.ndim - 3)
    drawn, w, x = (v.reshape(*v.shape, *ones) for v in (counts.drawn, counts.weight, counts.reward))
    weighted = w * terms
    square = np.square(weighted)
    above, below = ((drawn * v).sum(axis=2, keepdims=True) - v for v in (square * x, square))
    # Where nothing is left, b is 0.
    b = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    total = (drawn * weighted * (x - b)).sum(axis=2)
    return np.asarray(total / counts.size.reshape(-1, 1, *ones))


def effective_sample_size(log_weight: Array, drawn: Array) -> Array:
    """(sum n w)^2 / sum n w^2 over joint actions, from the weights' logarithms."""
    of_played = np.where(drawn > 0, log_weight, -np.inf)
    weight = np.exp(of_played - of_played.max(axis=-1, keepdims=True))
    total = np.einsum("rna,ra->rn", weight, drawn[:, 0])
    return np.square(total) / np.einsum("rna,rna,ra->rn", weight, weight, drawn[:, 0])


BASELINES: Mapping[Baseline | None, Callable[..., tuple[Array, Array]]] = {
    no_baseline: _plain,
    constant_baseline: _constant,
    None: _least_variance,
}
"""By the baseline of an `Estimator`: from counts, the scores of the joint actions, shape
(R, N, A, D), their derivative, (R, N, D, D), and the order to the gradient and the Hessian."""
