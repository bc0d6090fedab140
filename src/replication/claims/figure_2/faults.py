"""Faults that the claims on Figure 2 must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from replication.claims.control import Control, Patch, Run, of_claim
from replication.claims.judge import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.claims.section_6 import fallback_to_identity
from replication.experiments import names, problems

Array = npt.NDArray[np.float64]


def weights_where_there_should_be_none(patch: Patch) -> None:
    """Runs that are said to be without importance weights have them."""
    corrections: Any = names.CORRECTIONS
    patch.setitem(corrections, "none", corrections["importance"])


def samples_replaced_by_exact(patch: Patch) -> None:
    """What should be learnt from samples is learnt from exact derivatives."""
    real = problems.derivatives
    patch.setattr(problems, "derivatives", lambda settings, *rest: real({"kind": "exact"}, *rest))


SAMPLED = Run("pd_sampled_is", ("DN", "DG"), ("iterations=400",))

WITHOUT = Run("pd_sampled_no_is", ("DN", "DG"), ("iterations=400",))

FIXED = (
    Run("pd_sampled_is", ("DN",), ("iterations=400", "repetitions=30")),
    Run("pd_fixed_exact", ("DN",), ("iterations=400",)),
)

CONTROLS: Sequence[Control] = (
    of_claim(fallback_to_identity, "fig2-faster", REPRODUCED, CONTRADICTED, (SAMPLED,)),
    of_claim(
        weights_where_there_should_be_none,
        "fig2-no-is",
        REPRODUCED,
        CONTRADICTED,
        (SAMPLED, WITHOUT),
    ),
    of_claim(
        samples_replaced_by_exact,
        "fig2-shifted-optimum/gap",
        INCONCLUSIVE,
        CONTRADICTED,
        FIXED,
    ),
)
