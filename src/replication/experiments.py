"""From a `Spec` to the library's objects: the one place where names in the configuration get a
meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt

from netnewton import consensus_newton, curvature, networks
from netnewton.derivatives import DerivativeSource
from netnewton.trajectories import Streams
from replication import problems
from replication.config import ConfigError, Spec

Array = npt.NDArray[np.float64]

# What a repetition's streams are for: each has its own child of the experiment's root seed.
NETWORK_STREAM, TRAINING_STREAM, EVALUATION_STREAM = 0, 1, 2

CURVATURES: Mapping[str, Callable[[int, float], curvature.Curvature]] = {
    "full": lambda sign, floor: curvature.FullHessian(sign),
    "diagonal": lambda sign, floor: curvature.DiagonalHessian(sign),
    "identity": lambda sign, floor: curvature.ScaledIdentity(1.0),
    "floor_identity": lambda sign, floor: curvature.ScaledIdentity(floor / 2),
}
CURVATURE_SIGNS = {"printed": 1, "ascent": -1}
PROJECTIONS: Mapping[str, curvature.Projection] = {
    "all_or_nothing": curvature.all_or_nothing,
    "floor_eigenvalues": curvature.floor_eigenvalues,
    "absolute_eigenvalues": curvature.absolute_eigenvalues,
}
TRACKERS = {
    "previous": consensus_newton.previous_trackers,
    "current": consensus_newton.current_trackers,
}
GRAPHS: Mapping[str, Callable[[int], nx.Graph]] = {
    "complete": nx.complete_graph,
    "path": nx.path_graph,
    "ring": nx.cycle_graph,
    "star": lambda agents: nx.star_graph(agents - 1),
}


@dataclass(frozen=True)
class Experiment:
    """A `Spec` made of library objects, for R repetitions."""

    derivatives: DerivativeSource
    """What the agents learn from; it may be called for one run only, since streams move on."""
    evaluate: problems.Evaluation
    """J_i of every agent at the parameters that were played."""
    saturated_share: Callable[[Array], Array]
    """The share of the policy with parameters mu, shape (..., d), that is saturated."""
    method: consensus_newton.Method
    weights: Array
    """The consensus matrix of each repetition, shape (R, N, N)."""
    start: Array
    """theta(0), shape (R, N, d)."""
    owner: npt.NDArray[np.intp]
    """The agent that each parameter belongs to, shape (d,)."""


def build(spec: Spec, repetitions: Sequence[int]) -> Experiment:
    """Make the objects of an experiment for the given repetitions, checking all that they need.

    Raises
    ------
    ConfigError
        If the library refuses a value.
    """
    settings, seed = spec.settings, spec.settings["seed"]
    learning = settings["derivatives"]
    try:
        game = problems.game(settings["game"])
        policy = problems.policy(settings["policy"], game)
        method = _method(settings["method"])
        training, evaluating = (
            Streams([stream(seed, repetition, purpose) for repetition in repetitions])
            for purpose in (TRAINING_STREAM, EVALUATION_STREAM)
        )
        return Experiment(
            derivatives=problems.derivatives(
                learning, game, policy, training, method.curvature.order
            ),
            evaluate=problems.evaluation(
                settings["evaluation"], learning.get("horizon"), game, policy, evaluating
            ),
            saturated_share=policy.saturated_share,
            method=method,
            weights=_weights(settings["network"], game.n_agents, seed, repetitions),
            start=_start(settings["start"], len(repetitions), game.n_agents, policy.n_parameters),
            owner=policy.owner,
        )
    except ValueError as error:
        raise ConfigError(f"{spec.experiment}/{spec.method}: {error}") from None


def stream(seed: int, repetition: int, purpose: int) -> np.random.Generator:
    """The random stream of one repetition for one purpose, whatever runs beside it."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(repetition, purpose)))


def _method(settings: Mapping[str, Any]) -> consensus_newton.Method:
    sign = CURVATURE_SIGNS[settings["curvature_sign"]]
    return consensus_newton.Method(
        curvature=CURVATURES[settings["curvature"]](sign, settings["floor"]),
        step_size=settings["step_size"],
        floor=settings["floor"],
        projection=PROJECTIONS[settings["projection"]],
        trackers=TRACKERS[settings["trackers"]],
    )


def _graph(description: str | list[list[int]], agents: int) -> nx.Graph:
    if isinstance(description, str):
        return GRAPHS[description](agents)
    graph = nx.empty_graph(agents)
    for edge in description:
        if max(edge) >= agents:
            raise ValueError(f"network.graph has the edge {edge}, but agents are 0..{agents - 1}")
        graph.add_edge(*edge)
    return graph


def _weights(
    settings: Mapping[str, Any], agents: int, seed: int, repetitions: Sequence[int]
) -> Array:
    graph, law = _graph(settings["graph"], agents), settings["law"]
    if (law == "given") != ("weights" in settings):
        raise ValueError("network.weights and network.law=given go together")

    def draw(repetition: int) -> Array:
        if law == "given":
            return _given_weights(settings["weights"], graph)
        if law == "metropolis":
            return networks.metropolis_weights(graph)
        if law == "maximum_degree":
            return networks.maximum_degree_weights(graph)
        rng = stream(seed, repetition, NETWORK_STREAM)
        return networks.random_weights(graph, rng, settings.get("largest", 1.0))

    weights = np.stack([draw(repetition) for repetition in repetitions])
    networks.validate_weights(weights, graph)
    return weights


def _given_weights(rows: list[list[float]], graph: nx.Graph) -> Array:
    lengths = {len(row) for row in rows}
    if lengths != {graph.number_of_nodes()} or len(rows) != graph.number_of_nodes():
        raise ValueError(
            f"network.weights has rows of {sorted(lengths)} numbers, {len(rows)} of them: "
            f"give {graph.number_of_nodes()} rows of as many, one for each agent"
        )
    return np.array(rows, dtype=float)


def _start(value: float | list[float], repetitions: int, agents: int, parameters: int) -> Array:
    start = np.asarray(value, dtype=float)
    if start.ndim == 1 and len(start) != parameters:
        raise ValueError(f"start has {len(start)} numbers: give one, or {parameters}")
    return np.broadcast_to(start, (repetitions, agents, parameters)).copy()
