"""Unreliable links as a *mix*: a protocol, what the links do to its messages, and who watches."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from netnewton.arrays import Array, Flags, count
from netnewton.links.edges import Edges
from netnewton.links.protocol import Exchange, Protocol
from netnewton.links.rounds import (
    ChangeMessages,
    Coding,
    Disturbance,
    DrawRound,
    Effect,
    Envelope,
    LinkEffect,
    Post,
    Round,
)
from netnewton.links.watch import Detected, Watch, Watching
from netnewton.trajectories.streams import Streams


def unreliable(
    protocol: Protocol,
    effects: Sequence[Effect],
    streams: Streams | Sequence[np.random.Generator],
    watch: Watch | None = None,
) -> Links:
    """A *mix* over links that are not reliable, for one run.

    Parameters
    ----------
    protocol : Protocol
        `WeightedSum`, `TrimmedMean`, `RunningSums` or `PushSum`.
    effects : sequence of Effect
        What links and agents do, in any order; each draws from generators of its own.
    streams : Streams or sequence of numpy.random.Generator
        One generator for each of R repetitions. They are not drawn from: each effect gets children
        of them (`Generator.spawn`). So links meet the same losses whatever protocol or algorithm
        they serve, on the same edges and from new generators of the same seeds.
    watch : Watch, optional
        How receivers notice faulty agents; without it nobody looks.

    Returns
    -------
    Links
        ``mix(values, iteration)``, for `netnewton.run` and any `Algorithm`.

    Raises
    ------
    ValueError
        If the parts do not fit one another.
    """
    return Links(protocol, effects, streams, watch)


class Links:
    """What `unreliable` returns; it has the state of one run.

    The calls of an iteration are its *channels*, told apart by their order; all share the links'
    fate in it, for one packet carries all that an agent tells a neighbour. An iteration ends when
    the argument `iteration` changes. Time and memory are O(R E S) for each channel, S numbers an
    agent, times one more than the longest delay.
    """

    def __init__(
        self,
        protocol: Protocol,
        effects: Sequence[Effect],
        streams: Streams | Sequence[np.random.Generator],
        watch: Watch | None = None,
    ) -> None:
        generators = _one_each(streams)
        protocol.require(len(generators), effects)
        self.protocol, self.repetitions = protocol, len(generators)
        self.iteration: int | None = None
        self._first: int | None = None
        self.channels: list[Exchange] = []
        """What the protocol keeps of each channel."""
        self._effects = _Running(protocol.edges, effects, generators)
        self._watching = watch and Watching(watch, protocol.edges, self.repetitions)
        self._longest = sum(effect.longest_delay for effect in effects)
        self._post, self._called = Post(self._longest), 0
        self._sent: list[deque[Array]] = []
        self._sizes: list[int] = []

    @property
    def detected(self) -> tuple[Detected, ...]:
        """The agents that were found faulty, in that order."""
        return tuple(self._watching.detected) if self._watching else ()

    def __call__(self, values: Array, iteration: int) -> Array:
        """The mixed values, of the same shape (R, N, ...)."""
        self._check(values)
        if iteration != self.iteration:
            self._turn_to(iteration)
        number, self._called = self._called, self._called + 1
        flat = values.reshape(*values.shape[:2], -1)
        self._open(number, flat.shape[-1])
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            return self._mix(number, flat).reshape(values.shape)

    def _mix(self, number: int, values: Array) -> Array:
        exchange, sent, link = self.channels[number], self._sent[number], self._link
        envelope = Envelope(number, values.shape[-1])
        told = exchange.send(values, link)[:, self.protocol.edges.senders]
        sent.appendleft(_changed(self._effects.codings, told, envelope, link))
        messages, arrived = exchange.take(self._post, sent)
        messages = _changed(self._effects.disturbances, messages, envelope, link)
        got = self._noticed(number, messages, arrived & self._hearing())
        return exchange.receive(values, sent[0], messages, got, link)

    def _hearing(self) -> Flags:
        """Over which edges a receiver listens, shape (R, E)."""
        return self._link.open & self._link.active[:, self.protocol.edges.receivers]

    def _noticed(self, number: int, messages: Array, got: Flags) -> Flags:
        if not self._watching:
            return got
        if number == 0:
            self._watching.listen(got, self._link)
        return self._watching.inspect(number, messages, got, self._link)

    def _turn_to(self, iteration: int) -> None:
        """Draw what the links do in an iteration."""
        if self.iteration is not None and iteration < self.iteration:
            raise ValueError(
                f"iteration {iteration} after {self.iteration}: links keep the state of one run; "
                "make new ones for another"
            )
        if self._called != len(self.channels):
            raise self._other_calls()
        edges, R = self.protocol.edges, self.repetitions
        present = np.broadcast_to(self.protocol.present(iteration), (R, len(edges)))
        link = Round(
            iteration,
            present,
            open=self._still_open(),
            active=np.ones((R, edges.agents), dtype=bool),
            delivered=present.copy(),
            due=np.full((R, len(edges)), iteration),
        )
        for draw in self._effects.links:
            draw(link)
        link.delivered &= link.active[:, edges.senders] & link.active[:, edges.receivers]
        self._post.add(link)
        self._link, self._called, self.iteration = link, 0, iteration

    def _still_open(self) -> Flags:
        edges = self.protocol.edges
        if not self._watching:
            return np.ones((self.repetitions, len(edges)), dtype=bool)
        counts = ~self._watching.excluded
        return counts[:, edges.senders] & counts[:, edges.receivers]

    def _open(self, number: int, size: int) -> None:
        """Start a channel when it is used first."""
        if number < len(self.channels):
            if size != self._sizes[number]:
                raise ValueError(
                    f"call {number} of iteration {self.iteration} mixes {size} numbers an agent, "
                    f"and {self._sizes[number]} before: keep the order of the calls"
                )
            return
        if self._first not in (None, self.iteration):
            raise self._other_calls()
        self._first = self.iteration
        self._sizes.append(size)
        self.channels.append(self.protocol.exchange(number, self.repetitions, size))
        self._sent.append(deque(maxlen=self._longest + 1))

    def _other_calls(self) -> ValueError:
        return ValueError(
            f"mix was called {len(self.channels)} times in the first iteration, and not so in "
            f"iteration {self.iteration}: links tell values apart by the order of the calls"
        )

    def _check(self, values: Array) -> None:
        expected = self.repetitions, self.protocol.edges.agents
        if values.shape[:2] != expected:
            raise ValueError(
                f"values of shape {values.shape} for {expected[0]} repetitions and {expected[1]} "
                "agents: give (R, N, ...), and links a generator for each repetition"
            )


class _Running:
    """The effects of one run, sorted by what they act on."""

    def __init__(
        self, edges: Edges, effects: Sequence[Effect], generators: Sequence[np.random.Generator]
    ) -> None:
        self.links: list[DrawRound] = []
        self.codings: list[ChangeMessages] = []
        self.disturbances: list[ChangeMessages] = []
        children = [generator.spawn(len(effects)) for generator in generators]
        for n, effect in enumerate(effects):
            self._add(effect, edges, Streams([own[n] for own in children]))

    def _add(self, effect: Effect, edges: Edges, streams: Streams) -> None:
        if isinstance(effect, LinkEffect):
            self.links.append(effect.start(edges, streams))
        elif isinstance(effect, Coding):
            self.codings.append(effect.start(edges, streams))
        elif isinstance(effect, Disturbance):
            self.disturbances.append(effect.start(edges, streams))
        else:
            raise ValueError(f"{effect!r} is no effect of links: see netnewton.links")


def _changed(
    changes: Sequence[ChangeMessages], messages: Array, envelope: Envelope, link: Round
) -> Array:
    """What becomes of messages, shape (R, E, S')."""
    for change in changes:
        messages = change(messages, envelope, link)
    return messages


def _one_each(
    streams: Streams | Sequence[np.random.Generator],
) -> Sequence[np.random.Generator]:
    generators = streams.generators if isinstance(streams, Streams) else list(streams)
    count("the number of generators", len(generators))
    if len(streams) != len(generators):
        raise ValueError(
            f"{len(generators)} generators for {len(streams)} repetitions: links need one for each"
        )
    return Streams(generators).generators
