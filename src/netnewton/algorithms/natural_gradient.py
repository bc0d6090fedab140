r"""MDNPG: decentralised natural policy gradient with momentum; vectors only are sent.

After Chen, Feng, Gao and Wei, *Decentralized Natural Policy Gradient with Variance Reduction for
Collaborative Multi-Agent Reinforcement Learning* (arXiv 2209.02179) and its authors' code:

    v_i(k)       =  beta ghat_i(k; theta_i(k))
                    + (1 - beta) [v_i(k-1) + ghat_i(k; theta_i(k)) - ghat_i(k; theta_i(k-1))]
    y_i(k)       =  sum_j a_ij y_j(k-1) + v_i(k) - v_i(k-1)
    p_i(k)       =  (F_i(theta_i(k)) + lambda I)^{-1} y_i(k)
    theta_i(k+1) =  sum_j a_ij (theta_j(k) + epsilon c_j p_j(k))           c_j of `step_control`

ghat_i(k; theta) is the estimate at theta from the batch of iteration k, with importance weights;
both estimates come from the same batch, so that most of their noise cancels. F_i is the agent's own
estimate of the Fisher matrix: a source built for it (`Estimator(hessian=fisher)`), curvature sign
+1, `Damped` by lambda. With beta = 1 there is no momentum, and this is `NetworkGiant` with F_i.

F_i is of the joint policy and has no reward in it, so agents' F_i differ only as their copies do,
and tracking adds little. With a tracked Fisher matrix it is `TrackedNewton` of the same curvature.

Differs from the paper in: all agents learn from one batch of the joint policy that is played, not
each from trajectories of its own copy; so weights are of theta_i against what is played, for both
terms. v_i(0) is the estimate from the first batch, of the same size as the others. lambda is
relative to F_i (the code: 0.1). Instead of the code's line search on each agent's own surrogate
return, `LengthBound(radius, of_matrix)` bounds the KL divergence, as its first half does.

Scalars sent to each neighbour in an iteration: 2 d, and one more with a control.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy.typing as npt

from netnewton.algorithms.gradient_tracking import GradientTracking, TrackingState
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class MomentumState(TrackingState):
    """Before the step from theta(k); ``g`` is v_i(k-1)."""

    before: Array
    """theta_i(k-1), shape (R, N, d)."""


@dataclass(frozen=True)
class NaturalGradient(GradientTracking[MomentumState]):
    """MDNPG.

    Parameters
    ----------
    curvature, step_size, direction, control
        As for `GradientTracking`; the curvature of a source that is built for Fisher matrices.
    momentum : float
        beta in (0, 1]: the weight of the new estimate alone.

    Raises
    ------
    ValueError
        If beta or epsilon is out of range; on the second step with beta < 1, if the source gives
        no estimates at other copies.
    """

    momentum: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 < self.momentum <= 1.0:
            raise ValueError(f"momentum = {self.momentum}: MDNPG needs beta in (0, 1]")

    def init(self, theta: npt.ArrayLike) -> MomentumState:
        """The state before the first iteration, from theta_i(0): nothing is tracked yet."""
        found = TrackingState.nothing_tracked(theta)
        return MomentumState(**vars(found), before=found.theta)

    def step(self, state: MomentumState, derivatives: DerivativeSource, mix: Mix) -> MomentumState:
        """One iteration, for every repetition and agent at once."""
        local = derivatives(state.theta)
        v = self._estimate(state, local)
        y = mix(state.g_mean, state.iteration + 1) + v - state.g
        new = self.move(state, local, y, self.curvature.local(local), mix)
        return replace(new, g=v, before=state.theta)

    def _estimate(self, state: MomentumState, local: Derivatives) -> Array:
        """v_i(k)."""
        if self.momentum == 1.0 or state.iteration == 0:
            return local.gradient
        if local.elsewhere is None:
            raise ValueError(
                f"momentum = {self.momentum}: these derivatives give no estimates at other copies; "
                "take momentum = 1, which with exact derivatives is the same"
            )
        return local.gradient + (1 - self.momentum) * (state.g - local.elsewhere(state.before))
