r"""A networked linear-quadratic team: many agents whose returns under linear policies are known.

Agent j has a scalar state x_j, which its neighbours' states push, and a scalar input u_j:

    x(t+1) = A x(t) + diag(b) u(t) + s w(t)                  A_jk = 0 unless k = j or k is next to j
    x(0)   = s_0 w(-1)                                       w(t) standard normal
    r_i(t) = -q_i x_i^2 - rho_i u_i^2 - c sum_{k next to i} (x_i - x_k)^2     a secret of i

With u = K x + sigma e, e standard normal, the second moments Sigma(t) = E[x(t) x(t)^T] obey

    Sigma(0) = s_0^2 I        Sigma(t+1) = F Sigma(t) F^T + V,     F = A + diag(b) K
                              V = s^2 I + sigma^2 diag(b)^2
    J_i = sum_{t<T} gamma^t (tr(C_i Sigma(t)) - rho_i sigma^2)     C_i = -(Q_i + rho_i k_i k_i^T)

where Q_i collects what r_i makes of the states and k_i is row i of K. That is exact, in O(T N^3),
where a table of joint actions could not even be written down. Derivatives are in
`netnewton.derivatives.linear_quadratic`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, count, floats, number
from netnewton.trajectories.streams import Streams

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class LinearQuadraticTeam:
    """A team of N agents, one for each node of a graph.

    Parameters
    ----------
    dynamics : array_like, shape (N, N)
        A. Agents j and k are neighbours if A_jk or A_kj is not zero.
    gain : array_like, shape (N,)
        b_j.
    state_cost : array_like, shape (N,)
        q_i >= 0.
    input_cost : array_like, shape (N,)
        rho_i >= 0.
    difference_cost : float
        c >= 0.
    noise : float
        s >= 0, the deviation of what disturbs each state.
    spread : float
        s_0 >= 0, the deviation of the first states.
    discount : float
        gamma in [0, 1].

    Raises
    ------
    ValueError
        If a shape is wrong or a value out of range, naming it.
    """

    dynamics: Array
    gain: Array
    state_cost: Array
    input_cost: Array
    difference_cost: float = 0.0
    noise: float = 0.1
    spread: float = 1.0
    discount: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "dynamics", A := floats("dynamics", self.dynamics))
        if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
            raise ValueError(f"dynamics of shape {A.shape}: give a square matrix (N, N)")
        for name in ("gain", "state_cost", "input_cost"):
            object.__setattr__(self, name, found := floats(name, getattr(self, name)))
            if found.shape != A.shape[:1]:
                raise ValueError(f"{name} of shape {found.shape}: give {A.shape[:1]}, one an agent")
        for name in ("difference_cost", "noise", "spread", "discount"):
            object.__setattr__(self, name, number(name, getattr(self, name)))
        for name in ("state_cost", "input_cost", "difference_cost", "noise", "spread"):
            if not 0.0 <= (least := float(np.min(getattr(self, name)))) < np.inf:
                raise ValueError(f"{name} reaches {least}: give finite numbers, at least 0")
        if not 0.0 <= self.discount <= 1.0:
            raise ValueError(f"discount = {self.discount}: give a discount in [0, 1]")

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.dynamics)

    @property
    def components(self) -> tuple[int, ...]:
        """One input for each agent."""
        return (1,) * self.n_agents

    @property
    def sees(self) -> tuple[tuple[int, ...], ...]:
        """Of the N states that are shown, each agent's own."""
        return tuple((j,) for j in range(self.n_agents))

    @cached_property
    def neighbourhoods(self) -> tuple[tuple[int, ...], ...]:
        """Each agent's own state and then its neighbours', for policies that see those."""
        return tuple((j, *np.flatnonzero(row).tolist()) for j, row in enumerate(self.next_to))

    @cached_property
    def next_to(self) -> npt.NDArray[np.bool_]:
        """Whether two agents are neighbours, shape (N, N)."""
        coupled = (self.dynamics != 0) | (self.dynamics.T != 0)
        return coupled & ~np.eye(self.n_agents, dtype=bool)

    @cached_property
    def costs(self) -> Array:
        """Q_i, what agent i pays for the states, shape (N, N, N)."""
        found = np.zeros((self.n_agents,) * 3)
        for i, row in enumerate(self.next_to):
            found[i] = np.diag(self.difference_cost * row)
            found[i, i] = found[i, :, i] = -self.difference_cost * row
            found[i, i, i] = self.state_cost[i] + self.difference_cost * row.sum()
        return found

    def chance(self, streams: Streams, draws: int, size: int) -> Array:
        """A standard normal number for each state, shape (T + 1, R, N, L)."""
        return streams.normal(draws, self.n_agents, size)

    def start(self, chance: Array, shape: tuple[int, int]) -> Array:
        """The first states, shape (R, N, L)."""
        return self.spread * chance

    def seen(self, state: Array) -> Array:
        """All states, shape (R, N, L): which of them an agent looks at, its policy says."""
        return state

    def step(self, state: Array, actions: Array, chance: Array) -> tuple[Array, Array]:
        """One step from states and inputs of shape (R, N, L); the rewards are for both."""
        gain, q, rho = (
            values[:, np.newaxis] for values in (self.gain, self.state_cost, self.input_cost)
        )
        following = np.matmul(self.dynamics, state) + gain * actions + self.noise * chance
        own = q * state**2 + rho * actions**2
        return following, -(own + self.difference_cost * self._differences(state))

    def _differences(self, state: Array) -> Array:
        """sum_{k next to i} (x_i - x_k)^2, shape (R, N, L)."""
        together = self.next_to.astype(float)
        neighbours = together.sum(axis=1)[:, np.newaxis]
        others = np.matmul(together, state), np.matmul(together, state**2)
        return neighbours * state**2 - 2.0 * state * others[0] + others[1]

    def closed_loop(self, gains: Array) -> Array:
        """F = A + diag(b) K, shape (..., N, N)."""
        return self.dynamics + self.gain[:, np.newaxis] * gains

    def moments(self, gains: Array, deviation: float, horizon: int) -> list[Array]:
        """Sigma(t) = E[x(t) x(t)^T] for t = 0, ..., T - 1, each of shape (..., N, N)."""
        F, found = self.closed_loop(gains), [self.spread**2 * np.eye(self.n_agents)]
        disturbed = np.diag(self.noise**2 + (deviation * self.gain) ** 2)
        for _ in range(count("horizon", horizon) - 1):
            found.append(F @ found[-1] @ np.swapaxes(F, -1, -2) + disturbed)
        return [np.broadcast_to(moment, F.shape) for moment in found]

    def returns(self, gains: npt.ArrayLike, deviation: float, horizon: int) -> Array:
        """J_i of every agent, where all play one joint policy.

        Parameters
        ----------
        gains : array_like, shape (..., N, N)
            K, as `LinearGaussian.gains` gives it.
        deviation : float
            sigma.
        horizon : int
            T >= 1.

        Returns
        -------
        Array, shape (..., N)
        """
        K, total = floats("gains", gains), np.zeros(1)
        for t, moment in enumerate(self.moments(K, deviation, horizon)):
            states = np.einsum("iab,...ab->...i", self.costs, moment)
            inputs = np.einsum("...ia,...ab,...ib->...i", K, moment, K) + deviation**2
            total = total - self.discount**t * (states + self.input_cost * inputs)
        return total


