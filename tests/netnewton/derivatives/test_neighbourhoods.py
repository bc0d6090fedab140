"""Copies of neighbourhoods against copies of everything and a literal loop over agents; faults."""

import tracemalloc

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

from netnewton import run
from netnewton.algorithms import ConsensusNewton, NetworkGiant, TrackedNewton, scalars_sent
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import (
    DiagonalHessian,
    FullHessian,
    ScaledIdentity,
    absolute_eigenvalues,
    floor_eigenvalues,
)
from netnewton.derivatives import NeighbourhoodDerivatives, neighbourhood_source, pairwise
from netnewton.games import coordination, prisoners_dilemma_on, public_goods
from netnewton.networks import metropolis_weights, unchecked_mixing
from netnewton.policies import Boltzmann

GRAPHS = {
    "complete": nx.complete_graph(5),
    "star": nx.star_graph(4),
    "lollipop": nx.lollipop_graph(4, 3),
    "regular": nx.random_regular_graph(4, 12, seed=3),
}


def averaged_among_holders(copies):
    """Exact averaging of each block, whoever of its holders are neighbours."""
    same = copies.owner[:, np.newaxis] == copies.owner
    return unchecked_mixing(sp.csr_array(same / same.sum(axis=1, keepdims=True)))


def newton(curvature, projection=floor_eigenvalues):
    return ConsensusNewton(curvature, 0.3, 0.2, projection)


METHODS = {  # on rows, and on copies of everything
    "gradient": lambda owner: (TrackedNewton(ScaledIdentity(), 0.5),) * 2,
    "DG": lambda owner: (newton(ScaledIdentity()),) * 2,
    "diagonal": lambda owner: (newton(DiagonalHessian(-1)),) * 2,
    "blocks": lambda owner: (newton(FullHessian(-1)), newton(BlockDiagonal(owner, -1))),
    "saddle-free": lambda owner: tuple(
        newton(curvature, absolute_eigenvalues)
        for curvature in (FullHessian(-1), BlockDiagonal(owner, -1))
    ),
    "GIANT, identity": lambda owner: (NetworkGiant(ScaledIdentity(), 0.5),) * 2,
}


