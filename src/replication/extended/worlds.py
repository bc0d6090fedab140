"""What the agents play: games on graphs, and concave team problems, repetition by repetition.

Graphs and payoffs of a repetition come from streams of their own, so that they are the same for
every method, whatever else is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

from netnewton import networks
from netnewton.arrays import Array, Indices
from netnewton.derivatives import concave_derivatives, reference_optimum
from netnewton.derivatives.polymatrix import pairwise
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives, DerivativeSource
from netnewton.games import concave, polymatrix
from netnewton.games.polymatrix import PolymatrixGame
from netnewton.games.team_optimum import team_optimum
from netnewton.policies import Boltzmann, behaviour_parameters
from replication.experiments.build import stream
from replication.experiments.config import Settings
from replication.extended.declared import Plan

GRAPH, PAYOFFS, LINKS = 0, 1, 2
"""What a repetition's streams are for."""

Graphs = Sequence[nx.Graph]
Generators = Sequence[np.random.Generator]


@dataclass(frozen=True, eq=False)
class World:
    """R repetitions of a game."""

    source: Callable[[int], DerivativeSource]
    """From the highest derivative that is needed."""
    owner: Indices
    """The agent that each parameter belongs to, shape (d,)."""
    shape: tuple[int, int, int]
    """Of theta, (R, N, d)."""
    returned: Callable[[Array], Array]
    """From copies (B, R, N, d) to the average return of what is played, (B, R)."""
    optima: Callable[[], list[float]]
    """The highest such return of each repetition."""


@dataclass(frozen=True, eq=False)
class Apart:
    """Sources of one repetition each, as one: repetitions have games of their own."""

    sources: Sequence[DerivativeSource]

    def __call__(self, theta: Array) -> Derivatives:
        """The derivatives of repetition r from source r."""
        found = [source(theta[r : r + 1]) for r, source in enumerate(self.sources)]
        J, gradient, hessian = (
            _joined([getattr(each, name) for each in found])
            for name in ("J", "gradient", "hessian")
        )
        return Derivatives(J, gradient, hessian)


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts[0].size else NOT_COMPUTED


FAMILIES: Mapping[str, Callable[[int, Settings], dict[str, Any]]] = {
    "path": lambda n, own: {"graph": "path_graph", "n": n},
    "ring": lambda n, own: {"graph": "cycle_graph", "n": n},
    "star": lambda n, own: {"graph": "star_graph", "n": n - 1},
    "complete": lambda n, own: {"graph": "complete_graph", "n": n},
    "grid": lambda n, own: {"graph": "grid_2d_graph", "m": _side(n), "n": n // _side(n)},
    "regular": lambda n, own: {
        "graph": "random_regular_graph", "d": min(own["degree"], n - 1), "n": n
    },
    "erdos_renyi": lambda n, own: {
        "graph": "erdos_renyi_graph", "n": n, "p": min(own["mean_degree"] / (n - 1), 1.0)
    },
    "small_world": lambda n, own: {
        "graph": "watts_strogatz_graph", "n": n, "k": own["neighbours"], "p": own["rewired"]
    },
}  # fmt: skip
"""From N and the declared numbers to a description for `networks.graph_of`."""


def _side(agents: int) -> int:
    """The shorter side of a grid that is as square as it can be."""
    return next(n for n in range(int(agents**0.5), 0, -1) if agents % n == 0)


def graphs(plan: Plan, name: str, agents: int, seed: int, repetitions: int) -> list[nx.Graph]:
    """A graph for each repetition."""
    described = FAMILIES[name](agents, plan.networks.get(name, {}))
    return [networks.graph_of(described, stream(seed, r, GRAPH)) for r in range(repetitions)]


def world(plan: Plan, game: str, on: Graphs, seed: int) -> World:
    """The repetitions of a game, one on each graph."""
    own = plan.games[game]
    streams = [stream(seed, repetition, PAYOFFS) for repetition in range(len(on))]
    return GAMES[own["game"]](own, on, streams)


def _pairwise(
    make: Callable[[Settings, nx.Graph, np.random.Generator], PolymatrixGame],
    own: Settings,
    on: Graphs,
    streams: Generators,
) -> World:
    games = [make(own, graph, rng) for graph, rng in zip(on, streams, strict=True)]
    policies = [Boltzmann.of(game, logits=own["logits"]) for game in games]
    owner = policies[0].owner

    def source(order: int) -> Apart:
        return Apart([pairwise(g, p, order) for g, p in zip(games, policies, strict=True)])

    values = source(0).sources

    def returned(theta: Array) -> Array:
        played = behaviour_parameters(theta, owner)
        each: list[Any] = [s.returns(played[:, r]) for r, s in enumerate(values)]  # type: ignore[attr-defined]
        return np.stack(each, axis=1).mean(axis=-1)

    def optima() -> list[float]:
        return [team_optimum(game).value for game in games]

    return World(source, owner, (len(games), games[0].n_agents, len(owner)), returned, optima)


def _team(own: Settings, on: Graphs, streams: Generators) -> World:
    sizes = {name: own[name] for name in ("parameters", "terms", "steepness", "heterogeneity")}
    problems = [
        concave.random_problem(rng, agents=len(graph), **sizes)
        for graph, rng in zip(on, streams, strict=True)
    ]
    source = concave_derivatives(concave.stacked(problems))

    def returned(theta: Array) -> Array:
        copies = np.moveaxis(theta, -2, 0)
        return np.mean([source.returns(copy).mean(axis=-1) for copy in copies], axis=0)

    def optima() -> list[float]:
        return [
            float(concave_derivatives(p).returns(reference_optimum(p)).mean()) for p in problems
        ]

    owner = np.zeros(source.n_parameters, dtype=np.intp)
    shape = len(problems), source.n_agents, source.n_parameters
    return World(lambda order: source, owner, shape, returned, optima)


def _coordination(own: Settings, graph: nx.Graph, rng: np.random.Generator) -> PolymatrixGame:
    return polymatrix.coordination(graph, rng, spread=own["spread"])


def _public_goods(own: Settings, graph: nx.Graph, rng: np.random.Generator) -> PolymatrixGame:
    return polymatrix.public_goods(graph, own["multiplier"], own["cost"])


GAMES: Mapping[str, Callable[[Settings, Graphs, Generators], World]] = {
    "coordination": partial(_pairwise, _coordination),
    "public_goods": partial(_pairwise, _public_goods),
    "team_problem": _team,
}
