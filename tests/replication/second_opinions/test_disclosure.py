"""What a neighbour can infer from the messages it is sent."""

import networkx as nx
import numpy as np
import pytest
from message_games import CHOICES, random_game

from netnewton.games.finite import prisoners_dilemma
from replication.second_opinions import audit, disclosure
from replication.second_opinions.literal import matrix_game_oracle


@pytest.mark.parametrize(("curvature", "trackers"), CHOICES)
def test_a_neighbour_replays_the_copy_and_finds_the_gradient(rng, curvature, trackers):
    """Although the copies disagree: agents start together, and their trackers differ at first."""
    game = random_game(rng, nx.path_graph(3), curvature, projection="floor_eigenvalues",
                       trackers=trackers)  # fmt: skip
    game.theta[:] = game.theta[0]
    run = game.record(game.player)
    assert np.abs(run.path[-1, 0] - run.path[-1, 2]).max() > 1e-4
    public = audit.Player(np.zeros((2, 2, 2)), game.theta[0], game.settings)
    for sender, receiver in ((0, 1), (1, 2), (2, 1)):
        heard = disclosure.heard(run.messages, sender, receiver)
        path = disclosure.replayed_parameters(heard, public)
        np.testing.assert_allclose(path, run.path[:-1, sender], rtol=1e-10, atol=1e-10)
        for m, theta in zip(heard, path, strict=True):
            gradient, _ = matrix_game_oracle(game.payoffs[sender])(theta)
            np.testing.assert_allclose(
                disclosure.inferred_gradient(m, theta, public), gradient, atol=1e-9
            )


# The choice of H_i, its step size, iterations heard, numbers determined of the four payoffs
HEARD = [
    ("full", 1e-5, 1, 3),
    ("diagonal", 1e-5, 1, 2),
    ("diagonal", 1e-5, 3, 3),
    ("identity", 1e-1, 1, 2),
    ("identity", 1e-1, 3, 3),
]


def inferred_of_the_first(payoffs, curvature, epsilon, iterations):
    """What the second of two agents infers of the first one's payoffs, as Section 6 runs them."""
    settings = audit.Settings(curvature, 1, epsilon=epsilon, m=1e-7)
    graph, weights = nx.path_graph(2), np.array([[0.7, 0.3], [0.3, 0.7]])
    game = audit.Game(payoffs, np.zeros((2, 4)), graph, weights, settings, iterations)
    heard = disclosure.heard(game.record(game.player).messages, 0, 1)
    public = audit.Player(np.zeros((2, 2)), np.zeros(4), settings)
    path = disclosure.replayed_parameters(heard, public)
    return disclosure.inferred_payoffs(heard, path, public, (2, 2))


@pytest.mark.parametrize(("curvature", "epsilon", "iterations", "rank"), HEARD)
def test_the_payoffs_of_the_prisoners_dilemma_are_given_away(curvature, epsilon, iterations, rank):
    """-1, -3, 0 and -2 have the mean -1.5: a neighbour recovers 0.5, -1.5, 1.5 and -0.5.

    Their mixed difference is zero by chance, which is what two determined numbers leave open.
    """
    payoffs = prisoners_dilemma().rewards[:, 0]
    inferred = inferred_of_the_first(payoffs, curvature, epsilon, iterations)
    assert inferred.rank == rank
    np.testing.assert_allclose(inferred.payoffs, [[0.5, -1.5], [1.5, -0.5]], atol=1e-9)


@pytest.mark.parametrize(("curvature", "epsilon", "iterations", "rank"), HEARD)
def test_the_payoffs_of_another_game_are_given_away(curvature, epsilon, iterations, rank):
    """DN's choices at a hundredth of the printed step: it saturates these policies at once."""
    payoffs = prisoners_dilemma().rewards[:, 0].copy()
    payoffs[0] = [[1.0, -3.0], [2.0, 4.0]]  # with the mean 1
    slower = epsilon if curvature == "identity" else epsilon / 100
    inferred = inferred_of_the_first(payoffs, curvature, slower, iterations)
    assert inferred.rank == rank
    error = np.abs(inferred.payoffs - [[0.0, -4.0], [1.0, 3.0]]).max()
    assert error < 1e-6 if rank == 3 else error > 0.1
