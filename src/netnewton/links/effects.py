"""What links do to messages: lose, delay, disturb; and agents that take part now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Flags, count, number
from netnewton.links.edges import Directions, Edges, asymmetric
from netnewton.links.rounds import (
    ChangeMessages,
    Disturbance,
    DrawRound,
    Envelope,
    LinkEffect,
    Round,
    possible,
    probability,
)
from netnewton.trajectories.streams import Streams


@dataclass(frozen=True)
class Losses(LinkEffect):
    """Each message is lost with a probability, whatever became of others.

    Parameters
    ----------
    p : float
        In [0, 1).
    directions : callable
        `asymmetric`, each direction of a link by itself; or `symmetric`, both together.

    Raises
    ------
    ValueError
        If p is out of range.
    """

    p: float
    directions: Directions = asymmetric

    def __post_init__(self) -> None:
        probability("p", self.p)

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """Draws (R, E) numbers an iteration."""
        shared = self.directions(edges)

        def lose(link: Round) -> None:
            link.delivered &= _uniform(streams, edges)[:, shared] >= self.p

        return lose


@dataclass(frozen=True)
class Bursts(LinkEffect):
    """Losses in bursts, after Gilbert and Elliott: a link is good or bad, a Markov chain.

    It starts from the chain's stationary law, in which a link is bad with probability
    fail / (fail + recover).

    Parameters
    ----------
    fail, recover : float
        Probability that a good link turns bad in an iteration, in [0, 1), and that a bad one turns
        good, in (0, 1]; bursts last 1 / recover iterations on average.
    p_good, p_bad : float
        Probability of a loss in either state, in [0, 1) and in (0, 1].
    directions : callable
        `asymmetric` or `symmetric`, as for `Losses`.

    Raises
    ------
    ValueError
        If a probability is out of range.
    """

    fail: float
    recover: float
    p_good: float = 0.0
    p_bad: float = 1.0
    directions: Directions = asymmetric

    def __post_init__(self) -> None:
        probability("fail", self.fail)
        possible("recover", self.recover)
        probability("p_good", self.p_good)
        possible("p_bad", self.p_bad)

    @property
    def bad_share(self) -> float:
        """The stationary probability of a bad link."""
        return self.fail / (self.fail + self.recover)

    @property
    def p(self) -> float:
        """How many messages are lost in the long run."""
        return self.p_good + (self.p_bad - self.p_good) * self.bad_share

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """Draws (R, E) numbers at first, and twice as many an iteration."""
        shared = self.directions(edges)
        bad = _uniform(streams, edges) < self.bad_share

        def lose(link: Round) -> None:
            nonlocal bad
            p = np.where(bad, self.p_bad, self.p_good)
            link.delivered &= (_uniform(streams, edges) >= p)[:, shared]
            bad = self.after(bad, _uniform(streams, edges))

        return lose

    def after(self, bad: Flags, u: Array) -> Flags:
        """The chain's next state, from uniform numbers."""
        return np.asarray(np.where(bad, u >= self.recover, u < self.fail))


@dataclass(frozen=True)
class Delays(LinkEffect):
    """Each message takes 0, 1, ..., `longest` iterations, all equally likely.

    A message waits for those sent before it. A receiver uses the newest that it has of the last
    `longest` + 1 iterations, again if need be.

    Parameters
    ----------
    longest : int
        >= 0.

    Raises
    ------
    ValueError
        If it is no such number.
    """

    longest: int

    def __post_init__(self) -> None:
        count("longest", self.longest, least=0)

    @property
    def longest_delay(self) -> int:
        """`longest`."""
        return self.longest

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """Draws (R, E) numbers an iteration."""

        def delay(link: Round) -> None:
            drawn = _uniform(streams, edges) * (self.longest + 1)
            link.due = link.due + drawn.astype(np.intp)

        return delay


@dataclass(frozen=True)
class SometimesActive(LinkEffect):
    """An agent takes part in an iteration with a probability; if not, it is not on the network.

    An inactive agent neither sends nor receives, and *mix* gives it its own value back. It goes on
    computing: the loop knows nothing of it.

    Parameters
    ----------
    p : float
        In (0, 1].

    Raises
    ------
    ValueError
        If it is out of range.
    """

    p: float

    def __post_init__(self) -> None:
        possible("p", self.p)

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """Draws (R, N) numbers an iteration."""

        def choose(link: Round) -> None:
            link.active &= streams.uniform(1, edges.agents)[0] < self.p

        return choose


@dataclass(frozen=True)
class Noise(Disturbance):
    """Independent Gaussian noise on every number of every message; none on a protocol's weights.

    Parameters
    ----------
    deviation : float
        Its standard deviation, >= 0, in units of the messages.

    Raises
    ------
    ValueError
        If it is negative or not finite.
    """

    deviation: float

    def __post_init__(self) -> None:
        if not 0.0 <= number("deviation", self.deviation) < np.inf:
            raise ValueError(f"deviation = {self.deviation}: give a number >= 0")

    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """Draws (R, E, S) numbers a call."""

        def disturb(messages: Array, envelope: Envelope, link: Round) -> Array:
            drawn = streams.normal(1, len(edges), envelope.size)[0]
            disturbed = messages.copy()
            disturbed[..., : envelope.size] += self.deviation * drawn
            return disturbed

        return disturb


def _uniform(streams: Streams, edges: Edges) -> Array:
    """A number in [0, 1) for each repetition and edge, shape (R, E)."""
    return streams.uniform(1, len(edges))[0]
