"""Faults and runs that the checks of several claims of Section 6 share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netnewton import curvature
from netnewton.derivatives import Derivatives, DerivativeSource
from replication.claims.planting import Patch, Run
from replication.experiments import problems


def fallback_to_identity(patch: Patch) -> None:
    """[·]ₘ falls back to I in place of (m/2) I."""
    _fall_back_to(1.0, patch)


def steps_overflow(patch: Patch) -> None:
    """[·]ₘ falls back to next to nothing, so that the first step overflows."""
    _fall_back_to(1e-320, patch)


def _fall_back_to(multiple: float, patch: Patch) -> None:
    patch.result(
        curvature.FullHessian, "project", lambda projected: replace(projected, multiple=multiple)
    )


def change_exact(patch: Patch, change: Callable[[Derivatives], Derivatives]) -> None:
    """What is learnt from exactly becomes what `change` makes of it; the returns shown stay."""
    real = problems.exact

    def changed(game: Any, policy: Any, order: int = 2) -> DerivativeSource:
        source = real(game, policy, order)
        return source if order == 0 else lambda theta: change(source(theta))

    patch.setattr(problems, "exact", changed)


def exact(*methods: str, iterations: int = 2000) -> tuple[Run, ...]:
    """Methods of Figure 1's experiment, as short as their verdicts allow."""
    return (Run("pd_exact", methods, (f"iterations={iterations}",)),)


def gridworld(*methods: str) -> Run:
    """With a reward for which the printed steps are not absurd."""
    return Run("gridworld", methods, ("game.reward=0.02", "evaluation.batch_size=100"))
