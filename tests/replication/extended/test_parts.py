"""Shares, trackers, links and the sparse iteration, by hand."""

import networkx as nx
import numpy as np
import pytest

from netnewton.algorithms.algorithm import State
from netnewton.links import TopK
from replication.extended.cells import Cell
from replication.extended.lossy import (
    LOSSES,
    WithoutFeedback,
    bursts,
    equal_weights,
    matchings,
    one_way,
)
from replication.extended.outcomes import WORST, points, share, tracked_means
from replication.extended.scaling import METHODS, iteration
from replication.extended.worlds import FAMILIES


class Tracking(State):
    """A state of which one array tracks another."""


def test_a_share_is_of_the_way_and_what_is_lost_counts_least():
    J = np.array([[1.0, 2.0, 3.0], [0.0, np.nan, np.nan], [0.0, -50.0, 1.0]])
    found = share(J, np.array([3.0, 1.0, 2.0]))
    np.testing.assert_array_equal(found, [[0, 0.5, 1], [0, WORST, WORST], [0, WORST, 0.5]])


def test_the_distance_of_the_means_and_the_size_of_what_is_tracked():
    state = Tracking(np.zeros((1, 2, 2)))
    object.__setattr__(state, "g", np.array([[[3.0, 4.0], [3.0, -4.0]]]))
    object.__setattr__(state, "g_mean", np.array([[[3.0, 0.0], [3.0, 2.0]]]))
    found = tracked_means(state)
    np.testing.assert_allclose(found["apart"], [1.0])
    np.testing.assert_allclose(found["size"], [5.0])
    assert np.isnan(tracked_means(State(np.zeros((1, 2, 2))))["apart"]).all()


def test_the_points_of_a_curve_have_its_ends():
    assert points(1) == [0, 1]
    assert points(200)[:3] == [0, 1, 2] and points(200)[-1] == 200


def cell(graph):
    return Cell("others", "coordination", "DS", 6, graph, "ring")


def test_matchings_are_the_ring_together_and_one_way_weighs_an_agent_more():
    first, second = matchings(cell("matchings"))
    assert {d for _, d in first.degree} == {d for _, d in second.degree} == {1}
    together = nx.compose(first, second)
    assert nx.is_isomorphic(together, nx.cycle_graph(6))
    weights = equal_weights(one_way(cell("one_way")))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert weights.sum(axis=0)[0] > 2 and nx.is_strongly_connected(one_way(cell("one_way")))


@pytest.mark.parametrize("links", LOSSES)
def test_the_share_of_losses_is_the_one_declared(links):
    assert LOSSES[links](0.4, 5).p == pytest.approx(0.4)
    assert bursts(0.8, 5, None).recover == pytest.approx(0.2)


def test_without_feedback_what_is_left_out_is_never_sent():
    class Envelope:
        size = 3

    compress = WithoutFeedback(TopK(1)).start(None, None)
    values = np.array([[[3.0, 2.0, 1.0, 9.0]]])
    for _ in range(2):
        np.testing.assert_array_equal(compress(values, Envelope, None), [[[3.0, 0.0, 0.0, 9.0]]])


def test_what_an_iteration_stores_and_sends_grows_as_edges_do():
    counts = {}
    for agents in (3, 6, 12):
        for name in METHODS:
            one = iteration(name, nx.cycle_graph(agents), np.random.default_rng(9300000))
            counts[name, agents] = one.stored(), one.sent()
    # Rings of more than 4: of each neighbour an agent has 2 rows in common, each of 2 logits, of
    # which theta and y are sent, with a factor of the identity or a block of 4.
    for agents in (6, 12):
        assert counts["first order", agents][1] == 2 * agents * 2 * (2 * 2 + 1)
        assert counts["block-diagonal", agents][1] == 2 * agents * 2 * (2 * 2 + 4)
    for name in METHODS:
        assert counts[name, 12][0] == 2 * counts[name, 6][0]
    assert counts["first order", 3][1] == 2 * 3 * 3 * (2 * 2 + 1)  # all have all


def test_a_grid_is_as_square_as_it_can_be():
    assert FAMILIES["grid"](12, {}) == {"graph": "grid_2d_graph", "m": 3, "n": 4}
