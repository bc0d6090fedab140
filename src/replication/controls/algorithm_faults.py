"""Faults in Algorithm 1 and in what it is told, caught by a second opinion on the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netnewton import curvature, networks
from netnewton.algorithms.consensus_newton import (
    ConsensusNewton,
    NewtonState,
    current_trackers,
)
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives
from netnewton.networks import Mix
from replication.claims.planting import Control, Patch, of_check
from replication.claims.shared_faults import change_exact
from replication.controls import against_literal
from replication.experiments import build, names, simulate


def trackers_of_this_iteration(patch: Patch) -> None:
    """The step to theta(k) moves along the trackers of k in place of k - 1."""
    trackers: Any = names.TRACKERS
    patch.setitem(trackers, "previous", current_trackers)


def correction_not_mixed(patch: Patch) -> None:
    """Agents add the change of their local quantities after mixing, and send trackers alone."""

    def apart(
        new: NewtonState, _: Any, state: NewtonState, derivatives: Any, mix: Mix
    ) -> NewtonState:
        return replace(
            new,
            g_mean=mix(state.g_mean, new.iteration) + new.g - state.g,
            H_mean=mix(state.H_mean, new.iteration) + new.H - state.H,
        )

    patch.around(ConsensusNewton, "step", apart)


def mixing_transposed(patch: Patch) -> None:
    """Agents weigh what they receive by a_ji in place of a_ij."""
    _mixing_with(patch, lambda weights: np.swapaxes(weights, -1, -2))


def self_left_out(patch: Patch) -> None:
    """Agents leave their own trackers out of the weighted sum."""
    _mixing_with(patch, lambda weights: weights * (1.0 - np.eye(weights.shape[-1])))


def _mixing_with(patch: Patch, change: Callable[[Array], Array]) -> None:
    real = networks.unchecked_mixing
    for module in (networks, simulate):
        patch.setattr(module, "unchecked_mixing", lambda weights: real(change(weights)))


def local_term_missing(patch: Patch) -> None:
    """g_i is the gradient alone, without H_i theta."""
    patch.setattr(curvature.FullHessian, "times", lambda self, H, v: np.zeros_like(v))


def step_without_shrinking(patch: Patch) -> None:
    """A step goes to theta + epsilon d in place of (1 - epsilon) theta + epsilon d."""
    patch.around(
        ConsensusNewton,
        "step",
        lambda new, self, state, *_: replace(new, theta=new.theta + self.step_size * state.theta),
    )


def gradient_method_given_hessian(patch: Patch) -> None:
    """DG works with the Hessian in place of the identity."""
    curvatures: Any = names.CURVATURES
    patch.setitem(curvatures, "identity", curvatures["full"])


def derivatives_of_the_next_agent(patch: Patch) -> None:
    """Each agent gets the exact derivatives of its neighbour's return."""
    names = ("J", "gradient", "hessian")
    change_exact(
        patch, lambda d: d._replace(**{x: np.roll(getattr(d, x), 1, axis=1) for x in names})
    )


def hessian_block_transposed(patch: Patch) -> None:
    """The block of the Hessian for agents 1 and 2 is transposed, so that it is not symmetric."""

    def transposed(found: Derivatives) -> Derivatives:
        hessian = found.hessian.copy()
        hessian[..., :2, 2:4] = np.swapaxes(found.hessian[..., :2, 2:4], -1, -2)
        return found._replace(hessian=hessian)

    change_exact(patch, transposed)


def return_at_a_copy(patch: Patch) -> None:
    """J is reported at the first agent's copy in place of mu, the policy that is played."""
    patch.setattr(build, "behaviour_parameters", lambda theta, owner: theta[..., 0, :])


CONTROLS: Sequence[Control] = (
    *of_check(
        against_literal.transcription,
        trackers_of_this_iteration,
        correction_not_mixed,
        self_left_out,
        local_term_missing,
        step_without_shrinking,
        gradient_method_given_hessian,
    ),
    *of_check(against_literal.directed_network, mixing_transposed),
    *of_check(against_literal.oracle, derivatives_of_the_next_agent, hessian_block_transposed),
    *of_check(against_literal.reported_return, return_at_a_copy),
)
