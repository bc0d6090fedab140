"""Agents in threads of one process, which send as mpi4py does, every message recorded."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from netnewton.arrays import Array
from netnewton.processes import Neighbourhood

T = TypeVar("T")
Sent = tuple[int, int, Array]
"""A message: its sender, its receiver and what it holds."""


class Done:
    """A message that somebody may take already."""

    def Test(self) -> bool:
        """Whether it has been sent."""
        return True


@dataclass
class Awaited:
    """A message that has perhaps not been sent."""

    box: deque[Array]
    buffer: Array
    done: bool = False

    def Test(self) -> bool:
        """Whether it has come; takes it if so."""
        if not self.done and self.box:
            message = self.box.popleft()
            self.buffer.reshape(-1)[: message.size] = message.ravel()
            self.done = True
        return self.done


@dataclass
class Wires:
    """All that is sent among N agents."""

    size: int
    boxes: dict[tuple[int, int], deque[Array]] = field(default_factory=lambda: defaultdict(deque))
    messages: list[Sent] = field(default_factory=list)
    """In any order of the senders, and in order for each."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Wired:
    """One agent's end."""

    wires: Wires
    rank: int

    @property
    def size(self) -> int:
        """N."""
        return self.wires.size

    def Isend(self, buf: Array, dest: int) -> Done:
        """Put a copy where the receiver looks."""
        with self.wires.lock:
            self.wires.messages.append((self.rank, dest, buf.copy()))
            self.wires.boxes[self.rank, dest].append(buf.copy())
        return Done()

    def Irecv(self, buf: Array, source: int) -> Awaited:
        """Look where the sender puts its messages."""
        with self.wires.lock:  # or both ends make a box of their own
            return Awaited(self.wires.boxes[source, self.rank], buf)


def together(
    weights: Array, act: Callable[[Neighbourhood], T], deadline: float = 20.0
) -> tuple[Sequence[T], list[Sent]]:
    """What ``act(neighbourhood)`` returns for every agent, each in a thread; and the messages."""
    wires = Wires(len(weights))

    def one(agent: int) -> T:
        return act(Neighbourhood(Wired(wires, agent), weights[agent], deadline))

    with ThreadPoolExecutor(len(weights)) as pool:
        acting = [pool.submit(one, agent) for agent in range(len(weights))]
        wait(acting)  # for all of them: one that has failed must not keep others from starting
        return [each.result() for each in acting], wires.messages
