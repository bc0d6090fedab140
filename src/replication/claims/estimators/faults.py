"""Faults in the likelihood-ratio estimators (Theorem 1, Appendix A)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import trajectories
from netnewton.derivatives import Derivatives, estimation
from netnewton.policies import boltzmann
from netnewton.policies.boltzmann_scores import BoltzmannScores, BoltzmannSums
from netnewton.trajectories import Scores, Sums, Trajectories
from replication.claims.control import Control, Patch, of_claim
from replication.claims.judge import CONTRADICTED, INCONCLUSIVE, REPRODUCED

Array = npt.NDArray[np.float64]


def outer_products_step_by_step(patch: Patch) -> None:
    """The Hessian of Theorem 1 lacks the products of scores of different steps."""
    patch.setattr(estimation, "unbiased_hessian", estimation.printed_hessian)


def ten_trajectories_repeated(patch: Patch) -> None:
    """A batch consists of ten trajectories, over and over."""
    real = trajectories.rollout

    def rollout(
        game: Any, policy: Any, mu: Array, streams: Any, horizon: int, size: int
    ) -> Trajectories:
        ten = real(game, policy, mu, streams, horizon, 10)
        return Trajectories(*(np.repeat(x, size // 10, axis=-1) for x in ten))

    patch.setattr(trajectories, "rollout", rollout)


def discount_exponent_raised(patch: Patch) -> None:
    """Rewards are discounted by gamma^(t+1) in place of gamma^t."""
    real = estimation.reinforce
    patch.setattr(estimation, "reinforce", lambda discounted: real(0.9 * discounted))


def discount_left_out(patch: Patch) -> None:
    """Later rewards count as much as the first."""
    real = estimation.estimate

    def estimate(batch: Trajectories, scores: Scores, discount: float, *rest: Any) -> Derivatives:
        return real(batch, scores, 1.0, *rest)

    patch.setattr(estimation, "estimate", estimate)


def scores_up_to_the_step_before(patch: Patch) -> None:
    """Sums over k <= t end at t - 1: a step's credit to go starts with the next step."""
    real = BoltzmannScores.weighted

    def weighted(self: BoltzmannScores, weights: Array) -> Sums:
        return real(self, np.concatenate([weights[1:], np.zeros_like(weights[:1])]))

    patch.setattr(BoltzmannScores, "weighted", weighted)


def rewards_of_the_next_agent(patch: Patch) -> None:
    """Each agent learns from its neighbour's reward."""
    real = estimation.estimate

    def estimate(batch: Trajectories, *rest: Any) -> Derivatives:
        return real(batch._replace(rewards=np.roll(batch.rewards, 1, axis=2)), *rest)

    patch.setattr(estimation, "estimate", estimate)


def scores_of_the_next_agent(patch: Patch) -> None:
    """Scores and weights are taken at the neighbour's copy of the parameters."""
    real = boltzmann.BoltzmannScores
    patch.setattr(
        boltzmann,
        "BoltzmannScores",
        lambda policy, theta, mu, batch: real(policy, np.roll(theta, 1, axis=1), mu, batch),
    )


def estimators_exchanged(patch: Patch) -> None:
    """REINFORCE goes by the name of G(PO)MDP, and the reverse."""
    whole, each = estimation.reinforce, estimation.gpomdp
    patch.setattr(estimation, "reinforce", each)
    patch.setattr(estimation, "gpomdp", whole)


def unbiased_passed_as_printed(patch: Patch) -> None:
    """The Hessian of Theorem 1 is used for that of Appendix A."""
    patch.setattr(estimation, "printed_hessian", estimation.unbiased_hessian)


def score_derivative_dropped(patch: Patch) -> None:
    """Hessians lack the derivative of the score."""
    patch.setattr(BoltzmannSums, "derivative", lambda self: 0.0 * self.outer())


def weight_truncated_one_step_early(patch: Patch) -> None:
    """The weight of step t is the product up to t - 1."""

    def importance_weights(log_weight: Array, needed: Any) -> Array:
        return np.exp(np.concatenate([np.zeros_like(log_weight[:1]), log_weight[:-1]]))

    patch.setattr(estimation, "importance_weights", importance_weights)


def importance_weight_missing(patch: Patch) -> None:
    """Off-policy estimates have no importance weight."""
    patch.setattr(estimation, "importance_weights", estimation.no_weights)


def unweighted_is_weighted(patch: Patch) -> None:
    """Estimates that should have no importance weight have it."""
    patch.setattr(estimation, "no_weights", estimation.importance_weights)


# The printed Hessian does not converge to begin with, and what the unbiased one leaves in its place
# is the noise of a batch that need not show that there is no bias.
CONTROLS: Sequence[Control] = (
    of_claim(outer_products_step_by_step, "theorem-1/hessian-deviation", REPRODUCED, CONTRADICTED),
    of_claim(ten_trajectories_repeated, "consistency/gradient-slope", REPRODUCED, CONTRADICTED),
    of_claim(discount_exponent_raised, "reinforce-gradient", REPRODUCED, CONTRADICTED),
    of_claim(discount_left_out, "gpomdp-gradient", REPRODUCED, CONTRADICTED),
    of_claim(scores_up_to_the_step_before, "gpomdp-gradient", REPRODUCED, CONTRADICTED),
    of_claim(rewards_of_the_next_agent, "gpomdp-gradient", REPRODUCED, CONTRADICTED),
    of_claim(estimators_exchanged, "gpomdp-variance", REPRODUCED, CONTRADICTED),
    of_claim(
        unbiased_passed_as_printed,
        "printed-hessian/bias-several-steps",
        CONTRADICTED,
        INCONCLUSIVE,
    ),
    of_claim(score_derivative_dropped, "printed-hessian/bias-one-step", REPRODUCED, CONTRADICTED),
    of_claim(
        weight_truncated_one_step_early,
        "importance-sampling/truncated-weight-bias",
        REPRODUCED,
        CONTRADICTED,
    ),
    of_claim(importance_weight_missing, "importance-sampling", REPRODUCED, CONTRADICTED),
    of_claim(scores_of_the_next_agent, "importance-sampling", REPRODUCED, CONTRADICTED),
    of_claim(
        unweighted_is_weighted, "no-correction-bias/bias-off-policy", REPRODUCED, CONTRADICTED
    ),
)
