"""Faults that the claims of Section 6, and ours on them, must show.

As printed, both claims on Figure 3 are contradicted already: what can change is a quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import consensus_newton, curvature, networks
from netnewton.derivatives import DerivativeSource
from replication import experiments, problems, simulate
from replication.controls import Control, Patch, Run, of_claim
from replication.verdicts import CONTRADICTED, INCONCLUSIVE, REPRODUCED

Array = npt.NDArray[np.float64]
State = consensus_newton.State


def no_correction_term(patch: Patch) -> None:
    """Trackers lack what they should subtract, the local quantities of the iteration before."""
    real = consensus_newton.step

    def step(state: State, *rest: Any) -> State:
        return real(replace(state, g=np.zeros_like(state.g), H=np.zeros_like(state.H)), *rest)

    patch.setattr(consensus_newton, "step", step)


def correction_one_iteration_late(patch: Patch) -> None:
    """Trackers subtract the local quantities of two iterations before."""
    real = consensus_newton.step
    before: dict[str, State] = {}

    def step(state: State, *rest: Any) -> State:
        late = state if state.iteration == 0 else before["state"]
        before["state"] = state
        return real(replace(state, g=late.g, H=late.H), *rest)

    patch.setattr(consensus_newton, "step", step)


def not_symmetric(patch: Patch) -> None:
    """The consensus matrix is stochastic by rows only."""
    skewed = networks.unchecked_mixing(np.array([[0.9, 0.1], [0.4, 0.6]]))
    patch.setattr(simulate, "unchecked_mixing", lambda weights: skewed)


def gradient_sign(patch: Patch) -> None:
    """Exact gradients have the wrong sign."""
    real = problems.exact_derivatives

    def flipped(game: Any, policy: Any, order: int = 2) -> DerivativeSource:
        source = real(game, policy, order)
        if order == 0:
            return source
        return lambda theta: source(theta)._replace(gradient=-source(theta).gradient)

    patch.setattr(problems, "exact_derivatives", flipped)


def fallback_to_identity(patch: Patch) -> None:
    """[.]_m falls back to I in place of (m/2) I."""
    patch.setattr(curvature.FullHessian, "project", _falling_back_to(1.0))


def steps_overflow(patch: Patch) -> None:
    """[.]_m falls back to next to nothing, so that the first step overflows."""
    patch.setattr(curvature.FullHessian, "project", _falling_back_to(1e-320))


def _falling_back_to(multiple: float) -> Callable[..., curvature.Projected]:
    real = curvature.FullHessian.project

    def project(self: Any, Z: Array, projection: Any, floor: float) -> curvature.Projected:
        return replace(real(self, Z, projection, floor), multiple=multiple)

    return project


def control_gets_identity(patch: Patch) -> None:
    """DS has I in place of (m/2) I, and loses the equal step."""
    identity = curvature.ScaledIdentity(1.0)
    patch.setitem(_curvatures(), "floor_identity", lambda sign, floor: identity)


def second_order_run_as_first(patch: Patch) -> None:
    """DN has (m/2) I in place of the Hessian, and owes nothing to curvature."""
    patch.setitem(_curvatures(), "full", _curvatures()["floor_identity"])


def flag_negated(patch: Patch) -> None:
    """A Hessian that was replaced is recorded as kept, and the reverse."""
    real = simulate.observed

    def observed(state: State, experiment: Any) -> Mapping[str, npt.NDArray]:
        return {**real(state, experiment), "fallback": ~state.fallback}

    patch.setattr(simulate, "observed", observed)


def weights_where_there_should_be_none(patch: Patch) -> None:
    """Runs that are said to be without importance weights have them."""
    corrections: Any = problems.CORRECTIONS
    patch.setitem(corrections, "none", corrections["importance"])


def samples_replaced_by_exact(patch: Patch) -> None:
    """What should be learnt from samples is learnt from exact derivatives."""
    real = problems.derivatives
    patch.setattr(problems, "derivatives", lambda settings, *rest: real({"kind": "exact"}, *rest))


def _curvatures() -> Any:
    return experiments.CURVATURES


def _exact(*methods: str, iterations: int = 2000) -> tuple[Run, ...]:
    return (Run("pd_exact", methods, (f"iterations={iterations}",)),)


def _gridworld(*methods: str) -> Run:
    """With a reward for which the printed steps are not absurd."""
    return Run("gridworld", methods, ("game.reward=0.02", "evaluation.batch_size=100"))


# As short as their verdicts allow; what a quantity does not need is shorter still.
TRACKED = _exact("DN", "DG", "DS", iterations=60)
SAMPLED = Run("pd_sampled_is", ("DN", "DG"), ("iterations=400",))
WITHOUT = Run("pd_sampled_no_is", ("DN", "DG"), ("iterations=400",))
FIXED = (
    Run("pd_sampled_is", ("DN",), ("iterations=400", "repetitions=30")),
    Run("pd_fixed_exact", ("DN",), ("iterations=400",)),
)
TUNED = tuple(
    Run(experiment, ("DN_floor", "DN_absolute", "DG"), ("iterations=2",))
    for experiment in ("gridworld_tuned", "pd_exact_tuned", "pd_sampled_tuned")
)
ATTRIBUTED = (
    *_exact("DN", "DS"),
    Run("pd_sampled_is", ("DN", "DS"), ("iterations=400",)),
    _gridworld("DN", "DS"),
    *TUNED,
)

CONTROLS: Sequence[Control] = (
    of_claim(no_correction_term, "tracking", REPRODUCED, CONTRADICTED, TRACKED),
    of_claim(correction_one_iteration_late, "tracking", REPRODUCED, CONTRADICTED, TRACKED),
    of_claim(not_symmetric, "tracking", REPRODUCED, CONTRADICTED, TRACKED),
    of_claim(steps_overflow, "tracking", REPRODUCED, CONTRADICTED, TRACKED),
    of_claim(gradient_sign, "fig1-optimum", REPRODUCED, CONTRADICTED, _exact("DN")),
    of_claim(steps_overflow, "fig1-optimum", REPRODUCED, CONTRADICTED, _exact("DN")),
    of_claim(fallback_to_identity, "fig1-faster", REPRODUCED, CONTRADICTED, _exact("DN", "DG")),
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
    of_claim(
        fallback_to_identity,
        "fig3-faster/area-difference",
        REPRODUCED,
        INCONCLUSIVE,
        (_gridworld("DN", "DG"),),
    ),
    of_claim(
        fallback_to_identity,
        "fig3-few-iterations/improvement",
        REPRODUCED,
        INCONCLUSIVE,
        (_gridworld("DN"),),
    ),
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
    of_claim(flag_negated, "fallback-frequency", CONTRADICTED, REPRODUCED, _exact("DN")),
)
