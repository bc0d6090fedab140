"""The linear-quadratic team: its rules by scalars, and its closed forms by other means."""

import networkx as nx
import numpy as np
import pytest

from netnewton import derivatives
from netnewton.games import LinearQuadraticTeam, linear_quadratic_team
from netnewton.policies import LinearGaussian

T, SIGMA = 5, 0.4


def team_of(rng, graph=None, **choices):
    graph = nx.path_graph(4) if graph is None else graph
    each = {name: rng.uniform(0.5, 1.5, 4) for name in ("gain", "state_cost", "input_cost")}
    settings = {"difference_cost": 0.3, "noise": 0.2, "spread": 0.8, "discount": 0.9} | each
    return linear_quadratic_team(graph, coupling=0.3, **settings | choices)


def policy_of(team):
    return LinearGaussian.of(team, sees=team.neighbourhoods, deviation=SIGMA)


def literally(team, state, inputs, noise):
    """One step of one trajectory, in scalars."""
    N = team.n_agents
    following, rewards = [], []
    for j in range(N):
        pushed = sum(team.dynamics[j, k] * state[k] for k in range(N))
        following.append(pushed + team.gain[j] * inputs[j] + team.noise * noise[j])
        neighbours = [k for k in range(N) if k != j and team.dynamics[j, k] != 0]
        apart = sum((state[j] - state[k]) ** 2 for k in neighbours)
        own = team.state_cost[j] * state[j] ** 2 + team.input_cost[j] * inputs[j] ** 2
        rewards.append(-(own + team.difference_cost * apart))
    return following, rewards


def test_a_step_is_that_of_scalars(rng):
    team = team_of(rng)
    state, inputs, noise = rng.normal(size=(3, 2, 4, 5))
    before = state.copy()
    following, rewards = team.step(state, inputs, noise)
    for r, k in np.ndindex(2, 5):
        expected = literally(team, state[r, :, k], inputs[r, :, k], noise[r, :, k])
        np.testing.assert_allclose(following[r, :, k], expected[0], atol=1e-12)
        np.testing.assert_allclose(rewards[r, :, k], expected[1], atol=1e-12)
    assert (state == before).all() and team.seen(state) is state
    np.testing.assert_array_equal(team.start(noise, (2, 5)), 0.8 * noise)


def test_agents_are_coupled_along_the_edges_only(rng):
    star = nx.star_graph(3)
    team = team_of(rng, star)
    expected = 0.9 * np.eye(4)
    expected[0, 1:], expected[1:, 0] = 0.1, 0.3
    np.testing.assert_allclose(team.dynamics, expected)
    assert team.neighbourhoods == ((0, 1, 2, 3), (1, 0), (2, 0), (3, 0))
    assert team.sees == ((0,), (1,), (2,), (3,)) and team.components == (1, 1, 1, 1)
    assert policy_of(team).n_parameters == 4 + 2 * 3


def from_noise(team, K, horizon):
    """J_i once more: states and inputs as linear maps of all noise, and no recursion of moments."""
    N = team.n_agents
    x = np.zeros((N, N * (1 + 2 * horizon)))
    x[:, :N] = team.spread * np.eye(N)
    total = np.zeros(N)
    for t in range(horizon):
        mine = slice(N * (1 + 2 * t), N * (2 + 2 * t))
        others = slice(N * (2 + 2 * t), N * (3 + 2 * t))
        u = K @ x
        u[:, mine] += SIGMA * np.eye(N)
        for i in range(N):
            paid = team.state_cost[i] * x[i] @ x[i] + team.input_cost[i] * u[i] @ u[i]
            near = [k for k in range(N) if k != i and team.dynamics[i, k] != 0]
            apart = sum((x[i] - x[k]) @ (x[i] - x[k]) for k in near)
            total[i] -= team.discount**t * (paid + team.difference_cost * apart)
        x = team.dynamics @ x + team.gain[:, np.newaxis] * u
        x[:, others] += team.noise * np.eye(N)
    return total


