r"""The optimum of the team in a polymatrix game, or a bound on it (`netnewton.games.polymatrix`).

The mean return is linear in each agent's distribution, so its supremum is that over joint actions:

    max_a  1/N sum_i [ b_i(a_i) + sum_{j in N(i)} A_ij(a_i, a_j) ]

which is as hard as a spin glass in general. Its linear programming relaxation has distributions
x_i over actions and y_ij over pairs of them, whose margins agree, and gives an upper bound in time
that grows with the number of edges. The bound is attained on trees, and with two actions if
neighbours gain from playing alike, A(0,0) + A(1,1) >= A(0,1) + A(1,0) for the sum of both agents'
payoffs: so for `prisoners_dilemma_on`, `public_goods` and `coordination` of two actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.games.polymatrix import PolymatrixGame

if TYPE_CHECKING:
    import scipy.sparse as sp

EXACT = 1e-9  # of the size of payoffs: what the linear program's own tolerances leave


class TeamOptimum(NamedTuple):
    """The best joint action that was found, and what none can exceed."""

    actions: Indices
    """Shape (N,)."""
    value: float
    """Its mean return over the agents; Boltzmann policies approach it, and do not attain it."""
    bound: float
    """No joint policy's mean return is larger."""
    exact: bool
    """Whether the value is the bound: then it is the optimum."""


def team_optimum(game: PolymatrixGame) -> TeamOptimum:
    """The optimum of the mean return over joint policies; or a joint action, and a bound.

    Raises
    ------
    ValueError
        If the linear program was not solved.
    """
    from scipy.optimize import linprog

    first, second, paid = _edges(game)
    margins = _margins(len(game.own), game.own.shape[1], first, second)
    gain = np.concatenate([game.own.ravel(), paid.ravel()])
    total = np.concatenate([np.ones(game.n_agents), np.zeros(margins.shape[0] - game.n_agents)])
    found = linprog(-gain, A_eq=margins, b_eq=total, bounds=(0.0, 1.0), method="highs")
    if not found.success:
        raise ValueError(f"no bound was found: {found.message}; rescale the payoffs")
    actions = found.x[: game.own.size].reshape(game.own.shape).argmax(axis=1)
    value, bound = mean_return(game, actions), -float(found.fun) / game.n_agents
    exact = bound - value <= EXACT * (1.0 + float(np.abs(gain).max()))
    return TeamOptimum(actions, value, value if exact else bound, exact)


def mean_return(game: PolymatrixGame, actions: Indices) -> float:
    """What a joint action, shape (N,), pays on average over the agents."""
    played = np.asarray(actions)[np.newaxis, :, np.newaxis]
    _, rewards = game.step(np.zeros((1, 1), dtype=np.intp), played, None)
    return float(rewards.mean())


def _edges(game: PolymatrixGame) -> tuple[Indices, Indices, Array]:
    """Every edge (i, j) once, with what both agents are paid, shape (E, M, M)."""
    i, j = game.pairs.T
    back = np.lexsort((i, j))  # pairs are mutual and sorted: this is where (j, i) stands
    once = i < j
    both = game.payoffs + np.swapaxes(game.payoffs[back], -1, -2)
    return i[once], j[once], both[once]


def _margins(agents: int, actions: int, first: Indices, second: Indices) -> sp.csr_array:
    """Each x_i sums to one; the margins of each y_ij are x_i and x_j, one row for each action."""
    import scipy.sparse as sp

    one, each = np.ones((1, actions)), sp.eye_array(actions)
    E = len(first)
    sums = sp.kron(sp.eye_array(agents), one)
    blocks: list[list[sp.sparray | None]] = [[sums, None]]
    for end, inner in ((first, sp.kron(each, one)), (second, sp.kron(one, each))):
        chosen = sp.coo_array((np.ones(E), (np.arange(E), end)), shape=(E, agents))
        blocks.append([-sp.kron(chosen, each), sp.kron(sp.eye_array(E), inner)])
    return sp.block_array(blocks, format="csr")
