"""Linear policies: automatic differentiation, a slow transcription, and the policies there were."""

import itertools

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from netnewton.derivatives import Estimator, estimation, fisher, gauss_newton
from netnewton.games.gridworld import Gridworld
from netnewton.policies import Boltzmann, GaussianRBF, LinearGaussian, LinearSoftmax
from netnewton.trajectories import Streams, Sums, Trajectories, rollout

SEES = ((0, 2), (1, 2, 3), (4,))
GAUSSIAN = LinearGaussian(SEES, (2, 1, 3), deviation=0.7)
SOFTMAX = LinearSoftmax(SEES, (3, 2, 4))
POLICIES = (GAUSSIAN, SOFTMAX)
T, R, L = 3, 2, 6


def named(policy):
    return type(policy).__name__


def batch_of(policy, rng):
    """A batch that mu has played on rows that are drawn at random, its copies and mu."""
    seen = rng.normal(size=(T, R, 5, L))
    mu = rng.normal(size=(R, policy.n_parameters))
    theta = mu[:, np.newaxis] + 0.4 * rng.normal(size=(R, 3, policy.n_parameters))
    streams = Streams([np.random.default_rng([5, r]) for r in range(R)])
    noise, act = policy.noise(streams, T, L), policy.player(mu)
    actions = np.stack([act(seen[t], noise[t]) for t in range(T)])
    return Trajectories(seen, actions, rng.normal(size=(T, R, 3, L))), theta, mu


def blocks(policy, theta):
    """Each agent's gains, shape (slots, what it sees), cut off theta in order."""
    start = 0
    for own, slots in zip(policy.sees, policy.slots, strict=True):
        stop = start + slots * len(own)
        yield anp.reshape(theta[start:stop], (slots, len(own)))
        start = stop


def log_probability(policy, theta, seen, action):
    """log pi(a | x) of one step of one trajectory, but for a constant, agent after agent."""
    total, first = 0.0, 0
    for j, gains in enumerate(blocks(policy, theta)):
        value = anp.dot(gains, seen[list(policy.sees[j])])
        if isinstance(policy, LinearGaussian):
            own = action[first : first + len(gains)]
            total = total - anp.sum((own - value) ** 2) / 2 / policy.deviation**2
            first += len(gains)
        else:
            logits = anp.concatenate([value, np.zeros(1)])
            total = total + logits[action[j]] - anp.log(anp.sum(anp.exp(logits)))
    return total


@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_scores_are_the_derivatives_of_the_log_probability(policy, rng):
    batch, theta, mu = batch_of(policy, rng)
    scores = policy.scores(theta, mu, batch)
    steps = scores.steps()
    assert steps.shape == (T, R, 3, L, policy.n_parameters)
    for t, r, i, k in itertools.product(range(T), range(R), (0, 2), (0, 5)):
        seen, action = batch.states[t, r, :, k], batch.actions[t, r, :, k]

        def log(x, seen=seen, action=action):
            return log_probability(policy, x, seen, action)

        ratio = log(theta[r, i]) - log(mu[r])
        np.testing.assert_allclose(scores.log_ratio[t, r, i, k], ratio, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(steps[t, r, i, k], autograd.grad(log)(theta[r, i]), atol=1e-12)
        curvature = autograd.hessian(log)(theta[r, i])
        np.testing.assert_allclose(scores.derivative(t)[r, i, k], curvature, atol=1e-12)
        assert abs(log(theta[r, i - 1]) - log(mu[r]) - ratio) > 1e-6, "of its own copy"


@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_sums_are_those_of_any_policy(policy, rng):
    batch, theta, mu = batch_of(policy, rng)
    scores = policy.scores(theta, mu, batch)
    weights = rng.normal(size=scores.log_ratio.shape)
    fast, plain = scores.weighted(weights), Sums(scores, weights)
    names = ("score", "outer", "derivative", "outer_and_derivative", "outer_of_sums")
    for name in names:
        found, expected = getattr(fast, name)(), getattr(plain, name)()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10, err_msg=name)
        assert np.abs(found).max() > 0.1, name


@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_where_the_copy_is_what_was_played_every_weight_is_one(policy, rng):
    batch, _, mu = batch_of(policy, rng)
    scores = policy.scores(np.repeat(mu[:, np.newaxis], 3, axis=1), mu, batch)
    assert not scores.log_ratio.any()


def test_noise_becomes_actions_by_the_definitions(rng):
    for policy in POLICIES:
        batch, _, mu = batch_of(policy, rng)
        noise = policy.noise(Streams([np.random.default_rng([5, r]) for r in range(R)]), T, L)
        for t, r, k in np.ndindex(T, R, L):
            first = 0
            for j, gains in enumerate(blocks(policy, mu[r])):
                value = gains @ batch.states[t, r, list(policy.sees[j]), k]
                if policy is GAUSSIAN:
                    own = slice(first, first + len(value))
                    first += len(value)
                    expected = value + 0.7 * noise[t, r, own, k]
                    np.testing.assert_allclose(batch.actions[t, r, own, k], expected, atol=1e-12)
                else:
                    weights = np.exp([*value, 0.0])
                    drawn = np.searchsorted(np.cumsum(weights / weights.sum()), noise[t, r, j, k])
                    assert batch.actions[t, r, j, k] == drawn
    assert set(np.unique(batch.actions)) == {0, 1, 2, 3}


