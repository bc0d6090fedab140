r"""Fewer or shorter numbers: quantisation and sparsification, with error feedback.

What agent j sends agent i is the compressed difference to what i already has of it,

    have_ij(k)  =  have_ij(k-1) + C(x_j(k) - have_ij(k-1)),

and i takes have_ij(k) for x_j(k). So the error feeds back: what C leaves out of one message is in
the next difference, and is sent later. Errors do not add up, and vanish when values settle. The
sender learns whether a message is lost (an acknowledgement); then both go on from have_ij(k-1).

With `RunningSums` a message is a sum that grows, so the error does not vanish: it is that of the
last message, and what it leaves out is on its way. With `PushSum` errors change masses for good.

A sum of weights with much less sent than there is can oscillate, for what agents have of one
another is old. Lazier weights, I + gamma (A - I) with gamma < 1, keep it stable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, count, number
from netnewton.links.edges import Edges
from netnewton.links.rounds import ChangeMessages, Coding, Envelope, Round
from netnewton.trajectories.streams import Streams


class Compressor(ABC):
    """C: from what there is to say, (R, E, S), to what is said."""

    @abstractmethod
    def __call__(self, values: Array, streams: Streams) -> Array:
        """The compressed values, of the same shape."""


@dataclass(frozen=True)
class TopK(Compressor):
    """The k largest numbers of each message; the first of several that are equally large.

    Parameters
    ----------
    k : int
        At least 1; with more than there are, all are sent.

    Raises
    ------
    ValueError
        If it is no such number.
    """

    k: int

    def __post_init__(self) -> None:
        count("k", self.k)

    def __call__(self, values: Array, streams: Streams) -> Array:
        """The compressed values."""
        size = np.abs(values)
        if self.k >= size.shape[-1]:
            return values
        last = np.partition(size, -self.k, axis=-1)[..., -self.k, np.newaxis]
        larger, equal = size > last, size == last  # by value: no order of a partition is relied on
        room = self.k - larger.sum(axis=-1, keepdims=True)
        return np.where(larger | (equal & (equal.cumsum(axis=-1) <= room)), values, 0.0)


Rounding = Callable[[Array, Streams], Array]
"""From real numbers, shape (R, E, S), to whole ones: `nearest` or `dithered`."""


def nearest(values: Array, streams: Streams) -> Array:
    """The nearest whole number; always the same."""
    return np.rint(values)


def dithered(values: Array, streams: Streams) -> Array:
    """The whole number below or above, at random, so that the mean is the value."""
    return np.floor(values + streams.uniform(1, *values.shape[1:])[0])


@dataclass(frozen=True)
class FixedStep(Compressor):
    """Multiples of a step: messages are small whole numbers.

    Parameters
    ----------
    step : float
        > 0, in units of the values.
    rounding : callable
        `nearest` or `dithered`.

    Raises
    ------
    ValueError
        If the step is not positive.
    """

    step: float
    rounding: Rounding = nearest

    def __post_init__(self) -> None:
        if not 0.0 < number("step", self.step) < np.inf:
            raise ValueError(f"step = {self.step}: give a positive number")

    def __call__(self, values: Array, streams: Streams) -> Array:
        """The compressed values."""
        return self.step * self.rounding(values / self.step, streams)


@dataclass(frozen=True)
class Levels(Compressor):
    """A number of levels on each side of zero, up to the message's largest number.

    A message is that number, and for each of the others a whole one in -levels, ..., levels.

    Parameters
    ----------
    levels : int
        At least 1.
    rounding : callable
        `nearest` or `dithered`.

    Raises
    ------
    ValueError
        If it is no such number.
    """

    levels: int
    rounding: Rounding = nearest

    def __post_init__(self) -> None:
        count("levels", self.levels)

    def __call__(self, values: Array, streams: Streams) -> Array:
        """The compressed values."""
        step = np.abs(values).max(axis=-1, keepdims=True, initial=0.0) / self.levels
        step = np.where(step > 0, step, 1.0)
        return step * self.rounding(values / step, streams)


@dataclass(frozen=True)
class Compressed(Coding):
    """Messages are compressed differences, with error feedback. A protocol's weights are not.

    It keeps what every receiver has: memory O(R E S) for each call of *mix* in an iteration.

    Parameters
    ----------
    compressor : Compressor
        `TopK`, `FixedStep` or `Levels`.
    """

    compressor: Compressor

    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """Draws (R, E, S) numbers a call if its compressor draws any."""
        have: dict[int, Array] = {}

        def compress(messages: Array, envelope: Envelope, link: Round) -> Array:
            values = messages[..., : envelope.size]
            before = have.get(envelope.channel, np.zeros_like(values))
            after = before + self.compressor(values - before, streams)
            have[envelope.channel] = self.kept(before, after, link)
            return np.concatenate([after, messages[..., envelope.size :]], axis=-1)

        return compress

    def kept(self, before: Array, after: Array, link: Round) -> Array:
        """What receivers have after the messages are delivered or lost."""
        return np.where(link.delivered[..., np.newaxis], after, before)
