"""Gradients at other copies from the same batch, as momentum needs them."""

import numpy as np
import pytest

from netnewton import policies
from netnewton.derivatives import likelihood_ratio
from netnewton.games.finite import prisoners_dilemma
from netnewton.games.gridworld import Gridworld
from netnewton.trajectories import Streams

GRID = Gridworld()
PROBLEMS = {
    "dilemma": (prisoners_dilemma(), policies.Boltzmann(1, (2, 2)), 1),
    "gridworld": (GRID, policies.GaussianRBF.of(GRID), 8),
}


def source(name):
    game, policy, horizon = PROBLEMS[name]
    return likelihood_ratio(game, policy, Streams([np.random.default_rng(5)]), horizon, 60, order=1)


@pytest.mark.parametrize("name", [*PROBLEMS])
def test_it_is_what_the_copies_would_have_made_of_the_batch(rng, name):
    """Copies that agree on what each agent plays itself see the same batch."""
    owner = source(name).owner
    theta = 0.2 * rng.normal(size=(1, 2, len(owner)))
    others = theta + 0.1 * rng.normal(size=theta.shape)
    own = np.equal.outer(np.arange(2), owner)
    others[:, own] = theta[:, own]
    found = source(name)(theta)
    np.testing.assert_allclose(found.elsewhere(theta), found.gradient, rtol=1e-9, atol=1e-12)
    direct = source(name)(others).gradient
    np.testing.assert_allclose(found.elsewhere(others), direct, rtol=1e-9, atol=1e-12)
    assert np.abs(direct - found.gradient).max() > 1e-4 * np.abs(direct).max()
