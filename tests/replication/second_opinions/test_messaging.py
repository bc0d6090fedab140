"""Algorithm 1 by messages: the same run, what is sent, what it costs, and what it gives away."""

import math

import networkx as nx
import numpy as np
import pytest
from message_games import CHOICES, random_game

from netnewton import run
from netnewton.algorithms import ConsensusNewton, consensus_newton
from netnewton.derivatives import exact
from netnewton.games.finite import matrix_game
from netnewton.policies import Boltzmann
from replication.experiments.names import CURVATURES, PROJECTIONS
from replication.second_opinions import audit, messaging
from replication.second_opinions.literal import run_literally

GRAPHS = [
    nx.path_graph(4),
    nx.star_graph(3),
    nx.relabel_nodes(nx.cycle_graph(4), "dbca".__getitem__),
]


@pytest.mark.parametrize("graph", GRAPHS, ids=("path", "star", "named"))
@pytest.mark.parametrize(("curvature", "trackers"), CHOICES)
def test_equal_to_the_transcription_and_the_library(rng, graph, curvature, trackers):
    projection = "floor_eigenvalues"
    game = random_game(rng, graph, curvature, projection=projection, trackers=trackers)
    by_messages = game.record(game.player).path
    literally = run_literally([game.player(i) for i in range(4)], game.weights, game.iterations)
    np.testing.assert_allclose(by_messages, literally, rtol=1e-12, atol=1e-12)

    s = game.settings
    method = ConsensusNewton(
        CURVATURES[curvature](s.sign, s.m),
        s.epsilon,
        s.m,
        PROJECTIONS[projection],
        getattr(consensus_newton, f"{trackers}_trackers"),
    )
    library = run(
        method,
        exact(matrix_game(game.payoffs), Boltzmann(1, (2,) * 4)),
        game.weights,
        game.iterations,
        game.theta,
    ).trace["theta"]
    np.testing.assert_allclose(by_messages, library, rtol=1e-10, atol=1e-10)


def test_a_receiver_that_forgets_is_noticed(rng, monkeypatch):
    game = random_game(rng, nx.path_graph(4), "full")
    healthy = game.record(game.player).path
    real = messaging.MessagingAgent.incoming

    def forgetful(agent, sender, arrays):
        agent.join([sender])
        return real(agent, sender, arrays)

    monkeypatch.setattr(messaging.MessagingAgent, "incoming", forgetful)
    assert np.abs(game.record(game.player).path - healthy).max() > 1e-3


SHAPES = {
    "full": {"g_tilde": (8,), "g": (8,), "H_tilde": (8, 8), "H": (8, 8)},
    "diagonal": {"g_tilde": (8,), "g": (8,), "H_tilde": (8,), "H": (8,)},
    "identity": {"g_tilde": (8,), "g": (8,)},
    "floor_identity": {"g_tilde": (8,), "g": (8,)},
}


@pytest.mark.parametrize("curvature", SHAPES)
def test_what_is_sent_to_whom(rng, curvature):
    """One message an edge, direction and iteration, of the arrays in the structure of H_i."""
    game = random_game(rng, nx.path_graph(4), curvature, iterations=2)
    sent = [m for m in game.record(game.player).messages if m.round == 0]
    edges = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]
    assert [(m.sender, m.receiver, m.iteration) for m in sent] == [
        (*edge, k) for k in (1, 2) for edge in edges
    ]
    for m in sent:
        assert {name: array.shape for name, array in m.arrays.items()} == SHAPES[curvature]
        assert m.scalars == sum(math.prod(shape) for shape in SHAPES[curvature].values())


def test_a_run_that_cannot_be_is_refused(rng):
    game = random_game(rng, nx.path_graph(3), "full")
    agents = [game.player(i) for i in range(3)]
    with pytest.raises(ValueError, match="2 agents on a graph of 3 nodes"):
        messaging.run_by_messages(agents[:2], game.graph, game.weights, 1)
    with pytest.raises(ValueError, match="are not neighbours"):
        messaging.run_by_messages(agents, game.graph, np.full((3, 3), 1 / 3), 1)
    with pytest.raises(ValueError, match="2 blocks on a graph of 3 nodes"):
        messaging.flood([np.zeros(1)] * 2, game.graph)


def test_flooding_a_path_by_hand():
    blocks = [np.array([0.1]), np.array([-0.0, 1e-310]), np.array([3.0]), np.array([4.0, 5.0])]
    done = messaging.flood(blocks, nx.path_graph(4))
    assert done.rounds.tolist() == [3, 2, 2, 3]
    for held in done.received:
        assert [b.tobytes() for b in held] == [b.tobytes() for b in blocks]
    first = [(m.sender, m.receiver, *m.arrays) for m in done.messages if m.round == 2]
    assert first == [
        (0, 1, "psi_1"),
        (1, 0, "psi_0", "psi_2"),
        (1, 2, "psi_0", "psi_2"),
        (2, 1, "psi_1", "psi_3"),
        (2, 3, "psi_1", "psi_3"),
        (3, 2, "psi_2"),
    ]


@pytest.mark.parametrize("agents", [1, 2, 9, 30])
def test_flooding_takes_the_eccentricity(rng, random_graph, agents):
    graph = random_graph(rng, agents)
    done = messaging.flood([rng.normal(size=2) for _ in range(agents)], graph)
    assert done.rounds.tolist() == list(nx.eccentricity(graph).values())


def test_the_joint_policy_that_is_played_is_the_one_of_the_owners(rng, monkeypatch):
    game = random_game(rng, nx.path_graph(4), "identity", iterations=3)
    played = []
    monkeypatch.setattr(audit.Player, "play", lambda agent, mu: played.append(mu))
    path = game.record(game.player).path
    blocks = path.reshape(4, 4, 4, 2)  # iteration, holder, owner
    mu = np.array([[blocks[k, i, i] for i in range(4)] for k in range(3)]).reshape(3, 1, 8)
    np.testing.assert_array_equal(np.reshape(played, (3, 4, 8)), np.tile(mu, (1, 4, 1)))
