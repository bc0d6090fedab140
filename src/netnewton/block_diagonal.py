r"""Block-diagonal curvatures: one block for each agent's own parameters, Sum_j d_j^2 scalars.

A policy that is a product over agents, pi = prod_j pi_{psi_j}, has log pi = sum_j log pi_{psi_j}:
no entry of hess log pi couples the parameters of two agents. Nor does any of

    sum_t c_t sum_{k<=t} hess log pi     (gauss_newton)
    E[grad log pi grad log pi^T]         (fisher)

the second as the agents' scores are independent with mean zero given the state. Of d^2 scalars only
Sum_j d_j^2 need be sent, and a solve costs O(Sum_j d_j^3). Averages of such matrices are of the
same form. Of other curvatures this choice keeps what lies in the blocks.

A packed matrix holds the blocks agent by agent, each in C order: shape (..., Sum_j d_j^2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from netnewton.arrays import Array, Flags, Indices, counts
from netnewton.curvature import (
    Curvature,
    FullHessian,
    Projected,
    Projection,
    Solution,
    all_or_nothing,
)
from netnewton.derivatives import Derivatives

WHOLE = FullHessian()


class _Blocks(NamedTuple):
    """The B blocks of one size s."""

    parameters: Indices
    """Where their parameters stand in theta, shape (B, s)."""
    packed: Indices
    """Where their entries stand in a packed matrix, shape (B, s, s)."""


@dataclass(frozen=True)
class BlockDiagonal(Curvature):
    """H_i = sign * the blocks of J_i's second-order matrix on each agent's own parameters.

    Parameters
    ----------
    owner : sequence of int, shape (d,)
        The agent that each parameter belongs to, as a source's `owner` has it.
    sign : int
        -1 for ascent with a negative semidefinite matrix, such as `gauss_newton`'s.

    Raises
    ------
    ValueError
        If an owner is not a whole number of at least 0, or there is none; on use, if theta does
        not have as many parameters.
    """

    owner: Sequence[int] | Indices
    sign: int = 1

    order = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "owner", counts("owner", np.asarray(self.owner).tolist(), 0))

    @property
    def n_scalars(self) -> int:
        """Sum_j d_j^2, how many numbers of a matrix are held, and sent."""
        return len(self._entries[0])

    def pack(self, matrix: Array) -> Array:
        """The blocks of matrices (..., d, d), shape (..., Sum_j d_j^2); other entries are lost."""
        return matrix[..., *self._entries]

    def unpack(self, packed: Array) -> Array:
        """The matrices, shape (..., d, d), that are zero outside their blocks."""
        d = len(self.owner)
        matrix = np.zeros((*packed.shape[:-1], d, d))
        matrix[..., *self._entries] = packed
        return matrix

    def zeros(self, theta: Array) -> Array:
        """H = 0, shape (R, N, Sum_j d_j^2)."""
        if theta.shape[-1] != len(self.owner):
            raise ValueError(
                f"theta has {theta.shape[-1]} parameters, but owner names those of "
                f"{len(self.owner)}: give the owner of the source"
            )
        return np.zeros((*theta.shape[:-1], self.n_scalars))

    def local(self, derivatives: Derivatives) -> Array:
        """H_i(theta_i), shape (R, N, Sum_j d_j^2)."""
        return self.sign * self.pack(derivatives.hessian)

    def times(self, H: Array, v: Array) -> Array:
        """H v, for v of shape (R, N, d)."""
        product = np.empty_like(v)
        for blocks in self._sizes:
            product[..., blocks.parameters] = WHOLE.times(
                H[..., blocks.packed], v[..., blocks.parameters]
            )
        return product

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        """[Z]_m with floor = m/2, block by block; but as printed, [.]_m replaces all of Z or none.

        Its eigenvalues are those of its blocks, so that it is [.]_m of the unpacked matrix.
        """
        found = [WHOLE.project(Z[..., b.packed], projection, floor) for b in self._sizes]
        replaced = np.logical_or.reduce([each.replaced.any(axis=-1) for each in found])
        if not replaced.any():
            return Projected(Z, replaced)
        if projection is all_or_nothing:
            multiple = floor * self.pack(np.eye(len(self.owner)))
            return Projected(np.where(replaced[..., np.newaxis], multiple, Z), replaced)
        mended = np.empty_like(Z)
        for blocks, each in zip(self._sizes, found, strict=True):
            mended[..., blocks.packed] = each.value
        return Projected(mended, replaced)

    def solve(self, projected: Projected, v: Array) -> Solution:
        """[Z]_m^{-1} v block by block, for v of shape (R, N, d), and where there is none."""
        direction, singular = np.empty_like(v), np.zeros(v.shape[:-1], dtype=bool)
        for parameters, found in self._solved(projected, v):
            direction[..., parameters] = found.direction
            singular |= found.singular.any(axis=-1)
        direction[singular] = np.nan
        return Solution(direction, singular)

    def _solved(self, projected: Projected, v: Array) -> Iterator[tuple[Indices, Solution]]:
        for blocks in self._sizes:
            Z = projected.mended[..., blocks.packed]
            nowhere: Flags = np.zeros(Z.shape[:-2], dtype=bool)
            yield (
                blocks.parameters,
                WHOLE.solve(Projected(Z, nowhere), v[..., blocks.parameters]),
            )

    @cached_property
    def _entries(self) -> tuple[Indices, Indices]:
        """Row and column of every entry of a packed matrix."""
        owned = [np.flatnonzero(np.equal(self.owner, agent)) for agent in np.unique(self.owner)]
        rows = np.concatenate([np.repeat(block, len(block)) for block in owned])
        columns = np.concatenate([np.tile(block, len(block)) for block in owned])
        return rows, columns

    @cached_property
    def _sizes(self) -> tuple[_Blocks, ...]:
        """The blocks size by size: linear algebra is done for all of a size at once."""
        _, number, sizes = np.unique(self.owner, return_inverse=True, return_counts=True)
        ends = np.cumsum(np.square(sizes))
        found = []
        for size in np.unique(sizes):
            agents = np.flatnonzero(sizes == size)
            parameters = np.array([np.flatnonzero(number == agent) for agent in agents])
            packed = (ends[agents] - size**2)[:, np.newaxis] + np.arange(size**2)
            found.append(_Blocks(parameters, packed.reshape(-1, size, size)))
        return tuple(found)
