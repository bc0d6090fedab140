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

from dataclasses import dataclass, replace

import numpy.typing as npt

from netnewton.algorithms.gradient_tracking import GradientTracking, TrackingState
from netnewton.arrays import Array
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class TrackedState(TrackingState):
    """Before the step from theta(k); ``g`` is grad J_i at theta_i(k-1)."""

    H_mean: Array
    """B_i(k-1), in the shape of the curvature."""
    H: Array
    """What it has absorbed: C_i at theta_i(k-1); zero for k = 0."""


class TrackedNewton(GradientTracking[TrackedState]):
    """Tracked Newton: see `GradientTracking` for its settings."""

    def init(self, theta: npt.ArrayLike) -> TrackedState:
        """The state before the first iteration, from theta_i(0): nothing is tracked yet."""
        found = TrackingState.nothing_tracked(theta)
        B = self.curvature.zeros(found.theta)
        return TrackedState(**vars(found), H_mean=B, H=B)

    def step(self, state: TrackedState, derivatives: DerivativeSource, mix: Mix) -> TrackedState:
        """One iteration, for every repetition and agent at once."""
        k, local = state.iteration + 1, derivatives(state.theta)
        C = self.curvature.local(local)

        y = mix(state.g_mean, k) + local.gradient - state.g
        B = mix(state.H_mean, k) + C - state.H

        new = self.move(state, local, y, B, mix)
        return replace(new, g=local.gradient, H_mean=B, H=C)
