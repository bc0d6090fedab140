"""Runs on team problems: starts of the trackers, step sizes, thresholds."""

import numpy as np
import pytest

from netnewton import curvature, networks
from netnewton.games.concave import TeamProblem
from replication.claims import concave
from replication.claims.concave import Reading
from replication.claims.team_cases import Cases, cases, graph
from replication.claims.theorems import convergence, prediction
from replication.claims.thresholds import thresholds


def test_threshold_of_a_scalar_known_by_hand():
    """H_i = I on J = -a theta^2/2: eq. 5 multiplies the error by 1 - e a, so e-bar = 2/a."""
    a = np.array([5.0, 40.0, 1.0])
    none = np.zeros((3, 1, 1))
    problem = TeamProblem(a.reshape(3, 1, 1, 1), none, none, np.zeros((3, 1, 1, 1)), none)
    base = Cases(problem, np.zeros((3, 1)), np.ones((3, 1, 1)), np.ones((3, 1, 1)))
    method = concave.eq_5(Reading(), curvature.ScaledIdentity(1.0))
    found = thresholds(base, method, Reading(), starts=2)
    # Just below 2/a the error shrinks too slowly to arrive: a per cent, and half of one more.
    np.testing.assert_allclose(found, [2 / 5, 2 / 40, 1.0], rtol=0.06)
    assert (found[:2] <= 2 / a[:2]).all()


def test_algorithm_1_loses_stability_at_the_linear_threshold():
    """Diagonals of quadratics: Algorithm 1 is linear once the trackers of H have settled."""
    N, d = 4, 4
    rng = np.random.default_rng(8)
    own = rng.normal(scale=0.1, size=(N, d, d))
    own = own + np.swapaxes(own, 1, 2)
    Q = 0.5 * np.eye(d) + 0.5 + own - own.mean(axis=0)
    none = np.zeros((N, 1))
    quadratic = TeamProblem(Q, rng.normal(size=(N, d)), none, np.zeros((N, 1, d)), none)
    weights = networks.metropolis_weights(graph("ring", N))
    D = np.array([np.diag(np.diag(own)) for own in Q])
    linear = prediction.linear_threshold(weights, D.mean(axis=0), D - Q)
    assert linear < 0.9  # within the range of Algorithm 1, so that it can be seen
    runs = cases([quadratic, quadratic], [weights])
    method, steps = concave.algorithm_1(Reading(), "diagonal"), linear * np.array([0.98, 1.02])
    horizon = np.full(2, 3000)
    errors = concave.follow(runs, method, Reading(), steps, horizon, goal=1e-10)
    assert (concave.arrival(errors, 1e-10) >= 0).tolist() == [True, False]


@pytest.mark.parametrize("initial", ["copies", "consistent-trackers", "any-trackers"])
def test_initial_trackers(initial):
    base = convergence.cases_of(convergence.SIZES[0])
    state = concave.initial_state(base, concave.algorithm_1(Reading()), initial)
    average = np.abs((state.H_mean - state.H).mean(axis=1)).max()
    assert (average < 1e-12) == (initial != "any-trackers")
    assert (np.abs(state.H_mean).max() > 0.1) == (initial != "copies")


def test_an_error_falling_towards_another_point_is_no_convergence(small):
    """Small steps from any trackers approach the wrong point for long: the threshold is still 0."""
    base = convergence.cases_of(convergence.SIZES[0])
    reading = Reading(initial="any-trackers")
    found = thresholds(base, concave.algorithm_1(reading), reading, starts=1, bisections=0)
    assert (found == 0).all()
