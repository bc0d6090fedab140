r"""Likelihood-ratio estimates of returns, gradients and Hessians (Theorem 1, eq. 9, Appendix A).

All agents learn from one batch of L trajectories, played with mu; agent i estimates the
derivatives of its own return at its own copy theta_i. With s_t the score of step t under theta_i,
ds_t its derivative, and w_t = prod_{k<=t} pi_{theta_i}(a_k | s_k) / pi_mu(a_k | s_k),

    gradient  =  mean_l sum_t  c_t S_t                                  S_t = sum_{k<=t} s_k
    Hessian   =  mean_l sum_t  c_t sum_{k<=t} (s_k s_k^T + ds_k)        as printed
    Hessian   =  mean_l sum_t  c_t (S_t S_t^T + sum_{k<=t} ds_k)        Theorem 1

with the credit c_t = w_t (gamma^t R_i(s_t, a_t) - b_t) of step t. That is G(PO)MDP; REINFORCE is
the same with the whole discounted return credited to the last step. Since sums over k <= t and
over t can be exchanged, step k's terms have the weight sum_{t>=k} c_t, the credit *to go*.

With one step the two Hessians are equal. `second_order` has two matrices more, gauss_newton and
fisher. Each part is a value of `Estimator`.

Differs from the paper in: baselines leave the trajectory they are subtracted from out of their
own estimate, so that they add no bias; the paper does not say how they are estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Flags, Indices
from netnewton.derivatives.second_order import Credited, PolicyCurvature
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores, sums_so_far

IN_CACHE = 2**18  # numbers of an array that the processor keeps at hand


def gpomdp(discounted: Array) -> Array:
    """Credit each step with its own reward; arrays of shape (T, R, N, L)."""
    return discounted


def reinforce(discounted: Array) -> Array:
    """Credit the last step with the whole return."""
    credited = np.zeros_like(discounted)
    credited[-1] = discounted.sum(axis=0)
    return credited


def importance_weights(log_weight: Array, needed: Flags) -> Array:
    """Correct for the policy that was played (eq. 9), from the logarithms of the weights."""
    return np.exp(log_weight, out=np.zeros_like(log_weight), where=needed)


def no_weights(log_weight: Array, needed: Flags) -> Array:
    """Take the batch for one of pi_{theta_i} (Figure 2, left)."""
    return np.ones_like(log_weight)


def own_copies(theta: Array, mu: Array) -> Array:
    """Estimate derivatives at each agent's own copy."""
    return theta


def what_is_played(theta: Array, mu: Array) -> Array:
    """Estimate them at mu, for use at the copies: another reading of Figure 2, left."""
    return np.broadcast_to(mu[:, np.newaxis], theta.shape)


def printed_hessian(batch: Credited) -> Array:
    """Sum the outer products step by step, as in Appendix A."""
    return batch.to_go.outer_and_derivative()


def unbiased_hessian(batch: Credited) -> Array:
    """Take the outer product of the summed scores, as Theorem 1 needs it."""
    return batch.now.outer_of_sums() + batch.to_go.derivative()


def no_baseline(credited: Array, weight: Array) -> Array:
    """B = 0."""
    return credited


def constant_baseline(credited: Array, weight: Array) -> Array:
    """b_t = the mean over the batch's other trajectories of the weighted credit of step t."""
    return credited - _mean_of_others(weight * credited)


Baseline = Callable[[Array, Array], Array]
"""From credits and importance weights, both (T, R, N, L), to credits less the baseline."""


@dataclass(frozen=True)
class Estimator:
    """One way to estimate derivatives; Appendix A's default choices."""

    credit: Callable[[Array], Array] = gpomdp
    """`gpomdp` or `reinforce`."""
    hessian: Callable[[Credited], Array] = printed_hessian
    """`printed_hessian` or `unbiased_hessian`, or of `second_order`, which no baseline enters,
    `gauss_newton`, a `GaussNewton` with bounds, or `fisher`."""
    baseline: Baseline | None = no_baseline
    """`no_baseline`, `constant_baseline`, or None for the one that minimises the variance of
    every component of its own."""
    weights: Callable[[Array, Flags], Array] = importance_weights
    """`importance_weights` or `no_weights`."""
    evaluated_at: Callable[[Array, Array], Array] = own_copies
    """`own_copies` or `what_is_played`."""


