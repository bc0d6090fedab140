"""Directions in every shape of a curvature, damping, and what bounds a step."""

import numpy as np
import pytest

from netnewton.algorithms.directions import CubicRegularised, Floored
from netnewton.algorithms.step_control import (
    LengthBound,
    Proposal,
    SampleSizeBound,
    euclidean,
    of_matrix,
    uncontrolled,
)
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import (
    DiagonalHessian,
    FullHessian,
    ScaledIdentity,
    absolute_eigenvalues,
)
from netnewton.damping import Damped, identity, mean_eigenvalue, rms_eigenvalue
from netnewton.derivatives import NOT_COMPUTED, Derivatives
from netnewton.networks import mixing

D, OWNER = 5, (0, 0, 1, 1, 1)
BLOCKS = BlockDiagonal(OWNER)
SHAPES = {"full": FullHessian(), "diagonal": DiagonalHessian(), "blocks": BLOCKS}
MASKS = {"full": np.ones((D, D)), "diagonal": np.eye(D), "blocks": np.equal.outer(OWNER, OWNER)}
KEEP = mixing(np.array([[0.75, 0.25], [0.25, 0.75]]))


def symmetric(rng, positive=False):
    root = rng.normal(size=(3, 2, D, D))
    if positive:
        return np.matmul(root, np.swapaxes(root, -1, -2))
    return (root + np.swapaxes(root, -1, -2)) / 2


def local(matrix):
    shape = matrix.shape[:-1]
    return Derivatives(np.zeros(shape[:-1]), np.zeros(shape), matrix)


@pytest.mark.parametrize("name", [*SHAPES])
def test_eigenvalues_are_those_of_the_matrix_written_out(rng, name):
    curvature, H = SHAPES[name], symmetric(rng)
    values = np.linalg.eigvalsh(H * MASKS[name])
    packed, one = curvature.local(local(H)), identity(curvature, H[..., 0])
    np.testing.assert_allclose(mean_eigenvalue(packed, one), values.mean(axis=-1), atol=1e-14)
    np.testing.assert_allclose(rms_eigenvalue(packed, one), np.sqrt((values**2).mean(axis=-1)))
    one = identity(ScaledIdentity(), H[..., 0])
    scale = np.full((3, 2, 1), -0.3)
    assert np.ptp([mean_eigenvalue(scale, one), -rms_eigenvalue(scale, one)]) < 1e-15


@pytest.mark.parametrize("name", [*SHAPES])
def test_damping_adds_a_share_of_the_mean_eigenvalue_and_commutes_with_averages(rng, name):
    curvature, H = Damped(SHAPES[name], 0.3), symmetric(rng, positive=True)
    written = H * MASKS[name]
    trace = np.trace(written, axis1=-2, axis2=-1)[..., np.newaxis, np.newaxis]
    expected = written + 0.3 * trace / D * np.eye(D)
    v = rng.normal(size=(3, 2, D))
    found = curvature.times(curvature.local(local(H)), v)
    np.testing.assert_allclose(found, np.einsum("rnij,rnj->rni", expected, v))
    mean = H.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(
        curvature.local(local(H)).mean(axis=1, keepdims=True), curvature.local(local(mean))
    )
    with pytest.raises(ValueError, match=r"damping = -1.0: give a share"):
        Damped(FullHessian(), -1.0)


@pytest.mark.parametrize("name", [*SHAPES])
def test_the_absolute_value_makes_a_saddle_free_direction(rng, name):
    H, y = symmetric(rng), rng.normal(size=(3, 2, D))
    solver = Floored(1e-6, absolute_eigenvalues)
    values, vectors = np.linalg.eigh(H * MASKS[name])
    along = np.einsum("rnij,rni->rnj", vectors, y) / np.abs(values)
    found = solver(SHAPES[name], SHAPES[name].local(local(H)), y)
    np.testing.assert_allclose(found.p, np.einsum("rnij,rnj->rni", vectors, along), rtol=1e-8)
    assert (found.p * y).sum(axis=-1).min() > 0 and not found.singular.any()


