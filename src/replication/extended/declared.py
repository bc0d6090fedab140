"""The declaration, config/extended.yaml, fixed before any run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from replication.experiments import config
from replication.experiments.config import Settings
from replication.promise.search import Setting

DECLARED = config.ROOT / "config" / "extended.yaml"


@dataclass(frozen=True)
class Candidate:
    """A method, what of it is tuned, and where it is tried."""

    name: str
    title: str
    method: Settings
    """As in config/paper.yaml, but for what is tuned."""
    tuned: Sequence[Setting] = ()
    numbers_of: str = ""
    """The method whose tuned numbers it takes, if not its own."""
    step: float | str = 1.0
    """What its step size is multiplied by: a number, or `N`, as many times as there are agents."""
    most_agents: float = math.inf
    """The largest network it is tried on."""
    not_for: Sequence[str] = ()
    """Games that it is not tried on."""

    def settings(self, numbers: Mapping[str, float], growth: float = 1.0) -> Settings:
        """As a method of config/paper.yaml, on a network that is `growth` times as large."""
        factor = growth if isinstance(self.step, str) else self.step
        return {**self.method, **numbers, "step_size": numbers["step_size"] * factor}


@dataclass(frozen=True)
class Plan:
    """All that the experiments depend on beside the code."""

    seeds: Mapping[str, int]
    """For tuning and trial."""
    repetitions: Mapping[str, int]
    iterations: int
    levels: Mapping[str, float]
    """Shares of the way to a game's level whose times are taken."""
    tuning: Settings
    networks: Settings
    games: Mapping[str, Settings]
    methods: Mapping[str, Candidate]
    sizes: Settings
    graphs: Settings
    rounds: Settings
    losses: Settings
    others: Settings
    scaling: Settings


@cache
def declared(path: Path = DECLARED) -> Plan:
    """What is declared.

    Raises
    ------
    ConfigError
        If the file does not fit the schema, or names a method or game that there is not.
    """
    found = config.load_part(path, "extended")
    methods = {name: _candidate(name, entry) for name, entry in found["methods"].items()}
    plan = Plan(**{**found, "methods": methods})
    for part in (plan.sizes, plan.graphs, plan.rounds, plan.losses, plan.others):
        for name in part["games"]:
            config.looked_up(plan.games, name, "game")
    for name in _named(plan):
        config.looked_up(methods, name, "method")
    return plan


def _named(plan: Plan) -> Iterator[str]:
    """Every mention of a method."""
    for part in (plan.sizes, plan.graphs, plan.rounds, plan.others):
        yield from part["methods"]
    for names in plan.losses["protocols"].values():
        yield from names
    yield from (method.numbers_of for method in plan.methods.values() if method.numbers_of)


def _candidate(name: str, entry: Settings) -> Candidate:
    given: dict[str, Any] = dict(entry)
    given["tuned"] = tuple(_setting(key, ends) for key, ends in entry.get("tuned", {}).items())
    return Candidate(name, **given)


def _setting(name: str, entry: Settings) -> Setting:
    spacing = Fraction(entry.get("spacing", 1))
    return Setting(name, entry["from"], entry["to"], spacing, entry.get("most"))
