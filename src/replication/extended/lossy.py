"""From the name of a condition of links to the *mix* that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from netnewton import links, networks
from netnewton.arrays import Array
from netnewton.links.compression import Compressor
from netnewton.links.edges import Edges
from netnewton.links.rounds import ChangeMessages, Coding, Envelope, Round
from netnewton.networks import Mix
from netnewton.trajectories.streams import Streams
from replication.experiments.config import Settings
from replication.experiments.names import GRAPHS
from replication.extended.cells import AFRESH, Cell
from replication.extended.declared import Plan

Effects = list[Any]
COPIES = (2,)  # which call of *mix* is that of the copies, of methods that track a curvature


def over_links(plan: Plan, cell: Cell, streams: Sequence[np.random.Generator]) -> Mix:
    """The *mix* of a cell that is about links, over one graph for all repetitions.

    Parameters
    ----------
    plan : Plan
    cell : Cell
    streams : sequence of numpy.random.Generator
        One for each repetition.
    """
    own = plan.others["links"].get(cell.links, {})
    graph = NETWORKS.get(cell.graph, _both_ways)(cell)
    if isinstance(graph, nx.DiGraph) and cell.protocol == "weighted_sum":
        return networks.unchecked_mixing(equal_weights(graph))
    protocol = PROTOCOLS[cell.protocol](graph, own)
    return links.unreliable(protocol, _effects(plan, cell, own), streams)


def _both_ways(cell: Cell) -> nx.Graph:
    return GRAPHS[cell.graph](cell.agents)


def matchings(cell: Cell) -> list[nx.Graph]:
    """The two perfect matchings of a ring of an even number of agents."""
    found = []
    for first in (0, 1):
        graph = nx.empty_graph(cell.agents)
        graph.add_edges_from((i, (i + 1) % cell.agents) for i in range(first, cell.agents, 2))
        found.append(graph)
    return found


def one_way(cell: Cell) -> nx.DiGraph:
    """A ring in one direction, and agent 0 is heard by all: it counts for more than its share."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(cell.agents))
    graph.add_edges_from((i, (i + 1) % cell.agents) for i in range(cell.agents))
    graph.add_edges_from((0, i) for i in range(1, cell.agents))
    return graph


def equal_weights(graph: nx.DiGraph) -> Array:
    """Each agent's average of itself and those it hears, shape (N, N): rows sum to one only."""
    hears = nx.to_numpy_array(graph).T + np.eye(len(graph))
    return np.asarray(hears / hears.sum(axis=1, keepdims=True))


NETWORKS: Mapping[str, Callable[[Cell], Any]] = {"matchings": matchings, "one_way": one_way}
"""Graphs that only links have."""


def _weighted(graph: Any, own: Settings) -> links.WeightedSum:
    varying = isinstance(graph, list)
    weights = links.varying_weights(graph) if varying else networks.metropolis_weights(graph)
    return links.WeightedSum(weights)


PROTOCOLS: Mapping[str, Callable[[Any, Settings], Any]] = {
    "weighted_sum": _weighted,
    "trimmed_mean": lambda graph, own: links.TrimmedMean(
        networks.metropolis_weights(graph), own["trim"]
    ),
    "running_sums": lambda graph, own: links.RunningSums(graph),
    AFRESH: lambda graph, own: links.RunningSums(graph, afresh=COPIES),
    "push_sum": lambda graph, own: links.PushSum(graph),
}


def _effects(plan: Plan, cell: Cell, own: Settings) -> Effects:
    if cell.part == "losses":
        return [LOSSES[cell.links](cell.p, plan.losses["burst"])] if cell.p else []
    return OTHERS[cell.links](own) if cell.links in OTHERS else []


def bursts(p: float, length: float, directions: Any) -> links.Bursts:
    """Losses of a share p of messages, in bad spells of a mean length in iterations."""
    recover = 1 / length
    return links.Bursts(fail=recover * p / (1 - p), recover=recover, directions=directions)


LOSSES: Mapping[str, Callable[[float, float], Any]] = {
    "symmetric": lambda p, length: links.Losses(p, links.symmetric),
    "asymmetric": lambda p, length: links.Losses(p, links.asymmetric),
    "symmetric_bursts": lambda p, length: bursts(p, length, links.symmetric),
    "asymmetric_bursts": lambda p, length: bursts(p, length, links.asymmetric),
}


@dataclass(frozen=True)
class WithoutFeedback(Coding):
    """Values are compressed as they are: what is left out of a message is never sent."""

    compressor: Compressor

    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """What compresses the messages of a run."""

        def compress(messages: Array, envelope: Envelope, link: Round) -> Array:
            values = self.compressor(messages[..., : envelope.size], streams)
            return np.concatenate([values, messages[..., envelope.size :]], axis=-1)

        return compress


FEEDBACK: Mapping[str, Callable[[Compressor], Coding]] = {
    "none": WithoutFeedback,
    "error": links.Compressed,
}


def _quantised(own: Settings) -> Effects:
    return [FEEDBACK[own["feedback"]](links.Levels(own["levels"]))]


def _sparsified(own: Settings) -> Effects:
    return [FEEDBACK[own["feedback"]](links.TopK(own["largest"]))]


OTHERS: Mapping[str, Callable[[Settings], Effects]] = {
    "delays": lambda own: [links.Delays(own["longest"])],
    "sometimes_active": lambda own: [links.SometimesActive(own["active"])],
    "quantised": _quantised,
    "quantised_feedback": _quantised,
    "sparsified": _sparsified,
    "sparsified_feedback": _sparsified,
    "noise": lambda own: [links.Noise(own["deviation"])],
    "garbage": lambda own: [links.SendsGarbage(agent=0, scale=own["deviation"])],
    "directed_losses": lambda own: [links.Losses(own["p"])],
}
"""What links do under a condition, if anything."""