@pytest.mark.parametrize("penalty", [0.1, 10.0])
@pytest.mark.parametrize("name", [*SHAPES])
def test_the_cubic_step_meets_its_optimality_conditions(rng, name, penalty):
    """(B + mu s/2 |p| I) p = y with that matrix at least zero: necessary, and enough."""
    H, y = symmetric(rng), rng.normal(size=(3, 2, D))
    p = CubicRegularised(penalty)(SHAPES[name], SHAPES[name].local(local(H)), y).p
    written = H * MASKS[name]
    size = np.sqrt(np.square(written).sum(axis=(-1, -2)) / D)
    shift = penalty / 2 * size * np.linalg.norm(p, axis=-1)
    model = written + shift[..., np.newaxis, np.newaxis] * np.eye(D)
    np.testing.assert_allclose(np.einsum("rnij,rnj->rni", model, p), y, atol=1e-9)
    assert np.linalg.eigvalsh(model).min() > -1e-9


@pytest.mark.parametrize("solver", [Floored(0.1), CubicRegularised()])
def test_a_matrix_of_zeros_tells_nothing_and_one_that_is_not_finite_is_no_direction(rng, solver):
    H, y = symmetric(rng, positive=True), rng.normal(size=(3, 2, D))
    H[0, 0], H[1, 1] = 0.0, np.nan
    found = solver(FullHessian(), H, y)
    np.testing.assert_array_equal(found.p[0, 0], y[0, 0])
    assert np.isnan(found.p[1, 1]).all() and np.isfinite(np.delete(found.p, 1, axis=0)).all()
    assert found.mended[0, 0]
    assert not solver(FullHessian(), H[:1], 0.0 * y[:1]).p.any()


@pytest.mark.parametrize("kind", [Floored, CubicRegularised])
def test_bad_settings_of_directions_are_refused(kind):
    with pytest.raises(ValueError, match=r"= 0.0: give a positive number"):
        kind(0.0)


def proposal(step, sizes=NOT_COMPUTED):
    matrix = np.broadcast_to(np.eye(step.shape[-1]), (*step.shape, step.shape[-1]))
    known = Derivatives(np.zeros(step.shape[:2]), step, matrix, effective_sample_size=sizes)
    return Proposal(step, known, FullHessian(), 4.0 * matrix)


def test_a_bound_on_the_length_holds_and_heeds_the_neighbours(rng):
    step = np.array([[[3.0, 4.0], [0.03, 0.04]]])
    c = LengthBound(0.5)(np.zeros((1, 2, 1)), proposal(step), KEEP, 1)
    np.testing.assert_allclose(np.exp(c[0, :, 0]), [0.1, 0.1**0.25])
    assert np.linalg.norm(np.exp(c) * step, axis=-1).max() <= 0.5 + 1e-12
    many = rng.normal(size=(50, 2, 3))
    c = LengthBound(0.7)(np.zeros((50, 2, 1)), proposal(many), KEEP, 1)
    assert euclidean(proposal(np.exp(c) * many)).max() <= 0.7 + 1e-12
    np.testing.assert_allclose(of_matrix(proposal(step)), 2.0 * euclidean(proposal(step)))
    assert LengthBound(1.0)(np.zeros((1, 2, 1)), proposal(0.0 * step), KEEP, 1).max() == 0.0


def test_few_effective_samples_shrink_everybodys_steps_and_enough_let_them_grow():
    control, step = SampleSizeBound(10.0, shrink=0.5, grow=1.25), np.ones((1, 2, 3))
    c = np.zeros((1, 2, 1))
    for _ in range(3):
        c = control(c, proposal(step, np.array([[2.0, 50.0]])), KEEP, 1)
    assert np.exp(c[0, 0, 0]) < np.exp(c[0, 1, 0]) < 1.0
    for _ in range(20):
        c = control(c, proposal(step, np.array([[50.0, 50.0]])), KEEP, 1)
    assert not c.any()
    with pytest.raises(ValueError, match="these derivatives have no samples"):
        control(c, proposal(step), KEEP, 1)


def test_uncontrolled_steps_send_nothing():
    def silence(values, k):
        raise AssertionError

    assert not uncontrolled(
        np.full((1, 2, 1), -1.0), proposal(np.ones((1, 2, 3))), silence, 1
    ).any()


def test_bad_bounds_are_refused():
    with pytest.raises(ValueError, match=r"radius = -1.0: give a positive length"):
        LengthBound(-1.0)
    for settings in ((0.5,), (10.0, 1.0), (10.0, 0.5, 0.9)):
        with pytest.raises(ValueError, match="give more than one sample"):
            SampleSizeBound(*settings)
