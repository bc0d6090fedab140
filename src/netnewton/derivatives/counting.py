r"""Estimates from counts: how often each joint action of a one-shot game was played.

What `estimation` sums over the plays of a batch is summed over joint actions here, each as often
as it was drawn: for baselines, less the one play that a baseline is subtracted from. Shapes: R
repetitions, N copies, A joint actions, D parameters.

For Boltzmann policies, with p_u and e_u(a) as in `closed_form`, the score is e_u - p_u. With
c(a) = n(a) w(a) (R_i(a) - b) / L and C = sum_a c(a), the sums over joint actions are

    gradient_u  =  sum_a c(a) e_u(a) - C p_u
    Hessian_uv  =  sum_a c(a) e_u(a) e_v(a) - p_u gradient_v - gradient_u p_v
                   - C p_u p_v (u and v of different agents) - C p_u (u = v)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives.estimation import Baseline, constant_baseline, no_baseline
from netnewton.derivatives.source import NOT_COMPUTED
from netnewton.policies.boltzmann_tables import BoltzmannTables, JointPolicy


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

    def total(self, values: Array) -> Array:
        """The sum over the plays of values for joint actions, from (R, N, A) to (R, N)."""
        return np.einsum("rna->rn", values * self.drawn)

    def mean(self, values: Array) -> Array:
        """The mean over the plays."""
        return self.total(values) / self.size


def _plain(counts: Counts, table: JointPolicy, order: int) -> tuple[Array, Array]:
    """With b = 0."""
    return _from_credit(counts, counts.weight * counts.reward, table, order)


def _constant(counts: Counts, table: JointPolicy, order: int) -> tuple[Array, Array]:
    """With b = the mean of the other plays' weighted rewards."""
    weighted = counts.weight * counts.reward
    others = counts.total(weighted)[..., np.newaxis] - weighted
    b = others / (counts.size - 1)[..., np.newaxis]
    return _from_credit(counts, counts.weight * (counts.reward - b), table, order)


def _from_credit(
    counts: Counts, credit: Array, table: JointPolicy, order: int
) -> tuple[Array, Array]:
    """Gradient and Hessian from w(a) (R_i(a) - b), shape (R, N, A)."""
    p, policy = table.free[:, :, 0], table.policy
    c = credit * (counts.drawn / counts.size[..., np.newaxis])
    C = np.einsum("rna->rn", c)[..., np.newaxis]
    Cp = C * p
    gradient = np.matmul(c[..., np.newaxis, :], policy.taken)[..., 0, :] - Cp
    if order == 1:
        return gradient, NOT_COMPUTED
    D = p.shape[-1]
    u, v = np.indices((D, D)).reshape(2, -1)  # far faster to look up than to broadcast
    p_v, of_others = p.take(v, axis=-1), 1.0 - policy.same_agent.ravel()
    flat = np.matmul(c[..., np.newaxis, :], policy.taken_together)[..., 0, :]
    flat -= p.take(u, axis=-1) * gradient.take(v, axis=-1)
    flat -= (gradient.take(u, axis=-1) + of_others * Cp.take(u, axis=-1)) * p_v
    flat[..., :: D + 1] -= Cp
    return gradient, flat.reshape(*p.shape, D)


def _least_variance(counts: Counts, table: JointPolicy, order: int) -> tuple[Array, Array]:
    """With the baseline of its own for every component that minimises its estimated variance."""
    score, derivative = table.score[:, :, 0], table.score_derivative[:, :, 0]
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
    counted = drawn * weight
    return np.square(np.einsum("rna->rn", counted)) / np.einsum("rna,rna->rn", counted, weight)


def log_joint(policy: BoltzmannTables, log_single: Array) -> Array:
    """The logarithm of pi(a), shape (..., A), from each agent's, (..., N, most actions)."""
    flat, most = log_single.reshape(*log_single.shape[:-2], -1), log_single.shape[-1]
    chosen = enumerate(policy.joint_actions.T)
    return np.asarray(sum(flat.take(agent * most + actions, axis=-1) for agent, actions in chosen))


BASELINES: Mapping[Baseline | None, Callable[..., tuple[Array, Array]]] = {
    no_baseline: _plain,
    constant_baseline: _constant,
    None: _least_variance,
}
"""By the baseline of an `Estimator`: from counts, the copies' joint policies (R, N, 1, A) and the
order to the gradient, shape (R, N, D), and the Hessian, (R, N, D, D)."""
