r"""One-shot games on a graph with pairwise payoffs (polymatrix games), for any number of agents.

Agent i plays a_i, one of M actions, and is paid by what it and its neighbours play, one by one:

    R_i(a) = b_i(a_i) + sum_{j in N(i)} A_ij(a_i, a_j)
    J_i    = b_i . p_i + sum_{j in N(i)} p_i^T A_ij p_j            p_j agent j's distribution

So what M^N joint actions would pay is held in O(edges) numbers. J_i depends on the policies of the
closed neighbourhood N[i] only. `derivatives.polymatrix` has its exact derivatives, `team_optimum`
the optimum of the team, or a bound on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netnewton.arrays import Array, Indices, count, floats, number
from netnewton.games.finite import COOPERATE, DEFECT, FiniteGame, matrix_game, prisoners_dilemma
from netnewton.networks.neighbourhoods import NeighbourhoodCopies, require_mutual
from netnewton.networks.sparse import neighbour_pairs
from netnewton.trajectories.streams import Streams

if TYPE_CHECKING:
    import networkx as nx

MOST_JOINT_ACTIONS = 2**16  # that are written out


@dataclass(frozen=True, eq=False)
class PolymatrixGame:
    """A one-shot game with pairwise payoffs between neighbours.

    Parameters
    ----------
    own : array_like, shape (N, M)
        b_i(a), what agent i is paid for its action a, whatever others do.
    pairs : Indices, shape (2 E, 2)
        (i, j) for all neighbours, both ways round, as `networks.neighbour_pairs` gives them.
    payoffs : array_like, shape (2 E, M, M)
        A_ij(a_i, a_j), what agent i is paid with j, in the order of the pairs.

    Raises
    ------
    ValueError
        If shapes disagree, a number is not finite, pairs are not mutual or not sorted, or an agent
        has no neighbour.
    """

    own: Array
    pairs: Indices
    payoffs: Array
    name: str = field(default="polymatrix game")

    n_states: ClassVar[int] = 1
    discount: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        for name in ("own", "payoffs"):
            object.__setattr__(self, name, floats(name, getattr(self, name)))
        object.__setattr__(self, "pairs", np.asarray(self.pairs))
        if self.own.ndim != 2 or self.own.size == 0:
            raise ValueError(f"own of shape {self.own.shape}: give (N, M), M actions for each of N")
        require_mutual(self.n_agents, self.pairs)
        expected = (len(self.pairs), self.own.shape[1], self.own.shape[1])
        if self.payoffs.shape != expected:
            raise ValueError(f"payoffs of shape {self.payoffs.shape}: expected {expected}")
        if (alone := self.copies.held == 1).any():
            raise ValueError(f"agent {np.argmax(alone)} has no neighbour: join it, or leave it out")

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.own)

    @cached_property
    def n_actions(self) -> tuple[int, ...]:
        """M for each agent."""
        return (self.own.shape[1],) * self.n_agents

    @cached_property
    def copies(self) -> NeighbourhoodCopies:
        """Whose parameters each agent's return depends on."""
        return NeighbourhoodCopies(self.n_agents, self.pairs)

    @cached_property
    def first_pair(self) -> Indices:
        """Where the pairs of each agent begin, shape (N,)."""
        return np.searchsorted(self.pairs[:, 0], np.arange(self.n_agents))

    def received(self, values: Array) -> Array:
        """Sums over each agent's neighbours, from (..., 2 E, M) to (..., N, M)."""
        return np.add.reduceat(values, self.first_pair, axis=-2)

    @cached_property
    def least_rewards(self) -> Array:
        """The least that `step` may pay each agent, shape (N,): what it knows of its own game."""
        return (self.own + self.received(self.payoffs.min(axis=-1))).min(axis=-1)

    def chance(self, streams: Streams, draws: int, size: int) -> Sequence[None]:
        """Nothing but the policy is random."""
        return [None] * draws

    def start(self, chance: None, shape: tuple[int, int]) -> Indices:
        """The one state, for every trajectory."""
        return np.zeros(shape, dtype=np.intp)

    def seen(self, state: Indices) -> Indices:
        """The number of the state, shape (R, L)."""
        return state

    def step(self, state: Indices, actions: Indices, chance: None) -> tuple[Indices, Array]:
        """Play actions, shape (R, N, L)."""
        agents, (i, j) = np.arange(self.n_agents), self.pairs.T
        paid = self.own[agents[:, np.newaxis], actions]
        with_each = self.payoffs[np.arange(len(i))[:, np.newaxis], actions[:, i], actions[:, j]]
        return state, paid + self.received(with_each)

    def enumerated(self) -> FiniteGame:
        """The same game, with its table of joint actions written out; for few agents.

        Raises
        ------
        ValueError
            If there are too many joint actions.
        """
        M, N = self.own.shape[1], self.n_agents
        if M**N > MOST_JOINT_ACTIONS:
            raise ValueError(
                f"{M} actions of each of {N} agents make {M**N:,} joint actions, more than "
                f"{MOST_JOINT_ACTIONS:,}: use derivatives.pairwise, which enumerates none"
            )
        joint = np.indices(self.n_actions).reshape(1, N, -1)
        _, rewards = self.step(np.zeros(1, dtype=np.intp), joint, None)
        return matrix_game(rewards.reshape(N, *self.n_actions), self.name)


