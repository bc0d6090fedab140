"""Exact derivatives and the optimum of team problems (`netnewton.games.concave`).

The average of the agents' Hessians is negative definite there, at any copies, and each of them is
if every Q_i is positive definite: they need no Gauss-Newton matrix in their place. Nor is there
one, or a Fisher matrix, without a policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.derivatives.estimation import unbiased_hessian
from netnewton.derivatives.second_order import Credited
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives, as_copies, as_parameters
from netnewton.games.concave import TeamProblem


@dataclass(frozen=True, eq=False)
class ConcaveDerivatives:
    """Each agent's exact derivatives at its own copy; all parameters are shared by all agents.

    Called with theta of shape (R, N, d), it gives J of shape (R, N), gradients (R, N, d) and
    Hessians (R, N, d, d).

    Parameters
    ----------
    problem : TeamProblem
        One problem for all repetitions, or one for each.
    hessian : callable
        `unbiased_hessian`, the Hessian itself: there is no other choice without a policy.

    Raises
    ------
    ValueError
        If another Hessian is asked for; on being called, if theta does not fit the problem.
    """

    problem: TeamProblem
    hessian: Callable[[Credited], Array] = unbiased_hessian

    order: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.hessian is not unbiased_hessian:
            raise ValueError(
                f"hessian = {self.hessian!r} is made of a policy's scores, and team problems have "
                "no policy: leave it out, for the average of their Hessians is negative definite"
            )

    @property
    def n_agents(self) -> int:
        """N."""
        return self.problem.n_agents

    @property
    def n_parameters(self) -> int:
        """Dimension d of theta."""
        return self.problem.n_parameters

    @property
    def repetitions(self) -> int | None:
        """R, if there is a problem for each; None if one serves any number of repetitions."""
        return len(self.problem.linear) if self.problem.linear.ndim == 3 else None

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """J, gradients and Hessians at the copies."""
        local = self.without_J(theta)
        return local._replace(J=self._J(np.asarray(theta, dtype=float)))

    def without_J(self, theta: npt.ArrayLike) -> Derivatives:
        """Gradients and Hessians at the copies: all that Algorithm 1 reads, in less time."""
        copies = as_copies(theta, self.n_agents, self.n_parameters)
        if self.repetitions not in (None, len(copies)):
            raise ValueError(
                f"theta of shape {copies.shape}: there are {self.repetitions} problems, one for "
                "each repetition"
            )
        problem = self.problem
        slope = np.tanh(problem.arguments(copies))
        bent = problem.weights * slope
        pull = np.einsum("...ij,...j->...i", problem.quadratic, copies)
        gradient = problem.linear - pull - np.einsum("...k,...ki->...i", bent, problem.forms)
        curved = problem.quadratic + problem.bent(problem.weights - bent * slope)
        return Derivatives(NOT_COMPUTED, gradient, -curved)

    def returns(self, theta: npt.ArrayLike) -> Array:
        """J_i of all agents at one theta, of shape (..., d) to (..., N)."""
        return self._J(as_parameters("theta", theta, self.n_parameters)[..., np.newaxis, :])

    def _J(self, theta: Array) -> Array:
        problem = self.problem
        u = problem.arguments(theta)
        log_cosh = np.logaddexp(u, -u) - np.log(2.0)
        pull = np.einsum("...ij,...j->...i", problem.quadratic, theta)
        parabola = ((problem.linear - 0.5 * pull) * theta).sum(axis=-1)
        return np.asarray(parabola - (problem.weights * log_cosh).sum(axis=-1))


def concave_derivatives(
    problem: TeamProblem, hessian: Callable[[Credited], Array] = unbiased_hessian
) -> ConcaveDerivatives:
    """Each agent's exact derivatives at its own copy: see `ConcaveDerivatives`."""
    return ConcaveDerivatives(problem, hessian)


def reference_optimum(problem: TeamProblem) -> Array:
    """The maximiser of the average J of one problem, by scipy and not by Algorithm 1.

    A quasi-Newton search of the minimum of -J, polished by a root finder on its gradient.

    Returns
    -------
    Array, shape (d,)

    Raises
    ------
    ValueError
        If `problem` holds several problems, or no point with a gradient of zero was found.
    """
    from scipy.optimize import minimize, root

    if problem.linear.ndim != 2:
        raise ValueError(f"{len(problem.linear)} problems were given: pass one at a time")
    source, agents = concave_derivatives(problem), problem.n_agents

    def slope(theta: Array) -> Array:
        return source.without_J(np.tile(theta, (1, agents, 1))).gradient.mean(axis=(0, 1))

    rough = minimize(
        lambda theta: -source.returns(theta).mean(),
        np.zeros(problem.n_parameters),
        jac=lambda theta: -slope(theta),
        method="BFGS",
    )
    polished = root(slope, rough.x, tol=1e-15)
    left = float(np.abs(slope(polished.x)).max())
    scale = 1.0 + float(np.abs(problem.linear).max() + problem.weights.sum())
    if not left <= 1e-12 * scale:
        raise ValueError(f"the gradient is still {left:g} at what scipy found: rescale the problem")
    return np.asarray(polished.x, dtype=float)
