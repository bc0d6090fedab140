"""Every claim on the estimators: its verdict, and a planted fault that changes it.

The faults are those of the ledger, planted in the code that the claims are measured with.
"""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from netnewton import trajectories
from netnewton.derivatives import likelihood_ratio
from netnewton.derivatives.exact import exact_derivatives
from netnewton.policies import boltzmann_scores
from replication import ledger, verdicts
from replication.measures import Evidence, estimators, measures, variance

EVIDENCE = Evidence(Path("none"), 0.98)
REPRODUCED, CONTRADICTED = verdicts.REPRODUCED, verdicts.CONTRADICTED
INCONCLUSIVE = verdicts.INCONCLUSIVE


@functools.cache
def entry(claim):
    return next(entry for entry in ledger.claims() if entry["id"] == claim)


def judge(claim, measure=None):
    """The verdict on every quantity, and the intervals."""
    measured = (measure or measures()[claim])(EVIDENCE)
    regions = {quantity["id"]: quantity["region"] for quantity in entry(claim)["quantities"]}
    assert set(measured) == set(regions)
    judged = {name: verdicts.quantity_verdict(measured[name], regions[name]) for name in regions}
    return judged, measured


healthy = functools.cache(judge)


def outer_products_step_by_step(monkeypatch):
    monkeypatch.setattr(likelihood_ratio, "unbiased_hessian", likelihood_ratio.printed_hessian)


