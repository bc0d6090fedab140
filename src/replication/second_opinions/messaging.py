"""Algorithm 1 as agents that exchange messages over a graph, every message recorded.

The agents are those of `literal`; what is added is the transport. An agent sends each neighbour its
two trackers and its two local quantities (Algorithm 1, *Gather*), the matrices in the structure of
the choice of H_i (Section 3.3); the receiver remembers what a neighbour sent last, so that the
correction term of iteration k - 2 takes no further array. The joint policy's parameters mu are
flooded, block by block, from neighbour to neighbour (Section 3.2, last paragraph).

Messages are neither lost nor delayed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.networks import validate_weights
from replication.second_opinions.literal import Agent

DECLARED = ("g_tilde", "g", "H_tilde", "H")
"""What Algorithm 1 names; the broadcast adds the blocks psi_i under the names of `block_name`."""


@dataclass(frozen=True)
class Message:
    """What one agent sent one neighbour."""

    sender: int
    receiver: int
    iteration: int
    """k, from 1."""
    round: int
    """Of the broadcast, from 1; 0 for what Algorithm 1 gathers."""
    arrays: Mapping[str, Array]

    @property
    def scalars(self) -> int:
        """How many numbers it holds."""
        return sum(array.size for array in self.arrays.values())


@dataclass(frozen=True)
class Structure:
    """How the matrices of a choice of H_i travel."""

    packed: Callable[[Array], Array] | None
    """From a matrix to what is sent; None if nothing is."""
    unpacked: Callable[[Array], Array]
    """Back from what was sent, or, if nothing was, from the receiver's own matrix."""


def _itself(matrix: Array) -> Array:
    return matrix


# A multiple of the identity is the same for everyone. Weights that sum to one keep its tracker,
# zero at first, equal for all, so that the receiver takes its own.
STRUCTURES: dict[str, Structure] = {
    "full": Structure(_itself, _itself),
    "diagonal": Structure(np.diag, np.diag),
    "identity": Structure(None, _itself),
    "floor_identity": Structure(None, _itself),
}


class MessagingAgent(Agent):
    """An agent of Algorithm 1 that knows of the others only what it is sent.

    It takes the parameters of `literal.Agent`.
    """

    remembered: dict[int, tuple[Array, Array]]
    """g and H that each neighbour sent last."""

    def join(self, neighbours: Sequence[int]) -> None:
        """Before the first iteration, g_j(theta_j(-1)) and H_j(theta_j(-1)) are zero."""
        self.remembered = dict.fromkeys(neighbours, (self.g_before, self.H_before))

    def play(self, mu: Array) -> None:
        """Act on the joint policy with parameters mu, shape (d,); without a game, nothing."""

    def outgoing(self) -> dict[str, Array]:
        """What each neighbour is sent, by name."""
        arrays = {"g_tilde": self.g_tilde.copy(), "g": self.g.copy()}
        packed = STRUCTURES[self.curvature].packed
        if packed is not None:
            arrays |= {"H_tilde": packed(self.H_tilde).copy(), "H": packed(self.H).copy()}
        return arrays

    def incoming(self, sender: int, arrays: Mapping[str, Array]) -> list[Array]:
        """A neighbour's message with what was remembered, as `Agent.update` wants it."""
        unpacked = STRUCTURES[self.curvature].unpacked
        H_tilde = unpacked(arrays.get("H_tilde", self.H_tilde))
        H = unpacked(arrays.get("H", self.H))
        g_before, H_before = self.remembered[sender]
        self.remembered[sender] = (arrays["g"], H)
        return [arrays["g_tilde"], arrays["g"], g_before, H_tilde, H, H_before]


@dataclass(frozen=True)
class Recording:
    """A run of Algorithm 1 by messages."""

    path: Array
    """theta_i(k), shape (K + 1, N, d)."""
    messages: tuple[Message, ...]


def run_by_messages(
    agents: Sequence[MessagingAgent],
    graph: nx.Graph,
    weights: Array,
    iterations: int,
    owner: Indices | None = None,
) -> Recording:
    """Run Algorithm 1 by messages between neighbours.

    Parameters
    ----------
    agents : sequence of MessagingAgent
        N of them, in the order of ``graph.nodes``.
    graph : networkx.Graph
        Connected and undirected.
    weights : Array, shape (N, N)
        The consensus matrix; zero off the edges.
    iterations : int
        K.
    owner : integer array, shape (d,), optional
        The agent each parameter belongs to. If given, mu is broadcast in every iteration and
        played; otherwise the agents need nothing but their own copies.

    Raises
    ------
    ValueError
        If the weights do not fit the graph, or the agents are not one for each node.
    """
    validate_weights(weights, graph)
    if len(agents) != graph.number_of_nodes():
        raise ValueError(
            f"{len(agents)} agents on a graph of {graph.number_of_nodes()} nodes: give one a node"
        )
    neighbours = _neighbours(graph)
    for agent, others in zip(agents, neighbours, strict=True):
        agent.join(others)
    path = [[agent.theta for agent in agents]]
    messages: list[Message] = []
    for k in range(1, iterations + 1):
        if owner is not None:
            messages += _play(agents, graph, owner, k)
        messages += _gather_and_update(agents, neighbours, weights, k)
        path.append([agent.theta for agent in agents])
    return Recording(np.array(path), tuple(messages))


