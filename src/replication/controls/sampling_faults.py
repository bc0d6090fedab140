"""Faults in what is learnt from samples, caught by the same runs number by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, estimation, sampled
from netnewton.games.gridworld import Gridworld, GridworldState
from netnewton.policies.boltzmann import BoltzmannPlayer
from replication.claims.estimators.faults import (
    discount_left_out,
    rewards_of_the_next_agent,
    scores_of_the_next_agent,
)
from replication.claims.planting import Control, Patch, of_check
from replication.controls import against_literal
from replication.experiments import names


def no_weights_in_a_run(patch: Patch) -> None:
    """Runs with importance sampling have no importance weights."""
    _corrected_by(patch, estimation.no_weights, estimation.own_copies)


def weights_of_whole_trajectories(patch: Patch) -> None:
    """The weight of every step is that of the whole trajectory."""

    def whole(log_weight: Array, needed: Any) -> Array:
        return np.exp(np.broadcast_to(log_weight[-1:], log_weight.shape))

    _corrected_by(patch, whole, estimation.own_copies)


def scores_at_the_neighbours_copy(patch: Patch) -> None:
    """Each agent estimates at its neighbour's copy of the parameters."""

    def neighbours(theta: Array, mu: Array) -> Array:
        return np.roll(theta, 1, axis=1)

    _corrected_by(patch, estimation.importance_weights, neighbours)


def _corrected_by(patch: Patch, weights: Any, evaluated_at: Callable[..., Array]) -> None:
    corrections: Any = names.CORRECTIONS
    patch.setitem(corrections, "importance", (weights, evaluated_at))


def derivatives_of_the_neighbours_return(patch: Patch) -> None:
    """Each agent gets what its neighbour has estimated."""

    def rolled(found: Derivatives) -> Derivatives:
        rolled = {x: np.roll(getattr(found, x), 1, axis=1) for x in ("gradient", "hessian")}
        return found._replace(**{x: value for x, value in rolled.items() if value.size})

    patch.result(sampled.SampledDerivatives, "__call__", rolled)


def first_agents_copy_played(patch: Patch) -> None:
    """What is played is the first agent's copy in place of each agent's own block."""
    patch.setattr(sampled, "behaviour_parameters", lambda theta, owner: theta[..., 0, :])


def actions_exchanged(patch: Patch) -> None:
    """Who should cooperate defects, and the reverse."""
    patch.result(BoltzmannPlayer, "__call__", lambda actions: 1 - actions)


def hessian_of_theorem_1_in_a_run(patch: Patch) -> None:
    """Runs with the printed Hessian have the unbiased one."""
    hessians: Any = names.HESSIANS
    patch.setitem(hessians, "printed", estimation.unbiased_hessian)


def reinforce_in_a_run(patch: Patch) -> None:
    """Runs with G(PO)MDP have REINFORCE."""
    credits: Any = names.CREDITS
    patch.setitem(credits, "gpomdp", estimation.reinforce)


def stuck_set_free(patch: Patch) -> None:
    """Agents that are stuck for good move on."""
    _state_changed(patch, lambda state: state._replace(stuck=np.zeros_like(state.stuck)))


def arrived_set_free(patch: Patch) -> None:
    """Agents that have arrived move on, and are paid again."""
    _state_changed(patch, lambda state: state._replace(arrived=np.zeros_like(state.arrived)))


def _state_changed(patch: Patch, change: Callable[[GridworldState], GridworldState]) -> None:
    patch.arguments(Gridworld, "step", lambda game, state, *rest: (game, change(state), *rest))


def angles_clockwise(patch: Patch) -> None:
    """A positive angle turns right in place of left."""
    patch.arguments(
        Gridworld, "step", lambda game, state, angles, chance: (game, state, -angles, chance)
    )


def position_of_the_other_agent_seen(patch: Patch) -> None:
    """An agent's features are those of where the other one is."""
    patch.result(Gridworld, "seen", lambda positions: positions[:, ::-1])


CONTROLS: Sequence[Control] = (
    *of_check(
        against_literal.sampled_dilemma,
        no_weights_in_a_run,
        scores_at_the_neighbours_copy,
        scores_of_the_next_agent,
        derivatives_of_the_neighbours_return,
        rewards_of_the_next_agent,
        first_agents_copy_played,
        actions_exchanged,
    ),
    *of_check(
        against_literal.sampled_gridworld,
        no_weights_in_a_run,
        weights_of_whole_trajectories,
        scores_at_the_neighbours_copy,
        first_agents_copy_played,
        hessian_of_theorem_1_in_a_run,
        reinforce_in_a_run,
        discount_left_out,
        stuck_set_free,
        arrived_set_free,
        angles_clockwise,
        position_of_the_other_agent_seen,
    ),
)