def ten_trajectories_repeated(monkeypatch):
    real = trajectories.rollout

    def rollout(game, policy, mu, streams, horizon, size):
        ten = real(game, policy, mu, streams, horizon, 10)
        return trajectories.Trajectories(*(np.repeat(x, size // 10, axis=-1) for x in ten))

    monkeypatch.setattr(trajectories, "rollout", rollout)


def exponent_raised(monkeypatch):
    real = likelihood_ratio.reinforce
    monkeypatch.setattr(likelihood_ratio, "reinforce", lambda discounted: real(0.9 * discounted))


def scores_up_to_the_step_before(monkeypatch):
    """The sum over k <= t - 1: a step's credit to go starts with the next step."""
    real = boltzmann_scores.BoltzmannScores.weighted
    monkeypatch.setattr(
        boltzmann_scores.BoltzmannScores,
        "weighted",
        lambda self, w: real(self, np.concatenate([w[1:], np.zeros_like(w[:1])])),
    )


def estimators_exchanged(monkeypatch):
    whole, each = likelihood_ratio.reinforce, likelihood_ratio.gpomdp
    monkeypatch.setattr(likelihood_ratio, "reinforce", each)
    monkeypatch.setattr(likelihood_ratio, "gpomdp", whole)


def unbiased_passed_as_printed(monkeypatch):
    monkeypatch.setattr(likelihood_ratio, "printed_hessian", likelihood_ratio.unbiased_hessian)


def derivative_dropped(monkeypatch):
    monkeypatch.setattr(
        boltzmann_scores.BoltzmannSums, "derivative", lambda self: 0.0 * self.outer()
    )


def truncated_one_step_early(monkeypatch):
    monkeypatch.setattr(
        likelihood_ratio,
        "importance_weights",
        lambda log_weight, needed: np.exp(
            np.concatenate([np.zeros_like(log_weight[:1]), log_weight[:-1]])
        ),
    )


def weights_left_on(monkeypatch):
    monkeypatch.setattr(likelihood_ratio, "no_weights", likelihood_ratio.importance_weights)


CONTROLS = [
    (
        "theorem-1",
        outer_products_step_by_step,
        {"gradient-deviation": REPRODUCED, "hessian-deviation": REPRODUCED},
        {"gradient-deviation": REPRODUCED, "hessian-deviation": CONTRADICTED},
    ),
    (
        # The printed Hessian does not converge to begin with: see the unbiased one below.
        "consistency",
        ten_trajectories_repeated,
        {"gradient-slope": REPRODUCED, "hessian-slope": CONTRADICTED},
        {"gradient-slope": CONTRADICTED, "hessian-slope": CONTRADICTED},
    ),
    (
        "reinforce-gradient",
        exponent_raised,
        {"relative-bias": REPRODUCED},
        {"relative-bias": CONTRADICTED},
    ),
    (
        "gpomdp-gradient",
        scores_up_to_the_step_before,
        {"relative-bias": REPRODUCED},
        {"relative-bias": CONTRADICTED},
    ),
    (
        "gpomdp-variance",
        estimators_exchanged,
        {"variance-ratio": REPRODUCED},
        {"variance-ratio": CONTRADICTED},
    ),
    (
        # What is left is the noise of a batch that need not show that there is no bias.
        "printed-hessian",
        unbiased_passed_as_printed,
        {"bias-one-step": REPRODUCED, "bias-several-steps": CONTRADICTED},
        {"bias-one-step": REPRODUCED, "bias-several-steps": INCONCLUSIVE},
    ),
    (
        "printed-hessian",
        derivative_dropped,
        {"bias-one-step": REPRODUCED, "bias-several-steps": CONTRADICTED},
        {"bias-one-step": CONTRADICTED, "bias-several-steps": CONTRADICTED},
    ),
    (
        "importance-sampling",
        truncated_one_step_early,
        {"full-weight-bias": REPRODUCED, "truncated-weight-bias": REPRODUCED},
        {"full-weight-bias": CONTRADICTED, "truncated-weight-bias": CONTRADICTED},
    ),
    (
        "no-correction-bias",
        weights_left_on,
        {"bias-off-policy": REPRODUCED, "bias-on-policy": REPRODUCED},
        {"bias-off-policy": CONTRADICTED, "bias-on-policy": REPRODUCED},
    ),
]


@pytest.mark.parametrize(
    ("claim", "fault", "without", "expected"),
    CONTROLS,
    ids=[f"{c[0]}-{c[1].__name__}" for c in CONTROLS],
)
def test_the_planted_fault_changes_the_verdict(claim, fault, without, expected, monkeypatch):
    assert healthy(claim)[0] == without
    fault(monkeypatch)
    assert judge(claim)[0] == expected


def test_every_measured_claim_has_a_control():
    assert {control[0] for control in CONTROLS} == {*estimators.MEASURES, "gpomdp-variance"}


def test_every_control_changes_the_verdict_of_its_claim():
    """Except where a verdict cannot get worse: there a quantity's does, or the other reading's."""
    unchanged = {
        (claim, fault.__name__)
        for claim, fault, without, expected in CONTROLS
        if verdicts.claim_verdict(without.values()) == verdicts.claim_verdict(expected.values())
    }
    assert unchanged == {
        ("consistency", "ten_trajectories_repeated"),
        ("printed-hessian", "derivative_dropped"),
    }


@pytest.mark.parametrize(
    ("fault", "expected"), [(None, REPRODUCED), (ten_trajectories_repeated, CONTRADICTED)]
)
def test_the_unbiased_hessian_is_consistent(fault, expected, monkeypatch):
    if fault is not None:
        fault(monkeypatch)
    unbiased = replace(estimators.as_printed(), hessian=likelihood_ratio.unbiased_hessian)
    judged, _ = judge("consistency", functools.partial(estimators.consistency, reading=unbiased))
    assert judged == {"gradient-slope": expected, "hessian-slope": expected}


def test_the_bias_over_several_steps_vanishes_with_the_unbiased_hessian(monkeypatch):
    printed = healthy("printed-hessian")[1]["bias-several-steps"]
    unbiased_passed_as_printed(monkeypatch)
    unbiased = judge("printed-hessian")[1]["bias-several-steps"]
    assert unbiased.lower == 0.0 and unbiased.upper < printed.lower / 2


def test_the_interval_of_the_largest_ratio(rng):
    """Exchanged estimators have the reciprocal of the smallest."""
    logs = [np.log([0.5, 0.8]), np.log([0.25])]
    resampled = [log + 0.01 * rng.normal(size=(10_000, len(log))) for log in logs]
    ratio = variance._largest_ratio(logs, resampled, 0.98, 100)
    # Of three independent deviations one exceeds 2.71 in two of a hundred cases.
    expected = (0.8, 0.8 * np.exp(-0.0271), 0.8 * np.exp(0.0271), 100)
    assert ratio == pytest.approx(expected, rel=2e-3)
    inverse = variance._largest_ratio([-x for x in logs], [-x for x in resampled], 0.98, 100)
    assert inverse.value == pytest.approx(4.0)


# The references ----------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [0.0, 0.5])
def test_the_reference_of_one_step_is_the_exact_derivative(distance):
    for problem in estimators.one_step_problems(distance):
        exact = exact_derivatives(problem.game, problem.policy)(problem.theta[np.newaxis])
        np.testing.assert_allclose(problem.gradient, exact.gradient[0], atol=1e-14)
        np.testing.assert_allclose(problem.hessian, exact.hessian[0], atol=1e-9)


def test_the_reference_of_several_steps_is_the_sum_over_trajectories():
    for problem in estimators.several_step_problems(0.5):
        states, actions, _ = problem.enumeration
        discounts = problem.game.discount ** np.arange(problem.horizon)
        returns = np.tensordot(discounts, problem.rewards[:, states, actions], axes=(0, 1))
        for theta in problem.theta:
            p = problem.probability_of_trajectories(theta)
            assert p.sum() == pytest.approx(1.0, abs=1e-13)
            np.testing.assert_allclose(problem.returns(theta), returns @ p, atol=1e-13)


def test_both_credits_have_the_same_expectation_and_the_exact_gradient():
    """Later actions have no part in earlier rewards, and the two agree in expectation."""
    for problem in estimators.several_step_problems(0.5):
        whole = problem.expectation(estimators._return_at_the_end)
        each = problem.expectation(estimators._rewards_when_due)
        for one, other in zip(whole, each, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-13)
        np.testing.assert_allclose(each[0], problem.gradient, atol=1e-13)
        assert np.abs(each[1] - problem.hessian).max() > 0.1 * np.abs(problem.hessian).max()


def test_copies_stand_at_the_distance_asked_for():
    for make in (estimators.one_step_problems, estimators.several_step_problems):
        for apart, together in zip(make(0.7), make(0.0), strict=True):
            away = np.linalg.norm(apart.theta - together.theta, axis=-1)
            np.testing.assert_allclose(away, 0.7)


def test_the_largest_bias_is_the_worst_component(rng):
    noise = rng.normal(size=(64, 5))
    noise -= noise.mean(axis=0)
    noise /= noise.std(axis=0, ddof=1)
    errors = 0.004 * noise + np.array([0.0, 0.01, -0.05, 0.0, 0.03])
    found = estimators.largest_bias([errors[:, :2], errors[:, 2:]], 0.98)
    half = 0.004 / 8 * special.stdtrit(63, 1 - 0.02 / 2 / 5)
    assert found == pytest.approx((0.05, 0.05 - half, 0.05 + half, 64))
