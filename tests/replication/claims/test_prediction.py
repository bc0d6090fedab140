"""The linearised dynamics and the constants of the proof, by differences and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from netnewton import curvature, networks
from netnewton.algorithms import consensus_newton
from netnewton.algorithms.consensus_newton import ConsensusNewton, NewtonState
from netnewton.derivatives import concave_derivatives, reference_optimum
from netnewton.games.concave import TeamProblem, random_problem
from replication.claims.team_cases import graph
from replication.claims.theorems import prediction


@pytest.mark.parametrize("lag", ["previous", "current"])
@pytest.mark.parametrize("chosen", [curvature.FullHessian(-1), curvature.DiagonalHessian(-1)])
def test_linearisation_against_differences_of_step(chosen, lag):
    """The spectrum of `step` at the optimum, by differences, is the one of `linearised` and 1."""
    N, d, epsilon = 3, 2, 0.7
    problem = random_problem(np.random.default_rng(5), N, d, steepness=1.5)
    optimum = reference_optimum(problem)
    weights = networks.metropolis_weights(graph("path", N))
    trackers = getattr(consensus_newton, f"{lag}_trackers")
    method = ConsensusNewton(chosen, epsilon, 1.0, trackers=trackers)
    source, mix = concave_derivatives(problem), networks.mixing(weights)

    theta = np.tile(optimum, (1, N, 1))
    local = source(theta)
    H = chosen.local(local)
    g = chosen.times(H, theta) + local.gradient
    everywhere = NewtonState(
        theta,
        np.broadcast_to(g.mean(axis=1, keepdims=True), g.shape),
        np.broadcast_to(H.mean(axis=1, keepdims=True), H.shape),
        g,
        H,
        np.zeros((1, N), bool),
        np.zeros((1, N), bool),
    )
    names = ("theta", "g_mean", "H_mean", "g", "H")
    shapes = [getattr(everywhere, name).shape for name in names]
    cuts = np.cumsum([np.prod(shape) for shape in shapes])[:-1]

    def pack(state):
        return np.concatenate([getattr(state, name).ravel() for name in names])

    def advance(x):
        parts = np.split(x, cuts)
        arrays = {n: p.reshape(s) for n, p, s in zip(names, parts, shapes, strict=True)}
        return pack(method.step(replace(everywhere, **arrays), source, mix))

    at, h = pack(everywhere), 1e-6
    np.testing.assert_allclose(advance(at), at, atol=1e-12)  # it is an equilibrium
    jacobian = np.array(
        [(advance(at + h * e) - advance(at - h * e)) / (2 * h) for e in np.eye(len(at))]
    )
    full = np.linalg.eigvals(jacobian.T)

    C = H[0].mean(axis=0) if H.ndim == 4 else np.diag(H[0].mean(axis=0))
    own = H[0] if H.ndim == 4 else np.array([np.diag(row) for row in H[0]])
    matrix = prediction.linearised(weights, C, own + local.hessian[0], epsilon, lag)
    predicted = np.linalg.eigvals(matrix)
    for eigenvalue in predicted[np.abs(predicted) > 1e-2]:  # multiple zeros are badly conditioned
        assert np.abs(full - eigenvalue).min() < 1e-4
    conserved = np.abs(full - 1.0) < 1e-6
    held = d + C.size if H.ndim == 4 else d + d  # averages of the tracking errors of g and of H
    assert conserved.sum() == held
    assert np.abs(full[~conserved]).max() == pytest.approx(
        max(prediction.spectral_radius(matrix), 1 - networks.spectral_gap(weights)), abs=1e-4
    )


def test_the_full_hessian_in_ascent_leaves_only_epsilon_and_the_network():
    weights = networks.metropolis_weights(graph("ring", 4))
    matrix = prediction.linearised(weights, np.eye(2), np.zeros((4, 2, 2)), 0.1)
    assert prediction.spectral_radius(matrix) == pytest.approx(0.9)
    assert prediction.linear_threshold(weights, np.eye(2), np.zeros((4, 2, 2))) == 2.0


def test_linear_threshold_of_a_scalar_by_hand():
    """One agent, C = c, U = u: theta(k+1) = (1-e) theta(k) + e r theta(k-1), r = u/c.

    At r = -2 the roots leave the unit disc where their product e |r| is 1, at e = 1/2.
    """
    one, u = np.ones((1, 1)), np.array([[[-2.0]]])
    assert prediction.linear_threshold(one, np.eye(1), u) == pytest.approx(0.5, rel=1e-3)
    # Without the lag: theta(k+1) = (1 - e + e r) theta(k), which is -1 at e = 2/3.
    assert prediction.linear_threshold(one, np.eye(1), u, "current") == pytest.approx(
        2 / 3, rel=1e-3
    )


def test_the_proofs_constants_of_a_quadratic_by_hand():
    """N = 1, J = -theta^2/2: V = theta^2/2 and Phi = -theta, so that every constant is 1."""
    none = np.zeros((1, 1))
    scalar = TeamProblem(np.ones((1, 1, 1)), none, none, np.zeros((1, 1, 1)), none)
    assert prediction.proof_threshold(scalar) == pytest.approx(2.0)


def test_the_proofs_conditions_hold_along_random_points():
    """The three conditions of the proof, with the constants behind `proof_threshold`."""
    problem = random_problem(np.random.default_rng(6), 6, 2)
    bound = prediction.proof_threshold(problem)
    optimum, source = reference_optimum(problem), concave_derivatives(problem)
    theta = (
        np.random.default_rng(7).normal(size=(4000, 6, 2))
        * np.geomspace(0.1, 30, 4000)[:, None, None]
    )
    local = source(theta + optimum)
    H = -local.hessian
    g = np.einsum("rnij,rnj->rni", H, theta) + local.gradient
    phi = np.linalg.solve(H.mean(axis=1), g.mean(axis=1)[..., None])[..., 0]
    field = phi[:, None] - theta
    mean = theta.mean(axis=1, keepdims=True)
    slope = -source(np.repeat(mean, 6, axis=1) + optimum).gradient.mean(axis=1)
    falls = np.einsum("ri,ri->r", slope, field.mean(axis=1)) + ((theta - mean) * field).sum((1, 2))
    size = (theta**2).sum((1, 2))
    b_3, b_4 = (-falls / size).min(), np.sqrt(((field**2).sum((1, 2)) / size).max())
    assert 0 < bound <= 2 * b_3 / (max(problem.M / 6, 1.0) * b_4**2)


def test_no_constant_is_claimed_where_none_can_be_bounded():
    steep = random_problem(np.random.default_rng(6), 3, 2, steepness=3.0)
    assert np.isnan(prediction.proof_threshold(steep))
