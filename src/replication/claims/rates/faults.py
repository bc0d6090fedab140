"""Planted faults for the claims on Newton's method and its diagonal variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netnewton import curvature
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives
from replication.claims import concave
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.rates import measure as rates
from replication.claims.team_cases import Cases


def hessian_frozen(patch: Patch) -> None:
    """Newton's method keeps the Hessian of its start."""
    real = concave.source_of

    def source_of(runs: Cases) -> concave.DerivativeSource:
        source, first = real(runs), real(runs)(runs.theta)

        def derivatives(theta: Array) -> Derivatives:
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
    patch.result(curvature.FullHessian, "local", lambda H: H * np.eye(H.shape[-1]))


def small(patch: Patch) -> None:
    """Problems few enough to take seconds."""
    patch.setattr(rates, "PROBLEMS", 20)
    patch.setattr(rates, "TUNING_PROBLEMS", 4)
    patch.setattr(rates, "JACOBI_STEEPNESS", (1.0,))
    patch.forget(rates._equal_copies, rates._jacobi_cases, rates._common_threshold)


CONTROLS: Sequence[Control] = tuple(
    of_claim(fault, claim, smaller=small)
    for fault, claim in (
        (hessian_frozen, "newton-quadratic"),
        (hessian_for_identity, "gradient-linear"),
        (g_of_full_hessian, "jacobi-optimum"),
        (no_off_diagonal, "jacobi-slower"),
    )
)
