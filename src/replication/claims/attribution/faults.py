"""Faults that the claims on what DN's advantage is due to must show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import curvature
from replication.claims.control import Control, Patch, Run, of_claim
from replication.claims.judge import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.claims.section_6 import exact, gridworld
from replication.experiments import names

Array = npt.NDArray[np.float64]


def control_gets_identity(patch: Patch) -> None:
    """DS has I in place of (m/2) I, and loses the equal step."""
    identity = curvature.ScaledIdentity(1.0)
    patch.setitem(_curvatures(), "floor_identity", lambda sign, floor: identity)


def second_order_run_as_first(patch: Patch) -> None:
    """DN has (m/2) I in place of the Hessian, and owes nothing to curvature."""
    patch.setitem(_curvatures(), "full", _curvatures()["floor_identity"])


def _curvatures() -> Any:
    return names.CURVATURES


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
        of_claim(control_gets_identity, f"attribution/{quantity}", healthy, REPRODUCED, ATTRIBUTED)
        for quantity, healthy in (
            ("ratio-ds-0.1", CONTRADICTED),
            ("arrival-difference", CONTRADICTED),
            ("area-ds-sampled", INCONCLUSIVE),
        )
    ),
    of_claim(
        second_order_run_as_first,
        "attribution/area-ds-gridworld",
        REPRODUCED,
        CONTRADICTED,
        ATTRIBUTED,
    ),
)
