"""Every control of the project: those of the claims, and those of checks beside them."""

from __future__ import annotations

from replication.claims.attribution import faults as attribution
from replication.claims.definitions import faults as definitions
from replication.claims.estimators import faults as estimators
from replication.claims.figure_1 import faults as figure_1
from replication.claims.figure_2 import faults as figure_2
from replication.claims.figure_3 import faults as figure_3
from replication.claims.messages import faults as messages
from replication.claims.planting import Control
from replication.claims.promise import faults as promise
from replication.claims.rates import faults as rates
from replication.claims.theorems import faults as theorems
from replication.controls import (
    algorithm_faults,
    interval_faults,
    link_faults,
    process_faults,
    randomness_faults,
    sampling_faults,
    tracking_faults,
)

OF_CLAIMS = (
    *(definitions, messages, rates, theorems, estimators),
    *(figure_1, figure_2, figure_3, attribution, promise),
)
OTHERS = (
    *(algorithm_faults, tracking_faults, link_faults, process_faults),
    *(sampling_faults, interval_faults, randomness_faults),
)


def registry() -> list[Control]:
    """Every control, those of the claims first."""
    return [control for module in (*OF_CLAIMS, *OTHERS) for control in module.CONTROLS]
