"""Faults that the claims on Figure 1 must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.consensus_newton import NewtonState
from netnewton.derivatives import DerivativeSource
from replication.claims.control import Control, Patch, of_claim
from replication.claims.judge import CONTRADICTED, REPRODUCED
from replication.claims.section_6 import exact, fallback_to_identity, steps_overflow
from replication.experiments import problems, simulate

Array = npt.NDArray[np.float64]


def gradient_sign(patch: Patch) -> None:
    """Exact gradients have the wrong sign."""
    real = problems.exact_derivatives

    def flipped(game: Any, policy: Any, order: int = 2) -> DerivativeSource:
        source = real(game, policy, order)
        if order == 0:
            return source
        return lambda theta: source(theta)._replace(gradient=-source(theta).gradient)

    patch.setattr(problems, "exact_derivatives", flipped)


def flag_negated(patch: Patch) -> None:
    """A Hessian that was replaced is recorded as kept, and the reverse."""
    real = simulate.observed

    def observed(state: NewtonState, experiment: Any) -> Mapping[str, npt.NDArray]:
        return {**real(state, experiment), "fallback": ~state.fallback}

    patch.setattr(simulate, "observed", observed)


CONTROLS: Sequence[Control] = (
    of_claim(gradient_sign, "fig1-optimum", REPRODUCED, CONTRADICTED, exact("DN")),
    of_claim(steps_overflow, "fig1-optimum", REPRODUCED, CONTRADICTED, exact("DN")),
    of_claim(fallback_to_identity, "fig1-faster", REPRODUCED, CONTRADICTED, exact("DN", "DG")),
    of_claim(flag_negated, "fallback-frequency", CONTRADICTED, REPRODUCED, exact("DN")),
)
