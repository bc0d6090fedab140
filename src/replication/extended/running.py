"""Running a cell: a method on a game over a network, all repetitions at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np

from netnewton import networks, run
from netnewton.algorithms import Algorithm, State, scalars_sent
from netnewton.arrays import Array
from netnewton.networks import Mix
from replication.experiments.build import stream
from replication.experiments.config import ConfigError, Settings
from replication.experiments.methods import algorithm
from replication.extended.cells import ON_LINKS, TUNING, Cell
from replication.extended.declared import Plan
from replication.extended.lossy import over_links
from replication.extended.outcomes import Row, tracked_means
from replication.extended.worlds import LINKS, World, graphs, world


def run_cell(plan: Plan, cell: Cell, numbers: Mapping[str, float]) -> Row:
    """What a method came to, as plain data.

    Parameters
    ----------
    plan : Plan
    cell : Cell
    numbers : mapping
        Its tuned settings.

    Returns
    -------
    dict
        ``J`` of what is played, (R, K + 1), NaN once a repetition has diverged; ``error`` of the
        trackers at the end, relative to the local vectors at the start, (R,); ``gap`` of the
        networks, (R,), of reliable ones only; ``scalars`` that cross an edge in an iteration, both
        ways; ``diverged``, how many did.

    Raises
    ------
    ConfigError
        If the library refuses a setting.
    """
    made = played(plan, cell)
    growth = cell.agents / plan.tuning["agents"]
    method = _algorithm(plan.methods[cell.method].settings(numbers, growth), made)
    mix, gap = _network(plan, cell)
    own: Settings = getattr(plan, cell.part)
    return {
        **_run(method, made, mix, own.get("iterations", plan.iterations)),
        "gap": gap,
        "scalars": 2 * cell.rounds * _scalars(method, made),
    }


def played(plan: Plan, cell: Cell) -> World:
    """What is played in a cell."""
    on = _drawn(plan, cell, cell.payoffs)
    return world(plan, cell.game, on, _drawn_with(plan, cell)[0])


def _drawn_with(plan: Plan, cell: Cell) -> tuple[int, int]:
    """The seed of a cell, and how many repetitions it has."""
    purpose = "tuning" if cell.part == TUNING else "trial"
    return plan.seeds[purpose], plan.repetitions[purpose]


def _drawn(plan: Plan, cell: Cell, name: str) -> list[nx.Graph]:
    return graphs(plan, name, cell.agents, *_drawn_with(plan, cell))


def _network(plan: Plan, cell: Cell) -> tuple[Mix, list[float]]:
    """What mixes, and the spectral gaps."""
    if cell.part in ON_LINKS:
        seed, repetitions = _drawn_with(plan, cell)
        return over_links(plan, cell, [stream(seed, r, LINKS) for r in range(repetitions)]), []
    drawn = _drawn(plan, cell, cell.graph)
    weights = np.stack([networks.metropolis_weights(graph) for graph in drawn])
    gap: list[float] = networks.spectral_gap(weights).tolist()
    return networks.repeated(networks.mixing(weights), cell.rounds), gap


def _algorithm(settings: Settings, made: World) -> Algorithm[Any]:
    try:
        return algorithm(settings, made.owner)
    except ValueError as error:
        raise ConfigError(f"config/extended.yaml: {error}") from None


def _run(method: Algorithm[Any], made: World, mix: Mix, iterations: int) -> Row:
    def observe(states: State) -> Mapping[str, Array]:
        with np.errstate(over="ignore", invalid="ignore"):
            J = made.returned(states.theta)
        return {"J": J, **tracked_means(states)}

    start = np.zeros(made.shape)
    done = run(method, made.source(method.order), mix, iterations, start, observe)
    lost = (done.diverged_at >= 0) & (np.arange(iterations + 1)[:, np.newaxis] >= done.diverged_at)
    J, apart = (np.where(lost, np.nan, done.trace[name]) for name in ("J", "apart"))
    return {
        "J": J.T.tolist(),
        "error": (apart[-1] / done.trace["size"][1]).tolist(),
        "diverged": int((done.diverged_at >= 0).sum()),
    }


def _scalars(method: Algorithm[Any], made: World) -> int:
    return scalars_sent(method, made.source(method.order), np.zeros(made.shape))
