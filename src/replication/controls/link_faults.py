"""Faults of unreliable links, caught by agents written out and by what has to be conserved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from netnewton import networks
from netnewton.arrays import Array, Flags
from netnewton.links import (
    Compressed,
    Delays,
    Effect,
    FaultyAgent,
    Losses,
    MedianBound,
    Protocol,
    PushSum,
    RunningSums,
    SendsGarbage,
    Stops,
    TopK,
    Watch,
    WeightedSum,
    edges,
    unreliable,
    watch,
)
from netnewton.links.ratio import PushSumExchange, RatioExchange, RunningSumsExchange
from netnewton.links.rounds import Post, Round
from replication.claims.planting import Control, Patch, of_check, verdict_of_check
from replication.controls.links_written_out import RunningSumsAgents, Scripted, WeightedAgents

AGENTS, SIZE, ITERATIONS, DELAY, SEED = 6, 3, 40, 3, 11
WHEEL = nx.wheel_graph(AGENTS)
WEIGHTS = networks.metropolis_weights(WHEEL)
DIRECTED = nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (4, 1), (0, 5)])
CLOSE = 1e-9
FAULTY, FROM, SILENCE = 4, 15, 6


def links_written_out(folder: Path) -> str:
    """Weighted and running sums, with losses and delays, against agents one by one."""
    sums, running = WeightedSum(WEIGHTS), RunningSums(DIRECTED)
    pairs = zip(running.edges.receivers.tolist(), running.edges.senders.tolist(), strict=True)
    both = (
        (sums, WeightedAgents(WEIGHTS, DELAY)),
        (running, RunningSumsAgents([*pairs], AGENTS, SIZE, DELAY)),
    )
    with np.errstate(all="ignore"):
        return verdict_of_check(all(_distance(*one) < CLOSE for one in both))


def _distance(protocol: Protocol, agents: WeightedAgents | RunningSumsAgents) -> float:
    """Of mixed values, to which something is added in each iteration; relative to their size."""
    rng = np.random.default_rng(SEED)
    shape = (ITERATIONS, 1, len(protocol.edges))
    script = Scripted(rng.random(shape) < 0.7, rng.integers(0, DELAY + 1, shape))
    mix = unreliable(protocol, [script], [rng])
    found, expected, worst = np.zeros((1, AGENTS, SIZE)), np.zeros((AGENTS, SIZE)), 0.0
    for k in range(1, ITERATIONS + 1):
        new = rng.normal(size=(AGENTS, SIZE))
        fate = script.delivered[k - 1, 0], script.delay[k - 1, 0]
        found, expected = mix(found + new, k), agents.mix(expected + new, k, *fate)
        off = np.abs(found[0] - expected).max() / (1.0 + np.abs(expected).max())
        worst = off if not off <= worst else worst  # NaN is the worst
    return float(worst)


def mean_kept(folder: Path) -> str:
    """What keeps the mean over agents, and lets them agree: losses of both directions together,
    delays of shares that are pushed, and parts of messages, of which the rest comes later.
    """
    lazy = (np.eye(AGENTS) + WEIGHTS) / 2
    tried: Sequence[tuple[Protocol, Effect]] = (
        (WeightedSum(WEIGHTS), Losses(0.3, edges.symmetric)),
        (PushSum(DIRECTED), Delays(DELAY)),
        (RunningSums(DIRECTED), Losses(0.3)),
        (WeightedSum(lazy), Compressed(TopK(2))),
    )
    with np.errstate(all="ignore"):
        return verdict_of_check(all(_distance_to_mean(*one) < CLOSE for one in tried))


def _distance_to_mean(protocol: Protocol, effect: Effect) -> float:
    """Of values that are mixed 300 times, from the mean of those at first."""
    rng = np.random.default_rng(SEED)
    mix = unreliable(protocol, [effect], [rng])
    values = first = rng.normal(size=(1, AGENTS, SIZE))
    for k in range(1, 301):
        values = mix(values, k)
    return float(np.abs(values - first.mean(axis=1, keepdims=True)).max())


def faulty_agents_named(folder: Path) -> str:
    """An agent that sends garbage, and one that is silent, are named when they have to be."""
    tried = (SendsGarbage(FAULTY, FROM), FROM), (Stops(FAULTY, FROM), FROM + SILENCE)
    return verdict_of_check(all(_noticed(fault) == when for fault, when in tried))


def _noticed(fault: Effect) -> int | None:
    """The iteration in which the right agent is named; None if it is not."""
    rng = np.random.default_rng(SEED)
    looking = Watch(MedianBound(), silence=SILENCE)
    mix = unreliable(WeightedSum(WEIGHTS), [fault], [rng], looking)
    values = rng.normal(size=(1, AGENTS, SIZE))
    try:
        for k in range(1, ITERATIONS + 1):
            values = mix(values, k)
    except FaultyAgent as named:
        return named.detected.iteration if named.detected.agent == FAULTY else None
    return None


def received_sum_not_stored(patch: Patch) -> None:
    """A receiver of running sums forgets the last one, and takes all of the next."""
    patch.setattr(RunningSumsExchange, "remembered", lambda self, messages, got: self.heard)


def lost_messages_arrive(patch: Patch) -> None:
    """Links say that they have lost a message, and deliver it."""

    def delivered(post: Post, link: Round) -> tuple[Post, Round]:
        link.delivered = np.ones_like(link.delivered)
        return post, link

    patch.arguments(Post, "add", delivered)


def weight_of_a_lost_message_lost(patch: Patch) -> None:
    """The weight of a message that is missing goes to nobody."""

    def shrunk(changed: Array, self: Any, own: Array, messages: Array, got: Flags, k: int) -> Array:
        missing = np.where(got, 0.0, self._now(k))[..., np.newaxis] * own[:, self.edges.receivers]
        return np.asarray(changed - self.edges.into(missing))

    patch.around(WeightedSum, "change", shrunk)


def weight_of_a_mass_dropped(patch: Patch) -> None:
    """Ratio consensus hands out masses, without dividing by their weights."""

    def undivided(self: Any, gained: Array, got: Flags) -> Array:
        self.mass = self.mass + self.edges.into(np.where(got[..., np.newaxis], gained, 0.0))
        self.output = self.mass[..., :-1]
        return np.array(self.output)

    patch.setattr(RatioExchange, "add", undivided)


def late_share_taken_again(patch: Patch) -> None:
    """Push-sum takes the newest share that has come, also if it has taken it before."""
    patch.setattr(PushSumExchange, "take", lambda self, post, sent: post.newest(sent))


def rest_of_a_message_forgotten(patch: Patch) -> None:
    """What a compressed message leaves out is never sent."""
    patch.setattr(Compressed, "kept", lambda self, before, after, link: 0 * before)


def one_direction_lost(patch: Patch) -> None:
    """Losses said to be symmetric lose one direction of a link only."""
    patch.setattr(edges, "symmetric", edges.asymmetric)


def bound_never_exceeded(patch: Patch) -> None:
    """Whoever watches takes any number for normal."""
    patch.setattr(watch, "_median", lambda values: np.full(values.shape[:-1], np.inf))


def silence_not_noticed(patch: Patch) -> None:
    """Nobody counts the iterations since an agent was last heard."""
    nothing: Callable[..., None] = lambda self, got, link: None  # noqa: E731 - takes a fault's place
    patch.setattr(watch.Watching, "listen", nothing)


CONTROLS: Sequence[Control] = (
    *of_check(
        links_written_out,
        received_sum_not_stored,
        lost_messages_arrive,
        weight_of_a_lost_message_lost,
        weight_of_a_mass_dropped,
    ),
    *of_check(
        mean_kept,
        received_sum_not_stored,
        weight_of_a_mass_dropped,
        late_share_taken_again,
        rest_of_a_message_forgotten,
        one_direction_lost,
    ),
    *of_check(faulty_agents_named, bound_never_exceeded, silence_not_noticed),
)
