"""Faults in the methods that track gradients, and in their matrices, caught by second opinions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netnewton import curvature, damping
from netnewton.algorithms import NaturalGradient, NetworkGiant, TrackedNewton
from netnewton.algorithms.gradient_tracking import GradientTracking
from netnewton.algorithms.step_control import LengthBound
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, GaussNewton
from replication.claims.planting import Control, Patch, Run, of_check, verdict_of_check
from replication.controls.tracking_written_out import Choice, distance
from replication.experiments.build import build

CLOSE = 1e-9
EVERY = (TrackedNewton, NetworkGiant, NaturalGradient)
CHOICES = (
    Choice("tracked", "full", absolute=True),
    Choice("tracked", "blocks", damped=True, bounded=True),
    Choice("giant", "full"),
    Choice("giant", "diagonal", damped=True, bounded=True),
    Choice("natural", "full", damped=True),
)


def tracking_written_out(folder: Path) -> str:
    """Methods that track gradients, with noisy derivatives, against the same in loops."""
    with np.errstate(all="ignore"):
        return verdict_of_check(all(distance(choice) < CLOSE for choice in CHOICES))


def gauss_newton_by_hand(folder: Path) -> str:
    """C_i in the exact dilemma: (J_i + 3) times the Fisher matrix, damped by a share of its trace.

    With p and q the probabilities of cooperation, J_1 = -2 - p + 2q and J_2 = -2 + 2p - q; -3 is
    the least reward. Of two logits the Fisher matrix is p (1 - p) [[1, -1], [-1, 1]].
    """
    share, theta = 0.25, np.array([0.3, -0.2, -0.1, 0.6])
    settings = (
        *("algorithm=consensus_newton", "curvature=blocks", "matrix=gauss_newton"),
        *("curvature_sign=ascent", "projection=floor_eigenvalues", "trackers=current"),
        f"damping={share}",
    )
    (spec,) = Run("pd_exact", ("DN",), settings).specs()
    made = build(spec, range(1))
    method: Any = made.algorithm
    C = method.curvature.local(made.derivatives(np.tile(theta, (1, 2, 1))))[0]
    p, q = 1 / (1 + np.exp(theta[1::2] - theta[::2]))
    above = np.array([1 - p + 2 * q, 1 + 2 * p - q])
    blocks = [x * (1 - x) * np.array([[1, -1], [-1, 1]]) for x in (p, q)]
    shift = share * sum(np.trace(block) for block in blocks) / 4 * np.eye(2)
    one = np.concatenate([(block + shift).ravel() for block in blocks])
    return verdict_of_check(np.allclose(C, above[:, np.newaxis] * one, atol=1e-12))


def _with_state(patch: Patch, change: Callable[[Any], Any], *kinds: type) -> None:
    """`step` begins from what `change` makes of the state."""
    for kind in kinds:
        patch.arguments(kind, "step", lambda self, state, *rest: (self, change(state), *rest))


def _with_derivatives(
    patch: Patch, change: Callable[[Derivatives], Derivatives], *kinds: type
) -> None:
    for kind in kinds:
        patch.arguments(
            kind,
            "step",
            lambda self, state, source, mix: (self, state, lambda x: change(source(x)), mix),
        )


def gradient_difference_missing(patch: Patch) -> None:
    """y_i grows by the new gradient, without subtracting the last one."""
    _with_state(patch, lambda state: replace(state, g=np.zeros_like(state.g)), *EVERY)


def curvature_difference_missing(patch: Patch) -> None:
    """Tracked Newton forgets to subtract C_i(theta(k-1)) from B_i."""
    _with_state(patch, lambda state: replace(state, H=np.zeros_like(state.H)), TrackedNewton)


def matrix_not_tracked(patch: Patch) -> None:
    """Tracked Newton takes each agent's own C_i for B_i, as Network-GIANT does."""

    def forgotten(state: Any) -> Any:
        nothing = np.zeros_like(state.H)
        return replace(state, H=nothing, H_mean=nothing)

    _with_state(patch, forgotten, TrackedNewton)


