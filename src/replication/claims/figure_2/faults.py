"""Faults that the claims on Figure 2 must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from replication.claims.planting import Control, Patch, Run, of_claim
from replication.claims.shared_faults import fallback_to_identity
from replication.claims.verdicts import INCONCLUSIVE
from replication.experiments import names, problems


def weights_where_there_should_be_none(patch: Patch) -> None:
    """Runs that are said to be without importance weights have them."""
    corrections: Any = names.CORRECTIONS
    patch.setitem(corrections, "none", corrections["importance"])


def samples_replaced_by_exact(patch: Patch) -> None:
    """What should be learnt from samples is learnt from exact derivatives."""
    patch.arguments(problems, "derivatives", lambda settings, *rest: ({"kind": "exact"}, *rest))


SAMPLED = Run("pd_sampled_is", ("DN", "DG"), ("iterations=400",))
WITHOUT = Run("pd_sampled_no_is", ("DN", "DG"), ("iterations=400",))
FIXED = (
    Run("pd_sampled_is", ("DN",), ("iterations=400", "repetitions=30")),
    Run("pd_fixed_exact", ("DN",), ("iterations=400",)),
)

CONTROLS: Sequence[Control] = (
    of_claim(fallback_to_identity, "fig2-faster", (SAMPLED,)),
    of_claim(weights_where_there_should_be_none, "fig2-no-is", (SAMPLED, WITHOUT)),
    of_claim(samples_replaced_by_exact, "fig2-shifted-optimum/gap", FIXED, healthy=INCONCLUSIVE),
)
