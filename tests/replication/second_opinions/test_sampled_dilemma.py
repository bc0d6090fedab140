"""Whole runs of the sampled dilemma, seed by seed, against loops over numbers."""

import itertools

import numpy as np
import pytest

from replication.claims.planting import Run
from replication.controls import against_literal
from replication.controls.against_literal import CLOSE, TRAINING, distance_from_scalars
from replication.experiments.simulate import simulate
from replication.second_opinions.literal import matrix_game_oracle
from replication.second_opinions.sampled_dilemma import PAYOFFS, Dilemma
from replication.second_opinions.scalar_estimators import Estimators, Step

ONCE = {
    "as printed": (),
    "reference": ("policy.logits=reference",),
    "baseline": ("derivatives.baseline=constant",),
    "without weights": ("derivatives.correction=none",),
    "at what is played": ("derivatives.correction=none_at_played",),
    "own weight small": ("network.weights=[[0.05, 0.95], [0.95, 0.05]]",),
    "current trackers": ("trackers=current",),
    "other start": ("start=0.3",),
}
CALM = ("step_size=0.1", "floor=0.5", "projection=absolute_eigenvalues")
REPEATED = {
    "repeated": (),
    "curved": CALM,
    "reinforce": ("derivatives.estimator=reinforce", *CALM),
    "unbiased": ("derivatives.hessian=unbiased", *CALM),
    "ascent": ("derivatives.hessian=unbiased", "curvature_sign=ascent", *CALM),
    "repeated baseline": ("derivatives.baseline=constant", *CALM),
}
OPTIONS = {
    **{name: ("iterations=20", "derivatives.batch_size=10", *x) for name, x in ONCE.items()},
    **{
        name: (
            *("game.horizon=repeated", "game.discount=0.8", "policy.logits=reference"),
            *("derivatives.horizon=6", "iterations=4", "derivatives.batch_size=6", *x),
        )
        for name, x in REPEATED.items()
    },
}


def specs(*settings, methods=("DN", "DG")):
    return Run("pd_sampled_is", methods, ("repetitions=2", TRAINING, *settings)).specs()


@pytest.mark.parametrize("option", OPTIONS)
def test_a_run_is_that_of_the_transcription(option):
    """In relative terms up to rounding, 1e-9; what was seen is below 1e-12."""
    methods = ("DN",) if CALM[0] in OPTIONS[option] else ("DN", "DG")  # DG has no curvature
    for spec in specs(*OPTIONS[option], methods=methods):
        assert distance_from_scalars(spec) <= CLOSE, spec.method


def test_each_option_makes_another_run():
    """Else agreement under an option would say nothing about it."""
    runs = [simulate(specs(*settings, methods=("DN",))[0]) for settings in OPTIONS.values()]
    assert len({run["theta"].tobytes() for run in runs}) == len(OPTIONS)
    assert all(np.isfinite(run["theta"]).all() for run in runs)


def test_a_run_that_is_not_finite_is_infinitely_far(monkeypatch):
    (spec,) = specs("iterations=2", "derivatives.batch_size=4", methods=("DN",))
    lost = simulate(spec)
    lost["theta"][1, 0, 0] = np.nan
    monkeypatch.setattr(against_literal, "simulate", lambda spec: lost)
    assert distance_from_scalars(spec) == np.inf


@pytest.mark.parametrize("agent", [0, 1])
def test_estimates_from_every_joint_action_once_are_exact(agent):
    """With all four joint actions equally likely, the batch's mean is the expectation."""
    dilemma = Dilemma(repeated=False, reference=False, discount=1.0)
    batch = [[Step(0, actions, rewards)] for actions, rewards in PAYOFFS.items()]
    estimators = Estimators(dilemma, "gpomdp", "printed", "none", "importance")
    theta, played = [0.7, -0.4, 0.2, 1.1], [0.0] * 4
    payoff = np.zeros((2, 2))
    for actions in itertools.product((0, 1), (0, 1)):
        payoff[actions] = PAYOFFS[actions][agent]
    exact = matrix_game_oracle(payoff)(np.array(theta))
    found = estimators.derivatives(batch, agent, theta, played)
    np.testing.assert_allclose(found[0], exact[0], rtol=0, atol=1e-14)
    np.testing.assert_allclose(found[1], exact[1], rtol=0, atol=1e-14)
