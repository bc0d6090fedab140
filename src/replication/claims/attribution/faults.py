"""Faults that the claims on what DN's advantage is due to must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netnewton import curvature
from replication.claims.planting import Control, Patch, Run, of_claim
from replication.claims.shared_faults import exact, gridworld
from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.experiments import names, simulate


def control_gets_identity(patch: Patch) -> None:
    """DS has I in place of (m/2) I, and loses the equal step."""
    identity = curvature.ScaledIdentity(1.0)
    patch.setitem(_curvatures(), "floor_identity", lambda sign, floor: identity)


def second_order_run_as_first(patch: Patch) -> None:
    """DN has (m/2) I in place of the Hessian, and owes nothing to curvature."""
    patch.setitem(_curvatures(), "full", _curvatures()["floor_identity"])


def _curvatures() -> Any:
    return names.CURVATURES


def flag_negated(patch: Patch) -> None:
    """A Hessian that was replaced is recorded as kept, and the reverse."""
    patch.around(
        simulate, "observed", lambda found, state, _: {**found, "fallback": ~state.fallback}
    )


TUNED = tuple(
    Run(experiment, ("DN_floor", "DN_absolute", "DG"), ("iterations=2",))
    for experiment in ("gridworld_tuned", "pd_exact_tuned", "pd_sampled_tuned")
)

ATTRIBUTED = (
    *exact("DN", "DS"),
    Run("pd_sampled_is", ("DN", "DS"), ("iterations=400",)),
    gridworld("DN", "DS"),
    *TUNED,
)

CONTROLS: Sequence[Control] = (
    *(
        of_claim(control_gets_identity, f"attribution/{quantity}", ATTRIBUTED, None, *verdicts)
        for quantity, verdicts in {
            "ratio-ds-0.1": (CONTRADICTED, REPRODUCED),
            "arrival-difference": (CONTRADICTED, REPRODUCED),
            "area-ds-sampled": (INCONCLUSIVE, REPRODUCED),
        }.items()
    ),
    of_claim(second_order_run_as_first, "attribution/area-ds-gridworld", ATTRIBUTED),
    of_claim(flag_negated, "fallback-frequency", exact("DN"), None, CONTRADICTED, REPRODUCED),
)
