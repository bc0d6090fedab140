"""Block-diagonal curvatures against the same matrices written out."""

from dataclasses import replace

import numpy as np
import pytest

from netnewton import derivatives, games, run
from netnewton.algorithms import ConsensusNewton
from netnewton.algorithms.consensus_newton import current_trackers
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import (
    FullHessian,
    Projected,
    absolute_eigenvalues,
    all_or_nothing,
    floor_eigenvalues,
    unregularised,
)
from netnewton.derivatives import Derivatives
from netnewton.policies import Boltzmann

OWNERS = {
    "alike": [0, 0, 1, 1, 2, 2],
    "of several sizes": [0, 0, 0, 1, 2, 2],
    "in any order": [2, 0, 1, 0, 2, 0],
    "one agent": [0, 0, 0, 0, 0, 0],
    "one agent each": [0, 1, 2, 3, 4, 5],
}
EVERYBODY = pytest.mark.parametrize("owner", OWNERS.values(), ids=OWNERS)


def symmetric(rng, *shape):
    Z = rng.normal(size=(*shape, 6, 6))
    return (Z + np.swapaxes(Z, -1, -2)) / 2


def same_owner(owner):
    return np.equal.outer(owner, owner)


@EVERYBODY
def test_packing_keeps_the_blocks_and_nothing_else(rng, owner):
    blocks, Z = BlockDiagonal(owner), symmetric(rng, 2, 3)
    packed = blocks.pack(Z)
    assert packed.shape == (2, 3, blocks.n_scalars)
    assert blocks.n_scalars == sum(np.bincount(owner) ** 2) == same_owner(owner).sum()
    np.testing.assert_array_equal(blocks.unpack(packed), np.where(same_owner(owner), Z, 0.0))
    np.testing.assert_array_equal(blocks.pack(blocks.unpack(packed)), packed)


def test_packing_by_hand():
    Z = np.arange(9.0).reshape(3, 3)
    assert BlockDiagonal([1, 0, 1]).pack(Z).tolist() == [4, 0, 2, 6, 8]


@EVERYBODY
@pytest.mark.parametrize(
    "projection", [all_or_nothing, floor_eigenvalues, absolute_eigenvalues, unregularised]
)
def test_arithmetic_is_that_of_the_matrices_written_out(rng, owner, projection):
    blocks, whole = BlockDiagonal(owner), FullHessian()
    shift = np.linspace(-3, 3, 40)[:, np.newaxis, np.newaxis, np.newaxis]
    packed = blocks.pack(symmetric(rng, 40, 2) + shift * np.eye(6))
    Z, v = blocks.unpack(packed), rng.normal(size=(40, 2, 6))
    np.testing.assert_allclose(blocks.times(packed, v), whole.times(Z, v), atol=1e-13)
    found, expected = (c.project(x, projection, 0.2) for c, x in ((blocks, packed), (whole, Z)))
    np.testing.assert_array_equal(found.replaced, expected.replaced)
    assert 0 < found.replaced.mean() < 1
    np.testing.assert_allclose(blocks.unpack(found.value), expected.value, atol=1e-12)
    kept = ~found.replaced
    np.testing.assert_array_equal(found.value[kept], packed[kept])
    solved = blocks.solve(found, v), whole.solve(expected, v)
    np.testing.assert_allclose(solved[0].direction, solved[1].direction, rtol=1e-7, atol=1e-9)


def test_one_block_without_an_inverse_leaves_none_to_its_matrix_and_harms_no_neighbour():
    blocks = BlockDiagonal([0, 1, 1])
    Z = blocks.pack(np.tile(np.eye(3), (2, 1, 1, 1)))
    Z[0, 0, 0] = 0.0
    direction, singular = blocks.solve(Projected(Z, np.zeros((2, 1), bool)), np.ones((2, 1, 3)))
    assert singular.tolist() == [[True], [False]]
    assert np.isnan(direction[0]).all() and (direction[1] == 1).all()


def test_what_is_not_finite_is_reported_and_harms_no_neighbour():
    blocks = BlockDiagonal([0, 0, 1])
    Z = blocks.pack(np.tile(np.eye(3), (2, 1, 1, 1)))
    Z[0, 0, 1] = Z[0, 0, 2] = np.nan
    for projection in (all_or_nothing, floor_eigenvalues, absolute_eigenvalues):
        projected = blocks.project(Z, projection, 0.5)
        assert projected.replaced.tolist() == [[True], [False]]
        np.testing.assert_array_equal(projected.value[1], Z[1])


def test_sign_and_local(rng):
    blocks, hessian = BlockDiagonal([0, 0, 0, 1, 1, 1], sign=-1), symmetric(rng, 2, 3)
    local = blocks.local(Derivatives(np.zeros((2, 3)), np.zeros((2, 3, 6)), hessian))
    np.testing.assert_array_equal(local, -blocks.pack(hessian))
    assert blocks.zeros(np.zeros((2, 3, 6))).shape == local.shape


@EVERYBODY
def test_algorithm_1_runs_as_with_the_matrices_written_out(rng, owner):
    """Where the matrices are block diagonal; a planted coupling makes the two part."""
    problem = games.random_problem(rng, 3, 6)
    same = same_owner(owner)
    apart = replace(problem, quadratic=problem.quadratic * same, weights=0 * problem.weights)

    def path(curvature, problem):
        newton = ConsensusNewton(curvature, 0.3, 0.01, trackers=current_trackers)
        source = derivatives.concave_derivatives(problem)
        return run(newton, source, np.full((3, 3), 1 / 3), iterations=8).theta

    whole, blocks = FullHessian(-1), BlockDiagonal(owner, -1)
    np.testing.assert_allclose(path(blocks, apart), path(whole, apart), atol=1e-10)
    differs = np.abs(path(blocks, problem) - path(whole, problem)).max()
    assert (differs > 1e-3) == (not same.all())


def test_an_owner_as_policies_have_it():
    policy = Boltzmann(2, (2, 3))
    assert BlockDiagonal(policy.owner).n_scalars == 4**2 + 6**2
    assert BlockDiagonal(policy.owner) == BlockDiagonal(policy.owner.tolist())


@pytest.mark.parametrize("owner", [[], [0.5, 1], [-1, 0], [[0, 1]], 3, [True, False]])
def test_owners_that_are_none(owner):
    with pytest.raises(ValueError, match="owner"):
        BlockDiagonal(owner)


def test_another_number_of_parameters_is_refused():
    with pytest.raises(ValueError, match="theta has 3 parameters, but owner names those of 2"):
        ConsensusNewton(BlockDiagonal([0, 1]), 0.1, 0.1).curvature.zeros(np.zeros((1, 2, 3)))
