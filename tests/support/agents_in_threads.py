"""Agents in threads of one process, which send as mpi4py does, every message recorded."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from netnewton.processes import Neighbourhood


class Sent:
    """A message that somebody may take already."""

    def Test(self):
        return True


@dataclass
class Awaited:
    """A message that has perhaps not been sent."""

    box: deque
    buffer: object
    done: bool = False

    def Test(self):
        if not self.done and self.box:
            message = self.box.popleft()
            self.buffer.reshape(-1)[: message.size] = message.ravel()
            self.done = True
        return self.done


@dataclass
class Wires:
    """All that is sent among N agents."""

    size: int
    boxes: dict = field(default_factory=lambda: defaultdict(deque))
    messages: list = field(default_factory=list)
    """(sender, receiver, array), in any order of the senders."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Wired:
    """One agent's end."""

    wires: Wires
    rank: int

    @property
    def size(self):
        return self.wires.size

    def Isend(self, buf, dest):
        with self.wires.lock:
            self.wires.messages.append((self.rank, dest, buf.copy()))
            self.wires.boxes[self.rank, dest].append(buf.copy())
        return Sent()

    def Irecv(self, buf, source):
        with self.wires.lock:  # or both ends make a box of their own
            return Awaited(self.wires.boxes[source, self.rank], buf)


def together(weights, act, deadline=20.0):
    """What ``act(neighbourhood)`` returns for every agent, each in a thread; and the messages."""
    wires = Wires(len(weights))

    def one(agent):
        return act(Neighbourhood(Wired(wires, agent), weights[agent], deadline))

    with ThreadPoolExecutor(len(weights)) as pool:
        acting = [pool.submit(one, agent) for agent in range(len(weights))]
        wait(acting)  # for all of them: one that has failed must not keep others from starting
        return [each.result() for each in acting], wires.messages
