"""What agents are given: an experiment of a configuration, of which each takes its own share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netnewton import networks
from netnewton.algorithms import Algorithm
from netnewton.arrays import Array
from netnewton.derivatives import DerivativeSource, concave_derivatives
from netnewton.games import concave
from netnewton.processes import own_reward, own_term
from netnewton.trajectories import Streams
from replication.experiments import config, names, problems
from replication.experiments.build import NETWORK_STREAM, TRAINING_STREAM, build, stream
from replication.experiments.config import ConfigError, Settings, Spec
from replication.experiments.methods import algorithm


@dataclass(frozen=True)
class Assignment:
    """One repetition of one method, for N agents."""

    name: str
    """Of the experiment and the method, <experiment>/<method>."""
    algorithm: Algorithm[Any]
    weights: Array
    """The consensus matrix, shape (N, N)."""
    start: Array
    """theta_i(0), shape (N, d)."""
    iterations: int
    source: Callable[[int], DerivativeSource]
    """What an agent learns from: made for N agents, it has the reward of this one only."""
    returns: Callable[[Array], Array] | None
    """From all copies, shape (N, d), to J_i of every agent, shape (N,); None if the experiment
    does not look at it. For whoever reads the records, not for the agents."""

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.weights)


def assigned(settings: Settings, experiment: str, method: str, repetition: int) -> Assignment:
    """An experiment or a team problem of a configuration.

    Raises
    ------
    ConfigError
        If there is none of that name, no such method, or the library refuses a value.
    """
    teams = settings.get("team_problems", {})
    if experiment in teams:
        return _of_team(teams[experiment], f"{experiment}/{method}", repetition)
    if experiment not in settings["experiments"]:
        config.looked_up({**settings["experiments"], **teams}, experiment, "experiment")
    return _of_spec(config.spec(settings, experiment, method), repetition)


def _of_spec(spec: Spec, repetition: int) -> Assignment:
    settings, evaluated = spec.settings, build(spec, [repetition])

    def source(agent: int) -> DerivativeSource:
        game = problems.game(settings["game"])
        return problems.derivatives(
            settings["derivatives"],
            own_reward(game, agent),
            problems.policy(settings["policy"], game),
            Streams([stream(settings["seed"], repetition, TRAINING_STREAM)]),
            evaluated.algorithm.order,
            settings["method"].get("matrix", "hessian"),
        )

    returns = evaluated.evaluate
    return Assignment(
        name=f"{spec.experiment}/{spec.method}",
        algorithm=evaluated.algorithm,
        weights=evaluated.weights[0],
        start=evaluated.start[0],
        iterations=settings["iterations"],
        source=source,
        returns=returns and (lambda copies: returns(copies[np.newaxis, np.newaxis])[0, 0]),
    )


def _of_team(settings: Settings, name: str, repetition: int) -> Assignment:
    """A random team problem; the graph has Metropolis weights, and theta starts from zero."""
    sizes = {key: x for key, x in settings["problem"].items() if key not in ("graph", "iterations")}
    method = config.looked_up(settings["methods"], name.partition("/")[2], "method")
    try:
        problem = concave.random_problem(
            stream(settings["seed"], repetition, NETWORK_STREAM), **sizes
        )
        chosen = algorithm(method, np.zeros(problem.n_parameters, dtype=np.intp))
        graph = names.GRAPHS[settings["problem"]["graph"]](problem.n_agents)
        weights = networks.metropolis_weights(graph)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
    whole = concave_derivatives(problem)
    return Assignment(
        name=name,
        algorithm=chosen,
        weights=weights,
        start=np.zeros((problem.n_agents, problem.n_parameters)),
        iterations=settings["problem"]["iterations"],
        source=lambda agent: concave_derivatives(own_term(problem, agent)),
        returns=lambda copies: whole.returns(copies).mean(axis=0),
    )
