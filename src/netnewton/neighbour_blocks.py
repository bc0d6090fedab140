r"""The full Hessian where rewards couple neighbours only: its N + 2 E blocks in place of all N^2.

If J_i is a sum of terms in agent i's parameters and one neighbour's, as in a polymatrix game, then
its Hessian has blocks (i, i), (j, j), (i, j) and (j, i) with neighbours j alone, and averages of
such Hessians couple neighbours only. Algorithm 1 tracks averages: it need send no other block, and
its iterates are those of `FullHessian`. A solve is of the whole matrix still, d^2 numbers and
O(d^3), as an inverse fills in.

If J_i couples two neighbours of i with each other, take the graph that joins those as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from netnewton.arrays import Array, Indices, counts
from netnewton.curvature import Curvature, FullHessian, Projected, Projection, Solution
from netnewton.derivatives import Derivatives

WHOLE = FullHessian()


@dataclass(frozen=True, eq=False)
class NeighbourBlocks(Curvature):
    """H_i = sign * the Hessian of J_i, of which the blocks of agents and of neighbours are held.

    Parameters
    ----------
    owner : sequence of int, shape (d,)
        The agent that each parameter belongs to, as a source's `owner` has it.
    pairs : Indices, shape (2 E, 2)
        Both orders of all neighbours, as `networks.neighbour_pairs` gives them.
    sign : int
        +1 as printed below eq. 6, -1 for consistent ascent.

    Raises
    ------
    ValueError
        If an owner is not a whole number of at least 0, or there is none, or a pair names an agent
        that owns nothing; on use, if theta does not have as many parameters.
    """

    owner: Sequence[int] | Indices
    pairs: Indices
    sign: int = 1

    order = 2

    def __post_init__(self) -> None:
        owner = counts("owner", np.asarray(self.owner).tolist(), 0)
        object.__setattr__(self, "owner", owner)
        if not set(np.ravel(self.pairs).tolist()) <= set(owner):
            raise ValueError(
                f"pairs name agents up to {np.max(self.pairs)}, owner those up to {max(owner)}: "
                "give pairs of agents that own parameters"
            )

    @property
    def n_scalars(self) -> int:
        """(N + 2 E) s^2 for blocks of s parameters, how many numbers are held, and sent."""
        return len(self._entries[0])

    def pack(self, matrix: Array) -> Array:
        """What is held of matrices (..., d, d), shape (..., n_scalars); other entries are lost."""
        return matrix[..., *self._entries]

    def unpack(self, packed: Array) -> Array:
        """The matrices, shape (..., d, d), that are zero in all other blocks."""
        d = len(self.owner)
        matrix = np.zeros((*packed.shape[:-1], d, d))
        matrix[..., *self._entries] = packed
        return matrix

    def zeros(self, theta: Array) -> Array:
        """H = 0, shape (R, N, n_scalars)."""
        if theta.shape[-1] != len(self.owner):
            raise ValueError(
                f"theta has {theta.shape[-1]} parameters, but owner names those of "
                f"{len(self.owner)}: give the owner of the source"
            )
        return np.zeros((*theta.shape[:-1], self.n_scalars))

    def local(self, derivatives: Derivatives) -> Array:
        """H_i(theta_i), shape (R, N, n_scalars)."""
        return self.sign * self.pack(derivatives.hessian)

    def times(self, H: Array, v: Array) -> Array:
        """H v, for v of shape (R, N, d)."""
        return WHOLE.times(self.unpack(H), v)

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        """[Z]_m with floor = m/2, of the whole matrix."""
        found = WHOLE.project(self.unpack(Z), projection, floor)
        return _WrittenOut(found.mended, found.replaced, found.multiple, self)

    def solve(self, projected: Projected, v: Array) -> Solution:
        """[Z]_m^{-1} v, for v of shape (R, N, d), and where there is none."""
        return WHOLE.solve(projected, v)

    @cached_property
    def _entries(self) -> tuple[Indices, Indices]:
        """Row and column of every entry that is held."""
        owner = np.asarray(self.owner)
        coupled = np.eye(owner.max() + 1, dtype=bool)
        coupled[self.pairs[:, 0], self.pairs[:, 1]] = True
        rows, columns = np.nonzero(coupled[owner[:, np.newaxis], owner])
        return rows, columns


@dataclass(frozen=True)
class _WrittenOut(Projected):
    """[Z]_m with all of its entries, as its inverse needs them; its value is packed."""

    packing: NeighbourBlocks | None = None

    @property
    def value(self) -> Array:
        """What is held of [Z]_m."""
        whole = super().value
        return whole if self.packing is None else self.packing.pack(whole)
