"""Graphs by name: all names, seeds, tries, and each refusal."""

import networkx as nx
import numpy as np
import pytest

from netnewton.networks import graph_of
from netnewton.networks.topologies import FIXED, RANDOM

DESCRIPTIONS = {
    "balanced_tree": {"r": 2, "h": 3},
    "barabasi_albert_graph": {"n": 12, "m": 2},
    "barbell_graph": {"m1": 3, "m2": 1},
    "circulant_graph": {"n": 7, "offsets": [1, 3]},
    "complete_bipartite_graph": {"n1": 2, "n2": 3},
    "complete_graph": {"n": 4},
    "cycle_graph": {"n": 5},
    "erdos_renyi_graph": {"n": 12, "p": 0.3},
    "gnm_random_graph": {"n": 12, "m": 20},
    "grid_2d_graph": {"m": 2, "n": 3},
    "hypercube_graph": {"n": 3},
    "ladder_graph": {"n": 4},
    "lollipop_graph": {"m": 3, "n": 2},
    "newman_watts_strogatz_graph": {"n": 12, "k": 2, "p": 0.2},
    "path_graph": {"n": 4},
    "petersen_graph": {},
    "powerlaw_cluster_graph": {"n": 12, "m": 2, "p": 0.2},
    "random_geometric_graph": {"n": 12, "radius": 0.6},
    "random_labeled_tree": {"n": 9},
    "random_regular_graph": {"d": 4, "n": 12},
    "star_graph": {"n": 4},
    "stochastic_block_model": {"sizes": [5, 5], "p": [[0.9, 0.2], [0.2, 0.9]]},
    "watts_strogatz_graph": {"n": 12, "k": 4, "p": 0.1},
    "wheel_graph": {"n": 5},
}


def draw(name, seed=1, **others):
    return graph_of({"graph": name, **DESCRIPTIONS[name], **others}, np.random.default_rng(seed))


def edges(graph):
    return sorted(map(sorted, graph.edges))


@pytest.mark.parametrize("name", [*FIXED, *RANDOM])
def test_every_name_gives_a_connected_graph_of_numbered_nodes(name):
    graph = draw(name)
    assert type(graph) is nx.Graph and nx.is_connected(graph)
    assert list(graph) == list(range(len(graph)))
    assert not list(nx.selfloop_edges(graph))
    assert edges(graph) == edges(draw(name))
    assert name in FIXED or any(edges(graph) != edges(draw(name, seed)) for seed in range(2, 9))


def test_every_name_is_described_here():
    assert set(DESCRIPTIONS) == {*FIXED, *RANDOM}
    assert not set(FIXED) & set(RANDOM)


def test_a_graph_that_is_not_connected_is_drawn_again():
    """Of these a tenth are connected."""
    sparse = {"graph": "erdos_renyi_graph", "n": 10, "p": 0.2}
    drawn = [graph_of(sparse, np.random.default_rng(seed)) for seed in range(8)]
    assert all(map(nx.is_connected, drawn))
    alone = 0
    for seed in range(8):
        try:
            graph_of(sparse, np.random.default_rng(seed), tries=1)
        except ValueError as refused:
            alone += "no erdos_renyi_graph with {'n': 10, 'p': 0.2} was connected" in str(refused)
    assert alone > 0


def test_what_comes_after_does_not_depend_on_how_many_tries_it_took():
    easy, hard = np.random.default_rng(1), np.random.default_rng(1)
    graph_of({"graph": "erdos_renyi_graph", "n": 10, "p": 0.9}, easy)
    graph_of({"graph": "erdos_renyi_graph", "n": 10, "p": 0.25}, hard)
    assert easy.random() == hard.random()


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"n": 3}, "graph = None"),
        ({"graph": "read_graphml", "path": "x"}, "graph = 'read_graphml'.*choose one of"),
        ({"graph": ["path_graph"]}, "choose one of"),
        ({"graph": "path_graph"}, "path_graph with {}.*missing"),
        ({"graph": "cycle_graph", "n": 5, "k": 2}, "cycle_graph with .*'k'"),
        ({"graph": "cycle_graph", "n": 0}, "cycle_graph with {'n': 0}"),
        ({"graph": "random_regular_graph", "d": 3, "n": 5}, "must be even"),
        ({"graph": "erdos_renyi_graph", "n": 5, "p": 0.0}, "of 100: choose parameters"),
        ({"graph": "erdos_renyi_graph", "n": 5, "p": 1, "seed": 1}, "leave its seed"),
        ({"graph": "circulant_graph", "n": 6, "offsets": [2]}, "connected, of 1"),
    ],
)
def test_what_is_no_graph_is_refused(description, message):
    with pytest.raises(ValueError, match=message):
        graph_of(description, np.random.default_rng(0))


def test_no_tries_are_refused():
    with pytest.raises(ValueError, match="tries = 0"):
        graph_of({"graph": "petersen_graph"}, np.random.default_rng(0), 0)
