"""Planted faults for the claims on Newton's method and on Theorems 4, 5 and 7.

The checks measure whole claims, with problems small and few enough to take a second or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netnewton import networks
from replication.claims import concave
from replication.claims.control import Control, Patch
from replication.claims.judge import CONTRADICTED, REPRODUCED
from replication.claims.theorems import perturbed
from replication.claims.theorems.small import Small


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
)
