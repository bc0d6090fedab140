"""Graphs from files: what is read, in which order, and each refusal."""

import networkx as nx
import numpy as np
import pytest

from replication.experiments.graphs import graph_from, read_graph

EDGES = """# a comment
2 10 0.7
10, 1

1 2 # and another
10 3
3 3
"""


def test_a_list_of_edges(tmp_path):
    path = tmp_path / "edges.txt"
    path.write_text(EDGES)
    graph = read_graph(path)
    assert list(graph.nodes(data="name")) == [(0, "1"), (1, "2"), (2, "3"), (3, "10")]
    assert sorted(map(sorted, graph.edges)) == [[0, 1], [0, 3], [1, 3], [2, 3]]


def test_names_keep_the_order_of_the_file(tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text("west,east\neast,mid\n")
    graph = read_graph(path)
    assert [name for _, name in graph.nodes(data="name")] == ["west", "east", "mid"]
    assert list(graph.edges) == [(0, 1), (1, 2)]


def test_graphml_with_parallel_edges_and_attributes(tmp_path):
    drawn = nx.MultiGraph([(0, 1), (0, 1), (1, 2)])
    drawn.edges[0, 1, 0]["length"] = 3.5
    nx.write_graphml(drawn, tmp_path / "net.graphml")
    description = {"file": str(tmp_path / "net.graphml")}
    graph = graph_from(description, np.random.default_rng(0))
    assert type(graph) is nx.Graph and list(graph.edges) == [(0, 1), (1, 2)]
    assert graph.edges[0, 1] == {}


def test_a_name_is_drawn():
    rng = np.random.default_rng(0)
    graph = graph_from({"graph": "cycle_graph", "n": 4}, rng)
    assert nx.is_isomorphic(graph, nx.cycle_graph(4))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("edges.txt", "0 1\n2\n", "edges.txt: line 2 names '2' alone"),
        ("edges.txt", "0 1\n2 3\n", "edges.txt: the graph is not connected"),
        ("edges.txt", "# nothing\n", "edges.txt: the graph has no nodes"),
        ("edges.txt", b"\xff\xfe0 1", "edges.txt: 'utf-8' codec"),
        ("net.graphml", "0 1\n", "net.graphml: .*no GraphML"),
        ("net.graphml", "<a/>", "net.graphml: .*no GraphML"),
        ("net.graphml", nx.DiGraph([(0, 1)]), "net.graphml: edges are directed"),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path, name, text, message):
    path = tmp_path / name
    if isinstance(text, nx.DiGraph):
        nx.write_graphml(text, path)
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message):
        read_graph(path)


def test_a_file_that_is_not_there_or_has_parameters_is_refused(tmp_path):
    missing = {"file": str(tmp_path / "missing.txt")}
    with pytest.raises(ValueError, match=r"missing.txt: No such file or directory: name a list"):
        graph_from(missing, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"beside \['n'\]: a file is read as it is"):
        graph_from({**missing, "n": 3}, np.random.default_rng(0))
