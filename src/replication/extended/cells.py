"""Every run of the experiments, as plain data: the game, the network, the method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from replication.extended.declared import Plan

TUNING = "tuning"
ON_LINKS = ("losses", "others")
"""The experiments on links."""
RELIABLE = "reliable"


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
    payoffs: str = ""
    """The graph of the game, if it is another one than that of messages."""
    rounds: int = 1
    """Of mixing, an iteration."""
    protocol: str = "weighted_sum"
    links: str = RELIABLE
    p: float = 0.0
    """How many messages are lost."""


def every(plan: Plan) -> list[Cell]:
    """All runs, in the order of the tables."""
    return [*_sizes(plan), *_graphs(plan), *_rounds(plan), *_losses(plan), *_others(plan)]


def _sizes(plan: Plan) -> Iterator[Cell]:
    own = plan.sizes
    for game in own["games"]:
        for name in own["methods"]:
            most = plan.methods[name].most_agents or max(own["agents"])
            for agents in own["agents"]:
                if agents <= most:
                    yield Cell("sizes", game, name, agents, own["graph"])


def _graphs(plan: Plan) -> Iterator[Cell]:
    own = plan.graphs
    for game in own["games"]:
        for name in own["methods"]:
            for graph in own["graphs"]:
                yield Cell("graphs", game, name, own["agents"], graph, own["payoffs"])


def _rounds(plan: Plan) -> Iterator[Cell]:
    own = plan.rounds
    for game in own["games"]:
        for name in own["methods"]:
            for rounds in own["rounds"]:
                yield Cell("rounds", game, name, own["agents"], own["graph"], rounds=rounds)


def _losses(plan: Plan) -> Iterator[Cell]:
    own = plan.losses
    for game in own["games"]:
        for protocol, names in own["protocols"].items():
            for name in names:
                for links in own["links"]:
                    for p in own["probabilities"]:
                        yield Cell(
                            *("losses", game, name, own["agents"], own["graph"], own["graph"]),
                            protocol=protocol,
                            links=links,
                            p=p,
                        )


def _others(plan: Plan) -> Iterator[Cell]:
    own = plan.others
    for game in own["games"]:
        for links, entry in own["links"].items():
            for protocol in entry["protocols"]:
                for name in own["methods"]:
                    yield Cell(
                        *("others", game, name, own["agents"], entry["graph"], own["payoffs"]),
                        protocol=protocol,
                        links=links,
                    )
