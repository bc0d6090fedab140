"""Agents that are faulty: one stops, one sends NaN, one sends garbage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Flags, count, number
from netnewton.links.edges import Edges
from netnewton.links.rounds import (
    ChangeMessages,
    Disturbance,
    DrawRound,
    Envelope,
    LinkEffect,
    Round,
)
from netnewton.trajectories.streams import Streams


@dataclass(frozen=True)
class Stops(LinkEffect):
    """An agent neither sends nor receives any more.

    Parameters
    ----------
    agent : int
        Which one, from 0.
    start_at : int
        The first iteration k in which it is faulty; the first of a run is 1.

    Raises
    ------
    ValueError
        If a number is negative; on a run, if there is no such agent.
    """

    agent: int
    start_at: int = 1

    def __post_init__(self) -> None:
        _check(self.agent, self.start_at)

    def start(self, edges: Edges, streams: Streams) -> DrawRound:
        """Draws nothing."""
        _require_agent(self.agent, edges)

        def stop(link: Round) -> None:
            link.active[:, self.agent] &= link.iteration < self.start_at

        return stop


@dataclass(frozen=True)
class SendsNaN(Disturbance):
    """An agent sends NaN for every number. Parameters and errors as for `Stops`."""

    agent: int
    start_at: int = 1

    def __post_init__(self) -> None:
        _check(self.agent, self.start_at)

    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """Draws nothing."""
        sent = _sent_by(self.agent, edges)

        def spoil(messages: Array, envelope: Envelope, link: Round) -> Array:
            return messages if link.iteration < self.start_at else _with(messages, sent, np.nan)

        return spoil


@dataclass(frozen=True)
class SendsGarbage(Disturbance):
    """An agent sends Gaussian numbers instead of its own, other ones to each neighbour.

    Parameters
    ----------
    agent, start_at : int
        As for `Stops`.
    scale : float
        Their standard deviation, > 0.

    Raises
    ------
    ValueError
        As for `Stops`, or if the scale is not positive.
    """

    agent: int
    start_at: int = 1
    scale: float = 1e6

    def __post_init__(self) -> None:
        _check(self.agent, self.start_at)
        if not 0.0 < number("scale", self.scale) < np.inf:
            raise ValueError(f"scale = {self.scale}: give a positive number")

    def start(self, edges: Edges, streams: Streams) -> ChangeMessages:
        """Draws a number for each that the agent sends, once it is faulty."""
        sent = _sent_by(self.agent, edges)

        def spoil(messages: Array, envelope: Envelope, link: Round) -> Array:
            if link.iteration < self.start_at:
                return messages
            drawn = streams.normal(1, int(sent.sum()), messages.shape[-1])[0]
            return _with(messages, sent, self.scale * drawn)

        return spoil


def _check(agent: int, start_at: int) -> None:
    count("agent", agent, least=0)
    count("start_at", start_at, least=0)


def _require_agent(agent: int, edges: Edges) -> None:
    if agent >= edges.agents:
        raise ValueError(f"agent = {agent}: there are {edges.agents}, numbered from 0")


def _sent_by(agent: int, edges: Edges) -> Flags:
    _require_agent(agent, edges)
    return edges.senders == agent


def _with(messages: Array, where: Flags, values: Array | float) -> Array:
    changed = messages.copy()
    changed[:, where] = values
    return changed