def both_ways(graph, method, rng, iterations=25, logits="per_action"):
    """Iterates played, from equal starts: of copies of neighbourhoods, and of everything."""
    game = coordination(graph, rng, 3)
    policy = Boltzmann.of(game, logits)
    theta = rng.normal(size=policy.n_parameters)
    rows, whole = neighbourhood_source(game, policy), pairwise(game, policy)
    of_rows, of_all = METHODS[method](policy.owner)
    few = run(
        of_rows,
        rows,
        averaged_among_holders(rows.copies),
        iterations,
        start=rows.copies.spread(theta),
        observe=lambda states: {"mu": rows.copies.played(states.theta)},
    )
    N = len(graph)
    exact_average = np.full((N, N), 1 / N)
    many = run(of_all, whole, exact_average, iterations, start=np.tile(theta, (N, 1)))
    return few.trace["mu"], many.trace["theta"][:, 0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_with_exact_averaging_as_copies_of_everything(graph, method, rng):
    few, many = both_ways(GRAPHS[graph], method, rng)
    assert np.ptp(many, axis=0).max() > 0.1
    np.testing.assert_allclose(few, many, atol=1e-10)


def test_one_logit_an_agent_as_copies_of_everything(rng):
    for method in ("gradient", "blocks"):
        few, many = both_ways(GRAPHS["lollipop"], method, rng, logits="reference")
        np.testing.assert_allclose(few, many, atol=1e-10)


class Unscaled(NeighbourhoodDerivatives):
    """A planted fault: rows without their share |N[j]| / N."""

    @property
    def _share(self):
        return np.ones((self.copies.n_rows, 1)) / self.game.n_agents


def test_a_wrong_share_is_noticed(rng, monkeypatch):
    monkeypatch.setattr(NeighbourhoodDerivatives, "_share", Unscaled._share)
    few, many = both_ways(GRAPHS["lollipop"], "gradient", rng)
    assert np.abs(few - many).max() > 0.1


def test_means_over_holders_are_blocks_of_the_averages(rng):
    game = coordination(GRAPHS["lollipop"], rng, 3)
    policy = Boltzmann.of(game, "reference")
    N, s = game.n_agents, 2
    mu = rng.normal(size=policy.n_parameters)
    rows, whole = neighbourhood_source(game, policy), pairwise(game, policy)
    found = rows(rows.copies.spread(mu)[np.newaxis])
    average = whole(np.tile(mu, (1, N, 1)))
    gradient = average.gradient[0].mean(axis=0).reshape(N, s)
    hessian = average.hessian[0].mean(axis=0).reshape(N, s, N, s)
    for j in range(N):
        holders = rows.copies.owner == j
        mean = found.gradient[0, holders].mean(axis=0), found.hessian[0, holders].mean(axis=0)
        np.testing.assert_allclose(mean[0], gradient[j], atol=1e-15)
        np.testing.assert_allclose(mean[1], hessian[j, :, j], atol=1e-15)
    np.testing.assert_allclose(found.J[0, :N], whole.returns(mu), atol=1e-15)


# A literal loop over agents -----------------------------------------------------------------------


class Agent:
    """One agent: its own payoffs, copies of the blocks of its closed neighbourhood, and trackers.

    It has a softmax and derivatives of its own, and reads nothing of another's but messages.
    """

    def __init__(self, i, game, start):
        self.i, self.N = i, game.n_agents
        self.own = game.own[i]
        self.payoff = {
            int(j): A for (k, j), A in zip(game.pairs, game.payoffs, strict=True) if k == i
        }
        self.closed = [i, *self.payoff]
        self.theta = {j: start[j].copy() for j in self.closed}
        self.y = {j: np.zeros_like(start[j]) for j in self.closed}
        self.g = {j: np.zeros_like(start[j]) for j in self.closed}
        self.held = None  # |N[j]| of the blocks it holds, as its neighbours say

    def gradient(self, j):
        p = {k: np.exp(z) / np.exp(z).sum() for k, z in self.theta.items()}
        if j == self.i:
            worth = self.own + sum(A @ p[k] for k, A in self.payoff.items())
        else:
            worth = self.payoff[j].T @ p[self.i]
        return self.held[j] / self.N * p[j] * (worth - p[j] @ worth)


def degree_among(agents, j, h):
    """How many holders of block j agent h is joined to."""
    return sum(k in agents[h].payoff for k in agents[j].closed)


def received(agents, messages, i, j):
    """Metropolis mixing of block j at agent i, of what the block's holders among its neighbours
    have sent it.
    """
    mixed, kept = 0.0, 1.0
    for h in agents[i].payoff:
        if j in agents[h].closed:
            a = 1 / (1 + max(degree_among(agents, j, h), degree_among(agents, j, i)))
            mixed, kept = mixed + a * messages[h, i, j], kept - a
    return mixed + kept * messages[i, i, j]


def exchanged(agents, value):
    """Every agent sends each neighbour its copy of every block that the neighbour holds too."""
    messages = {}
    for sender in agents:
        for to in sender.closed:
            for j in sender.closed:
                if j in agents[to].closed:
                    messages[sender.i, to, j] = value(sender, j).copy()
    return messages


def literal_gradient_tracking(game, start, step, iterations):
    agents = [Agent(i, game, start) for i in range(game.n_agents)]
    for agent in agents:
        agent.held = {j: len(agents[j].closed) for j in agent.closed}
    sent = {}
    for _ in range(iterations):
        messages = exchanged(agents, lambda agent, j: agent.y[j])
        sent = {key: x.size for key, x in messages.items()}
        new = {(a.i, j): received(agents, messages, a.i, j) for a in agents for j in a.closed}
        for a in agents:
            gradient = {j: a.gradient(j) for j in a.closed}
            a.y = {j: new[a.i, j] + gradient[j] - a.g[j] for j in a.closed}
            a.g = gradient
        messages = exchanged(agents, lambda agent, j: agent.theta[j] + step * agent.y[j])
        sent = {key: sent[key] + x.size for key, x in messages.items()}
        new = {(a.i, j): received(agents, messages, a.i, j) for a in agents for j in a.closed}
        for a in agents:
            a.theta = {j: new[a.i, j] for j in a.closed}
    return agents, sent


@pytest.mark.parametrize("graph", ["star", "lollipop", "regular"])
def test_a_literal_loop_over_agents(graph, rng):
    game = coordination(GRAPHS[graph], rng, 3)
    source = neighbourhood_source(game, Boltzmann.of(game), 1)
    start = rng.normal(size=(game.n_agents, 3))
    agents, _ = literal_gradient_tracking(game, start, 0.5, 20)
    found = run(
        TrackedNewton(ScaledIdentity(), 0.5),
        source,
        source.copies.mixing(metropolis_weights),
        20,
        start=source.copies.spread(start.ravel()),
        observe=source.observe,
    )
    holder, owner = source.copies.holder, source.copies.owner
    literal = [agents[i].theta[j] for i, j in zip(holder, owner, strict=True)]
    np.testing.assert_allclose(found.theta, literal, atol=1e-12)
    apart = max(np.ptp(found.theta[owner == j], axis=0).max() for j in range(game.n_agents))
    assert apart > 1e-6, "copies are not all equal"


def test_scalars_sent_and_held_are_those_that_are_counted(rng):
    """Over each link as many as the two agents' neighbourhoods have in common, and no others."""
    game = coordination(GRAPHS["lollipop"], rng, 3)
    source = neighbourhood_source(game, Boltzmann.of(game))
    copies = source.copies
    agents, sent = literal_gradient_tracking(game, np.zeros((game.n_agents, 3)), 0.5, 1)
    over_link = {}
    for (sender, to, _), size in sent.items():
        if sender != to:
            over_link[sender, to] = over_link.get((sender, to), 0) + size
    theta = np.zeros((1, copies.n_rows, 3))
    first_order = scalars_sent(TrackedNewton(ScaledIdentity()), source, theta)
    assert first_order == 2 * 3 + 1, "y, theta, and the constant size of the identity"
    pairs, shared = game.pairs.tolist(), copies.shared.tolist()
    expected = {tuple(pair): 2 * 3 * c for pair, c in zip(pairs, shared, strict=True)}
    assert over_link == expected
    common = [len(set(agents[i].closed) & set(agents[j].closed)) for i, j in game.pairs]
    assert copies.shared.tolist() == common
    assert copies.held.tolist() == [len(agent.theta) for agent in agents]
    assert scalars_sent(TrackedNewton(FullHessian(-1)), source, theta) == 2 * 3 + 3**2
    # As weights have it: who receives what.
    weights = copies.weights(metropolis_weights).tocoo()
    to, sender = copies.holder[weights.row], copies.holder[weights.col]
    passed = sum((to != sender).tolist())
    assert passed == copies.shared.sum()


def test_nothing_is_sent_but_to_neighbours(rng):
    """Rows mix with rows of the same block only, which the same agent holds or a neighbour."""
    graph = GRAPHS["regular"]
    game = coordination(graph, rng)
    copies = game.copies
    weights = copies.weights(metropolis_weights).tocoo()
    assert (copies.owner[weights.row] == copies.owner[weights.col]).all()
    for to, sender in zip(copies.holder[weights.row], copies.holder[weights.col], strict=True):
        assert to == sender or graph.has_edge(int(to), int(sender))


def test_a_row_mixed_with_one_that_is_no_holders_is_noticed(rng):
    """A planted fault: two rows of different blocks are exchanged in what is mixed."""
    game = coordination(GRAPHS["lollipop"], rng, 3)
    source = neighbourhood_source(game, Boltzmann.of(game), 1)
    right = averaged_among_holders(source.copies)
    order = np.arange(source.copies.n_rows)
    order[[7, 11]] = order[[11, 7]]
    assert source.copies.owner[7] != source.copies.owner[11]

    def wrong(values, iteration):
        return right(values[:, order], iteration)

    start = source.copies.spread(rng.normal(size=3 * game.n_agents))
    method = TrackedNewton(ScaledIdentity(), 0.5)
    ends = [run(method, source, mix, 10, start, source.observe).theta for mix in (right, wrong)]
    assert np.abs(ends[0] - ends[1]).max() > 1e-2


# The team learns ----------------------------------------------------------------------------------


def test_a_thousand_agents_climb(rng):
    game = public_goods(nx.random_regular_graph(4, 1000, seed=1))
    source = neighbourhood_source(game, Boltzmann.of(game))
    assert source.copies.n_rows == 5000
    mix = source.copies.mixing(metropolis_weights)
    for method in (
        TrackedNewton(ScaledIdentity(), 2000.0),
        ConsensusNewton(FullHessian(-1), 0.5, 1e-3, absolute_eigenvalues),
    ):
        found = run(method, source, mix, 10, observe=source.observe)
        assert found.stopped is None
        assert found.J[0] == pytest.approx(0.25)
        assert found.J[-1] > 0.26


def megabytes_of_a_step(agents, order, curvature):
    game = public_goods(nx.random_regular_graph(4, agents, seed=1))
    source = neighbourhood_source(game, Boltzmann.of(game), order)
    mix = source.copies.mixing(metropolis_weights)
    method = TrackedNewton(curvature)
    state = method.init(np.zeros((1, source.copies.n_rows, 2)))
    state = method.step(state, source, mix)  # makes what is kept
    tracemalloc.start()
    try:
        method.step(state, source, mix)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("order", "curvature"), [(1, ScaledIdentity()), (2, FullHessian(-1))])
