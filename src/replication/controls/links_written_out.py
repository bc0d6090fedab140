"""Unreliable links, written out: agents, one by one, that hand each other messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Flags, Indices
from netnewton.links import LinkEffect
from netnewton.links.edges import Edges
from netnewton.links.rounds import DrawRound, Round
from netnewton.trajectories.streams import Streams


@dataclass(frozen=True, eq=False)
class Scripted(LinkEffect):
    """Losses and delays that are written down, each of shape (K, R, E); iteration k has row k-1."""

    delivered: Flags
    delay: Indices

    @property
    def longest_delay(self) -> int:
        """How many iterations a message takes at most."""
        return int(self.delay.max())

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """What does as it is written."""

        def play(link: Round) -> None:
            link.delivered &= self.delivered[link.iteration - 1]
            link.due = link.due + self.delay[link.iteration - 1]

        return play


class Link:
    """A one-way link; messages wait for those before them."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.waiting: list[tuple[int, int, Array]] = []
        self.newest: tuple[int, Array] | None = None

    def send(self, k: int, message: Array, delivered: bool, delay: int) -> None:
        """Send a message in iteration k, or lose it."""
        if delivered:
            due = max([k + delay, *(due for due, _, _ in self.waiting)])
            self.waiting.append((due, k, message))

    def arrive(self, k: int) -> list[Array]:
        """All messages that arrive now, oldest first; the newest of all is kept."""
        arrived = [(sent, message) for due, sent, message in self.waiting if due <= k]
        self.waiting = [w for w in self.waiting if w[0] > k]
        if arrived:
            self.newest = arrived[-1]
        return [message for _, message in arrived]

    def latest(self, k: int) -> Array | None:
        """The newest message, unless it is older than any that can be on its way."""
        if self.newest is None or self.newest[0] < k - self.longest:
            return None
        return self.newest[1]


class WeightedAgents:
    """The paper's mixing; the weight of a missing message goes to the receiver's own value."""

    def __init__(self, weights: Array, longest: int) -> None:
        self.weights = weights
        i, j = np.nonzero(weights - np.diag(np.diag(weights)))
        self.links = {(int(a), int(b)): Link(longest) for a, b in zip(i, j, strict=True)}

    def mix(self, values: Array, k: int, delivered: Flags, delay: Indices) -> Array:
        """Mixed values, shape (N, S), with the fate of each edge, shape (E,)."""
        for e, ((_, j), link) in enumerate(self.links.items()):
            link.send(k, values[j], delivered[e], delay[e])
            link.arrive(k)
        return np.array([self._heard(i, own, k) for i, own in enumerate(values)])

    def _heard(self, agent: int, own: Array, k: int) -> Array:
        total, weight = np.zeros_like(own), 1.0
        for (receiver, j), link in self.links.items():
            heard = link.latest(k)
            if receiver == agent and heard is not None:
                total = total + self.weights[agent, j] * heard
                weight -= self.weights[agent, j]
        return total + weight * own


class RatioAgent:
    """One agent of robust ratio consensus: it broadcasts running sums, and its weight's last."""

    def __init__(self, listeners: int, size: int) -> None:
        self.listeners = listeners
        self.x, self.w = np.zeros(size), 1.0
        self.pushed_x, self.pushed_w = np.zeros(size), 0.0
        self.out = np.zeros(size)
        self.heard: dict[int, Array] = {}

    def broadcast(self, value: Array) -> Array:
        """What it says, shape (S + 1,)."""
        self.x = self.x + value - self.out
        self.x, self.w = self.x / (1 + self.listeners), self.w / (1 + self.listeners)
        self.pushed_x, self.pushed_w = self.pushed_x + self.x, self.pushed_w + self.w
        return np.append(self.pushed_x, self.pushed_w)

    def hear(self, sender: int, message: Array) -> None:
        """Take what is new in it."""
        new = message - self.heard.get(sender, np.zeros_like(message))
        self.x, self.w = self.x + new[:-1], self.w + new[-1]
        self.heard[sender] = message

    def answer(self) -> Array:
        """Its mixed value."""
        self.out = self.x / self.w
        return self.out


class RunningSumsAgents:
    """Agents on the edges (receiver, sender), sorted."""

    def __init__(
        self, edges: Sequence[tuple[int, int]], agents: int, size: int, longest: int
    ) -> None:
        self.links = {edge: Link(longest) for edge in edges}
        self.agents = [RatioAgent(sum(j == i for _, j in edges), size) for i in range(agents)]

    def mix(self, values: Array, k: int, delivered: Flags, delay: Indices) -> Array:
        """As `WeightedAgents.mix`."""
        said = [agent.broadcast(value) for agent, value in zip(self.agents, values, strict=True)]
        for e, ((i, j), link) in enumerate(self.links.items()):
            link.send(k, said[j], delivered[e], delay[e])
            for message in link.arrive(k):
                self.agents[i].hear(j, message)
        return np.array([agent.answer() for agent in self.agents])