# The policies there were -------------------------------------------------------------------------


def estimates(batch, scores, hessian):
    return estimation.estimate(batch, scores, 0.9, Estimator(hessian=hessian))


HESSIANS = (estimation.printed_hessian, estimation.unbiased_hessian, gauss_newton, fisher)


def test_with_its_features_as_rows_it_is_the_gridworlds_policy(rng):
    """GaussianRBF is linear in 6 features of each agent's position."""
    world = Gridworld(width=2.0, height=2.0, goal_radius=0.9, discount=0.9)
    bumps = GaussianRBF.of(world, grid=(2, 3), deviation=0.7)
    linear = LinearGaussian((range(6), range(6, 12)), (1, 1), deviation=0.7)
    mu = rng.normal(size=(R, 12))
    theta = mu[:, np.newaxis] + 0.2 * rng.normal(size=(R, 2, 12))
    streams = Streams([np.random.default_rng([6, r]) for r in range(R)])
    batch = rollout(world, bumps, mu, streams, 4, L)
    rows = bumps.features(batch.states).reshape(4, R, 12, L)
    again = batch._replace(states=rows)
    for hessian in HESSIANS:
        expected = estimates(batch, bumps.scores(theta, mu, batch), hessian)
        found = estimates(again, linear.scores(theta, mu, again), hessian)
        for name in ("J", "gradient", "hessian", "effective_sample_size"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10, err_msg=name)
    assert np.abs(found.hessian).max() > 0.1


def test_with_indicators_as_rows_it_is_the_boltzmann_policy_with_a_reference(rng, random_game):
    game = random_game(rng, n_actions=(2, 3), n_states=3)
    tables = Boltzmann.of(game, "reference")
    linear = LinearSoftmax((range(3), range(3)), (2, 3))
    order = np.concatenate([[0, 1, 2], 3 + np.arange(6).reshape(3, 2).T.ravel()])
    mu = rng.normal(size=(R, 9))
    theta = mu[:, np.newaxis] + 0.2 * rng.normal(size=(R, 2, 9))
    streams = Streams([np.random.default_rng([7, r]) for r in range(R)])
    batch = rollout(game, tables, mu, streams, 4, L)
    rows = np.moveaxis(np.eye(3)[batch.states], -1, 2)
    again = batch._replace(states=rows)
    for hessian in HESSIANS:
        expected = estimates(batch, tables.scores(theta, mu, batch), hessian)
        scores = linear.scores(theta[..., order], mu[..., order], again)
        found = estimates(again, scores, hessian)
        np.testing.assert_allclose(found.J, expected.J, rtol=1e-10)
        np.testing.assert_allclose(found.gradient, expected.gradient[..., order], atol=1e-11)
        permuted = expected.hessian[..., order, :][..., order]
        np.testing.assert_allclose(found.hessian, permuted, rtol=1e-9, atol=1e-10)


# What they say and refuse ------------------------------------------------------------------------


def test_every_parameter_has_an_owner_a_slot_and_a_row():
    assert GAUSSIAN.owner.tolist() == [0] * 4 + [1] * 3 + [2] * 3
    assert GAUSSIAN.slot.tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 4, 5]
    assert GAUSSIAN.row.tolist() == [0, 2, 0, 2, 1, 2, 3, 4, 4, 4]
    assert SOFTMAX.slots == (2, 1, 3) and SOFTMAX.action.tolist() == [0, 1, 0, 0, 1, 2]
    gains = GAUSSIAN.gains(np.arange(10.0) + 1)
    assert gains.shape == (6, 5) and gains[2].tolist() == [0, 5, 6, 7, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearGaussian(SEES, (1, 1)), "rows for 3 agents, and there are 2"),
        (lambda: LinearGaussian(((0, 0),), (1,)), r"sees\[0\] = \(0, 0\): name each row once"),
        (lambda: LinearGaussian(((-1,),), (1,)), r"sees\[0\]\[0\] = -1"),
        (lambda: LinearGaussian(((0,),), (0,)), r"components\[0\] = 0"),
        (lambda: LinearGaussian(((0,),), (1,), 0.0), "deviation = 0.0: give a standard deviation"),
        (lambda: LinearSoftmax(((0,),), (1,)), r"n_actions\[0\] = 1: give a whole number, at l"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_game_that_shows_less_is_refused_and_copies_must_be_named():
    player = GAUSSIAN.player(np.zeros((1, 10)))
    with pytest.raises(ValueError, match=r"look at rows 0 to 4 .* this game shows \(1, 4, 2\)"):
        player(np.zeros((1, 4, 2)), np.zeros((1, 6, 2)))
    with pytest.raises(ValueError, match=r"give them to LinearGaussian\.player"):
        player.scores(None)
