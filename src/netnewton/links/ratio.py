r"""Ratio consensus: averages over directed or lossy networks.

Every agent keeps a mass x_i and a weight w_i (at first 0 and 1) and takes x_i / w_i. In an
iteration it keeps an equal share of both for itself and pushes one to each agent that hears it:

    x_i += values_i - out_i                     what the algorithm has added to the last output
    x_i  = x_i / (1 + n_i) + pushed to i        w_i likewise, n_i the number of those who hear i
    out_i = x_i / w_i

Nobody needs to know who it hears, only how many hear it, so the graph may be directed.

*Tracking.* The input is read as the last output and an increment, and the increment goes to the
mass. So sum_i x_i, with what is on its way, is exactly the sum of all increments; and whatever an
algorithm accumulates in its mixed values is tracked: ``mix(g_mean + g - g_before)``, ``mix(y) + g -
g_before``, ``mix(theta + step)``. What an agent adds moves its own output by 1 / w_i of that, and
w_i is small while it hears little: lossy links need smaller steps than reliable ones.

*Averaged afresh.* Channels named by `afresh` keep nothing: each iteration averages from the start,
over those that are heard. Two kinds of values want it.

- Those computed anew, as in `step_control`, hold nothing of the last output. Read as increments
  they would feed -out_i back with the gain 1 / w_i, which is unstable when weights stay below 1/2:
  on a ring, errors reach thousands at 30 % losses.
- theta of methods that track gradients. Its mean need not be kept, for steps end only where the
  tracked mean is zero, and copies then stay among those that are heard. At 30 % losses both ways
  find the optimum; at 50 %, on a ring, this one does far more often.

`RunningSums` is robust ratio consensus. Agents do not send shares but sigma_i, the running sum of a
share of all they have pushed. A receiver takes the difference to the last sigma it got. A lost
message only waits: it is in the next one. After Bof, Carli, Notarstefano, Schenato and Varagnolo,
*Newton-Raphson consensus under asynchronous and lossy communications for peer-to-peer networks*
(arXiv 1707.09178), and the analysis in arXiv 1704.06147. Differs from them in: all agents that are
active send in every iteration, and the increments are those of any algorithm.

`PushSum` sends the shares themselves. A lost one is lost, mass and weight together: agents still
agree, but on another average (Gerencser and Hendrickx, arXiv 1504.08193); and what is added later
counts for more, as weights shrink, until they vanish (on a ring at 30 % losses, after some 3,000
iterations).
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netnewton.arrays import Array, Flags, Indices, count
from netnewton.links.compression import Compressed, TopK
from netnewton.links.edges import Edges, adjacencies, together
from netnewton.links.protocol import Exchange, Protocol
from netnewton.links.rounds import Effect, Post, Round

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class _Ratio(Protocol):
    """A ratio protocol.

    Parameters
    ----------
    graph : networkx.Graph or DiGraph, or a sequence of T
        Strongly connected, if need be only together; an edge (u, v) of a directed graph lets v
        hear u. Iteration k has number k mod T.
    afresh : sequence of int
        Which of an iteration's calls of *mix*, from 0, are averaged from the start every time:
        number 1, and with a control number 2, of `NetworkGiant` and `NaturalGradient`; numbers 2
        and 3 of `TrackedNewton`; none of `ConsensusNewton`.

    Raises
    ------
    ValueError
        As `netnewton.links.edges.adjacencies`, or if a call has no such number; on a run, if
        messages are thinned by `TopK`.
    """

    graph: nx.Graph | Sequence[nx.Graph]
    afresh: Sequence[int] = ()
    edges: Edges = field(init=False, repr=False)
    on_edges: Flags = field(init=False, repr=False)
    """Which edges each graph has, shape (T, E)."""

    def __post_init__(self) -> None:
        for number in self.afresh:
            count("afresh", number, least=0)
        hears = adjacencies(self.graph)
        edges = Edges(together(hears))
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "on_edges", hears[:, edges.receivers, edges.senders])

    @property
    @abstractmethod
    def kind(self) -> type[RatioExchange]:
        """Of a channel."""

    def present(self, iteration: int) -> Flags:
        """Which edges the graph of an iteration has, shape (E,)."""
        return np.asarray(self.on_edges[iteration % len(self.on_edges)])

    def exchange(self, channel: int, repetitions: int, size: int) -> RatioExchange:
        """A channel, at its start."""
        kind = OneRoundExchange if channel in self.afresh else self.kind
        return kind(self.edges, repetitions, size)

    def require(self, repetitions: int, effects: Sequence[Effect]) -> None:
        """Refuse what would part a mass from its weight."""
        for effect in effects:
            if isinstance(effect, Compressed) and isinstance(effect.compressor, TopK):
                raise ValueError(
                    f"{effect}: a ratio protocol has one weight for all numbers of a message, so "
                    "none can be left out; take FixedStep or Levels, or WeightedSum"
                )


class RunningSums(_Ratio):
    """Robust ratio consensus: no loss or delay changes the mean. See `netnewton.links.ratio`.

    The state of a channel is O(R E S). Sums grow with the iterations, and differences of them lose
    digits: after k iterations errors are about k times the rounding of one value (3e-10 after
    20,000, of values of order 1).
    """

    @property
    def kind(self) -> type[RatioExchange]:
        """Of a channel."""
        return RunningSumsExchange


class PushSum(_Ratio):
    """Push-sum without a remedy for losses. See `netnewton.links.ratio`."""

    @property
    def kind(self) -> type[RatioExchange]:
        """Of a channel."""
        return PushSumExchange


class RatioExchange(Exchange):
    """Masses and weights of one channel."""

    def __init__(self, edges: Edges, repetitions: int, size: int) -> None:
        self.edges = edges
        self.mass = np.zeros((repetitions, edges.agents, size + 1))
        """x_i, and w_i as the last column, shape (R, N, S + 1)."""
        self.mass[..., -1] = 1.0
        self.output = np.zeros((repetitions, edges.agents, size))

    def share(self, values: Array, listeners: Indices, link: Round) -> Array:
        """Take in what was added, keep a share of the mass, and return what each listener gets."""
        self.mass[..., :-1] += values - self.output
        shares = self.mass / (1.0 + listeners[..., np.newaxis])
        active = link.active[..., np.newaxis]
        self.mass = np.where(active, shares, self.mass)
        return np.where(active, shares, 0.0)

    def add(self, gained: Array, got: Flags) -> Array:
        """The mixed values, once masses have come in on the edges."""
        self.mass = self.mass + self.edges.into(np.where(got[..., np.newaxis], gained, 0.0))
        self.output = self.mass[..., :-1] / self.mass[..., -1:]
        return self.output.copy()  # whoever changes it in place must not change what is kept


class RunningSumsExchange(RatioExchange):
    """One channel of `RunningSums`."""

    def __init__(self, edges: Edges, repetitions: int, size: int) -> None:
        super().__init__(edges, repetitions, size)
        self.sums = np.zeros_like(self.mass)
        """sigma_i, shape (R, N, S + 1)."""
        self.heard = np.zeros((repetitions, len(edges), size + 1))
        """The last sigma_j that i got, shape (R, E, S + 1)."""

    def send(self, values: Array, link: Round) -> Array:
        """sigma_i."""
        # An edge that is absent for now is one that loses its message: it is in the next one.
        listeners = self.edges.out_degrees(link.open)
        self.sums = self.sums + self.share(values, listeners, link)
        return self.sums

    def receive(self, values: Array, own: Array, messages: Array, got: Flags, link: Round) -> Array:
        """x_i / w_i."""
        gained = messages - self.heard
        self.heard = self.remembered(messages, got)
        return self.add(gained, got)

    def remembered(self, messages: Array, got: Flags) -> Array:
        """The last sigma of each edge."""
        return np.where(got[..., np.newaxis], messages, self.heard)

    def on_the_way(self) -> Array:
        """Mass and weight that were pushed and not received, shape (R, E, S + 1)."""
        return self.sums[:, self.edges.senders] - self.heard


class PushSumExchange(RatioExchange):
    """One channel of `PushSum`."""

    def send(self, values: Array, link: Round) -> Array:
        """The share of each listener."""
        return self.share(values, self.edges.out_degrees(link.open & link.present), link)

    def receive(self, values: Array, own: Array, messages: Array, got: Flags, link: Round) -> Array:
        """x_i / w_i."""
        return self.add(messages, got)

    def take(self, post: Post, sent: deque[Array]) -> tuple[Array, Flags]:
        """All shares that arrive now."""
        return post.all_new(sent)


class OneRoundExchange(PushSumExchange):
    """One channel that is averaged afresh: push-sum that begins and ends in every iteration."""

    def send(self, values: Array, link: Round) -> Array:
        """The share of each listener."""
        self.mass = np.concatenate([values, np.ones_like(values[..., :1])], axis=-1)
        self.output = values  # nothing was added to it
        return super().send(values, link)

    def take(self, post: Post, sent: deque[Array]) -> tuple[Array, Flags]:
        """The newest share that has arrived, also if it is an old one."""
        return post.newest(sent)
