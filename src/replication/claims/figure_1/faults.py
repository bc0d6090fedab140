"""Faults that the claims on Figure 1 must show."""

from __future__ import annotations

from collections.abc import Sequence

from replication.claims.planting import Control, Patch, of_claim
from replication.claims.shared_faults import (
    change_exact,
    exact,
    fallback_to_identity,
    steps_overflow,
)


def gradient_sign(patch: Patch) -> None:
    """Exact gradients have the wrong sign."""
    change_exact(patch, lambda found: found._replace(gradient=-found.gradient))


CONTROLS: Sequence[Control] = (
    of_claim(gradient_sign, "fig1-optimum", exact("DN")),
    of_claim(steps_overflow, "fig1-optimum", exact("DN")),
    of_claim(fallback_to_identity, "fig1-faster", exact("DN", "DG")),
)
