"""Consensus matrices: hand values, invariants, another package, and each refusal."""

import mixingmatrix
import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from netnewton import networks
from netnewton.networks import (
    maximum_degree_weights,
    metropolis_weights,
    mixing,
    random_weights,
    spectral_gap,
    unchecked_mixing,
    validate_weights,
)


@st.composite
def connected_graphs(draw):
    agents = draw(st.integers(2, 9))
    graph = nx.random_labeled_tree(agents, seed=draw(st.integers(0, 2**31)))
    pairs = st.tuples(st.integers(0, agents - 1), st.integers(0, agents - 1))
    graph.add_edges_from((i, j) for i, j in draw(st.lists(pairs, max_size=12)) if i != j)
    return graph


@given(connected_graphs(), st.integers(0, 2**31))
@settings(max_examples=60)
def test_every_law_gives_a_valid_matrix_on_every_connected_graph(graph, seed):
    for weights in (
        metropolis_weights(graph),
        maximum_degree_weights(graph),
        random_weights(graph, np.random.default_rng(seed)),
    ):
        validate_weights(weights, graph)
        assert mixingmatrix.is_valid(weights, graph)


def test_metropolis_on_a_path_by_hand():
    expected = [[2 / 3, 1 / 3, 0], [1 / 3, 1 / 3, 1 / 3], [0, 1 / 3, 2 / 3]]
    np.testing.assert_allclose(metropolis_weights(nx.path_graph(3)), expected, atol=1e-15)


def test_maximum_degree_on_a_star_by_hand():
    weights = maximum_degree_weights(nx.star_graph(3))
    np.testing.assert_allclose(weights[0], [1 / 4, 1 / 4, 1 / 4, 1 / 4])
    np.testing.assert_allclose(np.diag(weights), [1 / 4, 3 / 4, 3 / 4, 3 / 4])


@pytest.mark.parametrize("graph", [nx.path_graph(5), nx.petersen_graph(), nx.star_graph(6)])
def test_agrees_with_another_package(graph):
    ours = metropolis_weights(graph)
    theirs = mixingmatrix.metropolis_hastings(graph).toarray()
    np.testing.assert_allclose(ours, theirs, atol=1e-14)
    np.testing.assert_allclose(spectral_gap(ours), mixingmatrix.spectral_gap(ours), atol=1e-12)
    # Its maximum-degree weights are 1 / d, ours 1 / (1 + d): both are I minus a multiple of L.
    d, identity = max(dict(graph.degree).values()), np.eye(len(graph))
    theirs = mixingmatrix.max_degree(graph).toarray()
    ours = maximum_degree_weights(graph)
    np.testing.assert_allclose((1 + d) * (identity - ours), d * (identity - theirs), atol=1e-12)


@pytest.mark.parametrize("largest", [1.0, 0.5])
def test_two_agents_get_a_uniform_weight(largest):
    rng = np.random.default_rng(1)
    drawn = [random_weights(nx.complete_graph(2), rng, largest)[0, 1] for _ in range(4000)]
    # Kolmogorov-Smirnov at a false-alarm rate of 1e-7.
    distance = np.abs(np.sort(drawn) / largest - np.arange(1, 4001) / 4000).max()
    assert distance < np.sqrt(np.log(2 / 1e-7) / 2 / 4000)


def test_spectral_gap_by_hand():
    a = np.array([0.1, 0.5, 0.9])
    weights = np.stack([[[1 - x, x], [x, 1 - x]] for x in a])
    np.testing.assert_allclose(spectral_gap(weights), 1 - np.abs(1 - 2 * a), atol=1e-14)


def test_dense_sparse_and_loops_mix_alike(rng, random_graph):
    graph = random_graph(rng, 7)
    weights = metropolis_weights(graph)
    for trailing in [(), (3,), (3, 3), (2, 1, 4)]:
        values = rng.normal(size=(5, 7, *trailing))
        slow = np.zeros_like(values)
        for i in range(7):
            for j in range(7):
                slow[:, i] += weights[i, j] * values[:, j]
        for matrix in (weights, np.stack([weights] * 5), sp.csr_array(weights)):
            np.testing.assert_allclose(mixing(matrix)(values, 0), slow, atol=1e-14)


