"""Faults that the claims on Figure 1 must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netnewton.derivatives import DerivativeSource
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.shared_faults import exact, fallback_to_identity, steps_overflow
from replication.experiments import problems


def gradient_sign(patch: Patch) -> None:
    """Exact gradients have the wrong sign."""
    real = problems.exact

    def flipped(game: Any, policy: Any, order: int = 2) -> DerivativeSource:
        source = real(game, policy, order)
        if order == 0:
            return source
        return lambda theta: source(theta)._replace(gradient=-source(theta).gradient)

    patch.setattr(problems, "exact", flipped)


CONTROLS: Sequence[Control] = (
    of_claim(gradient_sign, "fig1-optimum", exact("DN")),
    of_claim(steps_overflow, "fig1-optimum", exact("DN")),
    of_claim(fallback_to_identity, "fig1-faster", exact("DN", "DG")),
)
