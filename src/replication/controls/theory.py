"""Planted faults for the claims on Newton's method and on Theorems 4, 5 and 7.

The checks measure whole claims, with problems small and few enough to take a second or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netnewton import curvature, networks
from netnewton.derivatives import Derivatives
from replication.controls import Control, OfClaim, Patch
from replication.measures import concave, perturbed, rates, theorems
from replication.measures.theorems import Size
from replication.verdicts import CONTRADICTED, REPRODUCED

# 460 runs without a failure are the fewest whose interval stays above 99 %.
SMALL_EQ_5 = (Size(6, 1.0, 2, 480),)
SMALL = (Size(4, 1.0, 2, 120, ("path", "ring", "star", "complete")),)
CACHED = (
    theorems.eq_5_rows,
    theorems.algorithm_1_rows,
    rates._equal_copies,
    rates._jacobi_cases,
    rates._common_threshold,
    perturbed.shifted,
    perturbed._problems,
    perturbed._base,
)


@dataclass(frozen=True)
class Small:
    """The verdict on a claim, or on one of its quantities, measured on few and small problems."""

    claim: str
    quantity: str | None = None

    def __call__(self, folder: Path) -> str:
        """Measure and judge; nothing measured before or here is used again."""
        with Patch() as patch:
            patch.setattr(theorems, "EQ_5_SIZES", SMALL_EQ_5)
            patch.setattr(theorems, "SIZES", SMALL)
            patch.setattr(rates, "PROBLEMS", 20)
            patch.setattr(rates, "TUNING_PROBLEMS", 4)
            patch.setattr(rates, "JACOBI_STEEPNESS", (1.0,))
            patch.setattr(perturbed, "PROBLEMS", 2)
            _forget()
            try:
                return OfClaim(self.claim, self.quantity)(folder)
            finally:
                _forget()


def _forget() -> None:
    for function in CACHED:
        function.cache_clear()


def gradient_flipped(patch: Patch) -> None:
    """The gradient enters g_i with the wrong sign."""
    real = concave.concave_derivatives
    patch.setattr(
        concave,
        "concave_derivatives",
        lambda problem: (
            lambda theta: real(problem)(theta)._replace(gradient=-real(problem)(theta).gradient)
        ),
    )


def row_stochastic(patch: Patch) -> None:
    """Mixing with a row-stochastic matrix that is not symmetric."""
    real = networks.unchecked_mixing

    def skewed(weights: concave.Array) -> networks.Mix:
        tilted = weights * (1.0 + np.arange(weights.shape[-1]))
        return real(tilted / tilted.sum(axis=-1, keepdims=True))

    patch.setattr(networks, "unchecked_mixing", skewed)


def error_missing_in_matrix(patch: Patch) -> None:
    """xi_H is left out of the matrix that the dynamics invert."""
    real = perturbed.perturbed
    patch.setattr(
        perturbed,
        "perturbed",
        lambda source, reading, error: real(
            source, reading, replace(error, H=np.zeros_like(error.H))
        ),
    )


def eq_10_sign(patch: Patch) -> None:
    """The term with theta* enters eq. 10 with a plus."""
    real = perturbed.eq_10

    def flipped(
        problem: concave.TeamProblem,
        reading: concave.Reading,
        error: perturbed.Error,
        optimum: concave.Array,
        x: concave.Array,
        coordinates: str,
    ) -> float:
        twice = replace(error, g=error.g + 2.0 * error.H @ optimum)
        return real(problem, reading, twice, optimum, x, coordinates)

    patch.setattr(perturbed, "eq_10", flipped)


def hessian_frozen(patch: Patch) -> None:
    """Newton's method keeps the Hessian of its start."""
    real = concave.source_of

    def source_of(
        runs: concave.Cases, method: concave.Steps, reading: concave.Reading
    ) -> concave.DerivativeSource:
        source, first = real(runs, method, reading), real(runs, method, reading)(runs.theta)

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
    real = concave.source_of
    patch.setattr(
        concave,
        "source_of",
        lambda runs, method, reading: real(
            runs, method, replace(reading, simplified_g="full-hessian")
        ),
    )


def no_off_diagonal(patch: Patch) -> None:
    """The full method's Hessian has no off-diagonal entries."""
    real = curvature.FullHessian.local

    def local(self: curvature.FullHessian, derivatives: Derivatives) -> curvature.Array:
        H = real(self, derivatives)
        return H * np.eye(H.shape[-1])

    patch.setattr(curvature.FullHessian, "local", local)


CONTROLS: Sequence[Control] = (
    Control(gradient_flipped, "theorem-4", Small("theorem-4"), REPRODUCED, CONTRADICTED),
    Control(row_stochastic, "theorem-5", Small("theorem-5"), REPRODUCED, CONTRADICTED),
    Control(error_missing_in_matrix, "theorem-7", Small("theorem-7"), REPRODUCED, CONTRADICTED),
    Control(
        eq_10_sign,
        "theorem-7/eq10-residual",
        Small("theorem-7", "eq10-residual"),
        REPRODUCED,
        CONTRADICTED,
    ),
    Control(
        hessian_frozen, "newton-quadratic", Small("newton-quadratic"), REPRODUCED, CONTRADICTED
    ),
    Control(
        hessian_for_identity, "gradient-linear", Small("gradient-linear"), REPRODUCED, CONTRADICTED
    ),
    Control(g_of_full_hessian, "jacobi-optimum", Small("jacobi-optimum"), REPRODUCED, CONTRADICTED),
    Control(no_off_diagonal, "jacobi-slower", Small("jacobi-slower"), REPRODUCED, CONTRADICTED),
)