def linear_quadratic_team(
    graph: nx.Graph,
    persistence: float = 0.9,
    coupling: float = 0.1,
    gain: npt.ArrayLike = 1.0,
    state_cost: npt.ArrayLike = 1.0,
    input_cost: npt.ArrayLike = 0.1,
    **choices: float,
) -> LinearQuadraticTeam:
    """The team whose agents are the nodes of a graph, in its order.

    Parameters
    ----------
    graph : networkx.Graph
        Undirected; who pushes whom.
    persistence : float
        A_jj, the share of a state that is left after a step.
    coupling : float
        The sum of A_jk over the neighbours k of j, shared equally among them.
    gain, state_cost, input_cost : float or array_like, shape (N,)
        As for `LinearQuadraticTeam`.
    **choices
        Its other parameters: `difference_cost`, `noise`, `spread`, `discount`.

    Returns
    -------
    LinearQuadraticTeam
    """
    import networkx as nx

    together = nx.to_numpy_array(graph, weight=None)
    shared = coupling * together / np.maximum(together.sum(axis=1, keepdims=True), 1.0)
    A = shared + persistence * np.eye(len(together))
    b, q, rho = (_one_each(values, len(A)) for values in (gain, state_cost, input_cost))
    return LinearQuadraticTeam(A, b, q, rho, **choices)


def _one_each(values: npt.ArrayLike, n_agents: int) -> Array:
    """One number for each agent, if there is one for all."""
    found = np.asarray(values, dtype=float)
    return np.broadcast_to(found, n_agents) if found.ndim == 0 else found
