"""Whole runs of the gridworld, seed by seed, against loops over numbers."""

import math

import numpy as np
import pytest

from netnewton.games import gridworld
from replication.claims.planting import Run
from replication.controls.against_literal import (
    CLOSE,
    SMALL_WORLD,
    TRAINING,
    distance_from_scalars,
)
from replication.experiments import names, problems
from replication.experiments.simulate import simulate
from replication.second_opinions.scalar_gridworld import Gridworld, World

AS_WIDE_AS_PRINTED = ("policy.centres=[3, 6]", "game.width=3.0", "game.height=6.0")
CALM = ("step_size=0.1", "floor=0.5", "projection=absolute_eigenvalues")
OPTIONS = {
    "as printed": (*AS_WIDE_AS_PRINTED, "policy.deviation=0.5", "derivatives.batch_size=8"),
    "small": (),
    "evaluated apart": ("evaluation={kind: sampled, batch_size: 6}", "seed=7"),
    "long": (
        *("game.reward=0.05", "policy.deviation=0.7", "game.stuck=move_refused"),
        *("iterations=25", "derivatives.batch_size=4"),
    ),
    "move refused": ("game.stuck=move_refused",),
    "blocks": ("game.arrived=blocks",),
    "moves on": ("game.stuck=move_refused", "game.arrived=moves_on"),
    "to the goal": ("game.zero=goal",),
    "along the axis": ("game.zero=axis", "game.goal_radius=1.0", "game.step_length=0.75"),
    "sees both": ("policy.sees=both", "policy.centres=[2, 2]"),
    "narrow features": ("policy.width=0.5", "game.discount=0.9", "game.reward=0.1"),
    "unbiased": ("derivatives.hessian=unbiased",),
    "curved": ("derivatives.hessian=unbiased", *CALM),
    "reinforce": ("derivatives.estimator=reinforce",),
    "reinforce, unbiased": ("derivatives.estimator=reinforce", "derivatives.hessian=unbiased"),
    "baseline": ("derivatives.baseline=constant", *CALM),
    "reinforce, baseline": ("derivatives.estimator=reinforce", "derivatives.baseline=constant"),
    "without weights": ("derivatives.correction=none",),
    "at what is played": ("derivatives.correction=none_at_played",),
}


def specs(*settings, methods=("DN", "DG")):
    chosen = ("repetitions=2", TRAINING, *SMALL_WORLD, *settings)
    return Run("gridworld", methods, chosen).specs()


@pytest.mark.parametrize("option", OPTIONS)
def test_a_run_is_that_of_the_transcription(option):
    """In relative terms up to rounding, 1e-9; what was seen is below 1e-12.

    The run is long where steps are small. With weights in the hundreds, as after some printed steps
    of DN, one move multiplies an error of position a hundredfold, and rounding decides who arrives.
    """
    methods = ("DN", "DG") if option in ("as printed", "small", "reinforce") else ("DN",)
    for spec in specs(*OPTIONS[option], methods=methods):
        assert distance_from_scalars(spec) <= CLOSE, spec.method


def test_each_option_makes_another_run():
    """Else agreement under an option would say nothing about it."""
    runs = [simulate(specs(*settings, methods=("DN",))[0]) for settings in OPTIONS.values()]
    assert len({run["theta"].tobytes() for run in runs}) == len(OPTIONS)
    assert all(np.isfinite(run["theta"]).all() for run in runs)
    assert all((run["J"] > 0).any(axis=1).all() for run in runs)


def mean_of_the_whole_batch(patch):
    patch.setitem(
        names.BASELINES, "constant", lambda x, w: x - (w * x).mean(axis=-1, keepdims=True)
    )


def refused_step_made(patch):
    patch.arguments(problems, "game", lambda settings: ({**settings, "stuck": "for_good"},))


def arrived_yield(patch):
    patch.arguments(problems, "game", lambda settings: ({**settings, "arrived": "yields"},))


def cross_terms_left_out(patch):
    patch.setitem(names.HESSIANS, "unbiased", names.HESSIANS["printed"])


def weights_in_place_of_none(patch):
    patch.setitem(names.CORRECTIONS, "none", names.CORRECTIONS["importance"])


def first_grid_of_the_other_agent(patch):
    patch.result(gridworld.Gridworld, "seen", lambda positions: positions[:, ::-1])


@pytest.mark.parametrize(
    ("fault", "option"),
    [
        (mean_of_the_whole_batch, "baseline"),
        (mean_of_the_whole_batch, "reinforce, baseline"),
        (refused_step_made, "move refused"),
        (arrived_yield, "blocks"),
        (arrived_yield, "moves on"),
        (cross_terms_left_out, "curved"),
        (weights_in_place_of_none, "without weights"),
        (first_grid_of_the_other_agent, "sees both"),
    ],
)
def test_a_fault_under_an_option_is_noticed(fault, option, patch):
    fault(patch)
    (spec,) = specs(*OPTIONS[option], methods=("DN",))
    assert distance_from_scalars(spec) > 1e3 * CLOSE


# One step each, where two rules of the ledger meet -----------------------------------------------

UP, RIGHT = 0.0, -math.pi / 2


def one_step(positions, are_stuck, angles, **options):
    """Positions and rewards after a step: the transcription's, and the library's."""
    library = gridworld.Gridworld(**options)
    rules = {name: getattr(library, name) for name in gridworld.Gridworld.__dataclass_fields__}
    ours = Gridworld(**rules, deviation=0.5, sees="own", centres=(3, 6), spread=1.0)
    world, paid = ours.step(World(positions, [False, False], are_stuck), angles)
    flags = np.full((1, 2, 1), are_stuck)
    state = gridworld.GridworldState(
        np.array(positions).reshape(1, 2, 2, 1), np.zeros((1, 2, 1), dtype=bool), flags
    )
    after, rewards = library.step(state, np.array(angles).reshape(1, 2, 1), None)
    np.testing.assert_allclose(after.position[0, ..., 0], world.positions, rtol=0, atol=1e-14)
    assert rewards.ravel().tolist() == paid
    return np.round(world.positions, 12).tolist(), paid


def test_agents_stuck_at_a_goal_earn_at_every_step_spent_there():
    """gridworld-arrived, moves-on."""
    positions = [(2.8, 6.0), (2.5, 6.0)]
    assert one_step(positions, True, [UP, UP], arrived="moves_on")[1] == [1.0, 0.0]


def test_a_refused_step_is_refused_to_both_and_nobody_arrives_by_it():
    """gridworld-stuck, move-refused, where who has arrived is in the way."""
    positions, paid = one_step(
        [(2.0, 6.0), (3.0, 5.8)], False, [RIGHT, UP], stuck="move_refused", arrived="blocks"
    )
    assert positions == [[2.0, 6.0], [3.0, 5.8]] and paid == [0.0, 0.0]


@pytest.mark.parametrize(("first", "paid"), [("arrival", [1.0, 0.0]), ("collision", [0.0, 0.0])])
def test_an_agent_that_comes_too_close_as_it_arrives(first, paid):
    """gridworld-order."""
    assert one_step([(2.0, 6.0), (2.9, 4.8)], False, [RIGHT, UP], first=first)[1] == paid
