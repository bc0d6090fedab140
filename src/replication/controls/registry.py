"""Every control of the project: those of the claims, and those of checks beside them."""

from __future__ import annotations

from replication.claims import groups
from replication.claims.control import Control
from replication.controls import algorithm_faults, interval_faults, randomness_faults


def registry() -> list[Control]:
    """Every control, those of the claims first."""
    others = (algorithm_faults, interval_faults, randomness_faults)
    return [*groups.controls(), *(control for module in others for control in module.CONTROLS)]
