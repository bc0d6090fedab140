"""What a protocol is: what agents send, and how they put together what they receive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from netnewton.arrays import Array, Flags
from netnewton.links.edges import Edges
from netnewton.links.rounds import Effect, Post, Round


class Exchange(ABC):
    """One channel of a protocol, in one run: the state that is kept from iteration to iteration."""

    @abstractmethod
    def send(self, values: Array, link: Round) -> Array:
        """What each agent tells all who hear it, from values of shape (R, N, S) to (R, N, S')."""

    @abstractmethod
    def receive(self, values: Array, own: Array, messages: Array, got: Flags, link: Round) -> Array:
        """The mixed values, shape (R, N, S).

        Parameters
        ----------
        values : Array, shape (R, N, S)
        own : Array, shape (R, E, S')
            What was sent on each edge in this iteration, as the sender knows it.
        messages : Array, shape (R, E, S')
            What arrived on each edge.
        got : Flags, shape (R, E)
            Whether anything did.
        """

    def take(self, post: Post, sent: deque[Array]) -> tuple[Array, Flags]:
        """Which of the messages that were sent are used now; the newest that has arrived."""
        return post.newest(sent)


class Protocol(ABC):
    """How agents agree on averages, over a network of edges."""

    edges: Edges

    @abstractmethod
    def exchange(self, channel: int, repetitions: int, size: int) -> Exchange:
        """A channel, numbered from 0, for values of shape (R, N, S), at its start."""

    @abstractmethod
    def present(self, iteration: int) -> Flags:
        """Which edges the network has in an iteration, shape (E,)."""

    @abstractmethod
    def require(self, repetitions: int, effects: Sequence[Effect]) -> None:
        """Refuse what the protocol cannot work with.

        Raises
        ------
        ValueError
            Naming it.
        """
