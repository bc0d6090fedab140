"""One agent's part of *mix*: the network's own numbers, from neighbours only, in bounded time."""

import networkx as nx
import numpy as np
import pytest

from netnewton import networks
from netnewton.processes import Neighbourhood, Unheard
from replication.controls.agents_in_threads import Wired, Wires, together


@pytest.mark.parametrize("shape", [(1,), (6,), (3, 3)])
@pytest.mark.parametrize("agents", [2, 5])
def test_mixing_by_messages_gives_the_bits_of_the_network(rng, random_graph, agents, shape):
    graph = random_graph(rng, agents)
    weights = networks.random_weights(graph, rng)
    values = rng.normal(size=(2, agents, *shape))
    mixed, messages = together(weights, lambda me: me.mix(values[:, [me.agent]], 1))
    whole = networks.mixing(weights)(values, 1)
    assert np.concatenate(mixed, axis=1).tobytes() == whole.tobytes()
    assert sorted((i, j) for i, j, _ in messages) == sorted(nx.DiGraph(graph).edges)
    for i, _, message in messages:
        assert message.tobytes() == values[:, i].tobytes()


def test_an_edge_without_weight_carries_nothing():
    weights = np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]])
    _, messages = together(weights, lambda me: me.mix(np.ones((1, 1, 2)), 1))
    assert {(i, j) for i, j, _ in messages} == {(0, 1), (1, 0), (1, 2), (2, 1)}


def test_a_neighbour_that_says_nothing_is_named():
    def act(me):
        return me.mix(np.ones((1, 1, 2)), 7) if me.agent != 2 else None

    with pytest.raises(Unheard, match=r"agent 1 has not .* agent 2 for 0.05 s, in iteration 7"):
        together(networks.metropolis_weights(nx.path_graph(3)), act, deadline=0.05)


def test_a_number_that_is_not_finite_is_not_sent():
    wires = Wires(2)
    me = Neighbourhood(Wired(wires, 0), [0.5, 0.5])
    with pytest.raises(
        ArithmeticError, match="agent 0 has a number that is not finite, in iteration 3"
    ):
        me.mix(np.array([[[1.0, np.nan]]]), 3)
    assert wires.messages == []


@pytest.mark.parametrize(
    ("row", "deadline", "said"),
    [
        ([1.0], 1.0, "for 2 processes: start one process for each agent"),
        ([0.5, 0.6], 1.0, "sums to 1.1"),
        ([-0.5, 1.5], 1.0, "least entry -0.5"),
        ([0.5, np.nan], 1.0, "must be a finite number"),
        ([0.5, 0.5], 0.0, "deadline = 0.0"),
        ([0.5, 0.5], np.nan, "deadline = nan"),
    ],
)
def test_what_is_no_row_is_refused(row, deadline, said):
    with pytest.raises(ValueError, match=said):
        Neighbourhood(Wired(Wires(2), 0), row, deadline)
