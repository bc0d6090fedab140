r"""Tracked Newton: gradient tracking with a tracked matrix in place of the step size.

Not of the paper: what Algorithm 1 sets out to be, for maximisation (compare `consensus_newton`).
For every agent i, with weights a_ij, step size epsilon and a choice of C_i (`netnewton.curvature`):

    y_i(k)      =  sum_j a_ij y_j(k-1) + grad J_i(theta_i(k)) - grad J_i(theta_i(k-1))
    B_i(k)      =  sum_j a_ij B_j(k-1) + C_i(theta_i(k)) - C_i(theta_i(k-1))
    p_i(k)      =  B_i(k)^{-1} y_i(k)                    kept from being singular by `directions`
    theta_i(k+1) = sum_j a_ij (theta_j(k) + epsilon c_j p_j(k))            c_j of `step_control`

C_i is a `Curvature` of what the source calls its Hessian, with the sign that makes it positive:

    -1  Hessian, or its Gauss-Newton part: (Gauss-)Newton; `absolute_eigenvalues`, cubic: `Floored`,
        `CubicRegularised`
    +1  Fisher matrix: natural gradient with a tracked Fisher matrix
    `ScaledIdentity()`: p_i = y_i, gradient tracking, the fair first-order method

*One call.* The update needs the derivatives at the new and at the old point. The state keeps the
last ones, so that a step asks the source once, at theta(k), and begins where y(k) is due rather
than theta(k): iterates are the same, and from y = g = 0 the first step has y_i = grad J_i.

*Samples.* Then the two estimates come from two batches. The mean over agents telescopes: mean y(k)
is the mean of the latest local gradients, whatever came before, with the noise of one batch. What
tells y_i from the mean keeps the noise of all: with independent errors of variance v, a mode of the
network with eigenvalue l has 2 v / (1 + l) of it, v being what an agent alone would have and 2 v
what exact averaging (l = 0) leaves. Algorithm 1 mixes the differences as well, and has
2 v l^2 / (1 + l): less noise, and steps that know the agent's own news a round later.

Scalars sent to each neighbour in an iteration: 2 d + the size of C_i, and one more with a control.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, parameters
from netnewton.algorithms.consensus_newton import NewtonState
from netnewton.algorithms.directions import Floored, Solver
from netnewton.algorithms.step_control import Proposal, StepControl, uncontrolled
from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class TrackedState(NewtonState):
    """Before the step from theta(k): ``g_mean``, ``H_mean`` are y(k-1), B(k-1); ``g``, ``H`` are
    grad J_i and C_i at theta_i(k-1), all zero for k = 0.
    """

    c: Array
    """Logarithm of the factor of the last step, shape (R, N, 1)."""


@dataclass(frozen=True)
class TrackedNewton(Algorithm[TrackedState]):
    """Tracked Newton with a choice of C_i, of how p_i is solved for and how far a step goes.

    Parameters
    ----------
    curvature : Curvature
        C_i.
    step_size : float, or Array of shape (R, 1, 1)
        epsilon > 0, for all repetitions or for each; Newton's is 1.
    direction : Solver
        From B_i and y_i to p_i.
    control : StepControl
        How far a step goes; as far as epsilon says by default.

    Raises
    ------
    ValueError
        If epsilon is not positive.
    """

    curvature: Curvature
    step_size: float | Array = 1.0
    direction: Solver = Floored()  # noqa: RUF009 - frozen
    control: StepControl = uncontrolled

    def __post_init__(self) -> None:
        require_step_size(self.step_size)

    @property
    def order(self) -> int:
        """Highest derivative of J_i that C_i uses."""
        return self.curvature.order

    def init(self, theta: npt.ArrayLike) -> TrackedState:
        """The state before the first iteration, from theta_i(0): nothing is tracked yet."""
        theta = parameters(theta)
        y, B, one = np.zeros_like(theta), self.curvature.zeros(theta), np.zeros_like(theta[..., :1])
        none = one[..., 0].astype(bool)
        return TrackedState(theta, y, B, y, B, none, none, one)

    def step(self, state: TrackedState, derivatives: DerivativeSource, mix: Mix) -> TrackedState:
        """One iteration, for every repetition and agent at once."""
        k = state.iteration + 1
        local = derivatives(state.theta)
        C = self.curvature.local(local)

        y = mix(state.g_mean, k) + local.gradient - state.g
        B = mix(state.H_mean, k) + C - state.H

        p, mended, singular = self.direction(self.curvature, B, y)
        step = self.step_size * p
        c = self.control(state.c, Proposal(step, local, self.curvature, B), mix, k)
        theta = mix(state.theta + np.exp(c) * step, k)
        return TrackedState(theta, y, B, local.gradient, C, mended, singular, c, iteration=k)

    def singular(self, state: TrackedState) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return np.asarray(state.singular.any(axis=1))


def require_step_size(step_size: float | Array) -> None:
    """Refuse a step size that is not positive.

    Raises
    ------
    ValueError
        Naming its value.
    """
    steps = np.asarray(step_size)
    if not np.all((steps > 0.0) & (steps < np.inf)):
        raise ValueError(f"step_size = {step_size}: give epsilon > 0")