def estimate(
    batch: Trajectories, scores: Scores, discount: float, estimator: Estimator, order: int = 2
) -> Derivatives:
    """Estimate every agent's derivatives from a batch and what its copy makes of it.

    Parameters
    ----------
    batch : Trajectories
    scores : Scores
        Of the same batch.
    discount : float
        gamma.
    estimator : Estimator
    order : {0, 1, 2}
        Highest derivative that is estimated.

    Returns
    -------
    Derivatives
        With the effective sample size and the mean return played.
    """
    horizon, *_, size = batch.rewards.shape
    discounts = np.asarray(discount ** np.arange(horizon).reshape(-1, 1, 1, 1), dtype=float)
    log_weight = sums_so_far(scores.log_ratio)
    credited = estimator.credit(discounts * batch.rewards)
    # Without a baseline, what has no reward needs no weight; and rewards may be sparse.
    sparse = estimator.baseline is no_baseline
    needed = np.asarray(credited != 0) if sparse else np.full(credited.shape, True)
    weight = estimator.weights(log_weight, needed)
    J = np.einsum("trnl,trnl->rn", weight, credited) / size
    found = Derivatives(
        J,
        effective_sample_size=effective_sample_size(log_weight[-1]),
        played=np.einsum("trnl->rn", credited) / size,
    )
    if order == 0:
        return found
    less = credited if estimator.baseline is None else estimator.baseline(credited, weight)
    sums = Credited(
        scores, discounts, log_weight, credited, less, weight, estimator.credit, estimator.weights
    )
    if estimator.baseline is not None:
        gradient, hessian = sums.to_go.score() / size, NOT_COMPUTED
    else:
        own = 1 if isinstance(estimator.hessian, PolicyCurvature) else order
        gradient, hessian = _least_variance(scores, credited, weight, estimator, own)
    if order == 2 and hessian is NOT_COMPUTED:
        hessian = estimator.hessian(sums) / size
    return found._replace(gradient=gradient, hessian=hessian)


def effective_sample_size(log_weight: Array) -> Array:
    """(sum w)^2 / sum w^2 over the last axis, from the logarithms of the weights; 1 to L."""
    largest = log_weight.max(axis=-1, keepdims=True)
    weight = np.exp(log_weight - np.where(np.isfinite(largest), largest, 0.0))
    squares = np.einsum("...l,...l->...", weight, weight)
    total = np.square(weight.sum(axis=-1))
    # If all weights are zero, no trajectory counts.
    return np.divide(total, squares, out=np.zeros_like(total), where=squares > 0)


def _mean_of_others(values: Array) -> Array:
    """For each trajectory, the mean of the others', over the last axis."""
    total = values.sum(axis=-1, keepdims=True)
    return (total - values) / (values.shape[-1] - 1)


def _least_variance(
    scores: Scores, credited: Array, weight: Array, estimator: Estimator, order: int
) -> tuple[Array, Array]:
    """Estimates whose every component has the baseline that minimises its estimated variance.

    For the component f of a step's terms that is b = E[w^2 f^2 x] / E[w^2 f^2], x being the
    credit; the trajectory it is subtracted from is left out of both means.
    """
    steps = scores.steps()
    summed = sums_so_far(steps)
    rewarded = (credited != 0).any(axis=-1)  # where no trajectory has credit, b and the sum are 0
    gradient = np.zeros((*weight.shape[1:3], steps.shape[-1]))
    for t, rows in enumerate(rewarded):
        gradient[rows] += _with_own_baseline(summed[t, rows], credited[t, rows], weight[t, rows])
    if order == 1:
        return gradient, NOT_COMPUTED
    hessian = np.zeros((*gradient.shape, gradient.shape[-1]))
    printed = estimator.hessian is printed_hessian
    curved = np.zeros((*weight.shape[1:], *hessian.shape[2:]))
    for t, rows in enumerate(rewarded):
        derivative = scores.derivative(t)
        # A repetition without any reward left needs no more sums.
        for some in _groups(rewarded[t:].any(axis=(0, 2)), curved[0].size):
            curved[some] += derivative[some]
            if printed:
                curved[some] += _outer(steps[t, some])
            r, n = np.nonzero(rows[some])
            r = some[r]
            terms = curved[r, n] if printed else curved[r, n] + _outer(summed[t, r, n])
            hessian[r, n] += _with_own_baseline(terms, credited[t, r, n], weight[t, r, n])
    return gradient, hessian


def _groups(wanted: Flags, size: int) -> Iterator[Indices]:
    """Indices of the repetitions wanted, so many at once that arrays of `size` each stay small."""
    indices, at_once = np.flatnonzero(wanted), max(1, IN_CACHE // size)
    return (indices[i : i + at_once] for i in range(0, len(indices), at_once))


def _outer(vectors: Array) -> Array:
    return vectors[..., :, np.newaxis] * vectors[..., np.newaxis, :]


def _with_own_baseline(terms: Array, credited: Array, weight: Array) -> Array:
    """Mean over trajectories of w (x - b) f, for terms f of shape (rows, L, ...).

    In place where it can be: for Hessians these are the largest arrays there are.
    """
    size = weight.shape[-1]
    shape = (*weight.shape, *[1] * (terms.ndim - weight.ndim))
    weighted = terms * weight.reshape(shape)
    x = credited.reshape(shape)
    others = np.square(weighted)
    b = others * x
    np.subtract(b.sum(axis=1, keepdims=True), b, out=b)
    np.subtract(others.sum(axis=1, keepdims=True), others, out=others)
    # Where nothing is left, b is 0: it is divided by infinity.
    others[others <= 0] = np.inf
    np.divide(b, others, out=b)
    np.subtract(x, b, out=b)
    return np.asarray(np.einsum("rl...,rl...->r...", weighted, b) / size)
