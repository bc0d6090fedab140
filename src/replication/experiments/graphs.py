"""Communication graphs that a configuration names: drawn by name, or read from a user's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netnewton.networks import graph_of, neighbour_pairs

if TYPE_CHECKING:
    import networkx as nx

FILE = "file"


def graph_from(description: Mapping[str, Any], rng: np.random.Generator) -> nx.Graph:
    """The graph of ``{"file": "roads.graphml"}``, or one by name, as `graph_of` has it.

    Raises
    ------
    ValueError
        As `graph_of` and `read_graph`; or if a file has parameters beside it.
    """
    if FILE not in description:
        return graph_of(description, rng)
    if beside := sorted(set(description) - {FILE}):
        raise ValueError(f"{FILE} = {description[FILE]!r} beside {beside}: a file is read as it is")
    return read_graph(Path(description[FILE]))


def read_graph(path: Path) -> nx.Graph:
    """A connected graph from a file: GraphML if it is named ``*.graphml``, or a list of edges.

    A list of edges has two names a line, between them spaces or a comma; what follows on the line,
    and what follows a ``#``, is passed over. So are attributes of GraphML.

    Returns
    -------
    networkx.Graph
        Its nodes are 0, ..., N - 1: in the order of their names if all are whole numbers, otherwise
        as they come in the file. The name of each is its attribute ``name``.

    Raises
    ------
    ValueError
        Naming the file, if it cannot be read, has directed edges or is not of a connected graph.
    """
    try:
        found = _of_graphml(path) if path.suffix == ".graphml" else _of_edges(path)
        graph = _numbered(found)
        neighbour_pairs(graph)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}: name a list of edges or GraphML") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return graph


def _of_graphml(path: Path) -> nx.Graph:
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        found = nx.read_graphml(path)
    except (ParseError, nx.NetworkXException, KeyError) as error:
        raise ValueError(f"{error}: this is no GraphML that networkx reads") from None
    if found.is_directed():
        raise ValueError("edges are directed: agents talk both ways, so make them undirected")
    return found


def _of_edges(path: Path) -> nx.Graph:
    import networkx as nx

    graph = nx.Graph()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        names = line.partition("#")[0].replace(",", " ").split()
        if len(names) == 1:
            raise ValueError(f"line {number} names {names[0]!r} alone: give an edge's two agents")
        if names:
            graph.add_edge(*names[:2])
    return graph


def _numbered(found: nx.Graph) -> nx.Graph:
    """The graph with numbers in place of names, and without loops, parallel edges, attributes."""
    import networkx as nx

    names = [str(node) for node in found]
    if all(name.isdecimal() for name in names):
        names.sort(key=int)
    number = {name: place for place, name in enumerate(names)}
    graph = nx.Graph()
    graph.add_nodes_from((place, {"name": name}) for name, place in number.items())
    ends = ((number[str(u)], number[str(v)]) for u, v in found.edges())
    graph.add_edges_from((i, j) for i, j in ends if i != j)
    return graph