def test_returns_are_those_of_all_noise_summed_by_hand(rng):
    team = team_of(rng)
    policy = policy_of(team)
    theta = 0.3 * rng.normal(size=(3, policy.n_parameters)) - 0.2
    for K, found in zip(
        policy.gains(theta), team.returns(policy.gains(theta), SIGMA, T), strict=True
    ):
        np.testing.assert_allclose(found, from_noise(team, K, T), rtol=1e-12)
    assert not np.allclose(team.returns(K, SIGMA + 0.1, T), from_noise(team, K, T), rtol=1e-3)


def test_one_step_by_hand():
    team = LinearQuadraticTeam([[0.5]], [2.0], [3.0], [7.0], noise=0.1, spread=2.0, discount=0.5)
    # E[x^2] = 4, E[u^2] = 0.25 * 4 + 0.16; then x = (0.5 + 2 * 0.5) x + 2 * 0.4 e + 0.1 w.
    once = -(3 * 4 + 7 * 1.16)
    assert team.returns([[0.5]], SIGMA, 1) == pytest.approx(once)
    later = 1.5**2 * 4 + 0.8**2 + 0.1**2
    twice = once - 0.5 * (3 * later + 7 * (0.25 * later + 0.16))
    assert team.returns([[0.5]], SIGMA, 2) == pytest.approx(twice)


@pytest.mark.parametrize("horizon", [1, 2, T])
def test_derivatives_are_finite_differences(rng, horizon):
    team = team_of(rng)
    policy = policy_of(team)
    source = derivatives.linear_quadratic(team, policy, horizon)
    theta = 0.3 * rng.normal(size=(2, 4, source.n_parameters)) - 0.2
    found, step = source(theta), 1e-5
    for r, i in np.ndindex(2, 4):
        np.testing.assert_allclose(found.J[r, i], source.returns(theta[r, i])[i], rtol=1e-12)
    for d in range(source.n_parameters):
        along = step * np.eye(source.n_parameters)[d]
        after, before = source(theta + along), source(theta - along)
        slope = (after.J - before.J) / (2 * step)
        np.testing.assert_allclose(found.gradient[..., d], slope, rtol=1e-6, atol=1e-7)
        bend = (after.gradient - before.gradient) / (2 * step)
        np.testing.assert_allclose(found.hessian[..., d, :], bend, rtol=1e-6, atol=1e-6)
    assert np.abs(found.hessian).max() > 0.1


def test_no_higher_derivative_is_computed_than_is_asked_for(rng):
    team = team_of(rng)
    theta = np.zeros((1, 4, 10))
    for order in (0, 1):
        found = derivatives.linear_quadratic(team, policy_of(team), T, order)(theta)
        assert (found.gradient.size > 0) == (order == 1) and found.hessian.size == 0


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"gain": np.ones(3)}, r"gain of shape \(3,\): give \(4,\), one an agent"),
        ({"state_cost": -1.0}, "state_cost reaches -1.0: give finite numbers, at least 0"),
        ({"input_cost": np.array([1, 1, np.nan, 1])}, r"input_cost\[2\] = nan"),
        ({"noise": np.inf}, "noise reaches inf"),
        ({"discount": 1.5}, r"discount = 1.5: give a discount in \[0, 1\]"),
    ],
)
def test_bad_settings_are_refused(rng, choices, message):
    with pytest.raises(ValueError, match=message):
        team_of(rng, **choices)


def test_a_policy_for_another_team_is_refused(rng):
    team = team_of(rng)
    two = LinearGaussian.of(team, components=(2, 1, 1, 1))
    with pytest.raises(ValueError, match=r"make it for the 4 agents of this team"):
        derivatives.linear_quadratic(team, two, T)
    far = LinearGaussian.of(team, sees=((0,), (1,), (2,), (4,)))
    with pytest.raises(ValueError, match="looks at rows up to 4"):
        derivatives.linear_quadratic(team, far, T)
    with pytest.raises(ValueError, match="horizon = 0"):
        derivatives.linear_quadratic(team, policy_of(team), 0)
    with pytest.raises(ValueError, match="dynamics of shape"):
        LinearQuadraticTeam(np.ones((2, 3)), 1.0, 1.0, 1.0)
