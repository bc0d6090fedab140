"""Planted faults for the claims on Newton's method and its diagonal variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netnewton import curvature
from netnewton.derivatives import Derivatives
from replication.claims import concave
from replication.claims.control import Control, Patch
from replication.claims.judge import CONTRADICTED, REPRODUCED
from replication.claims.rates import measure as rates
from replication.claims.theorems.small import Small


def hessian_frozen(patch: Patch) -> None:
    """Newton's method keeps the Hessian of its start."""
    real = concave.source_of

    def source_of(runs: concave.Cases) -> concave.DerivativeSource:
        source, first = real(runs), real(runs)(runs.theta)

        def derivatives(theta: concave.Array) -> Derivatives:
            return source(theta)._replace(hessian=first.hessian)

        return derivatives

    patch.setattr(concave, "source_of", source_of)


def hessian_for_identity(patch: Patch) -> None:
    """The full Hessian and the full step, where gradient ascent is meant."""
    patch.setattr(rates, "ScaledIdentity", lambda scale: curvature.FullHessian(-1))
    patch.setattr(rates, "gradient_steps", lambda base: np.ones(len(base)))


def g_of_full_hessian(patch: Patch) -> None:
    """g_i is built with the full Hessian while H_i is its diagonal."""
    patch.setattr(concave, "vector_of", lambda reading: curvature.FullHessianVector(reading.signum))


def no_off_diagonal(patch: Patch) -> None:
    """The full method's Hessian has no off-diagonal entries."""
    real = curvature.FullHessian.local

    def local(self: curvature.FullHessian, derivatives: Derivatives) -> curvature.Array:
        H = real(self, derivatives)
        return H * np.eye(H.shape[-1])

    patch.setattr(curvature.FullHessian, "local", local)


CONTROLS: Sequence[Control] = (
    Control(
        hessian_frozen, "newton-quadratic", Small("newton-quadratic"), REPRODUCED, CONTRADICTED
    ),
    Control(
        hessian_for_identity, "gradient-linear", Small("gradient-linear"), REPRODUCED, CONTRADICTED
    ),
    Control(g_of_full_hessian, "jacobi-optimum", Small("jacobi-optimum"), REPRODUCED, CONTRADICTED),
    Control(no_off_diagonal, "jacobi-slower", Small("jacobi-slower"), REPRODUCED, CONTRADICTED),
)
