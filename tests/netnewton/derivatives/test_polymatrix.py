"""Derivatives of games on graphs: tables of joint actions, finite differences, autograd, faults."""

import autograd
import autograd.numpy as anp
import networkx as nx
import numpy as np
import pytest

from netnewton.derivatives import exact, pairwise, polymatrix
from netnewton.games import PolymatrixGame, coordination, prisoners_dilemma_on, public_goods
from netnewton.networks import neighbour_pairs
from netnewton.policies import Boltzmann

LOGITS = ("per_action", "reference")


def every_small_graph():
    """All connected graphs of two to five nodes, up to isomorphism."""
    for graph in nx.graph_atlas_g():
        if 2 <= len(graph) <= 5 and nx.is_connected(graph):
            yield graph


def random_polymatrix(rng, graph, actions=2):
    pairs = neighbour_pairs(graph)
    own = rng.normal(size=(len(graph), actions))
    return PolymatrixGame(own, pairs, rng.normal(size=(len(pairs), actions, actions)))


def sizes_of(game, logits, rng, repetitions=2):
    policy = Boltzmann.of(game, logits)
    return policy, rng.normal(size=(repetitions, game.n_agents, policy.n_parameters))


def as_the_table(game, logits, rng):
    policy, theta = sizes_of(game, logits, rng)
    ours, theirs = (make(g, policy) for make, g in ((pairwise, game), (exact, game.enumerated())))
    for found, expected in zip(ours(theta)[:3], theirs(theta)[:3], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-13)
    np.testing.assert_allclose(ours.returns(theta[:, 0]), theirs.returns(theta[:, 0]), atol=1e-13)


@pytest.mark.parametrize("logits", LOGITS)
def test_as_a_table_of_joint_actions_on_every_small_graph(logits, rng):
    for graph in every_small_graph():
        as_the_table(random_polymatrix(rng, graph), logits, rng)


@pytest.mark.parametrize("logits", LOGITS)
def test_as_a_table_with_three_actions_and_with_six_agents(logits, rng):
    as_the_table(random_polymatrix(rng, nx.cycle_graph(4), 3), logits, rng)
    six = nx.octahedral_graph()
    for game in (prisoners_dilemma_on(six), public_goods(six), coordination(six, rng, 3)):
        as_the_table(game, logits, rng)


@pytest.mark.parametrize("logits", LOGITS)
def test_finite_differences_of_twenty_agents(logits, rng):
    game = random_polymatrix(rng, nx.random_regular_graph(4, 20, seed=1), 3)
    policy, theta = sizes_of(game, logits, rng, 1)
    source, h = pairwise(game, policy), 1e-5
    found = source(theta)
    for u in range(0, policy.n_parameters, 7):
        e = h * np.eye(policy.n_parameters)[u]
        up, down = source(theta + e), source(theta - e)
        slope = (up.J - down.J) / (2 * h), (up.gradient - down.gradient) / (2 * h)
        np.testing.assert_allclose(found.gradient[..., u], slope[0], atol=1e-8)
        np.testing.assert_allclose(found.hessian[..., u], slope[1], atol=1e-8)


def test_automatic_differentiation(rng):
    """J_i again with a loop over neighbours, and nothing of the closed form."""
    game = random_polymatrix(rng, nx.lollipop_graph(4, 2), 3)
    policy, theta = sizes_of(game, "per_action", rng, 1)
    found = pairwise(game, policy)(theta)
    for i in range(game.n_agents):

        def J(copy, i=i):
            z = anp.reshape(copy, (game.n_agents, 3))
            p = anp.exp(z) / anp.sum(anp.exp(z), axis=1, keepdims=True)
            paid = anp.dot(p[i], game.own[i])
            for (holder, other), payoff in zip(game.pairs, game.payoffs, strict=True):
                if holder == i:
                    paid = paid + anp.dot(p[i], anp.dot(payoff, p[other]))
            return paid

        assert found.J[0, i] == pytest.approx(J(theta[0, i]), abs=1e-13)
        gradient, hessian = autograd.grad(J)(theta[0, i]), autograd.hessian(J)(theta[0, i])
        np.testing.assert_allclose(found.gradient[0, i], gradient, atol=1e-13)
        np.testing.assert_allclose(found.hessian[0, i], hessian, atol=1e-13)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_lower_orders_are_the_same_numbers(order, rng):
    game = coordination(nx.path_graph(4), rng)
    policy, theta = sizes_of(game, "reference", rng)
    found, whole = pairwise(game, policy, order)(theta), pairwise(game, policy)(theta)
    for part in range(3):
        expected = whole[part].tobytes() if part <= order else b""
        assert found[part].tobytes() == expected


def test_a_hundred_agents_and_repetitions_by_themselves(rng):
    game = coordination(nx.random_regular_graph(4, 100, seed=1), rng)
    policy, theta = sizes_of(game, "reference", rng)
    found, alone = pairwise(game, policy)(theta), pairwise(game, policy)(theta[1:])
    assert found.hessian.shape == (2, 100, 100, 100)
    for part in range(3):
        assert found[part][1:].tobytes() == alone[part].tobytes()
    coupled = np.abs(found.hessian[0]).sum(axis=0) > 0
    neighbours = nx.to_numpy_array(nx.random_regular_graph(4, 100, seed=1)) > 0
    assert (coupled == neighbours | np.eye(100, dtype=bool)).all()


def test_the_hessian_of_public_goods_is_block_diagonal(rng):
    game = public_goods(nx.cycle_graph(5))
    policy, theta = sizes_of(game, "reference", rng)
    hessian = pairwise(game, policy)(theta).hessian
    assert np.abs(hessian * (1 - np.eye(5))).max() < 1e-16 < np.abs(hessian).max()


# Planted faults -----------------------------------------------------------------------------------


def transposed(rows):
    """The cross blocks the wrong way round."""
    return np.swapaxes(rows, -1, -2)


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("_cross", transposed),
        ("_cross", np.negative),
        ("_cross", np.zeros_like),
        ("blocks", np.negative),
        ("blocks", lambda blocks: blocks * np.eye(3)),
    ],
)
def test_a_wrong_block_is_noticed(part, fault, rng, monkeypatch):
    right = getattr(polymatrix.PairwiseDerivatives, part)
    game = random_polymatrix(rng, nx.path_graph(3), 3)
    as_the_table(game, "per_action", rng)
    monkeypatch.setattr(
        polymatrix.PairwiseDerivatives, part, lambda self, rows: fault(right(self, rows))
    )
    with pytest.raises(AssertionError):
        as_the_table(game, "per_action", rng)


def test_what_does_not_fit_is_refused(rng):
    game = coordination(nx.path_graph(3), rng)
    with pytest.raises(ValueError, match="make the policy for this game"):
        pairwise(game, Boltzmann(1, (2, 2)))
    with pytest.raises(ValueError, match="order = 3"):
        pairwise(game, Boltzmann.of(game), 3)
    with pytest.raises(ValueError, match=r"theta of shape \(1, 3, 4\): for 3 agents"):
        pairwise(game, Boltzmann.of(game))(np.zeros((1, 3, 4)))
    with pytest.raises(ValueError, match=r"mu of shape \(4,\)"):
        pairwise(game, Boltzmann.of(game)).returns(np.zeros(4))
    large = prisoners_dilemma_on(nx.cycle_graph(1000))
    with pytest.raises(ValueError, match=r"order 2 of 1000 agents .* 32.0 GB.*neighbourhood"):
        pairwise(large, Boltzmann.of(large))(np.broadcast_to(0.0, (1, 1000, 2000)))
