"""Faults that the claims on Figure 3 must show.

As printed, both are contradicted already: what can change is a quantity. Arrival is tried with
settings of the game under which DN learns quickly.
"""

from __future__ import annotations

from collections.abc import Sequence

from netnewton.arrays import Array
from replication.claims.figure_3 import measure
from replication.claims.planting import Control, Patch, Run, of_claim
from replication.claims.shared_faults import fallback_to_identity, gridworld
from replication.claims.verdicts import INCONCLUSIVE


def relapse(patch: Patch) -> None:
    """For three iterations all have forgotten what they had learnt."""

    def forgotten(J: Array) -> Array:
        J = J.copy()
        J[:, 40:43] = J[:, :1]
        return J

    patch.result(measure, "returns", forgotten)


LEARNING = Run(
    "gridworld",
    ("DN",),
    ("game.reward=0.05", "policy.deviation=0.7", "game.stuck=move_refused", "repetitions=30"),
)

CONTROLS: Sequence[Control] = (
    *(
        of_claim(fallback_to_identity, quantity, (gridworld(*methods),), faulty=INCONCLUSIVE)
        for quantity, methods in {
            "fig3-faster/area-difference": ("DN", "DG"),
            "fig3-few-iterations/improvement": ("DN",),
        }.items()
    ),
    of_claim(relapse, "fig3-few-iterations/arrival-iteration", (LEARNING,)),
)
