r"""Copies of one's neighbourhood: what agents need to hold if rewards couple neighbours only.

If J_i depends on the parameters of the closed neighbourhood N[i] (the agent and its neighbours)
and on no others, agent i has nothing to say about the rest of theta. So it holds copies of the
blocks of N[i] alone, and block j has the copies of its holders: those of N[j], as neighbourhoods
are mutual. They mix among themselves, over the edges of the graph that join two of them; agent j
is joined to all. Messages still pass between neighbours only.

Every copy of a block is a *row*, and takes the part that agents have elsewhere: theta of shape
(R, P, s), with P = N + 2 E rows of the s parameters of a block. So every algorithm runs as it is,

    run(algorithm, source, copies.mixing(metropolis_weights), iterations, observe=source.observe)

with `derivatives.neighbourhood_source`. Scalars that an iteration sends over a link in one
direction, and that an agent stores; d = N s, and c_ik = |N[i] & N[k]| is 2 and the number of
common neighbours (`shared`):

    copies of              sent: theta and y    blocks add     Hessian adds       stored of theta
    everything                 2 d              N s^2          d^2                d
    everything, sparse         2 d              N s^2          (N + 2 E) s^2      d
    one's neighbourhood        2 s c_ik         s^2 c_ik       -                  s |N[i]|

Algorithm 1 sends g in place of theta and y: d where the table has 2 d. The first row is the paper's
(Section 3.1). With pairwise rewards the average Hessian has N + 2 E blocks that are not zero, of
N^2, and nothing is lost if those alone are sent: `neighbour_blocks`. They cannot be divided among
neighbourhoods, as a solve needs them all; the blocks on the diagonal can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from netnewton.arrays import Array, Indices, count
from netnewton.networks.mixing import Mix, unchecked_mixing
from netnewton.networks.sparse import neighbour_pairs
from netnewton.networks.weights import validate_weights

if TYPE_CHECKING:
    import networkx as nx
    import scipy.sparse as sp

Law = Callable[["nx.Graph"], Any]
"""From a connected graph to its consensus matrix, dense or sparse."""


@dataclass(frozen=True, eq=False)
class NeighbourhoodCopies:
    """Which agent holds a copy of whose block, row by row: agents' own blocks, then the pairs.

    Parameters
    ----------
    n_agents : int
        N.
    pairs : Indices, shape (2 E, 2)
        As `neighbour_pairs` gives them: (i, j) if agent i holds a copy of its neighbour j's block.

    Raises
    ------
    ValueError
        If the pairs are not sorted, or not mutual.
    """

    n_agents: int
    pairs: Indices

    def __post_init__(self) -> None:
        count("n_agents", self.n_agents)
        require_mutual(self.n_agents, self.pairs)

    @classmethod
    def of(cls, graph: nx.Graph) -> NeighbourhoodCopies:
        """Those of a connected graph."""
        return cls(len(graph), neighbour_pairs(graph))

    @cached_property
    def holder(self) -> Indices:
        """The agent that holds each row, shape (P,)."""
        return np.concatenate([np.arange(self.n_agents), self.pairs[:, 0]])

    @cached_property
    def owner(self) -> Indices:
        """The agent whose block each row is a copy of, shape (P,)."""
        return np.concatenate([np.arange(self.n_agents), self.pairs[:, 1]])

    @property
    def n_rows(self) -> int:
        """P = N + 2 E."""
        return len(self.holder)

    @cached_property
    def held(self) -> Indices:
        """|N[i]|, how many rows agent i holds, and how many hold its block; shape (N,)."""
        return np.bincount(self.holder, minlength=self.n_agents)

    @cached_property
    def shared(self) -> Indices:
        """|N[i] & N[k]|, how many rows agent i sends k, for each of the pairs, shape (2 E,)."""
        import scipy.sparse

        ones = np.ones(self.n_rows, dtype=np.intp)
        closed = scipy.sparse.coo_array((ones, (self.holder, self.owner))).tocsr()
        return np.asarray((closed @ closed)[self.pairs[:, 0], self.pairs[:, 1]]).ravel()

    def spread(self, theta: Array) -> Array:
        """Equal copies of joint parameters, shape (..., N s) to rows, (..., P, s)."""
        blocks = theta.reshape(*theta.shape[:-1], self.n_agents, -1)
        return blocks[..., self.owner, :]

    def played(self, rows: Array) -> Array:
        """The joint parameters that are played, each agent's own copy of its own block.

        From rows of shape (..., P, s) to (..., N s).
        """
        return rows[..., : self.n_agents, :].reshape(*rows.shape[:-2], -1)

    def mixing(self, law: Law) -> Mix:
        """The primitive *mix* for rows: as `weights`, without writing out its P^2 entries."""
        return unchecked_mixing(self.weights(law))

    def weights(self, law: Law) -> sp.csr_array:
        """The consensus matrix of the rows: for each block that of its holders, and zero elsewhere.

        Parameters
        ----------
        law : callable
            Such as `metropolis_weights`: from the graph that joins the holders of a block, to
            their consensus matrix.

        Returns
        -------
        scipy.sparse.csr_array, shape (P, P)

        Raises
        ------
        ValueError
            As `validate_weights`, if a matrix of the law's is not what Section 2 asks for.
        """
        import scipy.sparse

        parts = [self._block(law, agent) for agent in range(self.n_agents)]
        entries, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
        shape = (self.n_rows, self.n_rows)
        return scipy.sparse.coo_array((entries, (rows, columns)), shape=shape).tocsr()

    def _block(self, law: Law, agent: int) -> tuple[Array, Indices, Indices]:
        """Entries of the consensus matrix of an agent's block, with their rows and columns."""
        import scipy.sparse

        holders = self._holders(agent)
        graph = self._joining(holders)
        weights = law(graph)
        validate_weights(weights, graph)
        block = scipy.sparse.coo_array(weights)
        rows = self._rows(holders, agent)
        return block.data, rows[block.row], rows[block.col]

    def _neighbours(self, agent: int) -> Indices:
        first, last = np.searchsorted(self.pairs[:, 0], [agent, agent + 1])
        return self.pairs[first:last, 1]

    def _holders(self, agent: int) -> Indices:
        """N[j], the agent first."""
        return np.append(agent, self._neighbours(agent))

    def _joining(self, holders: Indices) -> nx.Graph:
        """The edges between agents, which are numbered as they are given."""
        import networkx as nx

        number = {agent: place for place, agent in enumerate(holders.tolist())}
        graph = nx.Graph()
        graph.add_nodes_from(range(len(number)))
        for agent, place in number.items():
            near = self._neighbours(agent).tolist()
            graph.add_edges_from((place, number[other]) for other in near if other in number)
        return graph

    def _rows(self, holders: Indices, agent: int) -> Indices:
        """Where the copies of an agent's block stand that its holders have, itself first."""
        others = self._codes.searchsorted(holders[1:] * self.n_agents + agent)
        return np.append(agent, self.n_agents + others)

    @cached_property
    def _codes(self) -> Indices:
        return self.pairs[:, 0] * self.n_agents + self.pairs[:, 1]


def require_mutual(n_agents: int, pairs: Indices) -> None:
    """Refuse pairs that are not those of a graph, sorted as `neighbour_pairs` sorts them.

    Raises
    ------
    ValueError
        Naming the first pair that is out of place.
    """
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(f"pairs of shape {pairs.shape}: give whole numbers (i, j), one row a pair")
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < n_agents:
        raise ValueError(f"pairs name agents {pairs.min()} to {pairs.max()} of {n_agents}")
    codes, back = pairs @ [n_agents, 1], pairs @ [1, n_agents]
    if (bad := np.diff(codes) <= 0).any():
        raise ValueError(
            f"pair {_pair(pairs, np.argmax(bad) + 1)} is out of order: sort pairs by i, then by j, "
            "each once"
        )
    if (bad := (pairs[:, 0] == pairs[:, 1]) | ~np.isin(back, codes)).any():
        raise ValueError(
            f"pair {_pair(pairs, np.argmax(bad))} has no other of two agents the other way round: "
            "give both, if need be with payoffs of zero"
        )


def _pair(pairs: Indices, place: np.intp) -> tuple[int, int]:
    i, j = pairs[place]
    return int(i), int(j)