def prisoners_dilemma_on(graph: nx.Graph) -> PolymatrixGame:
    """The Prisoner's Dilemma of Section 6, played with every neighbour; payoffs are averages.

    On two agents that are joined it is `prisoners_dilemma`. On a regular graph the team's optimum
    is -1 with everybody cooperating, on others more: agent j's cooperation costs it 1 and is worth
    2 / deg i to each neighbour i, so if sum_{i in N(j)} 1 / deg i < 1/2, as for the leaves of a
    star, the team wants it to defect. See `team_optimum`.

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected, at least two nodes.

    Raises
    ------
    ValueError
        If the graph is directed, has fewer than two nodes or is not connected.
    """
    pairs, degree = _joined(graph)
    stage = prisoners_dilemma().rewards[0, 0]
    payoffs = stage / degree[pairs[:, 0], np.newaxis, np.newaxis]
    return PolymatrixGame(
        np.zeros((len(degree), 2)), pairs, payoffs, "Prisoner's Dilemma on a graph"
    )


def public_goods(graph: nx.Graph, multiplier: float = 1.5, cost: float = 1.0) -> PolymatrixGame:
    """A public-goods game in which everybody's contribution serves its closed neighbourhood.

    Who cooperates (action 0) pays `cost`; it is multiplied and shared equally in N[j], the
    contributor among them. So everybody's contribution adds (multiplier - 1) cost to the sum of
    returns and takes (1 - multiplier / |N[j]|) cost from its own: the equilibrium is that nobody
    does, the optimum of the team that all do, with a mean return of (multiplier - 1) cost.
    Payoffs are sums of terms in one action each, so the Hessian of every J_i is block-diagonal.

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected, at least two nodes.
    multiplier : float
        Above 1, and below the size of every closed neighbourhood.
    cost : float
        > 0, in units of reward.

    Raises
    ------
    ValueError
        If the graph is unfit, or the multiplier makes no dilemma.
    """
    pairs, degree = _joined(graph)
    multiplier, cost = number("multiplier", multiplier), number("cost", cost)
    smallest = int(degree.min()) + 1
    if not (1.0 < multiplier < smallest and 0.0 < cost < np.inf):
        raise ValueError(
            f"multiplier = {multiplier:g}, cost = {cost:g}: for a dilemma give a multiplier above "
            f"1 and below {smallest}, the size of the smallest closed neighbourhood, and cost > 0"
        )
    share = multiplier * cost / (1.0 + degree)
    own, payoffs = np.zeros((len(degree), 2)), np.zeros((len(pairs), 2, 2))
    own[:, COOPERATE] = share - cost
    payoffs[:, [COOPERATE, DEFECT], COOPERATE] = share[pairs[:, 1], np.newaxis]
    return PolymatrixGame(own, pairs, payoffs, "public goods on a graph")


def coordination(
    graph: nx.Graph, rng: np.random.Generator, actions: int = 2, spread: float = 0.5
) -> PolymatrixGame:
    """A coordination game: neighbours want to play the same, and disagree about what.

    J_i is the mean over neighbours j of sum_a v_i(a) p_i(a) p_j(a), with private worths
    v_i(a) ~ U(1 - spread, 1 + spread), independently. Whenever all play the same action it is an
    equilibrium, and the Hessian of J_i couples agent i to each of its neighbours.

    Parameters
    ----------
    graph : networkx.Graph
        Connected and undirected, N >= 2 nodes.
    rng : numpy.random.Generator
        Drawn from once, N x M numbers.
    actions : int
        M >= 2.
    spread : float
        In [0, 1]; with 0 all agree.

    Raises
    ------
    ValueError
        If the graph is unfit or a setting is out of range.
    """
    pairs, degree = _joined(graph)
    M, spread = count("actions", actions, least=2), number("spread", spread)
    if not 0.0 <= spread <= 1.0:
        raise ValueError(f"spread = {spread:g}: give one in [0, 1], so that no worth is negative")
    worth = rng.uniform(1.0 - spread, 1.0 + spread, size=(len(degree), M))
    shared = (worth / degree[:, np.newaxis])[pairs[:, 0]]
    payoffs = shared[:, :, np.newaxis] * np.eye(M)
    return PolymatrixGame(np.zeros_like(worth), pairs, payoffs, "coordination on a graph")


def _joined(graph: nx.Graph) -> tuple[Indices, Indices]:
    """The pairs of neighbours and the agents' degrees, none of them zero."""
    pairs = neighbour_pairs(graph)
    if not pairs.size:
        raise ValueError("a graph of one agent has no neighbours to play with: give at least two")
    return pairs, np.bincount(pairs[:, 0])
