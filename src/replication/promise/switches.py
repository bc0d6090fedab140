r"""Algorithm 1 with each of its deviations from Newton's method as a part that can be exchanged.

In the notation of `netnewton.algorithms.consensus_newton`, for every agent i:

    (g_i, H_i)   of the local derivatives                                 `Local`
    gtilde, Htilde                                                        `Tracking`
    p_i          =  [Htilde_i]_m^{-1} gtilde_i                            by projection
    theta_i(k)   =  move(theta_i(k-1), p_i)                               `Move`
    theta_i(k)   is mixed with the neighbours', or not                    `Copies`

As printed: `with_own_matrix`, `delayed`, `all_or_nothing`, `towards`, `kept_apart`. With
`gradient_alone`, `at_once`, `absolute_eigenvalues`, `along`, `averaged` it is gradient tracking
with a tracked matrix (`TrackedNewton`), whose floor is m/2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netnewton.algorithms import Algorithm
from netnewton.algorithms.algorithm import parameters
from netnewton.algorithms.consensus_newton import NewtonState
from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature, Projection, all_or_nothing
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.networks import Mix

Local = Callable[[Curvature, Array, Derivatives, Array], Array]
"""g_i from a curvature, H_i, the local derivatives and theta."""
Tracking = Callable[[Array, Array, Array, Callable[[Array], Array]], tuple[Array, Array]]
"""From a tracker, the new and the last local quantity, and mix: the new tracker, and the used."""
Move = Callable[[Array, Array, float], Array]
"""The new theta from the old one, p and epsilon."""
Copies = Callable[[Array, Callable[[Array], Array]], Array]
"""What becomes of the agents' new copies."""


def with_own_matrix(curvature: Curvature, H: Array, local: Derivatives, theta: Array) -> Array:
    """g_i = H_i theta + grad J_i, as printed; what it is divided by later is another matrix."""
    return curvature.times(H, theta) + local.gradient


def gradient_alone(curvature: Curvature, H: Array, local: Derivatives, theta: Array) -> Array:
    """g_i = grad J_i."""
    return local.gradient


def delayed(
    tracker: Array, new: Array, last: Array, mix: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """As printed: the step uses the last tracker, and news is mixed before it is used."""
    return mix(tracker + new - last), tracker


def at_once(
    tracker: Array, new: Array, last: Array, mix: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """The step uses the new tracker, which has the agent's own news."""
    tracker = mix(tracker) + new - last
    return tracker, tracker


def towards(theta: Array, p: Array, step_size: float) -> Array:
    """(1 - epsilon) theta + epsilon p, as printed."""
    return (1 - step_size) * theta + step_size * p


def along(theta: Array, p: Array, step_size: float) -> Array:
    """Move along p: theta + epsilon p."""
    return theta + step_size * p


def kept_apart(theta: Array, mix: Callable[[Array], Array]) -> Array:
    """As printed: only trackers are averaged."""
    return theta


def averaged(theta: Array, mix: Callable[[Array], Array]) -> Array:
    """Each agent takes the weighted mean of its neighbours' copies."""
    return mix(theta)


@dataclass(frozen=True)
class Switched(Algorithm[NewtonState]):
    """Algorithm 1, composed of its parts; as printed by default.

    Parameters
    ----------
    curvature : Curvature
        The choice of H_i, and its sign.
    step_size, floor : float
        epsilon > 0 and m > 0.
    projection : Projection
    vector : Local
    tracking : Tracking
    move : Move
    copies : Copies
    """

    curvature: Curvature
    step_size: float
    floor: float
    projection: Projection = all_or_nothing
    vector: Local = with_own_matrix
    tracking: Tracking = delayed
    move: Move = towards
    copies: Copies = kept_apart

    @property
    def order(self) -> int:
        """Highest derivative of J_i that H_i uses."""
        return self.curvature.order

    def init(self, theta: npt.ArrayLike) -> NewtonState:
        """The state before the first iteration: trackers and local quantities are zero."""
        theta = parameters(theta)
        g, H = np.zeros_like(theta), self.curvature.zeros(theta)
        no = np.zeros(theta.shape[:-1], dtype=bool)
        return NewtonState(theta, g, H, g, H, no, no)

    def step(self, state: NewtonState, derivatives: DerivativeSource, mix: Mix) -> NewtonState:
        """One iteration, for every repetition and agent at once."""
        k = state.iteration + 1

        def mixed(values: Array) -> Array:
            return mix(values, k)

        local = derivatives(state.theta)
        H = self.curvature.local(local)
        g = self.vector(self.curvature, H, local, state.theta)

        g_mean, g_used = self.tracking(state.g_mean, g, state.g, mixed)
        H_mean, H_used = self.tracking(state.H_mean, H, state.H, mixed)

        projected = self.curvature.project(H_used, self.projection, self.floor / 2)
        p, singular = self.curvature.solve(projected, g_used)
        theta = self.copies(self.move(state.theta, p, self.step_size), mixed)
        return NewtonState(theta, g_mean, H_mean, g, H, projected.replaced, singular, iteration=k)

    def singular(self, state: NewtonState) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return np.asarray(state.singular.any(axis=1))
