"""Exact derivatives and the optimum of team problems (`netnewton.games.concave`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.derivatives.source import Derivatives, as_copies, as_parameters
from netnewton.games.concave import TeamProblem, weighted_outer


@dataclass(frozen=True, eq=False)
class ConcaveDerivatives:
    """Each agent's exact derivatives at its own copy; all parameters are shared by all agents.

    Called with theta of shape (R, N, d), it gives J of shape (R, N), gradients (R, N, d) and
    Hessians (R, N, d, d).

    Parameters
    ----------
    problem : TeamProblem
        One problem for all repetitions, or one for each.

    Raises
    ------
    ValueError
        On being called, if theta does not fit the problem.
    """

    problem: TeamProblem

    order: ClassVar[int] = 2

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
        copies = as_copies(theta, self.n_agents, self.n_parameters)
        if self.repetitions not in (None, len(copies)):
            raise ValueError(
                f"theta of shape {copies.shape}: there are {self.repetitions} problems, one for "
                "each repetition"
            )
        return self._at(copies)

    def returns(self, theta: npt.ArrayLike) -> Array:
        """J_i of all agents at one theta, of shape (..., d) to (..., N)."""
        shared = as_parameters("theta", theta, self.n_parameters)[..., np.newaxis, :]
        return self._at(np.repeat(shared, self.n_agents, axis=-2)).J

    def _at(self, theta: Array) -> Derivatives:
        problem = self.problem
        Q, b, c, W = problem.quadratic, problem.linear, problem.weights, problem.forms
        u = problem.arguments(theta)
        pull = np.matmul(Q, theta[..., np.newaxis])[..., 0]
        slope = np.tanh(u)
        log_cosh = np.logaddexp(u, -u) - np.log(2.0)
        J = ((b - 0.5 * pull) * theta).sum(axis=-1) - (c * log_cosh).sum(axis=-1)
        gradient = b - pull - np.matmul((c * slope)[..., np.newaxis, :], W)[..., 0, :]
        return Derivatives(J, gradient, -(Q + weighted_outer(c * (1.0 - slope**2), W)))


def concave_derivatives(problem: TeamProblem) -> ConcaveDerivatives:
    """Each agent's exact derivatives at its own copy: see `ConcaveDerivatives`."""
    return ConcaveDerivatives(problem)


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

    def everywhere(theta: Array) -> Derivatives:
        return source(np.tile(theta, (1, agents, 1)))

    rough = minimize(
        lambda theta: -everywhere(theta).J.mean(),
        np.zeros(problem.n_parameters),
        jac=lambda theta: -everywhere(theta).gradient.mean(axis=(0, 1)),
        method="BFGS",
    )
    polished = root(lambda theta: everywhere(theta).gradient.mean(axis=(0, 1)), rough.x, tol=1e-15)
    slope = float(np.abs(everywhere(polished.x).gradient.mean(axis=(0, 1))).max())
    scale = 1.0 + float(np.abs(problem.linear).max() + problem.weights.sum())
    if not slope <= 1e-12 * scale:
        raise ValueError(
            f"the gradient is still {slope:g} at what scipy found: rescale the problem"
        )
    return np.asarray(polished.x, dtype=float)
