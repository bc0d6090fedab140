"""Sending and receiving without ever waiting for ever.

Nothing here imports MPI: a communicator is anything that sends and receives as mpi4py's does, such
as ``MPI.COMM_WORLD``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol, TypeVar

from netnewton.arrays import Array

K = TypeVar("K")

NAP = 5e-5  # seconds; where processes outnumber processors, somebody else computes meanwhile


class Request(Protocol):
    """What is under way."""

    def Test(self) -> bool:
        """Whether it is complete; takes it further."""


class Communicator(Protocol):
    """The part of mpi4py's ``Comm`` that agents use; messages of a pair arrive in order."""

    @property
    def rank(self) -> int:
        """The number of this process, that of its agent."""

    @property
    def size(self) -> int:
        """N, the number of processes."""

    def Isend(self, buf: Array, dest: int) -> Request:
        """Begin to send an array, which must not change until that is complete."""

    def Irecv(self, buf: Array, source: int) -> Request:
        """Begin to receive an array, which may be shorter than the one that takes it."""


class Unheard(OSError):
    """An agent has not heard from a neighbour in time."""


def exchange(
    communicator: Communicator,
    outgoing: Array,
    incoming: Mapping[int, Array],
    iteration: int,
    deadline: float,
) -> None:
    """Send one array to some agents, and fill an array from each of them.

    Parameters
    ----------
    communicator : Communicator
    outgoing : Array
        Contiguous; goes to every agent that `incoming` names.
    incoming : mapping
        From agents to the arrays that take what they send.
    iteration : int
        k, for the message of the error.
    deadline : float
        Seconds that all of it may take.

    Raises
    ------
    Unheard
        If it takes longer, naming an agent that is late.
    """
    under_way = {(j, "in"): communicator.Irecv(array, j) for j, array in incoming.items()}
    under_way |= {(j, "out"): communicator.Isend(outgoing, j) for j in incoming}
    for agent, _ in late(under_way, deadline):
        raise Unheard(
            f"agent {communicator.rank} has not heard from agent {agent} for {deadline:g} s, in "
            f"iteration {iteration}"
        )


def late(under_way: Mapping[K, Request], deadline: float) -> list[K]:
    """Wait for requests, and return the names of those that are not complete in time.

    Parameters
    ----------
    under_way : mapping
        Requests by their names.
    deadline : float
        Seconds that all of them may take.
    """
    until, waiting = time.monotonic() + deadline, list(under_way)
    while waiting := [name for name in waiting if not under_way[name].Test()]:
        if time.monotonic() > until:
            break
        time.sleep(NAP)
    return waiting
