"""The team problems of Assumptions 2 and 3: derivatives, bounds, optimum, refused input."""

from dataclasses import replace

import numpy as np
import pytest

from netnewton.derivatives import NOT_COMPUTED, concave_derivatives, reference_optimum
from netnewton.games import TeamProblem, random_problem, stacked

N, D = 4, 3


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def problem(rng):
    return random_problem(rng, N, D, terms=3, steepness=2.0, heterogeneity=1.0)


def by_hand(problem, i, theta):
    """J_i, its gradient and Hessian with loops and complex numbers allowed; no shared code."""
    J = problem.linear[i] @ theta - theta @ problem.quadratic[i] @ theta / 2
    for c, w, s in zip(problem.weights[i], problem.forms[i], problem.shifts[i], strict=True):
        J = J - c * np.log(np.cosh(w @ theta + s))
    return J


def test_values_and_derivatives(problem, rng):
    theta = rng.normal(size=(2, N, D))
    found = concave_derivatives(problem)(theta)
    for r in range(2):
        for i in range(N):
            assert found.J[r, i] == pytest.approx(by_hand(problem, i, theta[r, i]), abs=1e-12)
            for a in range(D):  # the complex step has no rounding to speak of
                step = 1e-30j * np.eye(D)[a]
                slope = by_hand(problem, i, theta[r, i] + step).imag / 1e-30
                assert found.gradient[r, i, a] == pytest.approx(slope, abs=1e-12)


def test_J_can_be_left_out(problem, rng):
    theta = rng.normal(size=(2, N, D))
    whole, less = concave_derivatives(problem)(theta), concave_derivatives(problem).without_J(theta)
    assert less.J is NOT_COMPUTED
    np.testing.assert_array_equal(less.gradient, whole.gradient)
    np.testing.assert_array_equal(less.hessian, whole.hessian)


def test_hessian_is_the_gradients_derivative(problem, rng):
    theta, h = rng.normal(size=(1, N, D)), 1e-5
    source = concave_derivatives(problem)
    differences = [
        (source(theta + h * e).gradient - source(theta - h * e).gradient) / (2 * h)
        for e in np.eye(D)
    ]
    np.testing.assert_allclose(source(theta).hessian, np.stack(differences, -1), atol=1e-8)


def test_large_arguments_stay_finite(problem):
    local = concave_derivatives(problem)(np.full((1, N, D), 1e6))
    assert all(np.isfinite(x).all() for x in local[:3])


def test_bounds_hold_for_unequal_copies_and_are_met(problem, rng):
    theta = rng.normal(scale=5, size=(500, N, D))
    theta[0] = 1e6  # all terms flat: the lower bound is met
    mean = -concave_derivatives(problem)(theta).hessian.mean(axis=1)
    eigenvalues = np.linalg.eigvalsh(mean)
    assert problem.m == pytest.approx(1.0)
    assert eigenvalues.min() >= problem.m - 1e-9
    assert eigenvalues.max() <= problem.M + 1e-9
    assert eigenvalues[0, 0] == pytest.approx(problem.m)
    at_zero = replace(problem, shifts=np.zeros_like(problem.shifts))
    steepest = -concave_derivatives(at_zero)(np.zeros((1, N, D))).hessian.mean(axis=1)
    assert np.linalg.eigvalsh(steepest).max() == pytest.approx(problem.M)


def test_single_agents_need_not_be_concave(problem, rng):
    own = np.linalg.eigvalsh(-concave_derivatives(problem)(rng.normal(size=(50, N, D))).hessian)
    assert own.min() < -0.1


def test_lipschitz_constant_of_the_hessians(problem, rng):
    x, y = rng.normal(size=(2, 2000, N, D))
    y = x + 0.1 * y
    source = concave_derivatives(problem)
    change = np.linalg.norm(source(x).hessian - source(y).hessian, ord=2, axis=(-2, -1))
    ratio = change / np.linalg.norm(x - y, axis=-1)
    assert (ratio <= problem.lipschitz + 1e-9).all()
    assert ratio.max() > 0.1 * problem.lipschitz.min()


def test_reference_optimum(problem, rng):
    optimum = reference_optimum(problem)
    source = concave_derivatives(problem)
    at = source(np.tile(optimum, (1, N, 1)))
    np.testing.assert_allclose(at.gradient.mean(axis=(0, 1)), 0.0, atol=1e-12)
    others = optimum + rng.normal(size=(200, 1, D))
    assert source(np.repeat(others, N, axis=1)).J.mean(axis=1).max() < at.J.mean()


def test_reference_optimum_of_a_quadratic():
    Q, b = np.array([[[2.0, 0.0], [0.0, 1.0]]] * 2), np.array([[4.0, 1.0], [0.0, 1.0]])
    none = np.zeros((2, 1))
    quadratic = TeamProblem(Q, b, none, np.zeros((2, 1, 2)), none)
    np.testing.assert_allclose(reference_optimum(quadratic), [1.0, 1.0], atol=1e-12)


def test_a_stack_is_its_problems(rng):
    problems = [random_problem(rng, N, D) for _ in range(3)]
    theta = rng.normal(size=(3, N, D))
    together = concave_derivatives(stacked(problems))(theta)
    for r, problem in enumerate(problems):
        alone = concave_derivatives(problem)(theta[r : r + 1])
        for one, many in zip(alone[:3], together[:3], strict=True):
            np.testing.assert_allclose(one[0], many[r], atol=1e-14)
    assert stacked(problems).m.shape == stacked(problems).M.shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: {"quadratic": -p.quadratic}, "positive definite"),
        (lambda p: {"quadratic": p.quadratic + np.triu(np.ones((D, D)), 1)}, "not symmetric"),
        (lambda p: {"weights": -p.weights}, "give every c_ik >= 0"),
        (lambda p: {"linear": p.linear * np.nan}, r"linear\[0, 0\] = nan"),
        (lambda p: {"shifts": p.shifts[:, :1]}, "do not fit"),
        (lambda p: {"forms": p.forms[0]}, "do not fit"),
    ],
)
def test_bad_problems_are_refused(problem, change, message):
    with pytest.raises(ValueError, match=message):
        replace(problem, **change(problem))


@pytest.mark.parametrize(
    "bad",
    [{"agents": 0}, {"parameters": 0}, {"terms": 0}, {"steepness": 0.0}, {"heterogeneity": -1}],
)
def test_bad_sizes_are_refused(rng, bad):
    with pytest.raises(ValueError, match=str(next(iter(bad.values())))):
        random_problem(rng, **{"agents": 2, "parameters": 2, **bad})


def test_one_optimum_at_a_time(rng):
    with pytest.raises(ValueError, match="2 problems were given"):
        reference_optimum(stacked([random_problem(rng, N, D) for _ in range(2)]))
