"""Games on graphs: hand values, enumeration, the team's optimum, and each refusal."""

import itertools

import networkx as nx
import numpy as np
import pytest

from netnewton.derivatives import likelihood_ratio, pairwise
from netnewton.games import (
    PolymatrixGame,
    coordination,
    prisoners_dilemma,
    prisoners_dilemma_on,
    public_goods,
    team_optimum,
)
from netnewton.games.team_optimum import mean_return
from netnewton.networks import neighbour_pairs
from netnewton.policies import Boltzmann
from netnewton.trajectories import Streams

PAIR, STAR, TRIANGLE = nx.complete_graph(2), nx.star_graph(4), nx.complete_graph(3)


def random_polymatrix(rng, graph, actions=2):
    pairs = neighbour_pairs(graph)
    own = rng.normal(size=(len(graph), actions))
    return PolymatrixGame(own, pairs, rng.normal(size=(len(pairs), actions, actions)))


def test_on_two_agents_the_dilemma_is_the_papers():
    np.testing.assert_array_equal(
        prisoners_dilemma_on(PAIR).enumerated().rewards, prisoners_dilemma().rewards
    )


def test_public_goods_by_hand():
    """On a star of four leaves: r = 3/2, shares 3/10 of the hub's and 3/4 of a leaf's."""
    game = public_goods(STAR)
    paid = game.enumerated().rewards[:, 0]
    np.testing.assert_allclose(paid[:, 0, 0, 0, 0, 0], [0.3 - 1 + 3, *[0.75 - 1 + 0.3] * 4])
    np.testing.assert_allclose(paid[:, 0, 1, 1, 1, 1], [0.3 - 1, *[0.3] * 4])
    np.testing.assert_allclose(paid[:, 1, 0, 1, 1, 1], [0.75, 0.75 - 1, 0, 0, 0])


@pytest.mark.parametrize("make", [prisoners_dilemma_on, public_goods])
def test_nobody_gains_by_cooperating(make):
    table = make(nx.lollipop_graph(3, 2)).enumerated().rewards[:, 0]
    for agent, paid in enumerate(table):
        cooperates, defects = np.moveaxis(paid, agent, 0)
        assert (defects > cooperates).all()


def test_in_coordination_all_alike_is_an_equilibrium_and_agents_disagree(rng):
    game = coordination(nx.cycle_graph(6), rng)
    table = game.enumerated().rewards[:, 0]
    for agent, action in itertools.product(range(6), range(2)):
        alike = [action] * 6
        other = [*alike[:agent], 1 - action, *alike[agent + 1 :]]
        assert table[agent][tuple(alike)] > table[agent][tuple(other)] == 0
    prefers = table[:, 0, 0, 0, 0, 0, 0] > table[:, 1, 1, 1, 1, 1, 1]
    assert 0 < prefers.sum() < 6
    agreed = coordination(nx.cycle_graph(6), rng, spread=0.0)
    assert team_optimum(agreed).value == pytest.approx(1.0)


def test_a_joint_action_pays_what_the_sum_says(rng):
    game = random_polymatrix(rng, nx.lollipop_graph(4, 2), 3)
    actions = rng.integers(3, size=(2, 6, 5))
    _, rewards = game.step(np.zeros((2, 5), dtype=int), actions, None)
    for r, i, play in np.ndindex(rewards.shape):
        a = actions[r, :, play]
        expected = game.own[i, a[i]]
        for (holder, other), payoff in zip(game.pairs, game.payoffs, strict=True):
            if holder == i:
                expected += payoff[a[i], a[other]]
        assert rewards[r, i, play] == pytest.approx(expected, abs=1e-14)
    table = game.enumerated()
    np.testing.assert_allclose(game.least_rewards, table.least_rewards, atol=1e-14)


@pytest.mark.statistical
def test_samples_come_to_the_exact_derivatives(rng):
    """Plays are bounded: by Hoeffding one of 156 means is farther off in 1e-8 of all seeds."""
    game = coordination(nx.star_graph(11), rng)
    policy = Boltzmann.of(game, "reference")
    theta = np.tile(rng.normal(size=policy.n_parameters), (1, 12, 1))
    streams = Streams([np.random.default_rng(5)])
    found = likelihood_ratio(game, policy, streams, 1, 20_000, order=1)(theta)
    expected = pairwise(game, policy, 1)(theta)
    most = np.abs(game.own).max() + game.received(game.payoffs.max(axis=-1)).max()
    error = 7 * most / np.sqrt(20_000)  # scores and rewards are bounded by 1 and `most`
    assert np.abs(found.J - expected.J).max() < error
    assert np.abs(found.gradient - expected.gradient).max() < error