def test_mixing_by_the_transpose_is_noticed(rng):
    """A planted fault: row i of A weighs agent i's neighbours, not column i."""
    weights = np.array([[0.9, 0.1], [0.4, 0.6]])
    values = rng.normal(size=(1, 2, 1))
    right = unchecked_mixing(weights)(values, 0)
    wrong = unchecked_mixing(weights.T)(values, 0)
    np.testing.assert_allclose(right[0, :, 0], weights @ values[0, :, 0])
    assert not np.allclose(right, wrong)


GOOD = np.array([[0.7, 0.3], [0.3, 0.7]])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[0.7, 0.3], [0.2, 0.8]], r"weights\[0, 1\] = 0.3 but weights\[1, 0\] = 0.2.*symmetric"),
        ([[1.2, -0.2], [-0.2, 1.2]], r"weights\[0, 1\] = -0.2 is negative"),
        ([[0.7, 0.2], [0.2, 0.7]], r"row 0 of the weights sums to 0.9, not 1"),
        ([[1.0, 0.0], [0.0, 1.0]], r"not connected.*0 and 1"),
        ([[0.7, np.nan], [0.3, 0.7]], r"weights\[0, 1\] = nan"),
        ([[0.7, 0.3]], r"shape .*1, 2.*square"),
        (np.empty((0, 0)), r"shape .*0, 0.*square"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    for bad in (np.array(weights), np.stack([np.array(weights)] * 2)):
        with pytest.raises(ValueError, match=message):
            validate_weights(bad)
    if np.shape(weights) == (2, 2):
        with pytest.raises(ValueError, match=message):
            mixing(sp.csr_array(np.array(weights)))
    validate_weights(GOOD)


@given(st.integers(2, 9), st.integers(0, 2**31))
@settings(max_examples=60)
def test_matrices_are_refused_where_networkx_finds_their_graph_not_connected(agents, seed):
    graph = nx.gnp_random_graph(agents, 0.35, seed=seed)
    laplacian = nx.laplacian_matrix(graph).toarray()
    weights = np.eye(agents) - laplacian / (1.0 + laplacian.max())
    if nx.is_connected(graph):
        return validate_weights(weights)
    apart = min(set(graph) - nx.node_connected_component(graph, 0))
    with pytest.raises(ValueError, match=f"not connected.*agents 0 and {apart}$"):
        validate_weights(weights)


def test_weight_off_the_edges_is_refused():
    with pytest.raises(ValueError, match="agents 0 and 2 are not neighbours"):
        validate_weights(np.full((3, 3), 1 / 3), nx.path_graph(3))
    with pytest.raises(ValueError, match="2 agents in the weights but 3 nodes"):
        validate_weights(GOOD, nx.path_graph(3))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.empty_graph(3), "not connected"),
        (nx.empty_graph(0), "no nodes"),
        (nx.DiGraph([(0, 1)]), "DiGraph"),
    ],
)
def test_bad_graphs_are_refused(graph, message):
    for law in (metropolis_weights, maximum_degree_weights):
        with pytest.raises(ValueError, match=message):
            law(graph)
    with pytest.raises(ValueError, match=message):
        random_weights(graph, np.random.default_rng(0))


@pytest.mark.parametrize("largest", [0.0, 1.5, float("nan")])
def test_bad_law_is_refused(largest):
    with pytest.raises(ValueError, match="largest = "):
        random_weights(nx.complete_graph(2), np.random.default_rng(0), largest)


def test_node_labels_and_self_loops_do_not_matter():
    labelled = nx.Graph([("b", "a"), ("a", "c"), ("c", "c")])
    plain = nx.relabel_nodes(nx.path_graph(3), {0: "b", 1: "a", 2: "c"})
    np.testing.assert_array_equal(metropolis_weights(labelled), metropolis_weights(plain))


def test_sinkhorn_weights_are_those_of_the_formula_for_two_agents(rng):
    graph = nx.complete_graph(2)
    seed = rng.bit_generator.seed_seq.spawn(1)[0]
    drawn = 1.0 - np.random.default_rng(seed).random((2, 2))
    weights = networks.sinkhorn_weights(graph, np.random.default_rng(seed))
    expected = drawn[0, 1] / (drawn[0, 1] + np.sqrt(drawn[0, 0] * drawn[1, 1]))
    assert weights[0, 1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("graph", [nx.path_graph(5), nx.star_graph(6), nx.complete_graph(7)])
def test_sinkhorn_weights_fit_any_connected_graph(graph, rng):
    weights = networks.sinkhorn_weights(graph, rng)
    networks.validate_weights(weights, graph)
    assert (weights[nx.to_numpy_array(graph) > 0] > 0).all()
