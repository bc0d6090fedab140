"""Sparse consensus matrices: of N agents with E edges they hold N + 2 E numbers, in place of N^2.

Give one to `unchecked_mixing`: `mixing` would write out all N^2 entries to check them, and what is
made here has the properties of Section 2 by its construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.networks.weights import _validated_degrees

if TYPE_CHECKING:
    import networkx as nx
    import scipy.sparse as sp


def neighbour_pairs(graph: nx.Graph) -> Indices:
    """The ordered pairs (i, j) of neighbours, each edge once in each direction.

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected; agents are numbered in the order of its nodes.

    Returns
    -------
    Indices, shape (2 E, 2)
        Sorted by i, then by j; without loops.

    Raises
    ------
    ValueError
        If the graph is directed, empty or not connected.
    """
    _validated_degrees(graph)
    number = {node: i for i, node in enumerate(graph.nodes)}
    edges = [(number[u], number[v]) for u, v in graph.edges if u != v]
    one_way = np.array(edges, dtype=np.intp).reshape(-1, 2)
    pairs = np.concatenate([one_way, one_way[:, ::-1]])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def sparse_metropolis_weights(graph: nx.Graph) -> sp.csr_array:
    """Metropolis weights as a sparse array: the matrix of `metropolis_weights`, up to rounding.

    A csr_array of shape (N, N) with N + 2 E stored entries. Graphs and errors as for
    `metropolis_weights`.
    """
    pairs = neighbour_pairs(graph)
    degree = np.bincount(pairs[:, 0], minlength=len(graph))
    return _stochastic(pairs, 1.0 / (1.0 + degree[pairs].max(axis=1)), len(graph))


def _stochastic(pairs: Indices, weight: Array, agents: int) -> sp.csr_array:
    """The matrix with these weights for the pairs, and what rows lack to one on the diagonal."""
    import scipy.sparse

    everyone = np.arange(agents)
    kept = 1.0 - np.bincount(pairs[:, 0], weight, minlength=agents)
    rows, columns = np.concatenate([np.stack([everyone, everyone], axis=1), pairs]).T
    entries = np.concatenate([kept, weight])
    return scipy.sparse.coo_array((entries, (rows, columns)), shape=(agents, agents)).tocsr()
