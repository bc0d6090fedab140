r"""Levenberg-Marquardt damping that no agent has to be told: C_i + lambda_i I, relative to C_i.

    lambda_i = delta tr(C_i) / d,  the share delta of the mean eigenvalue

That is linear in C_i, so what tracks the damped C_i tracks the average C, damped by the same share
of its own trace: agents agree on lambda without a word about it, and it scales with the rewards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from netnewton.curvature import Curvature, Projected, Projection, Solution, floor_eigenvalues
from netnewton.derivatives import Derivatives


def identity(curvature: Curvature, theta: Array) -> Array:
    """The identity matrix as the curvature holds matrices, with axes of length 1 for R and N."""
    nothing = curvature.zeros(theta[:1, :1])
    return curvature.project(nothing, floor_eigenvalues, 1.0).value


def mean_eigenvalue(H: Array, one: Array) -> Array:
    """tr(H) / d, shape (R, N); `one` is the curvature's `identity`."""
    return np.asarray(_summed(H * one) / _summed(one))


def rms_eigenvalue(H: Array, one: Array) -> Array:
    """|H|_F / sqrt(d), the root mean square of the eigenvalues, shape (R, N)."""
    return np.asarray(np.sqrt(_summed(np.square(H)) / _summed(one)))


def beside(values: Array, other: Array) -> Array:
    """Values of shape (R, N) with further axes, so that they broadcast to `other`."""
    return values.reshape(*values.shape, *[1] * (other.ndim - values.ndim))


def _summed(H: Array) -> Array:
    return np.asarray(H.reshape(*H.shape[:2], -1).sum(axis=-1))


@dataclass(frozen=True)
class Damped(Curvature):
    """C_i + delta tr(C_i)/d I of another curvature's C_i, which should have no negative trace.

    Parameters
    ----------
    curvature : Curvature
        C_i: Gauss-Newton or Fisher matrices, positive semidefinite by their signs.
    damping : float
        delta >= 0.

    Raises
    ------
    ValueError
        If the damping is negative.
    """

    curvature: Curvature
    damping: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.damping < np.inf:
            raise ValueError(f"damping = {self.damping}: give a share of the mean eigenvalue, >= 0")

    @property
    def order(self) -> int:  # type: ignore[override]
        """That of the other curvature."""
        return self.curvature.order

    def zeros(self, theta: Array) -> Array:
        """H = 0, as of the other curvature."""
        return self.curvature.zeros(theta)

    def local(self, derivatives: Derivatives) -> Array:
        """C_i(theta_i) + delta tr(C_i)/d I."""
        C = self.curvature.local(derivatives)
        one = identity(self.curvature, derivatives.gradient)
        return C + self.damping * beside(mean_eigenvalue(C, one), C) * one

    def times(self, H: Array, v: Array) -> Array:
        """H v."""
        return self.curvature.times(H, v)

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        """[Z]_m."""
        return self.curvature.project(Z, projection, floor)

    def solve(self, projected: Projected, v: Array) -> Solution:
        """[Z]_m^{-1} v."""
        return self.curvature.solve(projected, v)
