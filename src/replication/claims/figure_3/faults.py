"""Faults that the claims on Figure 3 must show.

As printed, both are contradicted already: what can change is a quantity.
"""

from __future__ import annotations

from collections.abc import Sequence

from replication.claims.planting import Control, of_claim
from replication.claims.shared_faults import fallback_to_identity, gridworld
from replication.claims.verdicts import INCONCLUSIVE

CONTROLS: Sequence[Control] = tuple(
    of_claim(fallback_to_identity, quantity, (gridworld(*methods),), faulty=INCONCLUSIVE)
    for quantity, methods in {
        "fig3-faster/area-difference": ("DN", "DG"),
        "fig3-few-iterations/improvement": ("DN",),
    }.items()
)
