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

from dataclasses import replace

import numpy.typing as npt

from netnewton.algorithms.gradient_tracking import GradientTracking, TrackingState
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix


class NetworkGiant(GradientTracking[TrackingState]):
    """Network-GIANT: see `GradientTracking` for its settings."""

    def init(self, theta: npt.ArrayLike) -> TrackingState:
        """The state before the first iteration, from theta_i(0): nothing is tracked yet."""
        return TrackingState.nothing_tracked(theta)

    def step(self, state: TrackingState, derivatives: DerivativeSource, mix: Mix) -> TrackingState:
        """One iteration, for every repetition and agent at once."""
        local = derivatives(state.theta)
        y = mix(state.g_mean, state.iteration + 1) + local.gradient - state.g
        new = self.move(state, local, y, self.curvature.local(local), mix)
        return replace(new, g=local.gradient)
