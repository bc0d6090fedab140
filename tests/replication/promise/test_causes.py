"""The composable algorithm is Algorithm 1 with no switch, and tracked Newton with the last ones."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from netnewton import networks, run
from netnewton.algorithms import ConsensusNewton, TrackedNewton
from netnewton.algorithms.directions import Direction
from netnewton.curvature import FullHessian, absolute_eigenvalues
from netnewton.derivatives import concave_derivatives
from netnewton.games.concave import random_problem
from replication.promise import switches
from replication.promise.causes import CAUSES, Cell, algorithm, applicable, causes, combinations
from replication.promise.registration import registered

STEP, FLOOR = 0.1, 0.3


def switched(*removed):
    return algorithm(Cell("", STEP, FLOOR, frozenset(removed), curved=True))


@pytest.fixture
def path(rng):
    """What an algorithm does in a few iterations of a team problem."""
    source = concave_derivatives(random_problem(rng, agents=3, parameters=2))
    weights = networks.metropolis_weights(nx.path_graph(3))
    start = rng.normal(size=(2, 3, 2))
    return lambda made: run(made, source, weights, 12, start).trace["theta"]


def absolute(curvature, B, y):
    """B^-1 y with absolute eigenvalues and a floor that is not relative."""
    projected = curvature.project(B, absolute_eigenvalues, FLOOR / 2)
    p, singular = curvature.solve(projected, y)
    return Direction(p, projected.replaced, singular)


def test_without_a_switch_it_is_algorithm_1(path):
    printed = ConsensusNewton(FullHessian(), STEP, FLOOR)
    np.testing.assert_array_equal(path(switched()), path(printed))
    # The negative control: each switch makes it another algorithm.
    for name in ("sign", "operator", "lag", "vector", "copies"):
        assert not np.allclose(path(switched(name)), path(printed)), name


def test_with_all_switches_it_is_tracked_newton(path):
    tracked = TrackedNewton(FullHessian(-1), STEP, absolute)
    every = switched("sign", "operator", "lag", "vector", "copies")
    np.testing.assert_allclose(path(every), path(tracked), rtol=1e-12)
    apart = replace(every, copies=switches.kept_apart)
    assert not np.allclose(path(apart), path(tracked))


def test_every_cause_is_removed_alone_and_left_alone():
    found = dict(combinations(["a", "b"]))
    assert found == {
        "none": set(), "a": {"a"}, "b": {"b"}, "all but a": {"b"}, "all but b": {"a"},
        "all": {"a", "b"},
    }  # fmt: skip


def test_causes_apply_where_there_are_such():
    tasks = registered().tasks
    assert set(applicable(tasks["dilemma_exact"])) == CAUSES.keys() - {"estimator"}
    assert set(applicable(tasks["gridworld"])) == CAUSES.keys() - {"logits"}


def test_first_order_has_nothing_that_a_cause_of_curvature_could_change(small):
    rows = {(row["steps"], row["removed"]): row for row in causes(registered(small), 1, 0.98)}
    assert len(rows) == 2 * (6 + 6 + 2)
    assert rows["safe", "sign"]["DS"] == rows["safe", "none"]["DS"]
    assert rows["safe", "copies"]["DS"] != rows["safe", "none"]["DS"]
    for row in rows.values():
        assert row["lower"] <= row["difference"] <= row["upper"]
        assert row["difference"] == pytest.approx(row["DN"] - row["DS"], abs=1e-12)
        assert 0.0 <= row["kept"] <= 1.0
