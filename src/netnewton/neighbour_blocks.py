r"""The full Hessian where rewards couple neighbours only: its N + 2 E blocks in place of all N^2.

If J_i is a sum of terms in agent i's parameters and one neighbour's, as in a polymatrix game, then
its Hessian has blocks (i, i), (j, j), (i, j) and (j, i) with neighbours j alone, and averages of
such Hessians couple neighbours only. Algorithm 1 tracks averages: it need send no other block, and
its iterates are those of `FullHessian`. A solve is of the whole matrix still, d^2 numbers and
O(d^3), as an inverse fills in.

If J_i couples two neighbours of i with each other, take the graph that joins those as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.block_diagonal import WHOLE, BlockDiagonal
from netnewton.curvature import Projected, Projection, Solution


@dataclass(frozen=True, eq=False)
class NeighbourBlocks(BlockDiagonal):
    """H_i = sign * the Hessian of J_i, of which the blocks of agents and of neighbours are held.

    It is held packed, as `BlockDiagonal` holds it, whose `n_scalars` is here (N + 2 E) s^2 for
    blocks of s parameters.

    Parameters
    ----------
    owner : sequence of int, shape (d,)
        The agent that each parameter belongs to, as a source's `owner` has it.
    sign : int
        +1 as printed below eq. 6, -1 for consistent ascent.
    pairs : Indices, shape (2 E, 2)
        Both orders of all neighbours, as `networks.neighbour_pairs` gives them.

    Raises
    ------
    ValueError
        As `BlockDiagonal`; and if a pair names an agent that owns nothing.
    """

    pairs: Indices = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not set(np.ravel(self.pairs).tolist()) <= set(np.ravel(self.owner).tolist()):
            raise ValueError(
                f"pairs name agents up to {np.max(self.pairs)}, owner those up to "
                f"{np.max(self.owner)}: give pairs of agents that own parameters"
            )

    def times(self, H: Array, v: Array) -> Array:
        """H v, for v of shape (R, N, d)."""
        return WHOLE.times(self.unpack(H), v)

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        """[Z]_m with floor = m/2, of the whole matrix."""
        found = WHOLE.project(self.unpack(Z), projection, floor)
        return _WrittenOut(found.mended, found.replaced, found.multiple, packing=self)

    def solve(self, projected: Projected, v: Array) -> Solution:
        """[Z]_m^{-1} v, for v of shape (R, N, d), and where there is none."""
        return WHOLE.solve(projected, v)

    @cached_property
    def _entries(self) -> tuple[Indices, Indices]:
        """Row and column of every entry of a packed matrix."""
        owner = np.asarray(self.owner)
        coupled = np.eye(owner.max() + 1, dtype=bool)
        coupled[self.pairs[:, 0], self.pairs[:, 1]] = True
        rows, columns = np.nonzero(coupled[owner[:, np.newaxis], owner])
        return rows, columns


@dataclass(frozen=True)
class _WrittenOut(Projected):
    """[Z]_m with all of its entries, as its inverse needs them; its value is packed."""

    packing: NeighbourBlocks = field(kw_only=True)

    @property
    def value(self) -> Array:
        """What is held of [Z]_m."""
        return self.packing.pack(super().value)
