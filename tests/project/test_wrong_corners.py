"""What benchmarks/wrong_corners.py shows, on few matrices and short runs."""

import runpy

import numpy as np
import pytest
from project_copy import ROOT

SHOWN = runpy.run_path(str(ROOT / "benchmarks" / "wrong_corners.py"), run_name="benchmark")
REACHED, WRONG = SHOWN["REACHED"], SHOWN["WRONG"]
# Each throws both agents to mutual defection; DS comes back too slowly from it.
SLOW = np.array([0.01, 0.02, 0.03, 0.0387])


@pytest.fixture(scope="module")
def ends():
    return SHOWN["by_matrix"](np.array([*SLOW, 0.3, 0.5]), 600)


def at_optimum(J):
    return (J > REACHED).tolist()


def test_the_hessian_term_decides_where_agents_that_hardly_mix_end(ends):
    everywhere, where_mixed = [True] * 6, [False] * 4 + [True] * 2
    assert at_optimum(ends["DN"]) == everywhere
    assert at_optimum(ends["DN, H theta in own defection only"]) == everywhere
    assert at_optimum(ends["DS"]) == where_mixed
    assert at_optimum(ends["DN, g without H theta"]) == where_mixed
    assert at_optimum(ends["DN, H = -Hessian"]) == where_mixed


def test_what_has_not_arrived_is_at_another_corner(ends):
    for J in ends.values():
        assert ((J > REACHED) | (J < WRONG)).all()


def test_the_term_turns_each_copys_gradient_round_in_the_tails(rng):
    """H theta + grad J = (1 - x tanh(x / 2)) grad J, block by block."""
    x = rng.normal(scale=3.0, size=(50, 2, 2))
    theta = np.repeat(x, 2, axis=-1) * [0.5, -0.5, 0.5, -0.5]
    local = SHOWN["EXACT"](theta)
    term = np.matmul(local.hessian, theta[..., np.newaxis])[..., 0]
    factor = np.repeat(1 - x * np.tanh(x / 2), 2, axis=-1)
    np.testing.assert_allclose(term + local.gradient, factor * local.gradient, atol=1e-13)
    turn = SHOWN["TURN"]
    assert abs(turn * np.tanh(turn / 2) - 1) < 1e-4 and factor.min() < 0 < factor.max()


def test_small_batches_end_at_wrong_corners():
    J = SHOWN["by_batch"]((10, 1000), 100, 300)
    wrong = (J < WRONG).mean(axis=1)
    assert 0.25 < wrong[0] < 0.6
    assert wrong[1] < 0.05
    assert ((J < WRONG) | (J > REACHED)).mean() > 0.99
