"""Consensus matrices: from a graph to weights (Section 2).

The paper asks of the consensus matrix A = [a_ij] that it is symmetric and stochastic, that
a_ij = 0 wherever agents i and j are not neighbours, and that the graph is connected.
`validate_weights` checks exactly that. Agents are numbered in the order of ``graph.nodes``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array

if TYPE_CHECKING:
    import networkx as nx
    import scipy.sparse as sp

# Entries are sums of at most N terms of size one, so rounding stays far below this.
TOLERANCE = 1e-10
SINKHORN_ROUNDS, SINKHORN_TOLERANCE = 10_000, 1e-14


def metropolis_weights(graph: nx.Graph) -> Array:
    """Metropolis weights: a_ij = 1 / (1 + max(deg i, deg j)) on the edges.

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected, N nodes.

    Returns
    -------
    Array, shape (N, N)
        Symmetric doubly stochastic, with a positive diagonal.

    Raises
    ------
    ValueError
        If the graph is directed, empty or not connected.
    """
    degree = _validated_degrees(graph)
    return _from_edges(graph, lambda i, j: 1.0 / (1.0 + max(degree[i], degree[j])))


def maximum_degree_weights(graph: nx.Graph) -> Array:
    """Maximum-degree weights: a_ij = 1 / (1 + the largest degree) on the edges.

    The one in the denominator keeps the diagonal positive; with 1 / max degree two agents would
    swap their values for ever. Shapes and errors as for `metropolis_weights`.
    """
    largest = max(_validated_degrees(graph))
    return _from_edges(graph, lambda i, j: 1.0 / (1.0 + largest))


def random_weights(graph: nx.Graph, rng: np.random.Generator, largest: float = 1.0) -> Array:
    """Random symmetric doubly stochastic weights on the edges of `graph`.

    The law: a_ij = u_ij / max(deg i, deg j) with u_ij ~ U(0, `largest`) independently per edge,
    so that no row exceeds one. For two agents this is [[1 - a, a], [a, 1 - a]], a ~ U(0, largest).

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected, N nodes.
    rng : numpy.random.Generator
        Drawn from once per edge, in the order of ``graph.edges``.
    largest : float
        Upper end of the uniform law, in (0, 1].

    Returns
    -------
    Array, shape (N, N)

    Raises
    ------
    ValueError
        If the graph is unfit or `largest` lies outside (0, 1].
    """
    if not 0.0 < largest <= 1.0:
        raise ValueError(f"largest = {largest}: give the uniform law an upper end in (0, 1]")
    degree = _validated_degrees(graph)
    return _from_edges(graph, lambda i, j: rng.uniform(0.0, largest) / max(degree[i], degree[j]))


def sinkhorn_weights(graph: nx.Graph, rng: np.random.Generator) -> Array:
    """Symmetric Sinkhorn scaling of a random positive matrix with the support of `graph`.

    The law: m_ij = m_ji ~ U(0, 1) on the edges and the diagonal; a_ij = x_i m_ij x_j with the
    positive x that makes the rows sum to one. For two agents this comes to
    a_12 = m_12 / (m_12 + sqrt(m_11 m_22)).

    Draws once, N x N numbers. Shapes and errors as for `random_weights`.
    """
    agents = len(_validated_degrees(graph))
    support = _support(graph)
    drawn = 1.0 - rng.random((agents, agents))  # in (0, 1]: a zero would cut the network
    matrix = np.where(support, np.triu(drawn) + np.triu(drawn, 1).T, 0.0)
    scale = np.ones(agents)
    for _ in range(SINKHORN_ROUNDS):
        rows = scale * (matrix @ scale)
        if np.abs(rows - 1.0).max() <= SINKHORN_TOLERANCE:
            break
        scale = scale / np.sqrt(rows)
    weights = scale[:, np.newaxis] * matrix * scale
    np.fill_diagonal(weights, 0.0)
    np.fill_diagonal(weights, 1.0 - weights.sum(axis=1))
    return weights


def validate_weights(weights: Array | sp.sparray, graph: nx.Graph | None = None) -> None:
    """Check that consensus matrices are what Section 2 asks for.

    Parameters
    ----------
    weights : Array or scipy sparse array, shape (N, N) or (R, N, N)
        One matrix, or one for each of R repetitions (dense only).
    graph : networkx.Graph, optional
        If given, entries off its edges must be zero.

    Raises
    ------
    ValueError
        Naming the first offending entry and the remedy, if a matrix is not square, finite,
        non-negative, symmetric and stochastic, if it has weight off the edges, or if the network
        it describes is not connected.
    """
    dense = weights.toarray() if is_sparse(weights) else weights
    stack = np.asarray(dense, dtype=float)
    if stack.ndim not in (2, 3) or stack.shape[-1] != stack.shape[-2] or not stack.size:
        raise ValueError(
            f"weights of shape {stack.shape}: give a square (N, N) matrix, or (R, N, N) for R runs"
        )
    for matrix in stack.reshape(-1, *stack.shape[-2:]):
        _validate_matrix(matrix)
        if graph is not None:
            _validate_support(matrix, graph)


def spectral_gap(weights: Array) -> Array:
    """One minus the second largest modulus of the eigenvalues of each matrix.

    The network's disagreement shrinks at least by the factor 1 - gap a round; with a gap of zero
    it may never shrink.

    Parameters
    ----------
    weights : Array, shape (..., N, N)

    Returns
    -------
    Array, shape (...)
    """
    agents = weights.shape[-1]
    deflated = np.linalg.eigvalsh(weights - 1.0 / agents)
    return np.asarray(1.0 - np.abs(deflated).max(axis=-1))


def is_sparse(weights: object) -> TypeGuard[sp.sparray]:
    """Whether the matrix is one of scipy's sparse arrays: its import takes a third of a second."""
    if isinstance(weights, np.ndarray | list | tuple):
        return False
    import scipy.sparse

    return bool(scipy.sparse.issparse(weights))


