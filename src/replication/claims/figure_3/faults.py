"""Faults that the claims on Figure 3 must show.

As printed, both are contradicted already: what can change is a quantity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from replication.claims.control import Control, of_claim
from replication.claims.judge import INCONCLUSIVE, REPRODUCED
from replication.claims.section_6 import fallback_to_identity, gridworld

Array = npt.NDArray[np.float64]


CONTROLS: Sequence[Control] = (
    of_claim(
        fallback_to_identity,
        "fig3-faster/area-difference",
        REPRODUCED,
        INCONCLUSIVE,
        (gridworld("DN", "DG"),),
    ),
    of_claim(
        fallback_to_identity,
        "fig3-few-iterations/improvement",
        REPRODUCED,
        INCONCLUSIVE,
        (gridworld("DN"),),
    ),
)
