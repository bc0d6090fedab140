"""The methods that track gradients: as written out in loops, their invariant, and what they ask of.

Faults planted in them are in replication.controls.tracking_faults.
"""

import itertools

import numpy as np
import pytest

from netnewton import curvature, networks, run
from netnewton.algorithms import (
    ConsensusNewton,
    NaturalGradient,
    NetworkGiant,
    TrackedNewton,
    scalars_sent,
)
from netnewton.algorithms.consensus_newton import current_trackers
from netnewton.algorithms.directions import Floored
from netnewton.algorithms.step_control import LengthBound
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import DiagonalHessian, FullHessian, ScaledIdentity
from netnewton.damping import Damped
from netnewton.derivatives import Derivatives
from replication.claims.planting import Patch
from replication.controls.tracking_faults import gradient_difference_missing
from replication.controls.tracking_written_out import (
    AGENTS,
    CURVATURES,
    EPSILON,
    FLOOR,
    METHODS,
    OWNER,
    Bumps,
    Choice,
    D,
    distance,
    network_and_start,
)


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("damped", [False, True])
@pytest.mark.parametrize(("method", "name"), [*itertools.product(METHODS, CURVATURES)])
def test_equal_to_what_is_written_out(method, name, damped, bounded):
    assert distance(Choice(method, name, damped, bounded=bounded)) < 1e-12


def tracking_errors(method):
    """Largest |mean tracker - mean local quantity| of six iterations, with a batch for each."""
    W, theta = network_and_start()
    return max(
        np.abs((tracker - local).mean(axis=1)).max()
        for state in states(Choice(method, "full").algorithm(), Bumps(), W, theta)
        for tracker, local in state.tracked()
    )


def states(method, source, W, theta):
    mix, state = networks.mixing(W), method.init(theta[np.newaxis])
    for _ in range(6):
        state = method.step(state, source, mix)
        yield state


@pytest.mark.parametrize("method", [*METHODS])
def test_the_mean_tracker_is_the_mean_of_the_latest_local_quantities(method):
    assert tracking_errors(method) < 1e-13
    with Patch() as patch:
        gradient_difference_missing(patch)
        assert tracking_errors(method) > 1e-3


@pytest.mark.parametrize("method", [*METHODS])
def test_one_call_of_the_source_in_each_iteration(method):
    W, theta = network_and_start()
    source = Bumps()
    run(Choice(method, "full").algorithm(), source, W, 7, theta)
    assert source.calls == 7


@pytest.mark.parametrize("eigenvalue", [0.0, 0.5, 0.9, -0.5])
def test_the_noise_that_tells_a_tracker_from_the_mean(rng, eigenvalue):
    """2 v / (1 + l), by the sum of squares of the impulse response; Algorithm 1's, l^2 of it."""
    e = np.zeros(500)
    e[0] = 1.0
    y, alg_1, before = np.zeros(501), np.zeros(501), 0.0
    for k, now in enumerate(e):
        y[k + 1] = eigenvalue * y[k] + now - before
        alg_1[k + 1] = eigenvalue * (alg_1[k] + now - before)
        before = now
    assert np.square(y).sum() == pytest.approx(2 / (1 + eigenvalue))
    assert np.square(alg_1).sum() == pytest.approx(2 * eigenvalue**2 / (1 + eigenvalue))


@pytest.mark.parametrize("method", [*METHODS])
def test_the_scale_of_the_rewards_does_not_matter(method):
    W, theta = network_and_start()

    def scaled(factor):
        source = Bumps()

        def derivatives(copies):
            found = source(copies)
            return found._replace(
                gradient=factor * found.gradient,
                hessian=factor * found.hessian,
                elsewhere=lambda others: factor * found.elsewhere(others),
            )

        return run(Choice(method, "full", damped=True).algorithm(), derivatives, W, 10, theta).theta

    for factor in (1e-3, 1e3):
        np.testing.assert_allclose(scaled(factor), scaled(1.0), rtol=1e-9)


