r"""Exact derivatives for copies of one's neighbourhood (`netnewton.networks.neighbourhoods`).

Row (i, j), agent i's copy of the block of j in its closed neighbourhood N[i], has

    |N[j]| / N  dJ_i / dpsi_j        and        |N[j]| / N  d2J_i / dpsi_j dpsi_j

at agent i's copies. The mean over the |N[j]| holders of block j is that block of the team's average
gradient and of its average Hessian: with copies of everything, all other agents add zero to it. So
methods that use gradients, and those that use the diagonal or the diagonal blocks of Hessians, do
here what they do there; time and memory of an iteration are O(edges). Their rows' scales are those
of blocks: a floor relative to a matrix's size, as of `algorithms.directions`, is relative to its
block's, and what replaces a matrix as a whole (`all_or_nothing`) replaces a block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.derivatives.polymatrix import PairwiseDerivatives
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives, as_copies
from netnewton.games.polymatrix import PolymatrixGame
from netnewton.networks.neighbourhoods import NeighbourhoodCopies
from netnewton.policies.boltzmann import Boltzmann


@dataclass(frozen=True, eq=False)
class NeighbourhoodDerivatives:
    """Each agent's exact derivatives at its copies of its neighbourhood's blocks, row by row.

    Called with theta of shape (R, P, s), it gives `Derivatives` with as many rows: J of the row's
    holder, shape (R, P); gradients (R, P, s) and Hessians (R, P, s, s), of J_i in block j and
    times |N[j]| / N; those above `order` are `NOT_COMPUTED`.

    Parameters, errors as for `PairwiseDerivatives`. It has no `returns`, as no row is a copy of
    all parameters: let `run` record with ``observe=source.observe``.
    """

    game: PolymatrixGame
    policy: Boltzmann
    order: int = 2

    repetitions: ClassVar[None] = None
    """As many as are asked for."""

    def __post_init__(self) -> None:
        self._pairwise  # noqa: B018 - refuses what does not fit

    @cached_property
    def _pairwise(self) -> PairwiseDerivatives:
        return PairwiseDerivatives(self.game, self.policy, self.order)

    @property
    def copies(self) -> NeighbourhoodCopies:
        """The rows: which agent holds a copy of whose block."""
        return self.game.copies

    @property
    def n_agents(self) -> int:
        """P, the number of rows."""
        return self.copies.n_rows

    @property
    def n_parameters(self) -> int:
        """s, of a row."""
        return self._pairwise.n_block

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """J, gradients and blocks of Hessians at the rows."""
        rows = self._pairwise.rows(as_copies(theta, self.n_agents, self.n_parameters))
        J = rows.J[..., self.copies.holder]
        if self.order == 0:
            return Derivatives(J)
        gradient = self._share * rows.g[..., : self.n_parameters]
        hessian = NOT_COMPUTED
        if self.order == 2:
            hessian = self._share[:, np.newaxis] * self._pairwise.blocks(rows)
        return Derivatives(J, gradient, hessian)

    def returns_played(self, theta: npt.ArrayLike) -> Array:
        """J_i of the joint policy that is played, from rows (..., P, s) to (..., N)."""
        rows = as_copies(theta, self.n_agents, self.n_parameters)
        return self._pairwise.rows(self.copies.spread(self.copies.played(rows))).J

    def observe(self, states: Any) -> Mapping[str, Array]:
        """What `run` records: J, the average return of the joint policy played."""
        return {"J": self.returns_played(states.theta).mean(axis=-1)}

    @cached_property
    def _share(self) -> Array:
        """|N[j]| / N, shape (P, 1)."""
        held = self.copies.held[self.copies.owner]
        return held[:, np.newaxis] / self.game.n_agents


def neighbourhood_source(
    game: PolymatrixGame, policy: Boltzmann, order: int = 2
) -> NeighbourhoodDerivatives:
    """Exact derivatives at copies of neighbourhoods: see `NeighbourhoodDerivatives`."""
    return NeighbourhoodDerivatives(game, policy, order)
