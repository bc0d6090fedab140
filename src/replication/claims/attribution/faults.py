"""Faults that the claims on what DN's advantage is due to must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netnewton import curvature
from replication.claims.attribution import measure as measured
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


def exact_averaging(patch: Patch) -> None:
    """Every agent has the average of all agents' trackers at once."""
    patch.forget(measured._decisive_disagreements)
    patch.arguments(
        measured.networks,
        "unchecked_mixing",
        lambda weights: (np.full_like(weights, 1 / weights.shape[-1]),),
    )


def methods_exchanged(patch: Patch) -> None:
    """DN goes by the name of DG, and the reverse."""
    patch.arguments(
        measured, "area_difference", lambda evidence, name, dn, dg: (evidence, name, dg, dn)
    )


def first_order_stands_still(patch: Patch) -> None:
    """First order has so large a multiple of I that it does not move."""
    still = curvature.ScaledIdentity(1e9)
    patch.setitem(_curvatures(), "floor_identity", lambda sign, floor: still)


FOUND = (CONTRADICTED, REPRODUCED)
PRINTED = (
    *exact("DN", "DG"),
    Run("pd_sampled_is", ("DN", "DG"), ("iterations=400",)),
    gridworld("DN", "DG"),
)
SAMPLED = (Run("pd_sampled_is", ("DN", "DS"), ("iterations=400",)),)


def tuned(experiment: str, iterations: int) -> tuple[Run, ...]:
    """The methods of a tuned experiment, for long enough that second order gets somewhere."""
    return (Run(experiment, ("DN_floor", "DN_absolute", "DG"), (f"iterations={iterations}",)),)


CONTROLS: Sequence[Control] = (
    *(
        of_claim(control_gets_identity, claim, runs, None, *verdicts)
        for claim, runs, *verdicts in (
            ("attribution-exact", exact("DN", "DS"), CONTRADICTED, REPRODUCED),
            ("attribution-arrival", exact("DN", "DS"), CONTRADICTED, REPRODUCED),
            ("attribution-sampled", SAMPLED, INCONCLUSIVE, REPRODUCED),
        )
    ),
    of_claim(second_order_run_as_first, "attribution-gridworld", (gridworld("DN", "DS"),)),
    *(
        of_claim(first_order_stands_still, claim, runs, None, *verdicts)
        for claim, runs, *verdicts in (
            ("attribution-tuned-exact", tuned("pd_exact_tuned", 200), INCONCLUSIVE, REPRODUCED),
            ("attribution-tuned-sampled", tuned("pd_sampled_tuned", 200), INCONCLUSIVE, REPRODUCED),
            ("attribution-tuned-gridworld", tuned("gridworld_tuned", 20), CONTRADICTED, REPRODUCED),
        )
    ),
    of_claim(exact_averaging, "equal-directions-in-figure-1", exact("DN"), None, *FOUND),
    of_claim(methods_exchanged, "improved-speed/area-pd-exact", PRINTED),
    of_claim(methods_exchanged, "improved-speed/area-gridworld", PRINTED),
    of_claim(flag_negated, "fallback-frequency", exact("DN"), None, CONTRADICTED, REPRODUCED),
)
