r"""Network-GIANT: gradient tracking and each agent's own curvature; vectors only are sent.

After Maritan, Sharma, Schenato and Dey, *Network-GIANT: Fully distributed Newton-type optimization
via harmonic Hessian consensus* (arXiv 2305.07898), for maximisation:

    y_i(k)       =  sum_j a_ij y_j(k-1) + grad J_i(theta_i(k)) - grad J_i(theta_i(k-1))
    p_i(k)       =  C_i(theta_i(k))^{-1} y_i(k)
    theta_i(k+1) =  sum_j a_ij (theta_j(k) + epsilon c_j p_j(k))           c_j of `step_control`

Agents average Newton steps rather than matrices: to first order the copies move along the harmonic
mean of the C_i, not their arithmetic one, and the steps of `tracked_newton` differ as far as the
C_i do. With one C_i for all they are the same.

Differs from the paper in: C_i is any `Curvature`, which `directions` keeps from being singular,
where the paper has strongly convex losses and their Hessians; a step may be controlled. We had the
abstract and descriptions by others, not the listing: the difference of gradients is added after
mixing, as in `tracked_newton`; the listing may add it before.

Scalars sent to each neighbour in an iteration: 2 d, and one more with a control.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, State, parameters
from netnewton.algorithms.directions import Floored, Solver
from netnewton.algorithms.step_control import Proposal, StepControl, uncontrolled
from netnewton.algorithms.tracked_newton import require_step_size
from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class VectorState(State):
    """Before the step from theta(k)."""

    g_mean: Array
    """y_i(k-1), shape (R, N, d)."""
    g: Array
    """What it has absorbed: grad J_i at theta_i(k-1), shape (R, N, d); zero for k = 0."""
    fallback: Flags
    """Whether C_i was not used as it is in the step to theta(k), shape (R, N)."""
    singular: Flags
    """Whether there was no direction, shape (R, N)."""
    c: Array
    """Logarithm of the factor of the last step, shape (R, N, 1)."""


V = TypeVar("V", bound=VectorState)


@dataclass(frozen=True)
class VectorTracking(Algorithm[V]):
    """What methods that send vectors only have in common.

    Parameters
    ----------
    curvature, step_size, direction, control
        As for `TrackedNewton`.

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

    def move(self, state: V, local: Derivatives, g: Array, mix: Mix) -> V:
        """One iteration, with g_i as what is tracked."""
        k, C = state.iteration + 1, self.curvature.local(local)

        y = mix(state.g_mean, k) + g - state.g

        p, mended, singular = self.direction(self.curvature, C, y)
        step = self.step_size * p
        c = self.control(state.c, Proposal(step, local, self.curvature, C), mix, k)
        theta = mix(state.theta + np.exp(c) * step, k)
        return replace(
            state,
            theta=theta,
            g_mean=y,
            g=g,
            fallback=mended,
            singular=singular,
            c=c,
            iteration=k,
        )

    def singular(self, state: V) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return np.asarray(state.singular.any(axis=1))


class NetworkGiant(VectorTracking[VectorState]):
    """Network-GIANT: see `VectorTracking` for its settings."""

    def init(self, theta: npt.ArrayLike) -> VectorState:
        """The state before the first iteration, from theta_i(0): nothing is tracked yet."""
        return nothing_tracked(theta)

    def step(self, state: VectorState, derivatives: DerivativeSource, mix: Mix) -> VectorState:
        """One iteration, for every repetition and agent at once."""
        local = derivatives(state.theta)
        return self.move(state, local, local.gradient, mix)


def nothing_tracked(theta: npt.ArrayLike) -> VectorState:
    """The state before the first iteration."""
    theta = parameters(theta)
    y, one = np.zeros_like(theta), np.zeros_like(theta[..., :1])
    none = one[..., 0].astype(bool)
    return VectorState(theta, y, y, none, none, one)
