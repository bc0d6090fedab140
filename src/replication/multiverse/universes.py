"""Universes: drawing them from the space, and what each of them runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from replication.claims import ledger
from replication.experiments import config
from replication.experiments.config import ConfigError, Spec
from replication.experiments.overrides import override
from replication.multiverse.space import (
    Dimension,
    Number,
    Options,
    Value,
    dimensions,
    of_figure,
)
from replication.readings import sources
from replication.readings.enumeration import WITHOUT_EFFECT, assignments

METHODS = ("DN", "DG", "DS")
UNREAD = {("pd_sampled_no_is", "DS")}
"""What no claim is measured on."""
FIRST_SEED = 1_000_000
MOST = 2**20

MULTIVERSE = "paper_checks/multiverse.yaml"
SOURCES = (
    *sources.SOURCES,
    *sources.COUNTED,
    "src/replication/experiments/stacked.py",
    *(
        f"src/replication/multiverse/{name}.py"
        for name in ("space", "universes", "effects", "explore")
    ),
)
"""What a universe's row depends on, beside the ledgers."""


@dataclass(frozen=True)
class Universe:
    """One way of making every free choice."""

    number: int
    coordinates: Mapping[str, float]
    """u of each dimension, by its name."""

    def choice(self, figure: str) -> dict[str, Value]:
        """What is chosen of all that concerns a figure, by the dimensions' names."""
        return {d.name: d.value(self.coordinates[d.name]) for d in of_figure(figure)}

    def weight(self, figure: str, law: str) -> float:
        """How much the universe counts in a figure under a law, relative to ``even``."""
        dims = of_figure(figure)
        return math.prod(d.density(self.coordinates[d.name], law) for d in dims)

    def readings(self, figure: str) -> dict[str, str]:
        """The options among them, by ambiguity."""
        found = [d for d in of_figure(figure) if isinstance(d, Options)]
        return {d.ambiguity: d.value(self.coordinates[d.name]) for d in found}

    def specs(self, figure: str, repetitions: int | None = None) -> dict[tuple[str, str], Spec]:
        """What is run for a figure, by experiment and method.

        Parameters
        ----------
        figure : str
        repetitions : int, optional
            Those of paper_checks/multiverse.yaml by default.

        Raises
        ------
        ConfigError
            If a setting does not fit.
        """
        explored = figures()[figure]
        most = repetitions or explored["repetitions"]
        given = [f"seed={FIRST_SEED + self.number}", *explored.get("settings", [])]
        return {
            (experiment, method): self._spec(
                figure, experiment, method, [*given, _up_to(most, experiment)]
            )
            for experiment in explored["experiments"]
            for method in METHODS
            if method in _paper()["experiments"][experiment]["methods"]
            and (experiment, method) not in UNREAD
        }

    def _spec(self, figure: str, experiment: str, method: str, given: list[str]) -> Spec:
        settings = _paper()["experiments"][experiment]
        without = WITHOUT_EFFECT[settings["methods"][method]["curvature"]]
        sampled = settings["derivatives"]["kind"] == "sampled"
        own = [
            assignment
            for d in of_figure(figure)
            for assignment in _assignments(d, self.coordinates[d.name], experiment, sampled)
            if assignment.partition("=")[0] not in without
        ]
        kept = {name: settings["methods"][name] for name in {method, "DG"} & {*settings["methods"]}}
        alone = {"experiments": {experiment: {**settings, "methods": kept}}}
        return config.spec(
            override(alone, experiment, [method], [*given, *own]),
            experiment,
            method,
        )


def _up_to(repetitions: int, experiment: str) -> str:
    """As many, but where nothing is random: there config/paper.yaml has fewer."""
    of_paper = _paper()["experiments"][experiment]["repetitions"]
    return f"repetitions={repetitions if of_paper >= 10 else of_paper}"


def default(number: int) -> Universe:
    """The universe in which everything is read by default."""
    return Universe(number, {d.name: d.usual for d in dimensions()})


def draw(universes: int) -> list[Universe]:
    """The first universes of a scrambled Halton sequence: more of them extend fewer.

    In the first 1,000 points of Sobol's sequence in as many dimensions, products of two options
    equal a wave of some number exactly, so that what two choices do together would be credited to
    a third.

    Parameters
    ----------
    universes : int

    Raises
    ------
    ConfigError
        If there are none, or too many.
    """
    from scipy.stats import qmc

    if not 1 <= universes <= MOST:
        raise ConfigError(f"--universes {universes}: give a number from 1 to {MOST}")
    dims = dimensions()
    points = qmc.Halton(len(dims), rng=ledger.multiverse()["seed"]).random(universes)
    return [
        Universe(number, {d.name: float(u) for d, u in zip(dims, point, strict=True)})
        for number, point in enumerate(points)
    ]


@cache
def laws() -> tuple[str, ...]:
    """The laws that universes are counted by."""
    return tuple(law["id"] for law in ledger.multiverse()["laws"])


@cache
def figures() -> Mapping[str, ledger.Entry]:
    """How each figure is made in a universe, by its id."""
    return {figure["id"]: figure for figure in ledger.multiverse()["figures"]}


def _assignments(d: Dimension, u: float, experiment: str, sampled: bool) -> list[str]:
    if isinstance(d, Number):
        return [d.assignment(d.value(u))] if experiment in _set_in()[d.ambiguity] else []
    return assignments(d.ambiguity, str(d.value(u)), experiment, sampled)


@cache
def _set_in() -> Mapping[str, list[str]]:
    return {entry["id"]: entry.get("experiments", []) for entry in ledger.ambiguities()}


@cache
def _paper() -> dict[str, Any]:
    return config.load()
