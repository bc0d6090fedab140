"""Every run of the experiments, as plain data: the game, the network, the method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from replication.extended.declared import Plan

TUNING = "tuning"
ON_LINKS = ("losses", "others")
"""The experiments on links."""
RELIABLE, AFRESH = "reliable", "running_sums_afresh"


@dataclass(frozen=True)
class Cell:
    """A run of all repetitions."""

    part: str
    """The experiment, as in config/extended.yaml."""
    game: str
    method: str
    agents: int
    graph: str
    """Over which messages go."""
    payoffs: str
    """The graph of the game."""
    rounds: int = 1
    """Of mixing, an iteration."""
    protocol: str = "weighted_sum"
    links: str = RELIABLE
    p: float = 0.0
    """How many messages are lost."""


def every(plan: Plan) -> list[Cell]:
    """All runs, in the order of the tables, of methods where they apply."""
    parts = (_sizes, _graphs, _rounds, _losses, _others)
    return [cell for part in parts for cell in part(plan) if _applies(plan, cell)]


def _applies(plan: Plan, cell: Cell) -> bool:
    method = plan.methods[cell.method]
    averages_copies = method.method.get("algorithm") == "tracked_newton"
    return (
        cell.agents <= method.most_agents
        and cell.game not in method.not_for
        and (averages_copies or cell.protocol != AFRESH)
    )


def _sizes(plan: Plan) -> Iterator[Cell]:
    own = plan.sizes
    for game, name, agents in product(own["games"], own["methods"], own["agents"]):
        yield Cell("sizes", game, name, agents, own["graph"], own["graph"])


def _graphs(plan: Plan) -> Iterator[Cell]:
    own = plan.graphs
    for game, name, graph in product(own["games"], own["methods"], own["graphs"]):
        yield Cell("graphs", game, name, own["agents"], graph, own["payoffs"])


def _rounds(plan: Plan) -> Iterator[Cell]:
    own, on = plan.rounds, plan.rounds["graph"]
    for game, name, rounds in product(own["games"], own["methods"], own["rounds"]):
        yield Cell("rounds", game, name, own["agents"], on, on, rounds)


def _losses(plan: Plan) -> Iterator[Cell]:
    own, on = plan.losses, plan.losses["graph"]
    pairs = [(protocol, name) for protocol, names in own["protocols"].items() for name in names]
    losses = [(own["links"][0], 0.0), *product(own["links"], own["probabilities"])]
    for game, (protocol, name), (links, p) in product(own["games"], pairs, losses):
        yield Cell("losses", game, name, own["agents"], on, on, 1, protocol, links, p)


def _others(plan: Plan) -> Iterator[Cell]:
    own = plan.others
    kinds = [(links, e["graph"], p) for links, e in own["links"].items() for p in e["protocols"]]
    for game, (links, graph, protocol), name in product(own["games"], kinds, own["methods"]):
        yield Cell("others", game, name, own["agents"], graph, own["payoffs"], 1, protocol, links)
