"""Faults in the likelihood-ratio estimators (Appendix A)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives import estimation
from netnewton.policies import boltzmann
from netnewton.policies.boltzmann_scores import BoltzmannScores, BoltzmannSums
from netnewton.trajectories import Trajectories
from replication.claims.estimators.enumerated import Problem
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, REPRODUCED


def discount_exponent_raised(patch: Patch) -> None:
    """Rewards are discounted by gamma^(t+1) in place of gamma^t."""
    patch.arguments(estimation, "reinforce", lambda discounted: (0.9 * discounted,))


def discount_left_out(patch: Patch) -> None:
    """Later rewards count as much as the first."""
    patch.arguments(
        estimation, "estimate", lambda batch, scores, _, *rest: (batch, scores, 1.0, *rest)
    )


def scores_up_to_the_step_before(patch: Patch) -> None:
    """Sums over k <= t end at t - 1: a step's credit to go starts with the next step."""

    def later(scores: BoltzmannScores, weights: Array) -> tuple[BoltzmannScores, Array]:
        return scores, np.concatenate([weights[1:], np.zeros_like(weights[:1])])

    patch.arguments(BoltzmannScores, "weighted", later)


def rewards_of_the_next_agent(patch: Patch) -> None:
    """Each agent learns from its neighbour's reward."""

    def rolled(batch: Trajectories, *rest: Any) -> tuple:
        return batch._replace(rewards=np.roll(batch.rewards, 1, axis=2)), *rest

    patch.arguments(estimation, "estimate", rolled)


def scores_of_the_next_agent(patch: Patch) -> None:
    """Scores and weights are taken at the neighbour's copy of the parameters."""
    patch.arguments(
        boltzmann,
        "BoltzmannScores",
        lambda policy, theta, mu, batch: (policy, np.roll(theta, 1, axis=1), mu, batch),
    )


def estimators_exchanged(patch: Patch) -> None:
    """REINFORCE goes by the name of G(PO)MDP, and the reverse."""
    whole, each = estimation.reinforce, estimation.gpomdp
    patch.setattr(estimation, "reinforce", each)
    patch.setattr(estimation, "gpomdp", whole)


def unbiased_passed_as_printed(patch: Patch) -> None:
    """The Hessian of Theorem 1 is used for that of Appendix A."""
    patch.setattr(estimation, "printed_hessian", estimation.unbiased_hessian)


def exact_for_enumerated(patch: Patch) -> None:
    """The exact Hessian is taken for the printed estimator's expectation."""
    patch.setattr(
        Problem, "expectation", lambda problem, credit: (problem.gradient, problem.hessian)
    )


def own_expectation_for_exact(patch: Patch) -> None:
    """The printed estimator's own expectation is taken for the exact Hessian."""
    own = property(lambda problem: problem.expectation(lambda rewards: rewards)[1])
    patch.setattr(Problem, "hessian", own)


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
    of_claim(discount_exponent_raised, "reinforce-gradient"),
    of_claim(discount_left_out, "gpomdp-gradient"),
    of_claim(scores_up_to_the_step_before, "gpomdp-gradient"),
    of_claim(rewards_of_the_next_agent, "gpomdp-gradient"),
    of_claim(estimators_exchanged, "gpomdp-variance/variance-ratio"),
    of_claim(
        estimators_exchanged,
        "gpomdp-variance/variance-ratio-repaid",
        healthy=CONTRADICTED,
        faulty=REPRODUCED,
    ),
    of_claim(
        unbiased_passed_as_printed,
        "printed-hessian/bias-several-steps",
        healthy=CONTRADICTED,
        faulty=INCONCLUSIVE,
    ),
    of_claim(
        exact_for_enumerated,
        "printed-hessian/bias-drawn-games",
        healthy=CONTRADICTED,
        faulty=REPRODUCED,
    ),
    of_claim(score_derivative_dropped, "printed-hessian/bias-one-step"),
    of_claim(weight_truncated_one_step_early, "importance-sampling/truncated-weight-bias"),
    of_claim(importance_weight_missing, "importance-sampling/full-weight-bias"),
    of_claim(scores_of_the_next_agent, "importance-sampling/truncated-weight-bias"),
    of_claim(
        own_expectation_for_exact,
        "importance-sampling/hessian-bias",
        healthy=CONTRADICTED,
        faulty=REPRODUCED,
    ),
    of_claim(unweighted_is_weighted, "no-correction-bias/bias-off-policy"),
)
