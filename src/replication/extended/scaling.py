"""One iteration in the sparse form, where agents hold copies of their neighbours' parameters alone.

What benchmarks/scaling.py takes the time of, and its exact numbers: how much is stored, and sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

from netnewton import networks
from netnewton.algorithms import Algorithm, State, TrackedNewton, scalars_sent
from netnewton.algorithms.directions import Floored
from netnewton.curvature import FullHessian, ScaledIdentity, absolute_eigenvalues
from netnewton.derivatives import NeighbourhoodDerivatives, neighbourhood_source
from netnewton.games import coordination
from netnewton.networks import Mix
from netnewton.policies import Boltzmann
from replication.experiments.config import ROOT

TIMES = ROOT / "benchmarks" / "scaling.csv"
METHODS: Mapping[str, Algorithm[Any]] = {
    "first order": TrackedNewton(ScaledIdentity(), step_size=0.1),
    "block-diagonal": TrackedNewton(
        FullHessian(-1), step_size=0.1, direction=Floored(0.1, absolute_eigenvalues)
    ),
}
"""Gradient tracking, and tracked Newton with a block for each agent."""
STEPS_BEFORE = 2  # of a state that is timed: its trackers hold something


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration of a method on a network."""

    method: Algorithm[Any]
    source: NeighbourhoodDerivatives
    mix: Mix
    weights: int
    """How many of the mixing's weights are stored."""

    def state(self) -> State:
        """Where it starts from."""
        rows = np.zeros((1, self.source.n_agents, self.source.n_parameters))
        state = self.method.init(rows)
        for _ in range(STEPS_BEFORE):
            state = self.method.step(state, self.source, self.mix)
        return state

    def step(self) -> Callable[[], State]:
        """What makes the iteration, from that state."""
        return partial(self.method.step, self.state(), self.source, self.mix)

    def stored(self) -> int:
        """How many numbers all agents hold: their state, payoffs and weights."""
        game = self.source.game
        held = sum(x.size for _, x in self.state().arrays())
        return int(held + game.own.size + game.payoffs.size + self.weights)

    def sent(self) -> int:
        """How many numbers all agents send in it: each row to those who hold a copy as well."""
        rows = np.zeros((1, self.source.n_agents, self.source.n_parameters))
        each = scalars_sent(self.method, self.source, rows)
        return int(each * self.source.copies.shared.sum())


def iteration(name: str, graph: nx.Graph, rng: np.random.Generator) -> Iteration:
    """An iteration of a method, in a coordination game on a graph with a logit for each action.

    Parameters
    ----------
    name : str
        A key of `METHODS`.
    graph : networkx.Graph
    rng : numpy.random.Generator
        For the payoffs.
    """
    game, method = coordination(graph, rng), METHODS[name]
    source = neighbourhood_source(game, Boltzmann.of(game), method.order)
    weights = source.copies.weights(networks.metropolis_weights)
    return Iteration(method, source, networks.unchecked_mixing(weights), weights.nnz)
