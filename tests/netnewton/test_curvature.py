"""The operator [.]_m and the choices of H_i."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netnewton.algorithms import ConsensusNewton
from netnewton.curvature import (
    TO_FLOOR,
    DiagonalHessian,
    FullHessian,
    FullHessianVector,
    Projected,
    ScaledIdentity,
    absolute_eigenvalues,
    all_or_nothing,
    floor_eigenvalues,
    unregularised,
)
from netnewton.derivatives import NOT_COMPUTED, Derivatives

READINGS = [all_or_nothing, floor_eigenvalues, absolute_eigenvalues]
symmetric = hnp.arrays(float, (3, 3), elements=st.floats(-10, 10)).map(lambda Z: (Z + Z.T) / 2)


def by_definition(Z, reading, floor):
    eigenvalues, vectors = np.linalg.eigh(Z)
    if eigenvalues[0] >= floor:
        return Z
    return vectors @ np.diag(reading(eigenvalues, floor)) @ vectors.T


@pytest.mark.parametrize("reading", READINGS)
@given(Z=symmetric, floor=st.floats(1e-3, 5))
def test_matrices_by_definition(reading, Z, floor):
    projected = FullHessian().project(Z[np.newaxis, np.newaxis], reading, floor)
    np.testing.assert_allclose(projected.value[0, 0], by_definition(Z, reading, floor), atol=1e-12)
    assert np.linalg.eigvalsh(projected.value[0, 0])[0] >= floor * (1 - 1e-9) - 1e-12
    if not projected.replaced[0, 0]:
        np.testing.assert_array_equal(projected.value[0, 0], Z)


def test_readings_by_hand():
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    Z = (rotation @ np.diag([-3.0, 2.0]) @ rotation.T)[np.newaxis, np.newaxis]

    def mended(reading):
        projected = FullHessian().project(Z, reading, 0.5)
        assert projected.replaced.all()
        return rotation.T @ projected.value[0, 0] @ rotation

    np.testing.assert_allclose(mended(all_or_nothing), np.diag([0.5, 0.5]), atol=1e-14)
    np.testing.assert_allclose(mended(floor_eigenvalues), np.diag([0.5, 2.0]), atol=1e-14)
    np.testing.assert_allclose(mended(absolute_eigenvalues), np.diag([3.0, 2.0]), atol=1e-14)
    np.testing.assert_allclose(mended(unregularised), np.diag([-3.0, 2.0]), atol=1e-14)


@pytest.mark.parametrize("reading", READINGS)
def test_diagonals_agree_with_diagonal_matrices(rng, reading):
    h = rng.normal(size=(50, 2, 3))
    h[::2] = np.abs(h[::2]) + 0.5
    diagonal = DiagonalHessian().project(h, reading, 0.4)
    full = FullHessian().project(h[..., np.newaxis] * np.eye(3), reading, 0.4)
    np.testing.assert_array_equal(diagonal.replaced, full.replaced)
    np.testing.assert_allclose(diagonal.value[..., np.newaxis] * np.eye(3), full.value, atol=1e-14)
    assert 0 < diagonal.replaced.mean() < 1


def test_two_rows_are_judged_as_by_their_eigenvalues_also_where_rounding_decides(rng):
    floor, n = 0.3, 20_000
    angle, beyond = rng.uniform(0, np.pi, n), floor + 10.0 ** rng.uniform(-14, 4, n)
    least = floor * (1 + rng.integers(-9, 10, n) * 10.0 ** rng.integers(-17, 0, n))
    c, s = np.cos(angle), np.sin(angle)
    Z = np.moveaxis([[least * c**2 + beyond * s**2, x := (beyond - least) * c * s],
                     [x, least * s**2 + beyond * c**2]], -1, 0)[:, np.newaxis]  # fmt: skip
    expected = np.linalg.eigvalsh(Z)[..., 0] < floor
    np.testing.assert_array_equal(
        FullHessian().project(Z, all_or_nothing, floor).replaced, expected
    )
    assert 0.2 < expected.mean() < 0.8
    determinant = (Z[..., 0, 0] - floor) * (Z[..., 1, 1] - floor) - Z[..., 1, 0] ** 2
    assert ((determinant < 0) != expected).any()  # by itself it errs


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
@pytest.mark.parametrize("entry", [(0, 0), (1, 1), (1, 0)])
def test_two_rows_that_are_not_finite_or_overflow(bad, entry):
    Z = np.tile(np.eye(2), (2, 2, 1, 1))
    Z[0, 1][entry] = Z[0, 1][entry[::-1]] = bad
    replaced = FullHessian().project(Z, all_or_nothing, 0.5).replaced
    kept = bad == 1e200 and entry != (1, 0)
    assert replaced.tolist() == [[False, not kept], [False, False]]


def test_what_is_not_finite_is_reported_and_harms_no_neighbour(rng):
    Z = np.tile(np.eye(3), (2, 2, 1, 1))
    Z[0, 1, 0, 2] = Z[0, 1, 2, 0] = np.nan
    for reading in READINGS:
        projected = FullHessian().project(Z, reading, 0.5)
        assert projected.replaced.tolist() == [[False, True], [False, False]]
        np.testing.assert_array_equal(projected.value[1], Z[1])


def test_local_curvatures(rng):
    hessian = rng.normal(size=(2, 3, 4, 4))
    derivatives = Derivatives(np.zeros((2, 3)), np.zeros((2, 3, 4)), hessian)
    np.testing.assert_array_equal(FullHessian(-1).local(derivatives), -hessian)
    diagonal = DiagonalHessian().local(derivatives)
    np.testing.assert_array_equal(diagonal, np.einsum("rnii->rni", hessian))
    only_gradient = derivatives._replace(J=NOT_COMPUTED, hessian=NOT_COMPUTED)
    assert (ScaledIdentity(0.25).local(only_gradient) == np.full((2, 3, 1), 0.25)).all()
    v = rng.normal(size=(2, 3, 4))
    for curvature in (FullHessian(), DiagonalHessian(), ScaledIdentity(2.0)):
        H = curvature.local(derivatives)
        assert H.shape == curvature.zeros(v).shape
        np.testing.assert_allclose(
            curvature.solve(Projected(H, np.zeros((2, 3), bool)), curvature.times(H, v)).direction,
            v,
            rtol=1e-9,
        )


def test_a_singular_matrix_gives_nan_and_harms_no_neighbour(rng):
    H = np.tile(np.eye(3), (2, 1, 1, 1))
    H[0] = 0
    solution, singular = FullHessian().solve(
        Projected(H, np.zeros((2, 1), bool)), np.ones((2, 1, 3))
    )
    assert singular.tolist() == [[True], [False]]
    assert np.isnan(solution[0]).all() and (solution[1] == 1).all()


@pytest.mark.parametrize("chosen", [ScaledIdentity(), DiagonalHessian(-1)])
def test_the_full_hessian_in_g_is_what_algorithm_1_then_uses(rng, chosen):
    gradient, hessian = rng.normal(size=(1, 2, 3)), rng.normal(size=(1, 2, 3, 3))
    theta, local = rng.normal(size=(1, 2, 3)), Derivatives(np.zeros((1, 2)), gradient, hessian)
    sign = getattr(chosen, "sign", 1)
    algorithm = ConsensusNewton(chosen, 0.1, 0.1, vector=FullHessianVector(sign))
    state = algorithm.step(algorithm.init(theta), lambda theta: local, lambda values, k: values)
    expected = sign * np.einsum("rnab,rnb->rna", hessian, theta) + gradient
    np.testing.assert_allclose(state.g, expected, atol=1e-12)
    assert algorithm.order == 2


@pytest.mark.parametrize("projection", TO_FLOOR)
@pytest.mark.parametrize("size", [1e-3, 0.2, 0.4, 1.0, 5.0])
def test_small_matrices_are_mended_as_all_others_are(projection, size):
    """Without their eigenvectors, where no eigenvalue can be beyond the floor."""
    rng = np.random.default_rng(5)
    Z = rng.normal(size=(40, 1, 3, 3))
    Z = size * (Z + np.swapaxes(Z, -1, -2)) / 4
    eigenvalues, vectors = np.linalg.eigh(Z)
    mended = projection(eigenvalues, 0.5)[..., np.newaxis, :]
    expected = np.matmul(vectors * mended, np.swapaxes(vectors, -1, -2))
    found = FullHessian().project(Z, projection, 0.5).mended
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    spared = np.linalg.norm(Z, axis=(-1, -2)) <= 0.5
    assert spared.all() if size < 0.1 else size < 5 or not spared.any()
    np.testing.assert_array_equal(
        found[spared], np.broadcast_to(0.5 * np.eye(3), found.shape)[spared]
    )
