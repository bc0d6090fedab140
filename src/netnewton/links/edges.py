"""The directed edges along which messages go, and sums over those that come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from netnewton.arrays import Array, Flags, Indices

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class Edges:
    """E directed edges of N agents, sorted by receiver and then by sender.

    Parameters
    ----------
    adjacency : Flags, shape (N, N)
        Whether agent i (row) receives from agent j (column). Nobody sends to itself.
    """

    adjacency: Flags

    @property
    def agents(self) -> int:
        """N."""
        return len(self.adjacency)

    def __len__(self) -> int:
        """E."""
        return len(self.senders)

    @cached_property
    def receivers(self) -> Indices:
        """Shape (E,)."""
        return np.nonzero(self.adjacency)[0]

    @cached_property
    def senders(self) -> Indices:
        """Shape (E,)."""
        return np.nonzero(self.adjacency)[1]

    @cached_property
    def reverse(self) -> Indices:
        """The edge that goes the other way, -1 where there is none, shape (E,)."""
        number = np.full(self.adjacency.shape, -1)
        number[self.receivers, self.senders] = np.arange(len(self))
        return number[self.senders, self.receivers]

    @cached_property
    def slots(self) -> Indices:
        """The edges that come in to each agent, padded by -1, shape (N, largest in-degree)."""
        degrees = self.adjacency.sum(axis=1)
        filled = np.arange(degrees.max(initial=0)) < degrees[:, np.newaxis]
        slots = np.full(filled.shape, -1)
        slots[filled] = np.arange(len(self))
        return slots

    def into(self, values: Array) -> Array:
        """Sums over the edges that come in to each agent, (R, E, ...) to (R, N, ...).

        Every agent hears another one, as in any strongly connected network of two or more.
        """
        if not len(self):
            return np.zeros((len(values), self.agents, *values.shape[2:]))
        first = np.searchsorted(self.receivers, np.arange(self.agents))
        return np.asarray(np.add.reduceat(values, first, axis=1))

    def out_degrees(self, counted: Flags) -> Indices:
        """How many of the counted edges leave each agent, shape (R, E) to (R, N)."""
        leaving = np.eye(self.agents, dtype=np.intp)[self.senders]
        return np.asarray(counted.astype(np.intp) @ leaving)


Directions = Callable[[Edges], Indices]
"""From edges to the edge whose fate each shares, shape (E,): `asymmetric` or `symmetric`."""


def asymmetric(edges: Edges) -> Indices:
    """Each direction by itself: i may hear j while j does not hear i."""
    return np.arange(len(edges))


def symmetric(edges: Edges) -> Indices:
    """Both directions of a link together; a one-way edge by itself."""
    own = np.arange(len(edges))
    return np.where(edges.reverse < 0, own, np.minimum(own, edges.reverse))


def adjacencies(graphs: nx.Graph | Sequence[nx.Graph]) -> Flags:
    """Who hears whom in one graph or in T of them, shape (T, N, N).

    An edge (u, v) of a directed graph lets v hear u. Agents are numbered in the order of
    ``graph.nodes``.

    Raises
    ------
    ValueError
        If there is no graph, one has no nodes or other nodes than the first, or all together are
        not strongly connected.
    """
    listed = list(graphs) if isinstance(graphs, Sequence) else [graphs]
    if not listed or not len(listed[0]):
        raise ValueError("there is no graph, or one without nodes: give one node for each agent")
    for t, graph in enumerate(listed):
        if list(graph.nodes) != list(listed[0].nodes):
            raise ValueError(
                f"graphs[{t}] has the nodes {list(graph.nodes)}, graphs[0] {list(listed[0].nodes)}:"
                " give all the same nodes, in one order"
            )
    found = np.stack([_adjacency(graph) for graph in listed])
    require_connected(together(found))
    return found


def together(adjacencies: Flags) -> Flags:
    """Who hears whom at some time, shape (T, N, N) to (N, N)."""
    return np.asarray(adjacencies.any(axis=0))


def require_connected(adjacency: Flags) -> None:
    """Refuse a network in which a message cannot get from each agent to each other one.

    Raises
    ------
    ValueError
        Naming two agents.
    """
    for heard, words in ((adjacency.T, "{0} to agent {1}"), (adjacency, "{1} to agent {0}")):
        reached = frontier = np.arange(len(adjacency)) == 0
        while frontier.any():
            frontier = heard[frontier].any(axis=0) & ~reached
            reached = reached | frontier
        if not reached.all():
            path = words.format(0, int(np.argmin(reached)))
            raise ValueError(
                f"no path of edges leads from agent {path}: give a strongly connected graph, or "
                "graphs that are so together"
            )


def _adjacency(graph: nx.Graph) -> Flags:
    number = {node: i for i, node in enumerate(graph.nodes)}
    hears = np.zeros((len(number), len(number)), dtype=bool)
    for u, v in graph.edges():
        hears[number[v], number[u]] = True
    if not graph.is_directed():
        hears |= hears.T
    np.fill_diagonal(hears, False)
    return hears
