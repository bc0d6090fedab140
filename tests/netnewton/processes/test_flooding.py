"""The joint policy by flooding: every block, to the bit, in as many rounds as it takes."""

import networkx as nx
import numpy as np
import pytest

from netnewton import networks
from netnewton.policies import behaviour_parameters
from netnewton.processes import broadcast
from replication.controls.agents_in_threads import together


def flood(rng, graph, repetitions=1):
    """mu as it should be, what each agent has of it, and the messages."""
    agents = len(graph)
    owner = np.arange(2 * agents + 1) % agents  # two parameters each, the first agent three
    theta = rng.normal(size=(repetitions, agents, len(owner)))
    theta[0, 0, 0], theta[0, 1, 1] = -0.0, 1e-310
    weights = networks.metropolis_weights(graph)
    found, messages = together(weights, lambda me: broadcast(me, theta[:, me.agent], owner, 1))
    return behaviour_parameters(theta, owner), found, messages


@pytest.mark.parametrize("graph", [nx.path_graph(5), nx.star_graph(3), nx.cycle_graph(4)])
@pytest.mark.parametrize("repetitions", [1, 3])
def test_every_agent_gets_every_block(rng, graph, repetitions):
    mu, found, messages = flood(rng, graph, repetitions)
    assert [done.parameters.tobytes() for done in found] == [mu.tobytes()] * len(graph)
    assert [done.rounds for done in found] == list(nx.eccentricity(graph).values())
    assert {(i, j) for i, j, _ in messages} == set(nx.DiGraph(graph).edges)


@pytest.mark.parametrize("agents", [2, 7, 9])
def test_random_graphs_take_their_diameter(rng, random_graph, agents):
    graph = random_graph(rng, agents)
    _, found, _ = flood(rng, graph)
    assert max(done.rounds for done in found) == nx.diameter(graph)


def test_a_path_of_three_by_hand(rng):
    """News goes on once, and each end of a link says when it has everything."""
    _, _, messages = flood(rng, nx.path_graph(3))
    sent = [
        [message[:2].astype(int).tolist() for i, j, message in messages if (i, j) == link]
        for link in ((0, 1), (1, 0), (1, 2))
    ]
    # Numbers of the message, and whether its sender has all.
    assert sent == [
        [[6, 0], [5, 0], [5, 1]],  # its own three parameters; agent 1's two; agent 2's
        [[5, 0], [9, 1], [2, 1]],
        [[5, 0], [9, 1], [2, 1]],
    ]


def test_a_network_in_two_parts_is_noticed():
    weights = np.kron(np.eye(2), np.full((2, 2), 0.5))
    with pytest.raises(ValueError, match=r"not connected: no path joins agents \d and \d"):
        together(weights, lambda me: broadcast(me, np.zeros((1, 4)), np.arange(4), 1))


def test_one_agent_needs_nobody():
    (alone,), messages = together(
        np.ones((1, 1)), lambda me: broadcast(me, np.ones((1, 2)), np.zeros(2, dtype=int), 1)
    )
    assert alone.parameters.tolist() == [[1.0, 1.0]] and alone.rounds == 0 and messages == []
