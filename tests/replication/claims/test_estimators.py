"""The claims on the estimators under another reading, and what they are compared with.

That planted faults change their verdicts is in test_selftest.py.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from netnewton.derivatives import estimation, exact
from replication.claims import ledger
from replication.claims.estimators import bias, enumerated, faults, sampling, variance
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.theorems.faults import ten_trajectories_repeated
from replication.claims.verdicts import quantity_verdict


def verdicts_on(claim, readings=None):
    """The verdict on every quantity, and the intervals."""
    measured = measures()[claim](Evidence(Path("none"), 0.98, readings=readings))
    regions = {quantity["id"]: quantity["region"] for quantity in ledger.claim(claim)["quantities"]}
    assert set(measured) == set(regions)
    judged = {name: quantity_verdict(measured[name], regions[name]) for name in regions}
    return judged, measured


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(None, "reproduced"), (ten_trajectories_repeated, "contradicted")],
)
def test_the_unbiased_hessian_is_consistent(fault, expected, patch):
    if fault is not None:
        fault(patch)
    judged, _ = verdicts_on("consistency", {"hessian-estimator": "unbiased"})
    assert judged == {"gradient-slope": expected, "hessian-slope": expected}


def test_the_bias_over_several_steps_vanishes_with_the_unbiased_hessian(patch):
    printed = verdicts_on("printed-hessian")[1]["bias-several-steps"]
    faults.unbiased_passed_as_printed(patch)
    unbiased = verdicts_on("printed-hessian")[1]["bias-several-steps"]
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


def test_the_ratio_of_the_game_that_pays_back():
    """Scores of a step have the squared norm 1; the first action decides between 1 and nothing.

    Per trajectory REINFORCE has (s_0 + s_1) 0.1 and G(PO)MDP 0.1 s_0 - 0.9 s_1, or both nothing;
    the squared norm of their mean is (0.5 * 0.1)^2 / 2.
    """
    mean = 0.05**2 / 2
    expected = (0.5 * (0.01 + 0.81) - mean) / (0.5 * 0.02 - mean)
    found = variance.gpomdp_variance(Evidence(Path("none"), 0.98))["variance-ratio-repaid"]
    assert found.lower < expected < found.upper and found.upper < 1.02 * found.lower


def test_the_bias_of_the_drawn_games_vanishes_for_the_form_of_theorem_1():
    usual, unbiased = (
        bias.printed_hessian(Evidence(Path("none"), 0.98, readings=readings))["bias-drawn-games"]
        for readings in (None, {"hessian-estimator": "unbiased"})
    )
    assert usual.n == 40 and 0.02 < usual.lower < usual.value < usual.upper
    assert unbiased.upper == 0.0


# The references ----------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [0.0, 0.5])
def test_the_reference_of_one_step_is_the_exact_derivative(distance):
    for problem in enumerated.one_step_problems(distance):
        found = exact(problem.game, problem.policy)(problem.theta[np.newaxis])
        np.testing.assert_allclose(problem.gradient, found.gradient[0], atol=1e-14)
        np.testing.assert_allclose(problem.hessian, found.hessian[0], atol=1e-9)


def test_the_reference_of_several_steps_is_the_sum_over_trajectories():
    for problem in enumerated.several_step_problems(0.5):
        states, actions, _ = problem.enumeration
        discounts = problem.game.discount ** np.arange(problem.horizon)
        returns = np.tensordot(discounts, problem.rewards[:, states, actions], axes=(0, 1))
        for theta in problem.theta:
            p = problem.probability_of_trajectories(theta)
            assert p.sum() == pytest.approx(1.0, abs=1e-13)
            np.testing.assert_allclose(problem.returns(theta), returns @ p, atol=1e-13)


def test_both_credits_have_the_same_expectation_and_the_exact_gradient():
    """Later actions have no part in earlier rewards, and the two agree in expectation."""
    for problem in enumerated.several_step_problems(0.5):
        whole = problem.expectation(bias._return_at_the_end)
        each = problem.expectation(bias._rewards_when_due)
        for one, other in zip(whole, each, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-13)
        np.testing.assert_allclose(each[0], problem.gradient, atol=1e-13)
        assert np.abs(each[1] - problem.hessian).max() > 0.1 * np.abs(problem.hessian).max()


def without_reward(steps, rng):
    """A random problem in which all that counts is a baseline of the state, discount included."""
    game, baseline = enumerated.random_game(2, rng), rng.normal(size=2)
    rewards = np.broadcast_to(-baseline[:, np.newaxis, np.newaxis], game.rewards.shape)
    game = replace(game, rewards=rewards, discount=1 - 1e-12)
    return enumerated.random_problem(game, steps, 0.0, rng)


def first_repeated(rewards):
    return np.broadcast_to(rewards[:1], rewards.shape)


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_a_baseline_of_the_state_biases_both_printed_forms(steps):
    """With zero reward both expect the baseline's own gradient; of the first state's there is none.

    A baseline b(s) acts as the reward -b(s) would.
    """
    rng = enumerated.generator(9, steps)
    problems = [without_reward(steps, rng) for _ in range(200)]
    for problem in problems[:10]:
        for credit in (bias._return_at_the_end, bias._rewards_when_due):
            gradient, _ = problem.expectation(credit)
            np.testing.assert_allclose(gradient, problem.gradient, atol=1e-11)
        for safe in problem.expectation(first_repeated):
            np.testing.assert_allclose(safe, 0.0, atol=1e-11)
    sizes = [np.abs(problem.gradient).max() for problem in problems]
    assert np.median(sizes) > 0.04


def test_a_constant_baseline_for_each_step_adds_no_bias():
    rng = enumerated.generator(9, 0)
    of_step = np.array([0.7, -1.3, 2.0])[:, np.newaxis]
    problem = without_reward(3, rng)
    for expected in problem.expectation(lambda rewards: of_step + 0.0 * rewards):
        np.testing.assert_allclose(expected, 0.0, atol=1e-11)


def test_copies_stand_at_the_distance_asked_for():
    for make in (enumerated.one_step_problems, enumerated.several_step_problems):
        for apart, together in zip(make(0.7), make(0.0), strict=True):
            away = np.linalg.norm(apart.theta - together.theta, axis=-1)
            np.testing.assert_allclose(away, 0.7)


def test_the_largest_bias_is_the_worst_component(rng):
    noise = rng.normal(size=(64, 5))
    noise -= noise.mean(axis=0)
    noise /= noise.std(axis=0, ddof=1)
    errors = 0.004 * noise + np.array([0.0, 0.01, -0.05, 0.0, 0.03])
    found = sampling.largest_bias([errors[:, :2], errors[:, 2:]], 0.98)
    half = 0.004 / 8 * special.stdtrit(63, 1 - 0.02 / 2 / 5)
    assert found == pytest.approx((0.05, 0.05 - half, 0.05 + half, 64))


def test_options_of_the_estimators_reach_them(tmp_path):
    reading = {"hessian-estimator": "unbiased", "baseline": "constant", "no-is-scores": "played"}
    chosen = sampling.as_read(Evidence(tmp_path, 0.98, readings=reading))
    assert chosen.hessian is estimation.unbiased_hessian
    assert chosen.baseline is estimation.constant_baseline
    assert chosen.evaluated_at is estimation.what_is_played
    usual = sampling.as_read(Evidence(tmp_path, 0.98))
    assert usual.hessian is estimation.printed_hessian