def test_memory_of_an_iteration_grows_with_the_number_of_edges(order, curvature):
    """Copies of everything would take 16 MB for theta alone, and grow fourfold."""
    few, many = (megabytes_of_a_step(agents, order, curvature) for agents in (500, 1000))
    assert few < many < 2.2 * few and many < 4.0


def test_returns_are_those_of_what_is_played(rng):
    game = prisoners_dilemma_on(GRAPHS["star"])
    policy = Boltzmann.of(game)
    source = neighbourhood_source(game, policy, 0)
    rows = rng.normal(size=(2, source.copies.n_rows, 2))
    mu = rows[:, :5].reshape(2, -1)
    assert source.copies.played(rows).tobytes() == mu.tobytes()
    expected = pairwise(game, policy).returns(mu)
    np.testing.assert_allclose(source.returns_played(rows), expected, atol=1e-15)


def test_what_does_not_fit_is_refused(rng):
    game = coordination(nx.path_graph(3), rng)
    with pytest.raises(ValueError, match="make the policy for this game"):
        neighbourhood_source(game, Boltzmann(1, (2, 2)))
    source = neighbourhood_source(game, Boltzmann.of(game))
    with pytest.raises(ValueError, match=r"theta of shape \(1, 3, 6\): for 7 agents"):
        source(np.zeros((1, 3, 6)))
