r"""Team problems that satisfy Assumptions 2 and 3, on which the theorems can be tested.

Agent i's private objective, to be maximised, is

    J_i(theta)        = b_i^T theta - 1/2 theta^T Q_i theta - sum_k c_ik log cosh(u_ik),
    u_ik              = w_ik^T theta + s_ik,                                    c_ik >= 0
    grad J_i(theta)   = b_i - Q_i theta - sum_k c_ik tanh(u_ik) w_ik
    -hess J_i(theta)  = Q_i + sum_k c_ik sech^2(u_ik) w_ik w_ik^T

A single Q_i may be indefinite, so that J_i is not concave; only the average of the Q_i has to be
positive definite. As sech^2 lies in (0, 1], the averages of Assumption 3 obey, for unequal copies
as well and over all of space,

    m I <= -1/N sum_i hess J_i(theta_i) <= M I,
    m = smallest eigenvalue of 1/N sum_i Q_i,
    M = largest eigenvalue of 1/N sum_i (Q_i + sum_k c_ik w_ik w_ik^T).

With H_i = -hess J_i the quadratic part leaves g_i = H_i theta + grad J_i, whose remaining terms
in u sech^2(u), sech^2(u) and tanh(u) are bounded: the other bounds of Assumption 3 hold too.

Differs from the paper in the view: Section 4 minimises (footnote 4), J is maximised here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from netnewton.arrays import Array, count, floats, number

# Largest |d/du sech^2 u| = 2 sech^2 u |tanh u|, at tanh^2 u = 1/3.
_STEEPEST = 4.0 / (3.0 * np.sqrt(3.0))


@dataclass(frozen=True)
class TeamProblem:
    """One team problem, or R of them with a leading axis: N agents, d parameters, K terms each.

    Parameters
    ----------
    quadratic : array_like, shape ([R,] N, d, d)
        Q_i, symmetric; their average over the agents positive definite.
    linear : array_like, shape ([R,] N, d)
        b_i.
    weights : array_like, shape ([R,] N, K)
        c_ik >= 0.
    forms : array_like, shape ([R,] N, K, d)
        w_ik.
    shifts : array_like, shape ([R,] N, K)
        s_ik.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is no finite number, a c_ik is negative, a Q_i is not
        symmetric, or the average of the Q_i is not positive definite.
    """

    quadratic: Array
    linear: Array
    weights: Array
    forms: Array
    shifts: Array

    def __post_init__(self) -> None:
        for name in _FIELDS:
            object.__setattr__(self, name, floats(name, getattr(self, name)))
        _check_shapes(self)
        if self.weights.min(initial=0.0) < 0.0:
            raise ValueError(f"weights reach {self.weights.min():g}: give every c_ik >= 0")
        if not np.allclose(self.quadratic, np.swapaxes(self.quadratic, -1, -2)):
            raise ValueError("quadratic has a Q_i that is not symmetric: pass (Q + Q^T) / 2")
        if (smallest := float(np.min(self.m))) <= 0.0:
            raise ValueError(
                f"the average of the Q_i has the eigenvalue {smallest:g}: Assumption 2 needs a "
                "positive definite one; add a multiple of the identity"
            )

    @property
    def n_agents(self) -> int:
        """Number of agents N."""
        return int(self.linear.shape[-2])

    @property
    def n_parameters(self) -> int:
        """Dimension d of theta."""
        return int(self.linear.shape[-1])

    @cached_property
    def m(self) -> Array:
        """Lower bound m of Assumptions 2 and 3, shape () or (R,)."""
        return np.linalg.eigvalsh(self.quadratic.mean(axis=-3))[..., 0]

    @cached_property
    def M(self) -> Array:
        """Upper bound M of Assumptions 2 and 3, shape () or (R,)."""
        return np.linalg.eigvalsh((self.quadratic + self.bending).mean(axis=-3))[..., -1]

    @cached_property
    def bending(self) -> Array:
        """Most that the terms add to -hess J_i, sum_k c_ik w_ik w_ik^T, shape ([R,] N, d, d)."""
        return self.bent(self.weights)

    def bent(self, factors: Array) -> Array:
        """sum_k f_k w_k w_k^T of each agent, factors (..., N, K) to matrices (..., N, d, d)."""
        return np.einsum("...k,...kij->...ij", factors, self._outer_products)

    @cached_property
    def _outer_products(self) -> Array:
        """w_ik w_ik^T, shape ([R,] N, K, d, d)."""
        return self.forms[..., :, np.newaxis] * self.forms[..., np.newaxis, :]

    @property
    def lipschitz(self) -> Array:
        """a_3: no hess J_i varies faster than this, ||hess J_i(x) - hess J_i(y)|| <= a_3 ||x-y||.

        Shape ([R,] N); from sum_k c_ik ||w_ik||^3 times the largest slope of sech^2.
        """
        return _STEEPEST * (self.weights * np.linalg.norm(self.forms, axis=-1) ** 3).sum(axis=-1)

    def arguments(self, theta: Array) -> Array:
        """u_ik of copies (..., N, d), shape (..., N, K)."""
        return np.einsum("...ki,...i->...k", self.forms, theta) + self.shifts


def random_problem(
    rng: np.random.Generator,
    agents: int,
    parameters: int,
    terms: int = 2,
    steepness: float = 1.0,
    heterogeneity: float = 0.5,
) -> TeamProblem:
    """A random problem with m = 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    agents, parameters, terms : int
        N, d and K, at least 1.
    steepness : float
        Scale of the w_ik, > 0; M grows with its square.
    heterogeneity : float
        Standard deviation of what a Q_i's entries differ from the identity by, >= 0; with 0 every
        J_i is concave.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    N, d, K = count("agents", agents), count("parameters", parameters), count("terms", terms)
    steepness, heterogeneity = (
        number("steepness", steepness),
        number("heterogeneity", heterogeneity),
    )
    if not (0.0 < steepness < np.inf and 0.0 <= heterogeneity < np.inf):
        raise ValueError(
            f"steepness = {steepness}, heterogeneity = {heterogeneity}: give a positive and a "
            "non-negative number"
        )
    own = heterogeneity * rng.normal(size=(N, d, d))
    own = (own + np.swapaxes(own, -1, -2)) / 2
    return TeamProblem(
        quadratic=np.eye(d) + own - own.mean(axis=0),
        linear=rng.normal(size=(N, d)),
        weights=rng.uniform(0.5, 1.5, size=(N, K)),
        forms=steepness * rng.normal(size=(N, K, d)) / np.sqrt(d),
        shifts=rng.normal(size=(N, K)),
    )


def stacked(problems: Sequence[TeamProblem]) -> TeamProblem:
    """Problems of the same sizes as one with a leading axis, one for each repetition.

    Raises
    ------
    ValueError
        If there is none.
    """
    count("len(problems)", len(problems))
    columns = {name: np.stack([getattr(p, name) for p in problems]) for name in _FIELDS}
    return TeamProblem(**columns)


_FIELDS = ("quadratic", "linear", "weights", "forms", "shifts")


def _check_shapes(problem: TeamProblem) -> None:
    *batch, K, d = problem.forms.shape if problem.forms.ndim >= 3 else (0, 0, 0)
    expected = {
        "quadratic": (*batch, d, d),
        "linear": (*batch, d),
        "weights": (*batch, K),
        "shifts": (*batch, K),
    }
    found = {name: getattr(problem, name).shape for name in expected}
    if problem.forms.ndim not in (3, 4) or found != expected or 0 in (*batch, d):
        raise ValueError(
            f"forms of shape {problem.forms.shape} do not fit {found}: give quadratic ([R,] N, d, "
            "d), linear ([R,] N, d), weights and shifts ([R,] N, K), forms ([R,] N, K, d)"
        )
