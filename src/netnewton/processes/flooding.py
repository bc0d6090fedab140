"""The joint policy by flooding: every agent's block psi_j, from neighbour to neighbour.

The broadcast of Section 3.2. In a round each agent sends its neighbours the blocks that were news
to it in the last one, and whether it has all N. No agent knows the graph: a link falls silent once
both ends have said that they have all of them, which both know at once. A block reaches an agent in
as many rounds as there are links between them, so that all have all of them after the graph's
diameter.

A message is an array of float64: how many numbers it has, whether its sender is complete, and for
each block the number of its agent and then its parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.processes.neighbourhood import Neighbourhood
from netnewton.processes.transport import exchange

HEADER = 2


@dataclass(frozen=True)
class Broadcast:
    """What flooding has brought to one agent."""

    parameters: Array
    """mu = [psi_1, ..., psi_N], each block from its own agent, shape (R, D)."""
    rounds: int
    """Rounds until the agent had all blocks: the largest distance of another agent."""


def broadcast(
    neighbourhood: Neighbourhood, theta: Array, owner: Indices, iteration: int
) -> Broadcast:
    """Flood this agent's block while all others do the same with theirs.

    Parameters
    ----------
    neighbourhood : Neighbourhood
    theta : Array, shape (R, D)
        The agent's copy of all parameters, of which its own block is sent.
    owner : Indices, shape (D,)
        The agent each parameter belongs to.
    iteration : int
        k, for messages of errors.

    Raises
    ------
    Unheard
        If a neighbour is late.
    ValueError
        If a block has not arrived after N rounds: the network is not connected.
    """
    me, N = neighbourhood.agent, neighbourhood.n_agents
    mu = np.where(owner == me, theta, np.nan)
    held, news, rounds = {me}, [me], 0
    links = neighbourhood.neighbours
    for _ in range(N):
        complete = len(held) == N
        message = _message(mu, owner, news, complete)
        received = _exchanged(neighbourhood, links, message, mu.size, iteration)
        if complete:
            links = tuple(j for j in links if not received[j][1])
        fresh = dict(pair for m in received.values() for pair in _blocks(m, mu, owner))
        news = sorted(fresh.keys() - held)
        for agent in news:
            mu[:, owner == agent] = fresh[agent]
        held.update(news)
        rounds += bool(news)
    if len(held) < N:
        missing = min({*range(N)} - held)
        raise ValueError(f"the network is not connected: no path joins agents {me} and {missing}")
    return Broadcast(mu, rounds)


def _exchanged(
    neighbourhood: Neighbourhood,
    links: tuple[int, ...],
    message: Array,
    most: int,
    iteration: int,
) -> dict[int, Array]:
    """What has come over each link; the longest message there can be has all N blocks."""
    incoming = {j: np.empty(HEADER + neighbourhood.n_agents + most) for j in links}
    exchange(neighbourhood.communicator, message, incoming, iteration, neighbourhood.deadline)
    return incoming


def _message(mu: Array, owner: Indices, news: list[int], complete: bool) -> Array:
    blocks = [[agent, *mu[:, owner == agent].ravel()] for agent in news]
    body = [x for block in blocks for x in block]
    return np.array([HEADER + len(body), complete, *body], dtype=float)


def _blocks(message: Array, mu: Array, owner: Indices) -> Iterator[tuple[int, Array]]:
    """The agents and blocks of a message, the blocks in the shape that they have in mu."""
    at, end = HEADER, int(message[0])
    while at < end:
        agent = int(message[at])
        block = mu[:, owner == agent]
        yield agent, message[at + 1 : at + 1 + block.size].reshape(block.shape)
        at += 1 + block.size
