"""Second opinions on `netnewton.links`: agents, one by one, that hand each other messages."""

from dataclasses import dataclass

import numpy as np

from netnewton.links.rounds import LinkEffect


@dataclass(frozen=True, eq=False)
class Scripted(LinkEffect):
    """Losses and delays that are written down, each of shape (K, R, E); iteration k has row k-1."""

    delivered: np.ndarray
    delay: np.ndarray

    @property
    def longest_delay(self):
        return int(self.delay.max())

    def start(self, edges, streams):
        def play(link):
            link.delivered &= self.delivered[link.iteration - 1]
            link.due = link.due + self.delay[link.iteration - 1]

        return play


@dataclass(frozen=True, eq=False)
class Recorded(LinkEffect):
    """Write down what the links do."""

    rounds: list

    def start(self, edges, streams):
        return self.rounds.append


class Link:
    """A one-way link; messages wait for those before them."""

    def __init__(self, longest):
        self.longest, self.waiting, self.newest = longest, [], None

    def send(self, k, message, delivered, delay):
        if delivered:
            due = max([k + delay, *(due for due, _, _ in self.waiting)])
            self.waiting.append((due, k, message))

    def arrive(self, k):
        """All messages that arrive now, oldest first; the newest of all is kept."""
        arrived = [(sent, message) for due, sent, message in self.waiting if due <= k]
        self.waiting = [w for w in self.waiting if w[0] > k]
        if arrived:
            self.newest = arrived[-1]
        return [message for _, message in arrived]

    def latest(self, k):
        """The newest message, unless it is older than any that can be on its way."""
        if self.newest is None or self.newest[0] < k - self.longest:
            return None
        return self.newest[1]


class WeightedAgents:
    """The paper's mixing; the weight of a missing message goes to the receiver's own value."""

    def __init__(self, weights, longest):
        self.weights = weights
        i, j = np.nonzero(weights - np.diag(np.diag(weights)))
        self.links = {(int(a), int(b)): Link(longest) for a, b in zip(i, j, strict=True)}

    def mix(self, values, k, delivered, delay):
        for e, ((_, j), link) in enumerate(self.links.items()):
            link.send(k, values[j], delivered[e], delay[e])
            link.arrive(k)
        mixed = []
        for i, own in enumerate(values):
            total, weight = 0.0, 1.0
            for (receiver, j), link in self.links.items():
                heard = link.latest(k)
                if receiver == i and heard is not None:
                    total, weight = (
                        total + self.weights[i, j] * heard,
                        weight - self.weights[i, j],
                    )
            mixed.append(total + weight * own)
        return np.array(mixed)


class RatioAgent:
    """One agent of robust ratio consensus: it broadcasts running sums."""

    def __init__(self, listeners, shape):
        self.listeners = listeners
        self.x, self.w = np.zeros(shape), 1.0
        self.pushed_x, self.pushed_w = np.zeros(shape), 0.0
        self.out = np.zeros(shape)
        self.heard = {}

    def broadcast(self, value):
        self.x = self.x + value - self.out
        self.x, self.w = self.x / (1 + self.listeners), self.w / (1 + self.listeners)
        self.pushed_x, self.pushed_w = self.pushed_x + self.x, self.pushed_w + self.w
        return self.pushed_x, self.pushed_w

    def hear(self, sender, message):
        before = self.heard.get(sender, (0.0, 0.0))
        self.x, self.w = self.x + message[0] - before[0], self.w + message[1] - before[1]
        self.heard[sender] = message

    def answer(self):
        self.out = self.x / self.w
        return self.out


class RunningSumsAgents:
    """Agents on the edges (receiver, sender), sorted."""

    def __init__(self, edges, agents, shape, longest):
        self.links = {edge: Link(longest) for edge in edges}
        self.agents = [RatioAgent(sum(j == i for _, j in edges), shape) for i in range(agents)]

    def mix(self, values, k, delivered, delay):
        said = [agent.broadcast(value) for agent, value in zip(self.agents, values, strict=True)]
        for e, ((i, j), link) in enumerate(self.links.items()):
            link.send(k, said[j], delivered[e], delay[e])
            for message in link.arrive(k):
                self.agents[i].hear(j, message)
        return np.array([agent.answer() for agent in self.agents])
