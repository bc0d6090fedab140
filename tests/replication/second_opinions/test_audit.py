"""The audit of messages holds what matters, and sees bits."""

import networkx as nx
import numpy as np
from message_games import random_game

from replication.second_opinions import audit, messaging


def test_the_audit_holds_what_matters(rng):
    """Without holding g, H and the trackers, another reward changes the messages."""
    game = random_game(rng, nx.path_graph(3), "full", iterations=3)
    other = rng.normal(size=game.payoffs.shape)
    before = game.record(game.player).messages
    after = game.record(
        lambda i: audit.Player(other[i], game.theta[i], game.settings) if i == 1 else game.player(i)
    ).messages
    assert audit.largest_change(before, after) > 1e-3
    assert audit.undeclared_dependence(game, other) == 0.0
    assert audit.largest_change(before, before[:-1]) == np.inf


def test_a_change_of_bits_alone_is_a_change():
    old = messaging.Message(0, 1, 1, 0, {"g": np.array([0.0, 1.0])})
    new = messaging.Message(0, 1, 1, 0, {"g": np.array([-0.0, 1.0])})
    assert audit.largest_change([old], [old]) == 0.0 < audit.largest_change([old], [new])
