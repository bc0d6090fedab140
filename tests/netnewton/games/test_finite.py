"""Finite games: the paper's payoffs, and each refusal."""

import numpy as np
import pytest

from netnewton.games.finite import (
    COOPERATE,
    DEFECT,
    FiniteGame,
    matrix_game,
    prisoners_dilemma,
    repeated_prisoners_dilemma,
)


def test_payoffs_of_section_6():
    reward = prisoners_dilemma().rewards[:, 0]
    assert reward[:, COOPERATE, COOPERATE].tolist() == [-1, -1]
    assert reward[:, DEFECT, DEFECT].tolist() == [-2, -2]
    assert reward[:, COOPERATE, DEFECT].tolist() == [-3, 0]
    assert reward[:, DEFECT, COOPERATE].tolist() == [0, -3]


def test_the_repeated_game_remembers_the_last_joint_action():
    game = repeated_prisoners_dilemma(0.9)
    assert game.n_states == 5 and game.n_actions == (2, 2) and game.normalised
    for state in range(5):
        for first in (0, 1):
            for second in (0, 1):
                expected = np.eye(5)[1 + 2 * first + second]
                np.testing.assert_array_equal(game.transitions[state, first, second], expected)
        np.testing.assert_array_equal(game.rewards[:, state], prisoners_dilemma().rewards[:, 0])


def test_any_number_of_players(rng):
    payoffs = rng.normal(size=(4, 2, 3, 1, 2))
    game = matrix_game(payoffs)
    assert (game.n_agents, game.n_states, game.n_actions) == (4, 1, (2, 3, 1, 2))
    np.testing.assert_array_equal(game.joint_rewards, payoffs.reshape(4, 1, 12))


@pytest.mark.parametrize(
    ("payoffs", "message"),
    [
        (np.zeros((2, 2)), r"payoffs of shape \(2, 2\).*one axis of actions for each player"),
        (np.zeros((3, 2, 2)), r"payoffs of shape \(3, 2, 2\)"),
        ([[[0.0, np.nan], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], "payoffs.* = nan.*finite"),
    ],
)
def test_bad_payoffs_are_refused(payoffs, message):
    with pytest.raises(ValueError, match=message):
        matrix_game(payoffs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"discount": 1.0}, "discount = 1.0"),
        ({"discount": float("nan")}, "discount = nan"),
        ({"initial": np.ones(5)}, "initial sum to 5"),
        ({"initial": np.ones(4) / 4}, r"initial of shape \(4,\)"),
        ({"initial": np.array([2.0, -1, 0, 0, 0])}, r"initial\[1\] = -1: probabilities"),
        ({"transitions": np.ones((5, 2, 2, 4)) / 4}, "transitions of shape"),
        ({"rewards": np.zeros((3, 5, 2, 2))}, "rewards of shape"),
    ],
)
def test_bad_games_are_refused(change, message):
    game = repeated_prisoners_dilemma(0.9)
    parts = {name: getattr(game, name) for name in ("rewards", "transitions", "initial")}
    with pytest.raises(ValueError, match=message):
        FiniteGame(**{**parts, "discount": 0.9, **change})
