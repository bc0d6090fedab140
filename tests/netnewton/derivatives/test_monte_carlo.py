"""Exact returns against long simulation, at a false-alarm rate of 1e-7 a test."""

import numpy as np
import pytest
from scipy import special

from netnewton import derivatives
from netnewton.games.finite import repeated_prisoners_dilemma
from netnewton.policies import Boltzmann

pytestmark = pytest.mark.statistical

EPISODES, HORIZON = 40_000, 150
FALSE_ALARMS = 1e-7


def simulated_returns(game, single, rng):
    """Discounted returns of every agent in every episode, shape (EPISODES, N)."""
    joint = single[:, 0, :, np.newaxis] * single[:, 1, np.newaxis, :]
    cumulative = joint.reshape(game.n_states, -1).cumsum(axis=1)
    state = rng.choice(game.n_states, size=EPISODES, p=game.initial)
    total = np.zeros((EPISODES, game.n_agents))
    for t in range(HORIZON):
        action = (rng.random((EPISODES, 1)) > cumulative[state]).sum(axis=1)
        action = np.minimum(action, cumulative.shape[1] - 1)
        total += game.discount**t * game.joint_rewards[:, state, action].T
        next_state = game.joint_transitions[state, action].cumsum(axis=1)
        state = (rng.random((EPISODES, 1)) > next_state).sum(axis=1)
        state = np.minimum(state, game.n_states - 1)
    return total * (1 - game.discount if game.normalised else 1)


def z_scores(game, rng, fault=1.0):
    policy = Boltzmann(game.n_states, game.n_actions)
    theta = rng.normal(size=policy.n_parameters)
    exact = derivatives.exact(game, policy, order=0)(np.tile(theta, (1, 2, 1))).J[0] * fault
    total = simulated_returns(game, policy.probabilities(theta), rng)
    truncated = game.discount**HORIZON * np.abs(game.rewards).max()
    error = np.maximum(np.abs(total.mean(axis=0) - exact) - truncated, 0.0)
    return error / (total.std(axis=0, ddof=1) / np.sqrt(EPISODES))


@pytest.mark.parametrize("normalised", [False, True])
def test_returns_of_a_random_game(rng, random_game, normalised):
    game = random_game(rng, n_actions=(2, 3), discount=0.85, normalised=normalised)
    assert z_scores(game, rng).max() < special.ndtri(1 - FALSE_ALARMS / 4)


def test_returns_of_the_repeated_prisoners_dilemma(rng):
    game = repeated_prisoners_dilemma(0.85)
    assert z_scores(game, rng).max() < special.ndtri(1 - FALSE_ALARMS / 4)


def test_a_return_that_is_off_by_three_percent_is_noticed(rng, random_game):
    game = random_game(rng, n_actions=(2, 3), discount=0.85)
    assert z_scores(game, rng, fault=1.03).max() > special.ndtri(1 - FALSE_ALARMS / 4)