def test_momentum_needs_estimates_at_other_copies():
    W, theta = network_and_start()
    source = Bumps()

    def derivatives(copies):
        return source(copies)._replace(elsewhere=None)

    with pytest.raises(ValueError, match=r"momentum = 0\.3: these derivatives give no estimates"):
        run(Choice("natural", "full").algorithm(), derivatives, W, 3, theta)
    plain = NaturalGradient(FullHessian(-1), EPSILON, Floored(FLOOR), momentum=1.0)
    giant = NetworkGiant(FullHessian(-1), EPSILON, Floored(FLOOR))
    ends = [run(each, Bumps(), W, 9, theta).theta for each in (plain, giant)]
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("kind", [*METHODS.values()])
def test_bad_settings_are_refused(kind):
    for value in (0.0, -1.0, float("nan"), np.inf):
        with pytest.raises(ValueError, match=r"step_size = .*give epsilon > 0"):
            kind(FullHessian(-1), value)
    with pytest.raises(ValueError, match=r"momentum = 0.0: MDNPG needs beta"):
        NaturalGradient(FullHessian(1), momentum=0.0)


@pytest.mark.parametrize("method", [*METHODS])
def test_divergence_is_recorded_and_harms_no_neighbour(method):
    W, theta = network_and_start()
    start = np.stack([theta, 0.5 * theta, -theta])

    def explodes(healthy):
        def derivatives(copies):
            found = healthy(copies)
            if healthy.calls > 3:
                found.gradient[1] = np.inf
            return found

        return derivatives

    ill = run(Choice(method, "full").algorithm(), explodes(Bumps()), W, 8, start)
    healthy = run(Choice(method, "full").algorithm(), Bumps(), W, 8, start)
    assert ill.diverged_at.tolist() == [-1, 4, -1]
    assert "a number is not finite" in str(ill.stopped[1])
    for r in (0, 2):
        np.testing.assert_array_equal(ill.trace["theta"][:, r], healthy.trace["theta"][:, r])


def test_orders_are_what_the_curvature_needs():
    for kind in METHODS.values():
        assert kind(ScaledIdentity()).order == 1
        assert kind(Damped(FullHessian(-1), 0.1)).order == 2


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (ConsensusNewton(FullHessian(-1), 0.1, 0.1), D + D**2),
        (ConsensusNewton(ScaledIdentity(), 0.1, 0.1), D + 1),
        (TrackedNewton(FullHessian(-1)), 2 * D + D**2),
        (TrackedNewton(BlockDiagonal(OWNER, -1)), 2 * D + 1 + 4),
        (TrackedNewton(DiagonalHessian(-1), control=LengthBound(1.0)), 2 * D + D + 1),
        (TrackedNewton(ScaledIdentity()), 2 * D + 1),
        (NetworkGiant(FullHessian(-1)), 2 * D),
        (NaturalGradient(FullHessian(1), control=LengthBound(1.0)), 2 * D + 1),
    ],
)
def test_the_scalars_that_are_sent(method, expected):
    _, theta = network_and_start()
    assert scalars_sent(method, Bumps(), theta[np.newaxis]) == expected


def test_gauss_newton_consensus_is_algorithm_1_with_other_parts(rng):
    """H_i = C_i = -matrix + lambda I, g_i = C_i theta_i + grad J_i, current trackers.

    On a common concave quadratic with lambda = 0 and epsilon = 1 one step is Newton's.
    """
    root = rng.normal(size=(D, D))
    matrix, centre = -np.eye(D) - root @ root.T, rng.normal(size=D)

    def common(theta):
        gradient = (theta - centre) @ matrix
        return Derivatives(
            np.zeros(theta.shape[:2]), gradient, np.broadcast_to(matrix, (*theta.shape, D))
        )

    def error(damping, vector=curvature.SameMatrix()):  # noqa: B008
        gauss_newton = ConsensusNewton(
            Damped(FullHessian(-1), damping),
            step_size=1.0,
            floor=1e-9,
            projection=curvature.floor_eigenvalues,
            trackers=current_trackers,
            vector=vector,
        )
        end = run(gauss_newton, common, network_and_start()[0], 1, rng.normal(size=(AGENTS, D)))
        return np.abs(end.theta - centre).max()

    assert error(0.0) < 1e-12
    assert error(0.1) > 1e-3
