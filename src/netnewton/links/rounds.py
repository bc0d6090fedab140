"""What the links do in one iteration: drawn once, and shared by all that is sent in it.

One packet carries everything an agent tells a neighbour in an iteration, so a loss or a delay
meets all of it. An `Effect` is a frozen description; its `start` gives what runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netnewton.arrays import Array, Flags, Indices, number
from netnewton.links.edges import Edges
from netnewton.trajectories.streams import Streams

NEVER = np.iinfo(np.intp).max  # when a lost message arrives


@dataclass(eq=False)
class Round:
    """The links in iteration k, for R repetitions, E edges and N agents."""

    iteration: int
    """k."""
    present: Flags
    """Which edges the network has now, shape (R, E)."""
    open: Flags
    """Which edges join agents that still count, shape (R, E)."""
    active: Flags
    """Who takes part, shape (R, N)."""
    delivered: Flags
    """Which of the messages that are sent now are not lost, shape (R, E)."""
    due: Indices
    """When those arrive, in iterations, shape (R, E)."""


class Post:
    """When the messages of the last iterations arrive: the newest that has, or all that do now.

    Messages of one edge arrive in the order they were sent in.
    """

    def __init__(self, longest: int) -> None:
        self._due: deque[Indices] = deque(maxlen=longest + 1)
        self._last: Indices | int = 0
        self.now = 0

    def add(self, link: Round) -> None:
        """Send the messages of an iteration on their way."""
        due = np.maximum(link.due, self._last)
        self._last = np.where(link.delivered, due, self._last)
        self._due.appendleft(np.where(link.delivered, due, NEVER))
        self.now = link.iteration

    def newest(self, sent: deque[Array]) -> tuple[Array, Flags]:
        """The last message that has arrived on each edge, (R, E, S), and where there is one."""
        messages, got = sent[0], self._due[0] <= self.now
        for due, older in zip(list(self._due)[1:], list(sent)[1:], strict=False):
            first = (due <= self.now) & ~got
            messages, got = np.where(first[..., np.newaxis], older, messages), got | first
        return messages, got

    def all_new(self, sent: deque[Array]) -> tuple[Array, Flags]:
        """The sum of all messages that arrive now on each edge, (R, E, S), and where there are."""
        total, got = np.zeros_like(sent[0]), np.zeros(self._due[0].shape, dtype=bool)
        for due, message in zip(self._due, sent, strict=False):
            here = due == self.now
            total, got = total + np.where(here[..., np.newaxis], message, 0.0), got | here
        return total, got


DrawRound = Callable[[Round], None]
"""Changes the links of an iteration in place."""
ChangeMessages = Callable[[Array, "Envelope", Round], Array]
"""From messages on the edges, shape (R, E, S'), to what becomes of them."""


@dataclass(frozen=True)
class Envelope:
    """What the messages are that an effect is given."""

    channel: int
    """Which of an iteration's calls of *mix* they belong to, from 0."""
    size: int
    """S: how many of their columns hold values; a ratio protocol's weight comes after them."""


class Effect(ABC):
    """Something that a link, or an agent on it, does: a frozen dataclass of its settings."""

    @property
    def longest_delay(self) -> int:
        """How many iterations a message may take."""
        return 0

    @abstractmethod
    def start(self, edges: Edges, streams: Streams) -> Any:
        """What runs, for one run: see the three kinds of effects."""


class LinkEffect(Effect):
    """It decides which messages arrive, and when."""

    @abstractmethod
    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """What changes the links of each iteration, for one run."""


class Coding(Effect):
    """It changes what is sent, and the sender knows."""

    @abstractmethod
    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """What changes messages before they are sent, for one run."""


class Disturbance(Effect):
    """It changes what arrives, and the sender does not know."""

    @abstractmethod
    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """What changes messages on their way, for one run."""


def probability(name: str, value: float) -> None:
    """Refuse what is no probability of something that must not be certain.

    Raises
    ------
    ValueError
        If it is not in [0, 1), naming it.
    """
    if not 0.0 <= number(name, value) < 1.0:
        raise ValueError(f"{name} = {value}: give a probability in [0, 1)")


def possible(name: str, value: float) -> None:
    """Refuse what is no probability of something that must be possible.

    Raises
    ------
    ValueError
        If it is not in (0, 1], naming it.
    """
    if not 0.0 < number(name, value) <= 1.0:
        raise ValueError(f"{name} = {value}: give a probability in (0, 1]")
