"""The plan of paper_checks/power.yaml: how many repetitions, from which seeds, and why so many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from replication.claims import ledger
from replication.claims.groups import measures
from replication.power.sizes import Effect, OfMean, OfShare

LEDGER = ledger.FOLDER / "power.yaml"
FIGURE_CLAIMS = ("Section 6", "Ours")
"""The groups of claims that a referee asks for first."""


@dataclass(frozen=True)
class Plan:
    """How the verdicts at a larger n are taken."""

    probability: float
    """The power: of deciding an effect of interest."""
    subsamples: int
    """How many samples of the paper's size are drawn from a larger one."""
    seeds: Mapping[str, int]
    """The root seed for each purpose: larger, pilot, referee."""
    referee: int
    """Repetitions of every experiment for a referee."""
    experiments: Mapping[str, Mapping[str, Any]]

    @property
    def repetitions(self) -> Mapping[str, int]:
        """How many of each experiment."""
        return {name: entry["repetitions"] for name, entry in self.experiments.items()}

    def effects(self, experiment: str) -> Sequence[Effect]:
        """The effects of interest in what is measured on an experiment."""
        return [_effect(entry) for entry in self.experiments[experiment]["effects"]]

    def claims(self) -> list[ledger.Entry]:
        """The claims whose evidence is repetitions of the experiments planned."""
        return [
            entry
            for entry in ledger.claims()
            if entry["id"] in measures() and set(entry["experiments"]) & set(self.experiments)
        ]


@cache
def plan() -> Plan:
    """The plan as it is written down.

    Raises
    ------
    ConfigError
        If the file does not fit its part of paper_checks/schema.json.
    """
    return Plan(**ledger.load(LEDGER, "power"))  # type: ignore[arg-type]


def _effect(entry: Mapping[str, Any]) -> Effect:
    if "edge" in entry:
        return OfShare(entry["share"], entry["edge"])
    return OfMean(entry["effect"], entry["spread"])
