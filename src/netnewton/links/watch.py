"""Watching: how receivers notice that an agent is faulty, and what happens then.

A receiver sees its messages only: a number that is not finite, one beyond a bound, or nothing for
too long. Whoever notices first names the agent, and all are told: from then on nobody takes
anything from it or sends it anything, and its weight goes to the receivers' own values.

A repetition that diverges looks the same, for then all agents send numbers that are not finite.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Flags, count, number
from netnewton.links.edges import Edges
from netnewton.links.rounds import Round


class Symptom(enum.Enum):
    """What is wrong with an agent's messages."""

    NOT_FINITE = "sent a number that is not finite"
    OUT_OF_BOUNDS = "sent a number beyond the bound"
    SILENT = "has been silent for too long"


@dataclass(frozen=True)
class Detected:
    """An agent that was found faulty, by one of those who hear it."""

    repetition: int
    agent: int
    iteration: int
    symptom: Symptom

    def __str__(self) -> str:
        return (
            f"agent {self.agent} (repetition {self.repetition}) {self.symptom.value}: noticed in "
            f"iteration {self.iteration}"
        )


class FaultyAgent(RuntimeError):
    """A faulty agent was noticed, and the run was to stop then; `detected` says which."""

    def __init__(self, detected: Detected) -> None:
        super().__init__(f"{detected}; mend it, or let the others go on: Watch(reaction=go_on)")
        self.detected = detected


Reaction = Callable[[Detected], None]
"""What follows once an agent is named: `stop` or `go_on`."""


def stop(detected: Detected) -> None:
    """End the run with `FaultyAgent`."""
    raise FaultyAgent(detected)


def go_on(detected: Detected) -> None:
    """The others go on without it."""


Judge = Callable[[Array, Flags], Flags]
"""From sizes of messages and whether they came, both (R, E), to which are too large."""


class Bound(ABC):
    """What a receiver takes for too large, of the largest number in a message."""

    @abstractmethod
    def start(self, edges: Edges) -> Judge:
        """What judges the messages of one channel, iteration by iteration."""


@dataclass(frozen=True)
class FixedBound(Bound):
    """No number may be larger than the user says; infinite for none.

    Parameters
    ----------
    largest : float
        > 0, in units of the messages. Those of `RunningSums` grow with the iterations.

    Raises
    ------
    ValueError
        If it is not positive.
    """

    largest: float = np.inf

    def __post_init__(self) -> None:
        if not number("largest", self.largest) > 0.0:
            raise ValueError(f"largest = {self.largest}: give a positive number")

    def start(self, edges: Edges) -> Judge:
        """What judges the messages of one channel."""
        return lambda sizes, got: got & (sizes > self.largest)


@dataclass(frozen=True)
class MedianBound(Bound):
    """Not more than `factor` times (median + median absolute deviation) of what one has received.

    Taken over an agent's neighbours and its last `window` iterations, before which nothing is
    judged. If half of its neighbours or more are faulty from the start, it takes them for normal.

    Parameters
    ----------
    factor : float
        > 1; large, for values change fast at first.
    window : int
        At least 1.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    factor: float = 1e3
    window: int = 10

    def __post_init__(self) -> None:
        count("window", self.window)
        if not 1.0 < number("factor", self.factor) < np.inf:
            raise ValueError(f"factor = {self.factor}: give a number above 1")

    def start(self, edges: Edges) -> Judge:
        """What judges the messages of one channel."""
        seen: deque[Array] = deque(maxlen=self.window)

        def judge(sizes: Array, got: Flags) -> Flags:
            large = np.zeros_like(got)
            if len(seen) == self.window:
                limit = self._limit(np.concatenate(seen, axis=-1))[:, edges.receivers]
                large = got & (limit > 0) & (sizes > limit)
            by_agent = np.where(got, sizes, np.nan)[:, edges.slots]
            seen.append(np.where(edges.slots >= 0, by_agent, np.nan))
            return large

        return judge

    def _limit(self, sizes: Array) -> Array:
        """The largest size that passes, (R, N, sizes) to (R, N)."""
        median = _median(sizes)
        deviation = _median(np.abs(sizes - median[..., np.newaxis]))
        return self.factor * (median + deviation)


@dataclass(frozen=True)
class Watch:
    """What receivers look for, and what happens when they find it.

    Parameters
    ----------
    bound : Bound
        `FixedBound` or `MedianBound`; none by default. Numbers that are not finite are always
        noticed.
    silence : int, optional
        How many iterations in a row may pass without a message: more than losses, delays, inactive
        agents or absent edges make of themselves. Any number by default.
    reaction : callable
        `stop` or `go_on`.

    Raises
    ------
    ValueError
        If the silence is no such number.
    """

    bound: Bound = FixedBound()
    silence: int | None = None
    reaction: Reaction = stop

    def __post_init__(self) -> None:
        if self.silence is not None:
            count("silence", self.silence)


class Watching:
    """The receivers of one run, and whom they have found."""

    def __init__(self, watch: Watch, edges: Edges, repetitions: int) -> None:
        self._watch, self._edges = watch, edges
        self._silent = np.zeros((repetitions, len(edges)), dtype=np.intp)
        self._judges: dict[int, Judge] = {}
        self.excluded = np.zeros((repetitions, edges.agents), dtype=bool)
        """Who was found faulty, shape (R, N)."""
        self.detected: list[Detected] = []

    def listen(self, got: Flags, link: Round) -> None:
        """Notice who has been silent, once an iteration."""
        waiting = link.open & link.active[:, self._edges.receivers]
        self._silent = np.where(got, 0, self._silent + waiting)
        if self._watch.silence is not None:
            self._name(self._silent > self._watch.silence, Symptom.SILENT, link)

    def inspect(self, channel: int, messages: Array, got: Flags, link: Round) -> Flags:
        """Notice what is wrong with messages; which are to be used, shape (R, E)."""
        sizes = np.abs(messages).max(axis=-1, initial=0.0)
        broken = got & ~np.isfinite(sizes)
        if channel not in self._judges:
            self._judges[channel] = self._watch.bound.start(self._edges)
        large = self._judges[channel](sizes, got & ~broken)
        self._name(broken, Symptom.NOT_FINITE, link)
        self._name(large, Symptom.OUT_OF_BOUNDS, link)
        return got & ~self.excluded[:, self._edges.senders]

    def _name(self, found: Flags, symptom: Symptom, link: Round) -> None:
        for r, edge in np.argwhere(found):
            agent = int(self._edges.senders[edge])
            if not self.excluded[r, agent]:
                self.excluded[r, agent] = True
                self.detected.append(Detected(int(r), agent, link.iteration, symptom))
                self._watch.reaction(self.detected[-1])


def _median(values: Array) -> Array:
    """Along the last axis, the lower of the two middle ones; NaN does not count, all NaN give 0."""
    ordered = np.sort(values, axis=-1)  # NaN sorts behind all
    number = (~np.isnan(values)).sum(axis=-1, keepdims=True)
    middle = np.take_along_axis(ordered, np.maximum(number - 1, 0) // 2, axis=-1)
    return np.where(number > 0, middle, 0.0)[..., 0]
