"""Faults in the game, the operator [·]ₘ and the averaging that Sections 2 and 3 define."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netnewton import curvature, networks
from netnewton.algorithms.consensus_newton import ConsensusNewton, NewtonState
from netnewton.games import finite
from replication.claims.definitions import directions
from replication.claims.definitions import measure as definitions
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.shared_faults import exact, steps_overflow
from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.experiments import simulate


def rewards_exchanged(patch: Patch) -> None:
    """Each prisoner gets the other one's reward."""
    game = finite.prisoners_dilemma()
    exchanged = replace(game, rewards=game.rewards[::-1])
    patch.setattr(finite, "prisoners_dilemma", lambda: exchanged)


def temptation_too_small(patch: Patch) -> None:
    """To defect from a partner who cooperates does not pay."""
    payoff = np.array([[-1.0, -3.0], [-1.5, -2.0]])
    game = finite.matrix_game([payoff, payoff.T])
    patch.setattr(finite, "prisoners_dilemma", lambda: game)


def operator_inverted(patch: Patch) -> None:
    """[·]ₘ keeps what it should replace, and replaces what it should keep."""
    patch.result(curvature, "_matrices_at_least", np.logical_not)


def operator_off(patch: Patch) -> None:
    """[·]ₘ replaces nothing."""
    patch.result(curvature, "_matrices_at_least", np.ones_like)


def operator_at_m(patch: Patch) -> None:
    """[·]ₘ has m where eq. 3 has m/2."""
    patch.arguments(
        curvature.FullHessian,
        "project",
        lambda self, Z, projection, floor: (self, Z, projection, 2 * floor),
    )


def fallback_to_a_tenth(patch: Patch) -> None:
    """[·]ₘ falls back to I / 10, whatever m is."""
    patch.result(curvature.FullHessian, "project", lambda found: replace(found, multiple=0.1))


def each_its_own_ratio(patch: Patch) -> None:
    """Agents do not average: each uses its own Hessian and vector."""
    patch.result(definitions.networks, "mixing", lambda mix: lambda values, k: values)


def curvature_sign_flipped(patch: Patch) -> None:
    """H_i is minus the Hessian where the printed sign is asked for."""
    patch.result(curvature.FullHessian, "local", np.negative)


def no_correction_term(patch: Patch) -> None:
    """Trackers lack what they should subtract, the local quantities of the iteration before."""

    def without(algorithm: ConsensusNewton, state: NewtonState, *rest: Any) -> tuple:
        return algorithm, replace(state, g=0.0 * state.g, H=0.0 * state.H), *rest

    patch.arguments(ConsensusNewton, "step", without)


def correction_one_iteration_late(patch: Patch) -> None:
    """Trackers subtract the local quantities of two iterations before."""
    before: dict[str, NewtonState] = {}

    def delayed(algorithm: ConsensusNewton, state: NewtonState, *rest: Any) -> tuple:
        late = state if state.iteration == 0 else before["state"]
        before["state"] = state
        return algorithm, replace(state, g=late.g, H=late.H), *rest

    patch.arguments(ConsensusNewton, "step", delayed)


def not_symmetric(patch: Patch) -> None:
    """The consensus matrix is stochastic by rows only."""
    skewed = networks.unchecked_mixing(np.array([[0.9, 0.1], [0.4, 0.6]]))
    patch.setattr(simulate, "unchecked_mixing", lambda weights: skewed)


def trackers_not_mixed(patch: Patch) -> None:
    """Agents keep their trackers to themselves."""
    patch.result(directions.networks, "unchecked_mixing", lambda mix: lambda values, k: values)


TRACKED = exact("DN", "DG", "DS", iterations=60)

CONTROLS: Sequence[Control] = (
    of_claim(rewards_exchanged, "nash"),
    of_claim(temptation_too_small, "nash"),
    of_claim(operator_inverted, "projection-operator"),
    of_claim(operator_off, "projection-operator"),
    of_claim(operator_at_m, "projection-operator"),
    of_claim(each_its_own_ratio, "average-dynamics"),
    of_claim(curvature_sign_flipped, "average-dynamics"),
    of_claim(no_correction_term, "tracking", TRACKED),
    of_claim(correction_one_iteration_late, "tracking", TRACKED),
    of_claim(not_symmetric, "tracking", TRACKED),
    of_claim(steps_overflow, "tracking", TRACKED),
    of_claim(trackers_not_mixed, "equal-directions"),
    of_claim(operator_off, "local-maximum/share-small-step"),
    of_claim(
        fallback_to_a_tenth, "local-maximum/share-large-step", (), None, CONTRADICTED, REPRODUCED
    ),
)