def tracked_gradient_not_mixed(patch: Patch) -> None:
    """Agents keep y_i to themselves."""
    for kind in EVERY:
        patch.arguments(kind, "step", lambda *given: (*given[:-1], _only_later(given[-1])))


def _only_later(mix: Any) -> Any:
    """A mix that leaves out an iteration's first call."""
    calls = itertools.count()
    return lambda x, k: mix(x, k) if next(calls) else x


def copies_not_mixed(patch: Patch) -> None:
    """Agents take their steps from their own copies alone."""
    patch.arguments(
        GradientTracking,
        "move",
        lambda *given: (*given[:-1], lambda x, k: given[-1](x, k) if x.shape[-1] == 1 else x),
    )


def descent_for_ascent(patch: Patch) -> None:
    """Gradients have the sign of minimisation."""
    _with_derivatives(patch, lambda found: found._replace(gradient=-found.gradient), *EVERY)


def curvature_of_descent(patch: Patch) -> None:
    """C_i is +grad^2 J_i where J is maximised."""
    _with_derivatives(patch, lambda found: found._replace(hessian=-found.hessian), *EVERY)


def own_gradient_in_the_step(patch: Patch) -> None:
    """Network-GIANT turns an agent's own gradient, not what it tracks."""
    patch.arguments(
        NetworkGiant,
        "move",
        lambda self, state, local, y, *rest: (self, state, local, local.gradient, *rest),
    )


def momentum_of_two_batches(patch: Patch) -> None:
    """MDNPG takes the estimate at the old copies from the old batch, so that no noise cancels."""
    batches: list[Derivatives] = []

    def of_the_old_one(found: Derivatives) -> Derivatives:
        batches.append(found)
        return found._replace(elsewhere=batches[-2:][0].elsewhere)

    _with_derivatives(patch, of_the_old_one, NaturalGradient)


def absolute_values_of_each_agent(patch: Patch) -> None:
    """Absolute eigenvalues are taken of each C_i, before they are averaged."""

    def absolute(C: Array) -> Array:
        values, vectors = np.linalg.eigh(C)
        return (vectors * np.abs(values)[..., np.newaxis, :]) @ np.swapaxes(vectors, -1, -2)

    patch.result(curvature.FullHessian, "local", absolute)


def damping_not_relative(patch: Patch) -> None:
    """Damping adds delta I, whatever the size of C_i."""
    patch.setattr(damping, "mean_eigenvalue", lambda H, one: np.ones(H.shape[:2]))


def neighbours_bounds_ignored(patch: Patch) -> None:
    """An agent shortens its step as it likes itself, whatever its neighbours do."""
    patch.arguments(
        LengthBound,
        "__call__",
        lambda self, c, step, mix, k: (self, c, step, lambda x, k: 0 * x, k),
    )


def reward_bound_left_out(patch: Patch) -> None:
    """Gauss-Newton weighs with rewards as they come, not with those above their bound."""
    patch.setattr(GaussNewton, "_bounds", lambda self, agents: np.zeros(agents))


def gauss_newton_upside_down(patch: Patch) -> None:
    """The Gauss-Newton matrix has the other sign."""
    patch.result(GaussNewton, "in_states", lambda multiple: -multiple)


CONTROLS: Sequence[Control] = (
    *of_check(
        tracking_written_out,
        gradient_difference_missing,
        curvature_difference_missing,
        matrix_not_tracked,
        tracked_gradient_not_mixed,
        copies_not_mixed,
        descent_for_ascent,
        curvature_of_descent,
        own_gradient_in_the_step,
        momentum_of_two_batches,
        absolute_values_of_each_agent,
        damping_not_relative,
        neighbours_bounds_ignored,
    ),
    *of_check(
        gauss_newton_by_hand,
        damping_not_relative,
        reward_bound_left_out,
        gauss_newton_upside_down,
    ),
)