def _validated_degrees(graph: nx.Graph) -> list[int]:
    if graph.is_directed() or graph.is_multigraph():
        raise ValueError(
            f"a {type(graph).__name__} is not a simple undirected graph: pass networkx.Graph(graph)"
        )
    if graph.number_of_nodes() == 0:
        raise ValueError("the graph has no nodes: give one node for each agent")
    import networkx as nx  # half a second, which whoever has a graph has spent already

    if not nx.is_connected(graph):
        parts = [sorted(map(str, part)) for part in nx.connected_components(graph)]
        raise ValueError(f"the graph is not connected: add an edge between its parts {parts}")
    simple = nx.Graph(graph)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    return [simple.degree[node] for node in graph.nodes]


def _support(graph: nx.Graph) -> npt.NDArray[np.bool_]:
    """Where a matrix may have weight: on the edges and the diagonal, shape (N, N)."""
    import networkx as nx

    support = nx.to_numpy_array(graph, nodelist=list(graph.nodes), weight=None) > 0
    np.fill_diagonal(support, True)
    return np.asarray(support, dtype=bool)


def _from_edges(graph: nx.Graph, weight: Callable[[int, int], float]) -> Array:
    number = {node: i for i, node in enumerate(graph.nodes)}
    weights = np.zeros((len(number), len(number)))
    for u, v in graph.edges:
        if u != v:
            i, j = number[u], number[v]
            weights[i, j] = weights[j, i] = weight(i, j)
    np.fill_diagonal(weights, 1.0 - weights.sum(axis=1))
    return weights


def _validate_matrix(matrix: Array) -> None:
    def entry(bad: npt.NDArray[np.bool_]) -> tuple[int, int]:
        i, j = np.argwhere(bad)[0]
        return int(i), int(j)

    if (bad := ~np.isfinite(matrix)).any():
        i, j = entry(bad)
        raise ValueError(f"weights[{i}, {j}] = {matrix[i, j]}: every weight must be a number")
    if (bad := matrix < 0).any():
        i, j = entry(bad)
        raise ValueError(f"weights[{i}, {j}] = {matrix[i, j]:g} is negative: weights must be >= 0")
    if (bad := np.abs(matrix - matrix.T) > TOLERANCE).any():
        i, j = entry(bad)
        raise ValueError(
            f"weights[{i}, {j}] = {matrix[i, j]:g} but weights[{j}, {i}] = {matrix[j, i]:g}: "
            "the matrix must be symmetric; metropolis_weights(graph) is"
        )
    rows = matrix.sum(axis=1)
    if (bad := np.abs(rows - 1.0) > TOLERANCE).any():
        i = int(np.argwhere(bad)[0, 0])
        raise ValueError(
            f"row {i} of the weights sums to {rows[i]:g}, not 1: the matrix must be stochastic; "
            "put the missing weight on the diagonal"
        )
    if (bad := ~_reached(matrix + matrix.T != 0)).any():
        i = int(np.argmax(bad))
        raise ValueError(f"the network is not connected: no path of weights joins agents 0 and {i}")


def _reached(neighbours: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The agents that some path joins to agent 0, shape (N,)."""
    reached = frontier = np.arange(len(neighbours)) == 0
    while frontier.any():
        frontier = neighbours[frontier].any(axis=0) & ~reached
        reached = reached | frontier
    return reached


def _validate_support(matrix: Array, graph: nx.Graph) -> None:
    if graph.number_of_nodes() != len(matrix):
        raise ValueError(
            f"{len(matrix)} agents in the weights but {graph.number_of_nodes()} nodes in the graph"
        )
    if (bad := (matrix != 0) & ~_support(graph)).any():
        i, j = np.argwhere(bad)[0]
        raise ValueError(
            f"weights[{i}, {j}] = {matrix[i, j]:g} but agents {i} and {j} are not neighbours: "
            "set it to 0 or add the edge"
        )
