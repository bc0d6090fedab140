"""Running any algorithm: what is recorded, what is refused, and why a repetition was stopped."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pytest

import netnewton
from netnewton import Cause, Run, curvature, loop, networks, run
from netnewton.algorithms import Algorithm, ConsensusNewton, State
from netnewton.algorithms.algorithm import parameters
from netnewton.algorithms.consensus_newton import current_trackers
from netnewton.derivatives import Derivatives

WEIGHTS = np.array([[0.7, 0.3], [0.3, 0.7]])
ALGORITHM = ConsensusNewton(curvature.FullHessian(-1), 0.3, 0.1)


def quadratic(theta):
    """J_i = -|theta|^2 / 2 + theta_1 for every agent: the optimum is the first unit vector."""
    unit = np.eye(theta.shape[-1])[0]
    J = theta[..., 0] - 0.5 * np.square(theta).sum(axis=-1)
    hessian = np.broadcast_to(-np.eye(theta.shape[-1]), (*theta.shape, theta.shape[-1]))
    return Derivatives(J, unit - theta, hessian)


def path(result):
    return result.trace["theta"]


# What is recorded --------------------------------------------------------------------------------


def test_one_repetition_needs_no_axis_of_its_own():
    single = run(ALGORITHM, quadratic, WEIGHTS, 40, np.ones((2, 3)))
    several = run(ALGORITHM, quadratic, WEIGHTS, 40, np.ones((4, 2, 3)))
    assert path(single).shape == (41, 2, 3) and path(several).shape == (41, 4, 2, 3)
    np.testing.assert_array_equal(path(single), path(several)[:, 1])
    assert single.theta.shape == (2, 3) and several.theta.shape == (4, 2, 3)
    assert single.stopped is None and several.stopped == (None,) * 4
    np.testing.assert_allclose(single.theta, [[1, 0, 0]] * 2, atol=1e-3)


@pytest.mark.parametrize("iterations", [0, 1, 31, 32, 33, 70])
def test_every_state_is_recorded_once(iterations):
    result = run(ALGORITHM, quadratic, WEIGHTS, iterations, np.ones((2, 3)))
    states, state = [np.ones((1, 2, 3))], ALGORITHM.init(np.ones((1, 2, 3)))
    for _ in range(iterations):
        state = ALGORITHM.step(state, quadratic, networks.mixing(WEIGHTS))
        states.append(state.theta)
    np.testing.assert_array_equal(path(result), np.concatenate(states))
    assert result.final.iteration == iterations


@pytest.mark.parametrize("states_fit", [0.5, 3.5])
def test_states_that_take_much_memory_are_recorded_a_few_at_once(states_fit, monkeypatch):
    start, blocks = np.ones((5, 2, 3)), []

    def observe(states):
        blocks.append(len(states.theta))
        return {"theta": states.theta}

    whole = run(ALGORITHM, quadratic, WEIGHTS, 20, start)
    bytes_each = sum(x.nbytes for _, x in ALGORITHM.init(start).arrays())
    monkeypatch.setattr(loop, "MOST_BYTES", int(states_fit * bytes_each))
    by_few = run(ALGORITHM, quadratic, WEIGHTS, 20, start, observe)
    np.testing.assert_array_equal(path(by_few), path(whole))
    at_once = max(1, int(states_fit))
    assert blocks == [at_once] * (21 // at_once)


@pytest.mark.parametrize("cut", [1, 17, 32, 40])
def test_a_run_is_taken_up_again_where_it_was(cut):
    whole = run(ALGORITHM, quadratic, WEIGHTS, 50, np.ones((2, 3)))
    first = run(ALGORITHM, quadratic, WEIGHTS, cut, np.ones((2, 3)))
    second = run(ALGORITHM, quadratic, WEIGHTS, 50 - cut, first)
    assert path(second).shape == (51 - cut, 2, 3)
    np.testing.assert_array_equal(path(second), path(whole)[cut:])


def test_a_run_ends_early_when_it_is_told_to():
    def near(state):
        return np.abs(state.theta - [1, 0, 0]).max() < 0.01

    result = run(ALGORITHM, quadratic, WEIGHTS, 500, np.ones((2, 3)), stop=near)
    arrived = result.final.iteration
    assert 5 < arrived < 100 and len(path(result)) == arrived + 1
    assert np.abs(path(result) - [1, 0, 0]).max(axis=(1, 2))[-2] >= 0.01 > near(result.final) - 1


def test_the_return_is_that_of_the_policy_played():
    """Of a source that can tell it; agent 1 owns the first two parameters, agent 2 the third."""

    class Source:
        owner = np.array([0, 0, 1])
        n_agents, n_parameters = 2, 3

        def __call__(self, theta):
            return quadratic(theta)

        def returns(self, mu):
            return np.stack([mu[..., 0] + mu[..., 2], mu[..., 1]], axis=-1)

    result = run(ALGORITHM, Source(), WEIGHTS, 5)
    theta = path(result)
    np.testing.assert_array_equal(theta[0], np.zeros((2, 3)))
    expected = (theta[:, 0, 0] + theta[:, 1, 2] + theta[:, 0, 1]) / 2
    np.testing.assert_allclose(result.J, expected, atol=1e-15)
    with pytest.raises(AttributeError, match="no return was recorded"):
        _ = run(ALGORITHM, quadratic, WEIGHTS, 5, np.ones((2, 3))).J


# The door ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [int, bool, np.int8, np.float32, np.float64, list])
def test_whatever_holds_numbers_is_taken_as_float64(dtype):
    start = np.array([[0, 1, 1], [1, 0, 1]])
    given = start.tolist() if dtype is list else start.astype(dtype)
    result = run(ALGORITHM, quadratic, WEIGHTS.tolist(), 30, given)
    assert path(result).dtype == np.float64
    np.testing.assert_array_equal(
        path(result), path(run(ALGORITHM, quadratic, WEIGHTS, 30, start.astype(float)))
    )


@pytest.mark.parametrize(
    "start", [[["a", "b"]], [[1j, 0]], np.array([[None, 1.0]]), [[1.0, 2.0], [3.0]], [[np.nan, 0]]]
)
def test_what_is_not_numbers_is_refused(start):
    with pytest.raises(ValueError, match=r"theta\(0\)"):
        run(ALGORITHM, quadratic, WEIGHTS, 1, start)


@pytest.mark.parametrize("shape", [(3,), (1, 1, 2, 3), (0, 2, 3), (0, 3), (2, 0)])
def test_a_start_without_agents_parameters_or_repetitions_is_refused(shape):
    with pytest.raises(ValueError, match=r"theta\(0\) of shape"):
        run(ALGORITHM, quadratic, WEIGHTS, 1, np.zeros(shape))


@pytest.mark.parametrize("iterations", [-1, 1.5, "3", True])
def test_the_number_of_iterations_is_a_whole_one(iterations):
    with pytest.raises(ValueError, match="iterations = "):
        run(ALGORITHM, quadratic, WEIGHTS, iterations, np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("source", "weights", "message"),
    [
        (quadratic, np.full((3, 3), 1 / 3), "weights for 3 agents, values of 2"),
        (quadratic, np.stack([WEIGHTS] * 4), "4 consensus matrices for 1 repetitions"),
        (
            lambda theta: quadratic(theta)._replace(gradient=theta[..., :2]),
            WEIGHTS,
            r"gradient of shape \(1, 2, 2\) for theta of shape \(1, 2, 3\)",
        ),
        (
            lambda theta: quadratic(theta)._replace(hessian=Derivatives(theta).hessian),
            WEIGHTS,
            "needs derivatives of order 2.*build it with order=2",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(source, weights, message):
    with pytest.raises(ValueError, match=message):
        run(ALGORITHM, source, weights, 3, np.zeros((2, 3)))


def test_a_source_that_says_its_sizes_is_held_to_them():
    class Sized:
        n_agents, n_parameters, repetitions = 2, 3, 5

        def __call__(self, theta):
            return quadratic(theta)

    assert path(run(ALGORITHM, Sized(), WEIGHTS, 1)).shape == (2, 5, 2, 3)
    for shape, message in (
        ((5, 3, 3), "has 3 agents, the derivatives 2"),
        ((5, 2, 4), "has 4 parameters, the derivatives 3"),
        ((4, 2, 3), "has 4 repetitions, the derivatives 5"),
    ):
        with pytest.raises(ValueError, match=message):
            run(ALGORITHM, Sized(), WEIGHTS, 1, np.zeros(shape))
    with pytest.raises(ValueError, match="do not say their sizes: give start"):
        run(ALGORITHM, quadratic, WEIGHTS, 1)


# Why a repetition was stopped --------------------------------------------------------------------


def spoilt(field, value, since=3):
    """The second of the repetitions gets something impossible in iteration `since`."""
    calls = []

    def source(theta):
        calls.append(None)
        local = quadratic(theta)
        if len(calls) < since:
            return local
        values = np.array(getattr(local, field))
        values[1] = value
        return local._replace(**{field: values})

    return source


def test_a_number_that_is_not_finite():
    result = run(ALGORITHM, spoilt("gradient", np.inf), WEIGHTS, 8, np.ones((3, 2, 3)))
    assert result.diverged_at.tolist() == [-1, 3, -1]
    stop = result.stopped[1]
    assert stop.cause is Cause.NOT_FINITE and stop.iteration == 3
    assert str(stop) == (
        "iteration 3: a number is not finite; try a smaller step size or a larger floor m"
    )


def test_a_curvature_without_an_inverse():
    for chosen in (curvature.FullHessian(-1), curvature.DiagonalHessian(-1)):
        algorithm = ConsensusNewton(
            chosen, 0.3, 0.1, curvature.unregularised, trackers=current_trackers
        )
        exact = np.full((2, 2), 0.5)
        result = run(algorithm, spoilt("hessian", 0.0, 1), exact, 8, np.ones((3, 2, 3)))
        assert result.diverged_at.tolist() == [-1, 1, -1]
        assert [stop and stop.cause for stop in result.stopped] == [None, Cause.SINGULAR, None]
        assert "choose a projection" in result.stopped[1].cause.remedy


def test_importance_weights_that_degenerate():
    def sampled(theta):
        local = spoiling(theta)
        ess = np.full(theta.shape[:2], 50.0)
        ess[1, 0] = 1.0
        return local._replace(effective_sample_size=ess)

    spoiling = spoilt("gradient", np.nan)
    result = run(ALGORITHM, sampled, WEIGHTS, 8, np.ones((3, 2, 3)))
    assert result.stopped[1].cause is Cause.DEGENERATE_WEIGHTS and result.stopped[0] is None


def test_a_diverged_repetition_stays_so_when_a_run_is_taken_up_again():
    first = run(ALGORITHM, spoilt("gradient", np.inf), WEIGHTS, 8, np.ones((3, 2, 3)))
    again = run(ALGORITHM, quadratic, WEIGHTS, 4, first)
    assert again.stopped == first.stopped and again.final.iteration == 12
    assert np.isfinite(path(again)).all()


# Algorithms of one's own -------------------------------------------------------------------------


@dataclass(frozen=True)
class DecentralisedGradient(Algorithm[State]):
    """theta_i(k) = sum_j a_ij theta_j(k-1) + epsilon grad J_i: no state but the copies."""

    step_size: float
    order = 1

    def init(self, theta):
        return State(parameters(theta))

    def step(self, state, derivatives, mix):
        k, gradient = state.iteration + 1, derivatives(state.theta).gradient
        return State(mix(state.theta, k) + self.step_size * gradient, iteration=k)


def test_an_algorithm_of_ones_own_is_run_like_algorithm_1():
    def first_order(theta):
        return quadratic(theta)._replace(hessian=Derivatives(theta).hessian)

    result = run(DecentralisedGradient(0.2), first_order, WEIGHTS, 100, np.ones((2, 3)))
    np.testing.assert_allclose(result.theta, [[1, 0, 0]] * 2, atol=1e-6)
    exploding = run(DecentralisedGradient(1e9), first_order, WEIGHTS, 100, np.ones((2, 3)))
    assert exploding.stopped.cause is Cause.NOT_FINITE


def test_a_first_use():
    """The postcard of the documentation."""
    game = netnewton.games.prisoners_dilemma()
    policy = netnewton.policies.Boltzmann.of(game)
    newton = netnewton.algorithms.ConsensusNewton(curvature.FullHessian(), 1e-5, 1e-7)
    weights = networks.metropolis_weights(nx.complete_graph(2))
    result = run(newton, netnewton.derivatives.exact(game, policy), weights, iterations=100)
    assert isinstance(result, Run) and result.J.shape == (101,) and result.stopped is None
    assert result.J[0] == pytest.approx(-1.5) and result.J[-1] == pytest.approx(-1.0, abs=1e-6)
