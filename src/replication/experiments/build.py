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

from netnewton import networks
from netnewton.algorithms import Algorithm
from netnewton.derivatives import DerivativeSource
from netnewton.policies import behaviour_parameters
from netnewton.trajectories import Streams
from replication.experiments import methods, names, problems
from replication.experiments.config import ConfigError, Spec

Array = npt.NDArray[np.float64]

# What a repetition's streams are for: each has its own child of the experiment's root seed.
NETWORK_STREAM, TRAINING_STREAM, EVALUATION_STREAM = 0, 1, 2


@dataclass(frozen=True)
class Experiment:
    """A `Spec` made of library objects, for R repetitions."""

    derivatives: DerivativeSource
    """What the agents learn from; it may be called for one run only, since streams move on."""
    evaluate: Callable[[Array], Array] | None
    """From copies, shape (K, R, N, D), to the return that is reported, J_i of every agent, shape
    (K, R, N); None if that is the mean return of the training batches."""
    saturated_share: Callable[[Array], Array]
    """The share of the policy with parameters mu, shape (..., d), that is saturated."""
    algorithm: Algorithm[Any]
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
        algorithm = methods.algorithm(settings["method"], policy.owner)
        training, evaluating = (
            Streams([stream(seed, repetition, purpose) for repetition in repetitions])
            for purpose in (TRAINING_STREAM, EVALUATION_STREAM)
        )
        source = problems.derivatives(
            learning,
            game,
            policy,
            training,
            algorithm.order,
            settings["method"].get("matrix", "hessian"),
        )
        evaluate = problems.evaluation(
            settings["evaluation"], learning.get("horizon"), game, policy, evaluating
        )
        return Experiment(
            derivatives=source,
            evaluate=_reported(settings["reported_return"], evaluate, policy.owner),
            saturated_share=policy.saturated_share,
            algorithm=algorithm,
            weights=_weights(settings["network"], game.n_agents, seed, repetitions),
            start=_start(settings["start"], len(repetitions), game.n_agents, policy.n_parameters),
            owner=policy.owner,
        )
    except ValueError as error:
        raise ConfigError(f"{spec.experiment}/{spec.method}: {error}") from None


def stream(seed: int, repetition: int, purpose: int) -> np.random.Generator:
    """The random stream of one repetition for one purpose, whatever runs beside it."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(repetition, purpose)))


def _reported(
    reported: str, evaluate: problems.Evaluation | None, owner: npt.NDArray[np.intp]
) -> Callable[[Array], Array] | None:
    """Whose return is reported: that of the joint policy played, or the mean over the copies."""
    if evaluate is None:
        if reported != "joint_policy":
            raise ValueError("evaluation.kind = training goes with reported_return=joint_policy")
        return None
    if reported == "joint_policy":
        return lambda theta: evaluate(behaviour_parameters(theta, owner))
    return lambda theta: np.mean([evaluate(copy) for copy in np.moveaxis(theta, -2, 0)], axis=0)


def _graph(description: str | list[list[int]], agents: int) -> nx.Graph:
    if isinstance(description, str):
        return names.GRAPHS[description](agents)
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
        if law == "sinkhorn":
            return networks.sinkhorn_weights(graph, rng)
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