def _gather_and_update(
    agents: Sequence[MessagingAgent],
    neighbours: Sequence[Sequence[int]],
    weights: Array,
    iteration: int,
) -> list[Message]:
    for agent in agents:
        agent.compute()
    sent = [
        Message(i, j, iteration, 0, agent.outgoing())
        for i, agent in enumerate(agents)
        for j in neighbours[i]
    ]
    # Every agent's own arrays, before any agent moves on.
    gathered = [{i: agent.message()} for i, agent in enumerate(agents)]
    for m in sent:
        gathered[m.receiver][m.sender] = agents[m.receiver].incoming(m.sender, m.arrays)
    for i, agent in enumerate(agents):
        agent.update([(weights[i, j], gathered[i][j]) for j in sorted(gathered[i])])
    return sent


def _play(
    agents: Sequence[MessagingAgent], graph: nx.Graph, owner: Indices, iteration: int
) -> tuple[Message, ...]:
    blocks = [agent.theta[owner == i] for i, agent in enumerate(agents)]
    broadcast = flood(blocks, graph, iteration)
    for agent, received in zip(agents, broadcast.received, strict=True):
        mu = np.zeros(len(owner))
        for i, block in enumerate(received):
            mu[owner == i] = block
        agent.play(mu)
    return broadcast.messages


# The broadcast of mu ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broadcast:
    """What flooding brought to every agent."""

    received: list[list[Array]]
    """``received[j][i]`` is the block psi_i as agent j holds it in the end."""
    rounds: Array
    """Rounds until each agent's block was known everywhere, shape (N,); infinite if it never is."""
    messages: tuple[Message, ...]


def block_name(agent: int) -> str:
    """The name under which an agent's block psi_i travels."""
    return f"psi_{agent}"


def round_limit(graph: nx.Graph) -> int:
    """Rounds that suffice for any connected graph of that many agents, which is all they know."""
    return graph.number_of_nodes() - 1


def news(known: Mapping[int, tuple[int, Array]], now: int) -> dict[str, Array]:
    """What an agent passes on in round `now`: the blocks that reached it in the round before."""
    return {block_name(i): block.copy() for i, (when, block) in known.items() if when == now - 1}


def flood(blocks: Sequence[Array], graph: nx.Graph, iteration: int = 1) -> Broadcast:
    """Flood every agent's block psi_i over the graph, in synchronous rounds.

    Parameters
    ----------
    blocks : sequence of Array
        psi_i of every agent, in the order of ``graph.nodes``.
    graph : networkx.Graph
    iteration : int
        Of Algorithm 1, for the record.

    Returns
    -------
    Broadcast
        A block that has not arrived keeps its initial value, zero (Algorithm 1, *Initialize*).

    Raises
    ------
    ValueError
        If there is not one block for each node.
    """
    if len(blocks) != graph.number_of_nodes():
        raise ValueError(
            f"{len(blocks)} blocks on a graph of {graph.number_of_nodes()} nodes: give one a node"
        )
    neighbours = _neighbours(graph)
    messages: list[Message] = []
    # Each agent's blocks, and the round in which they reached it.
    known = [{i: (0, block)} for i, block in enumerate(blocks)]
    for now in range(1, round_limit(graph) + 1):
        sent = [
            Message(i, j, iteration, now, arrays)
            for i, held in enumerate(known)
            for j in neighbours[i]
            if (arrays := news(held, now))
        ]
        for m in sent:
            for name, array in m.arrays.items():
                known[m.receiver].setdefault(int(name.removeprefix("psi_")), (now, array))
        messages += sent
    rounds = [max(held[i][0] if i in held else np.inf for held in known) for i in range(len(known))]
    received = [
        [held[i][1] if i in held else np.zeros_like(block) for i, block in enumerate(blocks)]
        for held in known
    ]
    return Broadcast(received, np.array(rounds, dtype=float), tuple(messages))


def _neighbours(graph: nx.Graph) -> list[list[int]]:
    """Each agent's neighbours, itself left out, by their place in ``graph.nodes``."""
    number = {node: i for i, node in enumerate(graph.nodes)}
    return [
        sorted(number[other] for other in graph.adj[node] if other != node) for node in graph.nodes
    ]
