"""Faults that the claims on Figure 2 must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from replication.claims.planting import Control, Patch, Run, of_claim
from replication.claims.shared_faults import fallback_to_identity
from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.experiments import names, problems


def weights_where_there_should_be_none(patch: Patch) -> None:
    """Runs that are said to be without importance weights have them."""
    corrections: Any = names.CORRECTIONS
    patch.setitem(corrections, "none", corrections["importance"])


def shaking_hands(patch: Patch) -> None:
    """Agents that learn from samples play at random in one step of fifty, and fall short of -1."""

    def shaken(evaluate: problems.Evaluation, _: Any, horizon: int | None, *rest: Any) -> Any:
        if horizon is None:
            return evaluate
        return lambda mu: 0.98 * evaluate(mu) + 0.02 * AT_RANDOM  # J is linear in p and in q

    patch.around(problems, "evaluation", shaken)


AT_RANDOM = -1.5
"""J of tossing coins in the Prisoner's Dilemma."""

SAMPLED = Run("pd_sampled_is", ("DN", "DG"), ("iterations=400",))
WITHOUT = Run("pd_sampled_no_is", ("DN", "DG"), ("iterations=400",))
FIXED = (
    Run("pd_sampled_is", ("DN",), ("iterations=400", "repetitions=30")),
    Run("pd_fixed_exact", ("DN",), ("iterations=400",)),
)

CONTROLS: Sequence[Control] = (
    of_claim(fallback_to_identity, "fig2-faster", (SAMPLED,)),
    of_claim(weights_where_there_should_be_none, "fig2-no-is", (SAMPLED, WITHOUT)),
    of_claim(fallback_to_identity, "fig2-outperforms", (SAMPLED,)),
    of_claim(shaking_hands, "fig2-shifted-optimum/shift", FIXED, None, CONTRADICTED, REPRODUCED),
)
