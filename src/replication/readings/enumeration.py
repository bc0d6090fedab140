"""Readings: what becomes of the claims where the paper leaves a choice.

A `Reading` chooses an option of one ambiguity, or of several that interact. Each claim that the
choice could change is measured again under it, with the experiments run anew where the option is a
setting: `sweep` does so for all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from replication.claims import ledger
from replication.claims.groups import measures
from replication.experiments import config
from replication.experiments.config import Spec
from replication.experiments.overrides import override

DEFAULT = "default"

# Settings without effect on a method, by its curvature: its runs serve for all of their options.
OF_HESSIANS = {"curvature_sign", "projection", "derivatives.hessian"}
WITHOUT_EFFECT = {
    "full": {"local_vector"},
    "diagonal": set(),
    "identity": OF_HESSIANS,
    "floor_identity": OF_HESSIANS,
}


@dataclass(frozen=True)
class Reading:
    """A choice of options, and the claims that are measured under it."""

    choice: tuple[tuple[str, str], ...]
    """Pairs of an ambiguity and one of its options."""
    claims: tuple[str, ...]
    product: str | None = None
    """The set of combinations that it belongs to."""

    @property
    def id(self) -> str:
        """The choice in words."""
        return ", ".join(f"{ambiguity}={option}" for ambiguity, option in self.choice) or DEFAULT


def all_readings() -> list[Reading]:
    """The default reading, every option alone, and the products of the ledger."""
    default = Reading((), tuple(measures()))
    single = [r for ambiguity in ledger.ambiguities() for r in _single(ambiguity)]
    return [default, *single, *(r for product in ledger.products() for r in _product(product))]


def _single(ambiguity: ledger.Entry) -> Iterator[Reading]:
    base = {claim["id"]: claim.get("base", {}) for claim in ledger.claims()}
    name, usual = ambiguity["id"], ambiguity["default"]
    for option in (option["name"] for option in ambiguity["options"]):
        claims = [c for c in ambiguity["affects"] if option != base[c].get(name, usual)]
        if measured := tuple(c for c in claims if c in measures()):
            yield Reading(((name, option),), measured)


def _product(product: ledger.Entry) -> Iterator[Reading]:
    defaults = {name: ledger.default_option(name) for name in product["over"]}
    for options in itertools.product(*product["over"].values()):
        chosen = tuple(zip(product["over"], options, strict=True))
        yield Reading(
            tuple((name, option) for name, option in chosen if option != defaults[name]),
            tuple(product["claims"]),
            product["id"],
        )


def spec(reading: Reading, experiment: str, method: str) -> Spec:
    """One method of an experiment under a reading.

    Raises
    ------
    ConfigError
        If an option's setting does not fit the experiment.
    """
    paper = _paper()
    settings = paper["experiments"][experiment]
    without = WITHOUT_EFFECT[settings["methods"][method]["curvature"]]
    sampled = settings["derivatives"]["kind"] == "sampled"
    own = [
        assignment
        for ambiguity, option in reading.choice
        for assignment in assignments(ambiguity, option, experiment, sampled)
        if assignment.partition("=")[0] not in without
    ]
    return config.spec(override(paper, experiment, [method], own), experiment, method)


@cache
def _paper() -> dict[str, Any]:
    return config.load()


@cache
def _options() -> Mapping[tuple[str, str], ledger.Entry]:
    return {
        (ambiguity["id"], option["name"]): {
            "experiments": ambiguity.get("experiments", []),
            **option,
        }
        for ambiguity in ledger.ambiguities()
        for option in ambiguity["options"]
    }


def assignments(ambiguity: str, option: str, experiment: str, sampled: bool) -> list[str]:
    """The settings of an option in an experiment; none if it is not set there."""
    entry = _options()[ambiguity, option]
    setting = entry["setting"]
    if setting is None or experiment not in entry["experiments"]:
        return []
    further = [entry["sampled"]] if sampled and "sampled" in entry else []
    return [*([setting] if isinstance(setting, str) else setting), *further]
