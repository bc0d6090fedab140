"""Sampled estimates against the closed form of a linear-quadratic team.

Means over 160 batches of 300 trajectories, in standard errors. By Student's t with 159 degrees of
freedom one component exceeds 6.6 by chance with probability 6e-10, and there are at most 100 in a
test: below 1e-6.
"""

from dataclasses import replace
from functools import cache

import networkx as nx
import numpy as np
import pytest

from netnewton import algorithms, curvature, derivatives, networks, run
from netnewton.derivatives import Estimator, GaussNewton, estimation, fisher, likelihood_ratio
from netnewton.games import linear_quadratic_team
from netnewton.policies import LinearGaussian
from netnewton.trajectories import Streams

pytestmark = pytest.mark.statistical

BATCHES, SIZE, T, SIGMA, TOO_FAR = 160, 300, 4, 0.6, 6.6
TEAM = linear_quadratic_team(
    nx.path_graph(3),
    persistence=0.8,
    coupling=0.2,
    state_cost=[1.0, 0.5, 1.5],
    difference_cost=0.2,
    noise=0.3,
    discount=0.8,
)
POLICY = LinearGaussian.of(TEAM, sees=TEAM.neighbourhoods, deviation=SIGMA)
RNG = np.random.default_rng(12)
THETA = -0.3 + 0.1 * RNG.normal(size=7) + 0.03 * RNG.normal(size=(3, 7))
"""The agents' copies, a little apart."""


def exactly(team=TEAM, deviation=SIGMA, theta=THETA):
    policy = LinearGaussian.of(team, sees=team.neighbourhoods, deviation=deviation)
    found = derivatives.linear_quadratic(team, policy, T)(theta[np.newaxis])
    return found.J[0], found.gradient[0], found.hessian[0]


@cache
def sampled(credit=estimation.gpomdp, hessian=estimation.unbiased_hessian, **choices):
    streams = Streams([np.random.default_rng([8, r]) for r in range(BATCHES)])
    estimator = Estimator(credit, hessian, **choices)
    source = likelihood_ratio(TEAM, POLICY, streams, T, SIZE, estimator)
    return source(np.tile(THETA, (BATCHES, 1, 1)))


def deviations(found, expected):
    """The largest of each, in standard errors of the mean."""
    worst = []
    for values, value in zip(found, expected, strict=True):
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        worst.append((np.abs(values.mean(axis=0) - value) / np.maximum(error, 1e-12)).max())
    return np.array(worst)


@pytest.mark.parametrize("credit", [estimation.gpomdp, estimation.reinforce])
@pytest.mark.parametrize("baseline", [estimation.no_baseline, estimation.constant_baseline])
def test_what_is_sampled_off_policy_has_the_exact_mean(credit, baseline):
    found = sampled(credit, baseline=baseline)
    assert deviations(found[:3], exactly()).max() < TOO_FAR
    assert (found.effective_sample_size < 0.99 * SIZE).any(), "copies differ from what is played"


def test_without_weights_it_has_another_mean():
    found = sampled(weights=estimation.no_weights)
    assert deviations(found[:2], exactly()[:2]).max() > TOO_FAR


def test_the_printed_hessian_has_another_mean():
    found = sampled(hessian=estimation.printed_hessian)
    assert deviations([found.hessian], exactly()[2:]).max() > TOO_FAR


def test_planted_faults_are_seen():
    """A wrong deviation, no discount, another agent's reward, another agent's copy."""
    found = sampled()[:3]
    wrong = {
        "deviation": exactly(deviation=1.1 * SIGMA),
        "discount": exactly(replace(TEAM, discount=1.0)),
        "reward": [np.roll(value, 1, axis=0) for value in exactly()],
        "copy": exactly(theta=THETA[[1, 2, 0]]),
    }
    for fault, values in wrong.items():
        assert deviations(found, values).max() > TOO_FAR, fault


def by_isserlis(bound):
    """Gauss-Newton and Fisher, slot by slot, from fourth moments of Gaussian states.

    With E[reward to go | x_k] = x_k^T P_k x_k + c_k and x normal with covariance S, the mean of
    x x^T (x^T P x + c) is S (tr(P S) + c) + 2 S P S.
    """
    gauss_newton, fishers = np.zeros((2, 3, 7, 7))
    for i, theta in enumerate(THETA):
        K = POLICY.gains(theta)
        F, g, rho = TEAM.closed_loop(K), TEAM.discount, TEAM.input_cost[i]
        V = np.diag(TEAM.noise**2 + SIGMA**2 * TEAM.gain**2)
        C = -TEAM.costs[i] - rho * np.outer(K[i], K[i])
        P, c = np.zeros((T + 1, 3, 3)), np.zeros(T + 1)
        for k in reversed(range(T)):
            P[k] = C + g * F.T @ P[k + 1] @ F
            c[k] = -rho * SIGMA**2 - bound + g * (c[k + 1] + np.trace(P[k + 1] @ V))
        for k, S in enumerate(TEAM.moments(K, SIGMA, T)):
            fourth = S * (np.trace(P[k] @ S) + c[k]) + 2 * S @ P[k] @ S
            for s in range(3):
                mine = POLICY.slot == s
                rows = POLICY.row[mine]
                block = np.ix_([i], mine, mine)
                gauss_newton[block] -= g**k / SIGMA**2 * fourth[np.ix_(rows, rows)]
                fishers[block] += g**k / SIGMA**2 * S[np.ix_(rows, rows)]
    return gauss_newton, fishers


@pytest.mark.parametrize("bound", [0.0, -6.0])
def test_gauss_newton_and_fisher_have_their_means(bound):
    expected = by_isserlis(bound)
    for hessian, mean in zip((GaussNewton(bound), fisher), expected, strict=True):
        found = sampled(hessian=hessian)
        assert deviations([found.hessian], [mean]).max() < TOO_FAR
        assert deviations([found.hessian], [np.roll(mean, 1, axis=0)]).max() > TOO_FAR


def learnt(algorithm, source, iterations):
    weights = networks.metropolis_weights(nx.path_graph(3))
    return run(algorithm, source, weights, iterations)


def test_agents_that_learn_exactly_reach_a_stationary_point():
    """Tracked Newton on the closed form, from zero: the gradient of the mean return vanishes."""
    source = derivatives.linear_quadratic(TEAM, POLICY, T)
    newton = algorithms.TrackedNewton(curvature.FullHessian(-1), 0.2)
    result = learnt(newton, source, 150)
    final = result.trace["theta"][-1]
    assert np.abs(final - final[0]).max() < 1e-9, "all copies agree"
    assert np.abs(source(final[np.newaxis]).gradient.mean(axis=1)).max() < 1e-9
    assert result.J[-1] > result.J[0] + 1.5


def test_agents_that_learn_from_samples_come_near_it():
    """Gradient tracking, with the same step; returns are exact for both."""
    source = derivatives.linear_quadratic(TEAM, POLICY, T)
    first_order = algorithms.TrackedNewton(curvature.ScaledIdentity(), 0.05)
    best = learnt(first_order, source, 60).J
    streams = Streams([np.random.default_rng([9, r]) for r in range(10)])
    estimates = likelihood_ratio(
        TEAM, POLICY, streams, T, 200, Estimator(baseline=estimation.constant_baseline), order=1
    )
    final = learnt(first_order, estimates, 60).trace["theta"][-1]
    reached = source.returns(final.mean(axis=1)).mean(axis=-1)
    assert (reached > best[-1] - 0.1 * (best[-1] - best[0])).all()
    assert (reached < best[-1]).all(), "noise costs something"
