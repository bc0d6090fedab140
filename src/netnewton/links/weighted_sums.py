r"""Sums of neighbours' values with fixed weights: the paper's mixing, and one with a defence.

    out_i  =  x_i + sum_j a_ij (m_ij - s_ij)        over the neighbours j that i has heard

m_ij is what i has of j, and s_ij what i itself told j: x_i, if nothing is compressed. With all
messages this is sum_j a_ij x_j. The weight of one that is missing goes to the receiver's own value.

*The mean over agents* is kept if of each pair both hear one another or neither does (a_ij = a_ji):
with symmetric losses, with inactive agents, with compression. It is not if one hears and the other
does not: with asymmetric losses, delays, noise, or something trimmed. Every such error stays in the
mean that an algorithm tracks; the `ratio` protocols are the remedy for losses and delays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netnewton.arrays import Array, Flags, Indices, count, floats
from netnewton.links.edges import Edges, adjacencies
from netnewton.links.protocol import Exchange, Protocol
from netnewton.links.rounds import Effect, Round
from netnewton.networks import validate_weights

if TYPE_CHECKING:
    import networkx as nx


def varying_weights(graphs: Sequence[nx.Graph]) -> Array:
    """Metropolis weights of each of T undirected graphs, connected together if not by themselves.

    Returns
    -------
    Array, shape (T, 1, N, N)
        For `WeightedSum`: iteration k mixes with number k mod T.

    Raises
    ------
    ValueError
        If a graph is directed, or as `netnewton.links.edges.adjacencies`.
    """
    for t, graph in enumerate(graphs):
        if graph.is_directed():
            raise ValueError(f"graphs[{t}] is directed: Metropolis weights need both directions")
    hears = adjacencies(graphs)
    degree = hears.sum(axis=-1)
    weights = hears / (1.0 + np.maximum(degree[:, :, np.newaxis], degree[:, np.newaxis, :]))
    own = 1.0 - weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights + own * np.eye(hears.shape[-1]))[:, np.newaxis]


@dataclass(frozen=True, eq=False)
class WeightedSum(Protocol):
    """The paper's mixing: each agent's weighted sum of what it hears.

    Parameters
    ----------
    weights : array_like of shape (N, N), (R, N, N) or (T, R, N, N)
        a_ij, for all repetitions or for each (R may be 1); with a fourth axis, iteration k takes
        number k mod T, as from `varying_weights`.

    Raises
    ------
    ValueError
        If a matrix is not symmetric and stochastic, or their average is not as `validate_weights`
        asks; on a run, if there are matrices for another number of repetitions.
    """

    weights: Array
    edges: Edges = field(init=False, repr=False)
    on_edges: Array = field(init=False, repr=False)
    """a_ij of each edge, shape (T, R or 1, E)."""

    def __post_init__(self) -> None:
        weights = _validated(floats("weights", self.weights))
        used = (weights != 0).any(axis=(0, 1)) & ~np.eye(weights.shape[-1], dtype=bool)
        edges = Edges(used)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "on_edges", weights[..., edges.receivers, edges.senders])

    def require(self, repetitions: int, effects: Sequence[Effect]) -> None:
        """Refuse weights for another number of repetitions."""
        if (found := self.weights.shape[1]) not in (1, repetitions):
            raise ValueError(
                f"weights for {found} repetitions, streams for {repetitions}: give one matrix for "
                "each, or one for all"
            )

    def present(self, iteration: int) -> Flags:
        """Which edges have weight in an iteration, shape (E,)."""
        return np.asarray((self._now(iteration) != 0).any(axis=0))

    def exchange(self, channel: int, repetitions: int, size: int) -> Exchange:
        """A channel; it keeps nothing."""
        return _Sum(self)

    def change(self, own: Array, messages: Array, got: Flags, iteration: int) -> Array:
        """What is added to each agent's value, shape (R, N, S)."""
        share = own[:, self.edges.reverse]
        np.subtract(messages, share, out=share)
        share *= self._now(iteration)[..., np.newaxis]
        np.copyto(share, 0.0, where=~self.used(messages, got))  # also where that is not finite
        return self.edges.into(share)

    def used(self, messages: Array, got: Flags) -> Flags:
        """Which numbers of the messages count, shape (R, E, S) or (R, E, 1)."""
        return got[..., np.newaxis]

    def _now(self, iteration: int) -> Array:
        return np.asarray(self.on_edges[iteration % len(self.on_edges)])


@dataclass(frozen=True, eq=False)
class TrimmedMean(WeightedSum):
    """Of each number, the largest and the smallest `trim` that are received are left out.

    A known defence: up to `trim` agents in every neighbourhood, sending whatever they like, move no
    one beyond what some honest neighbour says. What it costs: every neighbourhood needs more than
    2 `trim` agents; who hears no more than that keeps its own value; and the mean is not kept, for
    honest agents that differ most are left out as well, so that what is agreed on is biased towards
    the median. A number that is not finite counts as the largest.

    Parameters
    ----------
    weights : array_like
        As for `WeightedSum`; what is left out goes to the agent's own value.
    trim : int
        >= 0; with 0 this is `WeightedSum`.

    Raises
    ------
    ValueError
        As `WeightedSum`, or if an agent has no more than 2 `trim` neighbours.
    """

    trim: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        count("trim", self.trim, least=0)
        degrees = self.edges.adjacency.sum(axis=1)
        if degrees.min() <= 2 * self.trim and self.trim:
            i = int(degrees.argmin())
            raise ValueError(
                f"trim = {self.trim}: agent {i} has {degrees[i]} neighbours, and trimming needs "
                "more than twice that number; trim less or add edges"
            )

    def used(self, messages: Array, got: Flags) -> Flags:
        """Which numbers of the messages count, shape (R, E, S)."""
        if not self.trim:
            return super().used(messages, got)
        slots: Indices = self.edges.slots
        heard = np.where(np.isnan(messages), np.inf, messages)
        heard = np.where(got[..., np.newaxis], heard, np.nan)[:, slots]  # NaN sorts behind all
        heard = np.where((slots >= 0)[..., np.newaxis], heard, np.nan)
        order = np.argsort(heard, axis=2, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(slots.shape[1])[:, np.newaxis], axis=2)
        number = (~np.isnan(heard)).sum(axis=2, keepdims=True)
        kept = (rank >= self.trim) & (rank < number - self.trim)
        return kept[:, slots >= 0]


class _Sum(Exchange):
    def __init__(self, protocol: WeightedSum) -> None:
        self.protocol = protocol

    def send(self, values: Array, link: Round) -> Array:
        return values

    def receive(self, values: Array, own: Array, messages: Array, got: Flags, link: Round) -> Array:
        return values + self.protocol.change(own, messages, got, link.iteration)


def _validated(weights: Array) -> Array:
    """The weights with four axes."""
    if weights.ndim < 4:
        validate_weights(weights)
        return weights[np.newaxis] if weights.ndim == 3 else weights[np.newaxis, np.newaxis]
    if weights.ndim > 4 or not len(weights):
        raise ValueError(f"weights of shape {weights.shape}: give (N, N), (R, N, N), (T, R, N, N)")
    validate_weights(weights.mean(axis=0))
    rows, turned = weights.sum(axis=-1), np.swapaxes(weights, -1, -2)
    if weights.min() < 0 or not (np.allclose(weights, turned) and np.allclose(rows, 1.0)):
        raise ValueError(
            "one of the T weight matrices is not symmetric, stochastic and >= 0, though their "
            "average is: see varying_weights(graphs)"
        )
    return weights
