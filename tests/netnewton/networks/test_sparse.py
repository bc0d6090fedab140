"""Sparse, fastest and repeated mixing, and the consensus matrix of neighbourhoods' copies."""

import sys

import mixingmatrix
import networkx as nx
import numpy as np
import pytest

from netnewton.networks import (
    NeighbourhoodCopies,
    fastest_mixing_weights,
    maximum_degree_weights,
    metropolis_weights,
    mixing,
    neighbour_pairs,
    random_weights,
    repeated,
    sparse_metropolis_weights,
    spectral_gap,
    unchecked_mixing,
    validate_weights,
)

GRAPHS = [
    nx.path_graph(2),
    nx.star_graph(6),
    nx.petersen_graph(),
    nx.lollipop_graph(4, 3),
    nx.Graph([("b", "a"), ("a", "c"), ("c", "c"), ("c", "d")]),
]


@pytest.mark.parametrize("graph", GRAPHS)
def test_sparse_weights_are_the_dense_ones(graph):
    sparse = sparse_metropolis_weights(graph)
    np.testing.assert_allclose(sparse.toarray(), metropolis_weights(graph), atol=1e-15)
    simple = nx.Graph(graph)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    assert sparse.nnz == len(graph) + 2 * simple.number_of_edges()
    values = np.arange(3.0 * len(graph)).reshape(1, -1, 3)
    mixed = unchecked_mixing(sparse)(values, 1)
    np.testing.assert_allclose(mixed, mixing(metropolis_weights(graph))(values, 1), atol=1e-13)


def test_pairs_are_sorted_and_mutual():
    graph = nx.Graph([("b", "a"), ("a", "c"), ("c", "c")])
    assert neighbour_pairs(graph).tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert neighbour_pairs(nx.empty_graph(1)).shape == (0, 2)


@pytest.mark.parametrize("graph", [nx.empty_graph(3), nx.empty_graph(0), nx.DiGraph([(0, 1)])])
def test_bad_graphs_are_refused(graph):
    for law in (sparse_metropolis_weights, fastest_mixing_weights, NeighbourhoodCopies.of):
        with pytest.raises(ValueError, match=r"not connected|no nodes|DiGraph"):
            law(graph)


def test_ten_thousand_agents_take_no_dense_matrix():
    graph = nx.cycle_graph(10_000)  # 800 MB as a dense one
    assert sparse_metropolis_weights(graph).nnz == 30_000


# Fastest mixing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("graph", GRAPHS)
def test_fastest_weights_are_valid_and_none_of_ours_is_faster(graph):
    weights = fastest_mixing_weights(graph)
    validate_weights(weights, graph)
    others = metropolis_weights(graph), maximum_degree_weights(graph)
    drawn = [random_weights(graph, np.random.default_rng(seed)) for seed in range(20)]
    gaps = spectral_gap(np.stack([*others, *drawn]))
    assert spectral_gap(weights) >= gaps.max() - 1e-3


def test_fastest_weights_on_a_cycle_by_hand():
    """Weight w on each edge of a cycle of six: eigenvalues 1 - 2 w (1 - cos), best w = 0.4."""
    weights = fastest_mixing_weights(nx.cycle_graph(6))
    assert spectral_gap(weights) == pytest.approx(0.4, abs=1e-3)
    assert fastest_mixing_weights(nx.empty_graph(1)).tolist() == [[1.0]]


def test_without_the_extra_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mixingmatrix", None)
    with pytest.raises(ImportError, match=r"pip install 'netnewton\[mixing\]'"):
        fastest_mixing_weights(nx.path_graph(3))


def test_a_solver_that_stops_short_is_refused(monkeypatch):
    solve = mixingmatrix.solve
    monkeypatch.setattr(mixingmatrix, "solve", lambda g, tol: solve(g, "admm", max_iter=1))
    with pytest.raises(ValueError, match="mixingmatrix ended with status"):
        fastest_mixing_weights(nx.lollipop_graph(6, 6))


# Several rounds -----------------------------------------------------------------------------------


def test_rounds_are_powers_of_the_matrix(rng):
    weights = metropolis_weights(nx.lollipop_graph(4, 3))
    values = rng.normal(size=(2, 7, 3))
    for rounds in (1, 2, 5):
        power = np.linalg.matrix_power(weights, rounds)
        found = repeated(mixing(weights), rounds)(values, 4)
        np.testing.assert_allclose(found, mixing(power)(values, 4), atol=1e-14)
    with pytest.raises(ValueError, match="rounds = 0"):
        repeated(mixing(weights), 0)


def test_no_two_rounds_have_the_same_number():
    """So that a network that changes with the iteration changes with the round."""
    numbers = []

    def recording(values, iteration):
        numbers.append(iteration)
        return values

    mix = repeated(recording, 3)
    for iteration in (1, 2, 3):
        mix(np.zeros((1, 2, 1)), iteration)
    assert numbers == list(range(1, 10))


# Copies of neighbourhoods -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law", [metropolis_weights, maximum_degree_weights, fastest_mixing_weights]
)
@pytest.mark.parametrize("graph", GRAPHS)
def test_each_block_has_the_laws_matrix_on_what_joins_its_holders(law, graph):
    graph = nx.convert_node_labels_to_integers(graph)
    copies = NeighbourhoodCopies.of(graph)
    weights = copies.weights(law).toarray()
    assert (weights[copies.owner[:, np.newaxis] != copies.owner] == 0).all()
    for agent in graph:
        rows = np.flatnonzero(copies.owner == agent)
        holders = copies.holder[rows]
        assert holders.tolist() == [agent, *sorted(set(graph[agent]) - {agent})]
        joined = nx.Graph()
        joined.add_nodes_from(holders.tolist())
        joined.add_edges_from(graph.subgraph(holders.tolist()).edges)
        block = weights[np.ix_(rows, rows)]
        validate_weights(block, joined)
        np.testing.assert_allclose(block, law(joined), atol=1e-14)


def test_a_sparse_law_serves_as_well():
    copies = NeighbourhoodCopies.of(nx.lollipop_graph(4, 3))
    sparse, dense = map(copies.weights, (sparse_metropolis_weights, metropolis_weights))
    np.testing.assert_allclose(sparse.toarray(), dense.toarray(), atol=1e-15)


def test_a_law_that_gives_no_consensus_matrix_is_refused():
    copies = NeighbourhoodCopies.of(nx.path_graph(3))
    with pytest.raises(ValueError, match="not neighbours"):
        copies.weights(lambda graph: np.full((len(graph), len(graph)), 1 / len(graph)))
    with pytest.raises(ValueError, match="sums to 2"):
        copies.weights(lambda graph: 2 * metropolis_weights(graph))
    with pytest.raises(ValueError, match="not connected"):
        copies.weights(lambda graph: np.eye(len(graph)))


def test_rows_of_equal_copies_are_played(rng):
    copies = NeighbourhoodCopies.of(nx.path_graph(3))
    assert copies.n_rows == 7
    assert copies.held.tolist() == [2, 3, 2] and copies.shared.tolist() == [2] * 4
    theta = rng.normal(size=(2, 6))
    rows = copies.spread(theta)
    assert rows.shape == (2, 7, 2)
    assert copies.played(rows).tobytes() == theta.tobytes()
    np.testing.assert_array_equal(rows[0, 3], theta[0, 2:4])  # agent 0's copy of agent 1
    mixed = copies.mixing(metropolis_weights)(rows, 1)
    np.testing.assert_allclose(mixed, rows, atol=1e-15)
