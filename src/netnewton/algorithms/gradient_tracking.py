r"""What methods that track gradients share: settings, and the step once y_i and B_i are known.

    p_i(k)       =  B_i(k)^{-1} y_i(k)                   kept from being singular by `directions`
    theta_i(k+1) =  sum_j a_ij (theta_j(k) + epsilon c_j p_j(k))           c_j of `step_control`

They differ in what y_i tracks and in whether B_i is tracked: see `tracked_newton`,
`network_giant` and `natural_gradient`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, State, parameters
from netnewton.algorithms.directions import Floored, Solver
from netnewton.algorithms.step_control import Proposal, StepControl, uncontrolled
from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature
from netnewton.derivatives import Derivatives
from netnewton.networks import Mix


@dataclass(frozen=True)
class TrackingState(State):
    """Before the step from theta(k)."""

    g_mean: Array
    """y_i(k-1), shape (R, N, d)."""
    g: Array
    """What it has absorbed, of theta_i(k-1), shape (R, N, d); zero for k = 0."""
    fallback: Flags
    """Whether B_i was not used as it is in the step to theta(k), shape (R, N)."""
    singular: Flags
    """Whether there was no direction, shape (R, N)."""
    c: Array
    """Logarithm of the factor of that step, shape (R, N, 1)."""

    @classmethod
    def nothing_tracked(cls, theta: npt.ArrayLike) -> TrackingState:
        """The state before the first iteration, from theta_i(0)."""
        theta = parameters(theta)
        y, c = np.zeros_like(theta), np.zeros_like(theta[..., :1])
        no = c[..., 0].astype(bool)
        return TrackingState(theta, y, y, no, no, c)


T = TypeVar("T", bound=TrackingState)


@dataclass(frozen=True)
class GradientTracking(Algorithm[T]):
    """The settings of a method that tracks gradients.

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
        steps = np.asarray(self.step_size)
        if not np.all((steps > 0.0) & (steps < np.inf)):
            raise ValueError(f"step_size = {self.step_size}: give epsilon > 0")

    @property
    def order(self) -> int:
        """Highest derivative of J_i that C_i uses."""
        return self.curvature.order

    def move(self, state: T, local: Derivatives, y: Array, B: Array, mix: Mix) -> T:
        """The state with theta(k+1), and with y as its tracker."""
        k = state.iteration + 1

        p, mended, singular = self.direction(self.curvature, B, y)
        step = self.step_size * p
        c = self.control(state.c, Proposal(step, local, self.curvature, B), mix, k)
        theta = mix(state.theta + np.exp(c) * step, k)
        new = replace(state, theta=theta, g_mean=y, c=c, iteration=k)
        return replace(new, fallback=mended, singular=singular)

    def singular(self, state: T) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return np.asarray(state.singular.any(axis=1))
