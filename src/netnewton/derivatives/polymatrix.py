r"""Exact derivatives of polymatrix games (`netnewton.games.polymatrix`), in time O(edges).

With p_j = softmax of agent j's logits, D_j = diag(p_j) - p_j p_j^T its derivative, and what agent
i's return has beside p_j, c_ij, for j in the closed neighbourhood N[i]:

    c_ii = b_i + sum_{j in N(i)} A_ij p_j              c_ij = A_ij^T p_i
    dJ_i / dpsi_j          = D_j c_ij                                            =: g_ij
    d2J_i / dpsi_j dpsi_j  = diag(g_ij) - g_ij p_j^T - p_j g_ij^T
    d2J_i / dpsi_i dpsi_j  = D_i A_ij D_j,   j != i;   of two neighbours of i it is zero

All else is zero. If the last action's logit is fixed, its row and column are left out.

That is for copies of all parameters; for copies of one's neighbourhood see `neighbourhoods`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.derivatives.closed_form import MOST_GIGABYTES
from netnewton.derivatives.source import Derivatives, PolicySource, as_copies, as_parameters
from netnewton.games.polymatrix import PolymatrixGame
from netnewton.networks.neighbourhoods import NeighbourhoodCopies
from netnewton.policies.boltzmann import Boltzmann


class Rows(NamedTuple):
    """What follows from rows of logits: one for each agent and each pair, shape (..., P, M)."""

    J: Array
    """J_i, shape (..., N)."""
    p: Array
    """p_j at the copies."""
    g: Array
    """g_ij, of all M actions."""


@dataclass(frozen=True, eq=False)
class PairwiseDerivatives(PolicySource):
    """Each agent's exact derivatives at its own copy of all parameters.

    Called with theta of shape (R, N, D), it gives `Derivatives`: J of shape (R, N), gradients
    (R, N, D) and Hessians (R, N, D, D), mostly zeros; those above `order` are `NOT_COMPUTED`.

    Parameters
    ----------
    game : PolymatrixGame
    policy : Boltzmann
        For this game.
    order : {0, 1, 2}
        Highest derivative that is computed.

    Raises
    ------
    ValueError
        If the policy is not for this game, theta is not for its agents and parameters, or the
        Hessians would need too much memory.
    """

    game: PolymatrixGame
    policy: Boltzmann
    order: int = 2

    repetitions: ClassVar[None] = None
    """As many as are asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.order, None)

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """J, gradients and Hessians at the copies."""
        copies = as_copies(theta, self.n_agents, self.n_parameters)
        self._require_memory(copies.size)
        i, j = self.copies.holder, self.copies.owner
        whole = (*copies.shape[:-1], self.n_agents, self.n_block)
        rows = self.rows(copies.reshape(whole)[..., i, j, :])
        if self.order == 0:
            return Derivatives(rows.J)
        gradient = np.zeros(whole)
        gradient[..., i, j, :] = rows.g[..., : self.n_block]
        gradient = gradient.reshape(copies.shape)
        if self.order == 1:
            return Derivatives(rows.J, gradient)
        return Derivatives(rows.J, gradient, self._hessian(rows, whole).reshape(*copies.shape, -1))

    def returns(self, mu: npt.ArrayLike) -> Array:
        """J_i of one joint policy for all agents, from mu of shape (..., D) to (..., N)."""
        parameters = as_parameters("mu", mu, self.n_parameters)
        return self.rows(self.copies.spread(parameters)).J

    def _hessian(self, rows: Rows, whole: tuple[int, ...]) -> Array:
        """All blocks in their places, shape (..., N, N, s, N, s)."""
        hessian = np.zeros((*whole, *whole[-2:]))
        placed = np.moveaxis(hessian, -3, -2)  # (..., N, N, N, s, s): agent, block, block
        i, j = self.copies.holder, self.copies.owner
        placed[..., i, j, j, :, :] = self.blocks(rows)
        (i, j), cross = self.game.pairs.T, self._cross(rows)
        placed[..., i, i, j, :, :] = cross
        placed[..., i, j, i, :, :] = np.swapaxes(cross, -1, -2)
        return hessian

    def _cross(self, rows: Rows) -> Array:
        """D_i A_ij D_j for every pair (i, j), shape (..., 2 E, s, s)."""
        D = rows.p[..., np.newaxis] * np.eye(rows.p.shape[-1])
        D -= rows.p[..., :, np.newaxis] * rows.p[..., np.newaxis, :]
        mine, near = D[..., self.game.pairs[:, 0], :, :], D[..., self.n_agents :, :, :]
        s = self.n_block
        return np.matmul(np.matmul(mine[..., :s, :], self.game.payoffs), near[..., :s])

    def _require_memory(self, size: int) -> None:
        gigabytes = 8e-9 * size * (2 if self.order < 2 else self.n_parameters)
        if gigabytes > MOST_GIGABYTES:
            raise ValueError(
                f"derivatives of order {self.order} of {self.n_agents} agents for copies of all "
                f"parameters take {gigabytes:,.1f} GB, more than {MOST_GIGABYTES:g}: give fewer "
                "repetitions at once, or copies of neighbourhoods, with neighbourhood_source"
            )

    @property
    def copies(self) -> NeighbourhoodCopies:
        """The rows: which agent holds a copy of whose block."""
        return self.game.copies

    @property
    def n_block(self) -> int:
        """s, how many logits an agent has."""
        return self.policy.free_actions[0]

    @cached_property
    def _row_policy(self) -> Boltzmann:
        """The policy with an agent for each row."""
        game, P = self.game, self.copies.n_rows
        return Boltzmann(1, game.n_actions[:1] * P, self.policy.logits)

    def rows(self, logits: Array) -> Rows:
        """From the logits of all rows, shape (..., P, s)."""
        game, N = self.game, self.game.n_agents
        flat = logits.reshape(*logits.shape[:-2], -1)
        p = self._row_policy.probabilities(flat)[..., 0, :, :]
        own, near = p[..., :N, :], p[..., N:, :]
        c_own = game.own + game.received(np.einsum("eab,...eb->...ea", game.payoffs, near))
        mine = own[..., game.pairs[:, 0], :]
        c = np.concatenate([c_own, np.einsum("eab,...ea->...eb", game.payoffs, mine)], axis=-2)
        g = p * (c - np.einsum("...a,...a->...", p, c)[..., np.newaxis])
        return Rows(np.einsum("...a,...a->...", own, c_own), p, g)

    def blocks(self, rows: Rows) -> Array:
        """The Hessian of J_i in block j, of every row (i, j), shape (..., P, s, s)."""
        p, g = rows.p[..., : self.n_block], rows.g[..., : self.n_block]
        outer = g[..., :, np.newaxis] * p[..., np.newaxis, :]
        diagonal = g[..., np.newaxis] * np.eye(self.n_block)
        return diagonal - outer - np.swapaxes(outer, -1, -2)


def pairwise(game: PolymatrixGame, policy: Boltzmann, order: int = 2) -> PairwiseDerivatives:
    """Exact derivatives at copies of all parameters: see `PairwiseDerivatives`."""
    return PairwiseDerivatives(game, policy, order)
