"""Faults and runs that the checks of several claims of Section 6 share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import curvature
from replication.claims.control import Patch, Run

Array = npt.NDArray[np.float64]


def fallback_to_identity(patch: Patch) -> None:
    """[.]_m falls back to I in place of (m/2) I."""
    patch.setattr(curvature.FullHessian, "project", _falling_back_to(1.0))


def steps_overflow(patch: Patch) -> None:
    """[.]_m falls back to next to nothing, so that the first step overflows."""
    patch.setattr(curvature.FullHessian, "project", _falling_back_to(1e-320))


def _falling_back_to(multiple: float) -> Callable[..., curvature.Projected]:
    real = curvature.FullHessian.project

    def project(self: Any, Z: Array, projection: Any, floor: float) -> curvature.Projected:
        return replace(real(self, Z, projection, floor), multiple=multiple)

    return project


def exact(*methods: str, iterations: int = 2000) -> tuple[Run, ...]:
    """Methods of Figure 1's experiment, as short as their verdicts allow."""
    return (Run("pd_exact", methods, (f"iterations={iterations}",)),)


def gridworld(*methods: str) -> Run:
    """With a reward for which the printed steps are not absurd."""
    return Run("gridworld", methods, ("game.reward=0.02", "evaluation.batch_size=100"))
