"""Faults that the claims of Section 4 must show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netnewton import networks, trajectories
from netnewton.arrays import Array
from netnewton.derivatives import estimation
from netnewton.trajectories import Trajectories
from replication.claims import concave
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.theorems import convergence, perturbed
from replication.claims.theorems.convergence import Size


def gradient_flipped(patch: Patch) -> None:
    """The gradient enters g_i with the wrong sign."""
    patch.result(
        concave,
        "source_of",
        lambda source: lambda theta: source(theta)._replace(gradient=-source(theta).gradient),
    )


def row_stochastic(patch: Patch) -> None:
    """Mixing with a row-stochastic matrix that is not symmetric."""

    def skewed(weights: Array) -> tuple[Array]:
        tilted = weights * (1.0 + np.arange(weights.shape[-1]))
        return (tilted / tilted.sum(axis=-1, keepdims=True),)

    patch.arguments(networks, "unchecked_mixing", skewed)


def error_missing_in_matrix(patch: Patch) -> None:
    """xi_H is left out of the matrix that the dynamics invert."""

    def without(source: Any, reading: Any, error: perturbed.Error) -> tuple:
        return source, reading, replace(error, H=np.zeros_like(error.H))

    patch.arguments(perturbed, "perturbed", without)


def eq_10_sign(patch: Patch) -> None:
    """The term with theta* enters eq. 10 with a plus."""

    def flipped(
        problem: Any, reading: Any, error: perturbed.Error, optimum: Array, *rest: Any
    ) -> tuple:
        twice = replace(error, g=error.g + 2.0 * error.H @ optimum)
        return problem, reading, twice, optimum, *rest

    patch.arguments(perturbed, "eq_10", flipped)


def outer_products_step_by_step(patch: Patch) -> None:
    """The Hessian of Theorem 1 lacks the products of scores of different steps."""
    patch.setattr(estimation, "unbiased_hessian", estimation.printed_hessian)


def ten_trajectories_repeated(patch: Patch) -> None:
    """A batch consists of ten trajectories, over and over."""
    real = trajectories.rollout

    def rollout(
        game: Any, policy: Any, mu: Array, streams: Any, horizon: int, size: int
    ) -> Trajectories:
        ten = real(game, policy, mu, streams, horizon, 10)
        return Trajectories(*(np.repeat(x, size // 10, axis=-1) for x in ten))

    patch.setattr(trajectories, "rollout", rollout)


def small(patch: Patch) -> None:
    """Problems small and few enough to take seconds.

    460 runs without a failure are the fewest whose interval stays above 99 %.
    """
    four = ("path", "ring", "star", "complete")
    patch.setattr(convergence, "EQ_5_SIZES", (Size(6, 1.0, 2, 480),))
    patch.setattr(convergence, "SIZES", (Size(4, 1.0, 2, 120, four),))
    patch.setattr(perturbed, "PROBLEMS", 2)
    patch.forget(convergence.eq_5_rows, convergence.algorithm_1_rows)
    patch.forget(perturbed.shifted, perturbed._problems, perturbed._base)


CONTROLS: Sequence[Control] = (
    of_claim(outer_products_step_by_step, "theorem-1/hessian-deviation"),
    of_claim(ten_trajectories_repeated, "consistency/gradient-slope"),
    of_claim(gradient_flipped, "theorem-4", smaller=small),
    of_claim(row_stochastic, "theorem-5", smaller=small),
    of_claim(error_missing_in_matrix, "theorem-7", smaller=small),
    of_claim(eq_10_sign, "theorem-7/eq10-residual", smaller=small),
)