# The team's optimum -------------------------------------------------------------------------------


def by_enumeration(game):
    mean = game.enumerated().rewards[:, 0].mean(axis=0)
    return mean.max()


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_is_that_of_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.lollipop_graph(4, 3)
    games = [
        prisoners_dilemma_on(graph),
        public_goods(graph, 1.2, 2.0),
        coordination(graph, rng),
        random_polymatrix(rng, nx.random_labeled_tree(7, seed=seed), 3),
    ]
    for game in games:
        found = team_optimum(game)
        assert found.exact and found.bound == found.value
        assert found.value == pytest.approx(by_enumeration(game), abs=1e-9)
        assert found.value == mean_return(game, found.actions)


def test_where_neighbours_want_to_differ_there_is_a_bound(rng):
    """Three who want to differ cannot: two edges of three, and the relaxation has all three."""
    game = coordination(TRIANGLE, rng, spread=0.0)
    differ = PolymatrixGame(game.own, game.pairs, -game.payoffs)
    found = team_optimum(differ)
    assert not found.exact
    assert found.bound == pytest.approx(0.0, abs=1e-9)
    assert by_enumeration(differ) == pytest.approx(-1 / 3)
    assert found.value <= -1 / 3 + 1e-12


def test_optima_that_are_known():
    assert team_optimum(prisoners_dilemma_on(nx.cycle_graph(6))).value == pytest.approx(-1.0)
    assert team_optimum(public_goods(STAR, 1.5, 2.0)).value == pytest.approx(1.0)
    # Leaves of a star cost 1 each and serve the hub by 2 / 4: their defection is the optimum.
    found = team_optimum(prisoners_dilemma_on(STAR))
    assert found.actions.tolist() == [0, 1, 1, 1, 1]
    assert found.value == pytest.approx((-2 * 5 - 1 + 2 * 4) / 5)


def test_a_thousand_agents_have_an_optimum():
    found = team_optimum(public_goods(nx.random_regular_graph(4, 1000, seed=1)))
    assert found.exact and found.value == pytest.approx(0.5)
    assert not found.actions.any()


# Refusals -----------------------------------------------------------------------------------------

OWN, BOTH_WAYS, PAYOFFS = np.zeros((2, 2)), np.array([[0, 1], [1, 0]]), np.zeros((2, 2, 2))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((np.zeros(2), BOTH_WAYS, PAYOFFS), r"own of shape \(2,\)"),
        ((OWN, BOTH_WAYS, np.zeros((2, 2))), r"payoffs of shape \(2, 2\): expected \(2, 2, 2\)"),
        ((np.full((2, 2), np.nan), BOTH_WAYS, PAYOFFS), r"own\[0, 0\] = nan"),
        ((OWN, BOTH_WAYS[::-1], PAYOFFS), r"pair \(0, 1\) is out of order"),
        ((OWN, BOTH_WAYS[:1], PAYOFFS[:1]), r"pair \(0, 1\) has no other"),
        ((OWN, np.array([[0, 0], [0, 1], [1, 0]]), PAYOFFS), r"pair \(0, 0\) has no other"),
        ((OWN, np.array([[0, 2], [2, 0]]), PAYOFFS), "pairs name agents 0 to 2 of 2"),
        ((OWN, np.array([0.5, 1]), PAYOFFS), r"pairs of shape \(2,\)"),
        ((np.zeros((3, 2)), BOTH_WAYS, PAYOFFS), "agent 2 has no neighbour"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        PolymatrixGame(*parts)
    PolymatrixGame(OWN, BOTH_WAYS, PAYOFFS)


def test_settings_out_of_range_are_refused(rng):
    for multiplier in (1.0, 2.0, np.nan):
        with pytest.raises(ValueError, match=r"multiplier = .* above 1 and below 2"):
            public_goods(STAR, multiplier)
    with pytest.raises(ValueError, match="cost = 0"):
        public_goods(STAR, cost=0.0)
    with pytest.raises(ValueError, match="spread = 2"):
        coordination(STAR, rng, spread=2.0)
    with pytest.raises(ValueError, match="actions = 1"):
        coordination(STAR, rng, actions=1)
    with pytest.raises(ValueError, match="a graph of one agent"):
        prisoners_dilemma_on(nx.empty_graph(1))
    with pytest.raises(ValueError, match="not connected"):
        prisoners_dilemma_on(nx.empty_graph(2))
    with pytest.raises(ValueError, match=r"1,048,576 joint actions.*pairwise"):
        prisoners_dilemma_on(nx.path_graph(20)).enumerated()
