r"""Algorithm 1: multi-agent Newton with consensus.

For every agent i, with weights a_ij, step size epsilon and floor m (Section 3.1):

    g_i(theta)     =  H_i(theta) theta + grad J_i(theta)                             (eq. 6)
    gtilde_i(k)    =  sum_j a_ij [gtilde_j(k-1) + g_j(theta_j(k-1)) - g_j(theta_j(k-2))]
    Htilde_i(k)    =  sum_j a_ij [Htilde_j(k-1) + H_j(theta_j(k-1)) - H_j(theta_j(k-2))]
    theta_i(k)     =  (1 - epsilon) theta_i(k-1) + epsilon [Htilde_i(k-1)]_m^{-1} gtilde_i(k-1)

In code: `NewtonState` holds theta(k), the trackers ``g_mean`` and ``H_mean`` (gtilde(k),
Htilde(k)) and the local quantities they have already absorbed, ``g`` and ``H`` (of theta(k-1));
`step` goes from k-1 to k.

With exact averaging (all a_ij = 1/N), `current_trackers` and no operator (`unregularised`), `step`
is eq. 5-6. With ``curvature=ScaledIdentity()`` it is gradient ascent with consensus (DG).

*Gauss-Newton consensus* is a value of it as well: `Damped` C_i = -matrix + lambda I, in H_i and in
g_i, of a source that is built for Gauss-Newton matrices, where C_i is positive semidefinite;
`floor_eigenvalues` with a floor that only a matrix of zeros meets; `current_trackers`; epsilon near
1. If no agent's batch has a reward, H and g are zero and theta shrinks by 1 - epsilon: epsilon = 1
forgets what was learned. Here -grad^2 J_i and H_i differ, and errors in theta act back on the
trackers; with H_i = -grad^2 J_i they do not, and near the optimum errors shrink by
max(1 - epsilon, |lambda_2|), lambda_2 the second eigenvalue of the network.

Differs from the paper in nothing by default. Other readings are values of `ConsensusNewton`: the
sign and structure of H_i, the matrix in g_i, the operator [.]_m, the trackers' lag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, State, parameters
from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature, LocalVector, Projection, SameMatrix, all_or_nothing
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class NewtonState(State):
    """What the agents hold after iteration k; H in the shape of the chosen curvature."""

    g_mean: Array
    """gtilde_i(k), shape (R, N, d)."""
    H_mean: Array
    """Htilde_i(k)."""
    g: Array
    """g_i(theta_i(k-1)), shape (R, N, d)."""
    H: Array
    """H_i(theta_i(k-1))."""
    fallback: Flags
    """Whether [.]_m replaced the tracked curvature in the step to theta(k), shape (R, N)."""
    singular: Flags
    """Whether the curvature of that step had no inverse, shape (R, N)."""

    def numbers(self) -> Iterable[Array]:
        """What tells whether a repetition is finite: g and H have entered the trackers."""
        return self.theta, self.g_mean, self.H_mean


Trackers = tuple[Array, Array]


def previous_trackers(previous: Trackers, current: Trackers) -> Trackers:
    """As printed: theta(k) moves along gtilde(k-1) and Htilde(k-1)."""
    return previous


def current_trackers(previous: Trackers, current: Trackers) -> Trackers:
    """The other reading: theta(k) moves along gtilde(k) and Htilde(k)."""
    return current


@dataclass(frozen=True)
class ConsensusNewton(Algorithm[NewtonState]):
    """One way to run Algorithm 1.

    Parameters
    ----------
    curvature : Curvature
        The choice of H_i.
    step_size : float, or Array of shape (R, 1, 1)
        epsilon in (0, 1], for all repetitions or for each.
    floor : float
        m > 0; [.]_m acts on eigenvalues below m/2.
    projection : Projection
        How [.]_m replaces; as printed by default.
    trackers : callable
        `previous_trackers` (printed) or `current_trackers`.
    vector : LocalVector
        The matrix in g_i: H_i itself (printed), or the full Hessian whatever H_i is.

    Raises
    ------
    ValueError
        If epsilon or m is out of range, naming its value.
    """

    curvature: Curvature
    step_size: float | Array
    floor: float
    projection: Projection = all_or_nothing
    trackers: Callable[[Trackers, Trackers], Trackers] = previous_trackers
    vector: LocalVector = SameMatrix()  # noqa: RUF009 - frozen, without fields

    def __post_init__(self) -> None:
        steps = np.asarray(self.step_size)
        if not np.all((steps > 0.0) & (steps <= 1.0)):
            raise ValueError(f"step_size = {self.step_size}: Algorithm 1 needs epsilon in (0, 1]")
        if not 0.0 < self.floor < np.inf:
            raise ValueError(f"floor = {self.floor}: Algorithm 1 needs m > 0")

    @property
    def order(self) -> int:
        """Highest derivative of J_i that H_i and g_i use."""
        return max(self.curvature.order, self.vector.order)

    def init(self, theta: npt.ArrayLike) -> NewtonState:
        """The state before the first iteration: trackers and local quantities are zero, as printed.

        Parameters
        ----------
        theta : array_like, shape (R, N, d)
            theta_i(0); the paper starts from zero.

        Raises
        ------
        ValueError
            If theta does not have three axes or is not finite.
        """
        theta = parameters(theta)
        g, H, none = np.zeros_like(theta), self.curvature.zeros(theta), np.zeros_like(theta[..., 0])
        return NewtonState(theta, g, H, g, H, none.astype(bool), none.astype(bool))

    def step(self, state: NewtonState, derivatives: DerivativeSource, mix: Mix) -> NewtonState:
        """One iteration of Algorithm 1, for every repetition and agent at once."""
        k, epsilon, curvature = state.iteration + 1, self.step_size, self.curvature
        local = derivatives(state.theta)
        H = curvature.local(local)
        g = self.vector(curvature, H, local, state.theta)

        g_mean = mix(state.g_mean + g - state.g, k)
        H_mean = mix(state.H_mean + H - state.H, k)

        g_used, H_used = self.trackers((state.g_mean, state.H_mean), (g_mean, H_mean))
        projected = curvature.project(H_used, self.projection, self.floor / 2)
        direction, singular = curvature.solve(projected, g_used)
        theta = (1 - epsilon) * state.theta + epsilon * direction
        return NewtonState(theta, g_mean, H_mean, g, H, projected.replaced, singular, iteration=k)

    def singular(self, state: NewtonState) -> Flags:
        """Which repetitions met a curvature without an inverse in their last step, shape (R,)."""
        return np.asarray(state.singular.any(axis=1))
