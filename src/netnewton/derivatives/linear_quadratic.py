r"""Exact returns, gradients and Hessians of a linear-quadratic team under linear policies (eq. 4).

For agent i at its own copy, with Sigma(t), F, C and V of `netnewton.games.linear_quadratic`,

    P(T) = 0            P(t) = C + gamma F^T P(t+1) F
    J                 = sum_{t<T} gamma^t (tr(C Sigma(t)) - rho sigma^2)
    G(t)              = -2 rho e_i k_i^T Sigma(t) + 2 gamma diag(b) P(t+1) F Sigma(t)
    dJ/dK             = sum_{t<T} gamma^t G(t)

and the gradient holds the entries of dJ/dK that are parameters. The Hessian differentiates the same
recursions once more, in each parameter: Sigma forwards, P backwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, count
from netnewton.derivatives.source import Derivatives, PolicySource, as_copies, as_parameters
from netnewton.games.linear_quadratic import LinearQuadraticTeam
from netnewton.policies.linear import LinearGaussian


class _Recursions(NamedTuple):
    """Of each agent's copy: K, F and C, and Sigma(t) and P(t + 1) for t = 0, ..., T - 1.

    Each has the shape (R, N, 1, N, N), and as derivatives in the parameters (R, N, D, N, N).
    """

    K: Array
    F: Array
    C: Array
    moments: list[Array]
    to_go: list[Array]


@dataclass(frozen=True, eq=False)
class LinearQuadraticDerivatives(PolicySource):
    """Each agent's derivatives at its own copy, with its own reward, for T steps.

    Called with theta of shape (R, N, D), it gives `Derivatives`: J of shape (R, N), gradients
    (R, N, D) and Hessians (R, N, D, D); those above `order` are `NOT_COMPUTED`. Time is O(T N^3)
    for a copy, and D times as much with Hessians.

    Parameters
    ----------
    game : LinearQuadraticTeam
    policy : LinearGaussian
        With one component for each agent.
    horizon : int
        T >= 1.
    order : {0, 1, 2}
        Highest derivative that is computed.

    Raises
    ------
    ValueError
        If the policy is not for this team, theta not for its agents and parameters, there is no
        step or no such order.
    """

    game: LinearQuadraticTeam
    policy: LinearGaussian
    horizon: int
    order: int = 2

    repetitions: ClassVar[None] = None
    """As many as are asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.order, None)
        count("horizon", self.horizon)
        if self.policy.components != self.game.components or (
            self.policy.n_rows > self.game.n_agents
        ):
            raise ValueError(
                f"the policy has components {self.policy.components} and looks at rows up to "
                f"{self.policy.n_rows - 1}: make it for the {self.n_agents} agents of this team, "
                "as with LinearGaussian.of(team)"
            )

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """J, gradients and Hessians at the copies."""
        here = self._recursions(as_copies(theta, self.n_agents, self.n_parameters))
        found = Derivatives(self._discounted(self._payments(here))[..., 0])
        if self.order == 0:
            return found
        found = found._replace(gradient=self._entries(self._slopes(here))[..., 0, :])
        if self.order == 1:
            return found
        return found._replace(hessian=self._entries(self._bends(here, self._changes(here))))

    def returns(self, mu: npt.ArrayLike) -> Array:
        """J_i of every agent, where all play mu, shape (..., D); shape (..., N)."""
        gains = self._gains(as_parameters("mu", mu, self.n_parameters))
        return self.game.returns(gains, self.policy.deviation, self.horizon)

    def _gains(self, theta: Array) -> Array:
        """K, shape (..., N, N): no agent has to look at the last states."""
        K = np.zeros((*theta.shape[:-1], self.n_agents, self.n_agents))
        K[..., : self.policy.n_rows] = self.policy.gains(theta)
        return K

    def _recursions(self, copies: Array) -> _Recursions:
        """At the copies, shape (R, N, D)."""
        game, rate = self.game, self.game.discount
        K = self._gains(copies)[..., np.newaxis, :, :]
        F, C = game.closed_loop(K), -game.costs[:, np.newaxis] - _T(K) @ self._paid @ K
        to_go = [np.zeros_like(F)]
        for _ in range(self.horizon - 1):
            to_go.append(C + rate * _T(F) @ to_go[-1] @ F)
        moments = game.moments(K, self.policy.deviation, self.horizon)
        return _Recursions(K, F, C, moments, to_go[::-1])

    def _changes(self, here: _Recursions) -> _Recursions:
        """The derivatives of all that in each parameter."""
        K, F, _, moments, to_go = here
        D, rate = self.n_parameters, self.game.discount
        dK = np.zeros((D, self.n_agents, self.n_agents))
        dK[np.arange(D), self.policy.slot, self.policy.row] = 1.0
        dF, dC = self._gain * dK, -_twice(_T(dK) @ self._paid @ K)
        d_moments, d_to_go = [np.zeros_like(dC)], [np.zeros_like(dC)]
        for moment in moments[:-1]:
            d_moments.append(_twice(dF @ moment @ _T(F)) + F @ d_moments[-1] @ _T(F))
        for after in to_go[:0:-1]:
            bent = _twice(_T(dF) @ after @ F) + _T(F) @ d_to_go[-1] @ F
            d_to_go.append(dC + rate * bent)
        return _Recursions(dK, dF, dC, d_moments, d_to_go[::-1])

    def _payments(self, here: _Recursions) -> Iterator[Array]:
        """What each agent expects for step t, shape (R, N, 1)."""
        explored = self.game.input_cost[:, np.newaxis] * self.policy.deviation**2
        for moment in here.moments:
            yield np.einsum("...ab,...ab->...", here.C, moment) - explored

    def _slopes(self, here: _Recursions) -> Iterator[Array]:
        """G(t), shape (R, N, 1, N, N)."""
        for moment, after in zip(here.moments, here.to_go, strict=True):
            later = self.game.discount * self._gain * (after @ here.F)
            yield 2.0 * (later - self._paid @ here.K) @ moment

    def _bends(self, here: _Recursions, changes: _Recursions) -> Iterator[Array]:
        """Its derivatives, shape (R, N, D, N, N)."""
        steps = zip(here.moments, here.to_go, changes.moments, changes.to_go, strict=True)
        for moment, after, d_moment, d_after in steps:
            later = self.game.discount * self._gain * (after @ here.F)
            moved = self.game.discount * self._gain * (d_after @ here.F + after @ changes.F)
            at_once = (moved - self._paid @ changes.K) @ moment
            yield 2.0 * (at_once + (later - self._paid @ here.K) @ d_moment)

    def _entries(self, slopes: Iterator[Array]) -> Array:
        """Those of the discounted sum that are parameters, shape (R, N, 1 or D, D)."""
        return self._discounted(slopes)[..., self.policy.slot, self.policy.row]

    def _discounted(self, terms: Iterator[Array]) -> Array:
        return np.asarray(sum(self.game.discount**t * term for t, term in enumerate(terms)))

    @cached_property
    def _gain(self) -> Array:
        """B as a column, by which diag(b) multiplies."""
        return self.game.gain[:, np.newaxis]

    @cached_property
    def _paid(self) -> Array:
        """rho_i e_i e_i^T: what agent i pays for inputs, shape (N, 1, N, N)."""
        agents, paid = np.arange(self.n_agents), np.zeros((self.n_agents, 1, *[self.n_agents] * 2))
        paid[agents, 0, agents, agents] = self.game.input_cost
        return paid


def linear_quadratic(
    game: LinearQuadraticTeam, policy: LinearGaussian, horizon: int, order: int = 2
) -> LinearQuadraticDerivatives:
    """Each agent's exact derivatives at its own copy: see `LinearQuadraticDerivatives`."""
    return LinearQuadraticDerivatives(game, policy, horizon, order)


def _T(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)


def _twice(half: Array) -> Array:
    """Matrices plus their transposes."""
    return half + _T(half)
