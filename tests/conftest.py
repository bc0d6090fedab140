"""What all tests share: pinned arithmetic, repeatable examples, random games and graphs."""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import hypothesis
import networkx as nx
import numpy as np
import pytest
from project_copy import finished, project  # noqa: F401 - fixtures

from netnewton.games.finite import FiniteGame

# The same examples every time: a test that fails must fail again.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture
def rng():
    return np.random.default_rng(20221206)


@pytest.fixture
def random_game():
    """A maker of random finite Markov games with any numbers of agents, actions and states."""

    def make(rng, n_actions=(2, 3, 2), n_states=3, discount=0.9, normalised=False):
        shape = (n_states, *n_actions)
        return FiniteGame(
            rewards=rng.normal(size=(len(n_actions), *shape)),
            transitions=rng.dirichlet(np.ones(n_states), size=shape),
            initial=rng.dirichlet(np.ones(n_states)),
            discount=discount,
            normalised=normalised,
        )

    return make


@pytest.fixture
def random_graph():
    """A maker of random connected graphs."""

    def make(rng, agents):
        graph = nx.gnp_random_graph(agents, 0.5, seed=int(rng.integers(2**31)))
        for node in range(agents - 1):
            graph.add_edge(node, node + 1)
        return graph

    return make


def pytest_collection_modifyitems(items):
    """A test is of one kind; those that say nothing are exact.

    One file that needs the finished workflow comes first, so that one process runs it while the
    other tests; the others come in the middle, so that the last files are short.
    """
    for item in items:
        if not any(item.get_closest_marker(kind) for kind in ("statistical", "end_to_end")):
            item.add_marker("exact")
    needing = list(dict.fromkeys(i.path for i in items if "finished" in i.fixturenames))
    others = [path for path in dict.fromkeys(i.path for i in items) if path not in needing]
    half = len(others) // 2
    order = [*needing[:1], *others[:half], *needing[1:], *others[half:]]
    items.sort(key=lambda item: order.index(item.path))
