"""The spectral radius of a step against other ways to it; by method and network: promise/rates.

Team problems of Assumptions 2 and 3, exact derivatives.
"""

from dataclasses import replace

import numpy as np
import pytest

from netnewton import networks, run
from netnewton.algorithms import ConsensusNewton, NaturalGradient, TrackedNewton
from netnewton.algorithms.consensus_newton import current_trackers, previous_trackers
from netnewton.algorithms.local_rate import local_rate
from netnewton.curvature import FullHessian, ScaledIdentity
from netnewton.damping import Damped
from netnewton.derivatives import concave_derivatives, reference_optimum
from replication.claims.team_cases import graph, random_problems
from replication.claims.theorems.prediction import linearised, spectral_radius

AGENTS, D = 6, 2
PROBLEM = random_problems(1, AGENTS, D, 1.0, AGENTS)[0]
SOURCE = concave_derivatives(PROBLEM).without_J
OPTIMUM = reference_optimum(PROBLEM)
NEWTON = FullHessian(-1)
METHODS = {
    "tracked": lambda step: TrackedNewton(NEWTON, step),
    "gradient tracking": lambda step: TrackedNewton(ScaledIdentity(), step),
    "natural": lambda step: NaturalGradient(NEWTON, step, momentum=1.0),
}


def weights(family):
    return networks.metropolis_weights(graph(family, AGENTS))


def errors(method, family, iterations, seed=0):
    """Largest error of a copy at every iteration, and the last state."""
    start = np.random.default_rng(seed).normal(size=(1, AGENTS, D))
    done = run(method, SOURCE, weights(family), iterations, start)
    return np.abs(done.trace["theta"] - OPTIMUM).max(axis=(1, 2, 3)), done.final


@pytest.mark.parametrize("name", [*METHODS])
def test_errors_of_a_run_shrink_at_this_rate(name):
    found, last = errors(METHODS[name](0.1), "ring", 600)
    rate, _ = local_rate(METHODS[name](0.1), last, SOURCE, networks.mixing(weights("ring")))
    near = np.flatnonzero((found < 1e-3) & (found > 1e-9))
    measured = np.exp(np.polyfit(near, np.log(found[near]), 1)[0])
    assert measured == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize("lag", ["previous", "current"])
def test_of_algorithm_1_it_is_the_radius_of_the_matrix_written_out(lag):
    trackers = {"previous": previous_trackers, "current": current_trackers}[lag]
    W = weights("star")
    method = ConsensusNewton(Damped(NEWTON, 0.5), 0.4, 1e-3, trackers=trackers)
    _, last = errors(method, "star", 1500)
    found, _ = local_rate(method, last, SOURCE, networks.mixing(W))
    H = method.curvature.local(SOURCE(last.theta))[0]
    U = H + SOURCE(last.theta).hessian[0]
    assert found == pytest.approx(
        spectral_radius(linearised(W, H.mean(axis=0), U, 0.4, lag)), abs=1e-6
    )


def test_a_conserved_mean_would_hide_what_is_stable(monkeypatch):
    """Without the restriction every method would have the eigenvalue 1."""
    method = METHODS["tracked"](0.3)
    _, last = errors(method, "ring", 600)
    mix = networks.mixing(weights("ring"))
    assert local_rate(method, last, SOURCE, mix)[0] < 0.9
    monkeypatch.setattr(
        "netnewton.algorithms.local_rate._conserved", lambda s: np.zeros((0, _n(s)))
    )
    assert local_rate(method, last, SOURCE, mix)[0] == pytest.approx(1.0, abs=1e-6)


def _n(state):
    return sum(x[0].size for _, x in state.arrays() if x.dtype.kind == "f")


def rates(name, family):
    """At epsilon = 1, 0.5 and 0.1, from the fixed point that 0.1 (or less) finds."""
    _, last = errors(METHODS[name](0.1), family, 1500)
    mix = networks.mixing(weights(family))
    return [local_rate(METHODS[name](step), last, SOURCE, mix)[0] for step in (1.0, 0.5, 0.1)]


def test_the_stable_step_of_gradient_tracking_shrinks_with_the_rewards_and_newtons_does_not():
    mix = networks.mixing(weights("ring"))

    def at_ten_times_the_reward(name, step):
        _, last = errors(METHODS[name](0.1), "ring", 1500)
        larger = {x: 10 * getattr(last, x) for x in ("g_mean", "g", "H_mean", "H")}
        if name == "gradient tracking":
            larger |= {"H_mean": last.H_mean, "H": last.H}

        def rewarded(theta):
            found = SOURCE(theta)
            return found._replace(gradient=10 * found.gradient, hessian=10 * found.hessian)

        return local_rate(METHODS[name](step), replace(last, **larger), rewarded, mix)[0]

    assert (
        rates("gradient tracking", "ring")[2]
        < 1.0
        < at_ten_times_the_reward("gradient tracking", 0.1)
    )
    assert at_ten_times_the_reward("tracked", 0.5) == pytest.approx(
        rates("tracked", "ring")[1], abs=1e-6
    )
