"""The concave team problems of the theorems as a task: each repetition has one of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from netnewton import networks, run
from netnewton.algorithms import State, scalars_sent
from netnewton.arrays import Array
from netnewton.derivatives import ConcaveDerivatives, concave_derivatives, reference_optimum
from netnewton.games import concave
from replication.experiments import names
from replication.experiments.build import NETWORK_STREAM, stream
from replication.experiments.config import ConfigError, Settings
from replication.experiments.methods import algorithm

WORST = -1.0
"""What the normalised return of all that is worse than it counts; and of a diverged repetition."""


def returns(drawn: Settings, method: Settings, seed: int, repetitions: int) -> tuple[Array, int]:
    """The normalised returns of a method, and how many repetitions diverged.

    The average J over the copies: 0 at theta = 0, 1 at the optimum, and no less than `WORST`.

    Parameters
    ----------
    drawn : mapping
        Sizes of the problems, their graph and the number of iterations.
    method : mapping
        As a method of config/paper.yaml.
    seed, repetitions : int

    Returns
    -------
    J : Array, shape (R, K + 1)
    diverged : int

    Raises
    ------
    ConfigError
        If the library refuses a setting.
    """
    source, optima = _drawn(tuple(sorted(drawn.items())), seed, repetitions)
    start, iterations = _start(source, repetitions), drawn["iterations"]
    done = run(_algorithm(method, source), source, _weights(drawn), iterations, start, _thetas)
    theta = done.trace["theta"]
    copies = np.moveaxis(theta, -2, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        J = np.mean([source.returns(copy).mean(axis=-1) for copy in copies], axis=0)
        share = (J - J[0]) / (optima - J[0])
    lost = (done.diverged_at >= 0) & (np.arange(len(J))[:, np.newaxis] >= done.diverged_at)
    share = np.where(lost | ~(share >= WORST), WORST, share)
    return share.T, int((done.diverged_at >= 0).sum())


def _thetas(states: State) -> dict[str, Array]:
    return {"theta": states.theta}


def sent(drawn: Settings, method: Settings) -> int:
    """Scalars that cross an edge in an iteration, both ways."""
    source, _ = _drawn(tuple(sorted(drawn.items())), 0, 1)
    return 2 * scalars_sent(_algorithm(method, source), source, _start(source, 1))


def _algorithm(method: Settings, source: ConcaveDerivatives) -> Any:
    try:
        return algorithm(method, np.zeros(source.n_parameters, dtype=np.intp))
    except ValueError as error:
        raise ConfigError(f"team problems: {error}") from None


def _weights(drawn: Settings) -> Array:
    return networks.metropolis_weights(names.GRAPHS[drawn["graph"]](drawn["agents"]))


def _start(source: ConcaveDerivatives, repetitions: int) -> Array:
    return np.zeros((repetitions, source.n_agents, source.n_parameters))


@cache
def _drawn(
    sizes: tuple[tuple[str, Any], ...], seed: int, repetitions: int
) -> tuple[ConcaveDerivatives, Array]:
    """The problems of a seed, and the average J at each one's optimum, shape (R,)."""
    given = {k: v for k, v in sizes if k not in ("graph", "iterations")}
    own = [
        concave.random_problem(stream(seed, repetition, NETWORK_STREAM), **given)
        for repetition in range(repetitions)
    ]
    best = [concave_derivatives(p).returns(reference_optimum(p)).mean() for p in own]
    return concave_derivatives(concave.stacked(own)), np.array(best)
