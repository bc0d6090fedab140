"""The registration, config/promise.yaml: tasks, methods, budget and seeds, fixed before any run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from replication.experiments import config
from replication.experiments.config import Settings
from replication.promise.search import Setting

REGISTERED = config.ROOT / "config" / "promise.yaml"
FIRST_ORDER, SECOND_ORDER, PRINTED = "first_order", "second_order", "printed"
"""The families of methods; those as printed are not tuned."""


@dataclass(frozen=True)
class Task:
    """What methods are tried on: an experiment with changed settings, or team problems."""

    name: str
    title: str
    why: str
    experiment: str = ""
    set: Settings = field(default_factory=dict)
    cheaper: Settings = field(default_factory=dict)
    """What is changed besides, for tuning and at other scales of the rewards."""
    scales: tuple[float, ...] = ()
    team_problem: Settings | None = None


@dataclass(frozen=True)
class Method:
    """A method, and what of it is tuned."""

    name: str
    title: str
    family: str
    method: Settings
    """As in config/paper.yaml, but for what is tuned."""
    tuned: tuple[Setting, ...] = ()
    derivatives: Settings = field(default_factory=dict)
    per_task: Mapping[str, Settings] = field(default_factory=dict)
    """Tasks on which its settings differ."""
    not_for: Mapping[str, str] = field(default_factory=dict)
    """Tasks that it does not apply to, with the reason."""

    def settings(self, task: str, numbers: Mapping[str, float]) -> Settings:
        """As a method of config/paper.yaml, on a task."""
        return {**self.method, **self.per_task.get(task, {}), **numbers}


@dataclass(frozen=True)
class Registration:
    """All that the trial depends on beside the code."""

    seeds: Mapping[str, int]
    """For tuning, trial and replicate."""
    repetitions: Mapping[str, int]
    budget: int
    band: Settings
    tasks: Mapping[str, Task]
    methods: Mapping[str, Method]
    references: Sequence[str]
    causes: Settings

    def pairs(self) -> list[tuple[Task, Method]]:
        """Every method on every task that it applies to."""
        return [
            (task, method)
            for task in self.tasks.values()
            for method in self.methods.values()
            if task.name not in method.not_for
        ]


@cache
def registered(path: Path = REGISTERED) -> Registration:
    """What is registered.

    Raises
    ------
    ConfigError
        If the file does not fit the schema, or names a task that there is not.
    """
    found = config.load_part(path, "promise")
    tasks = {name: _task(name, entry) for name, entry in found["tasks"].items()}
    methods = {name: _method(name, entry) for name, entry in found["methods"].items()}
    named = [
        *found["causes"]["tasks"],
        *(t for m in methods.values() for t in (*m.per_task, *m.not_for)),
    ]
    for name in named:
        config.looked_up(tasks, name, "task")
    return Registration(**{**found, "tasks": tasks, "methods": methods})


def _task(name: str, entry: Settings) -> Task:
    given: dict[str, Any] = {**entry, "scales": tuple(entry.get("scales", ()))}
    return Task(name, **given)


def _method(name: str, entry: Settings) -> Method:
    tuned = tuple(_setting(key, ends) for key, ends in entry["tuned"].items())
    given: dict[str, Any] = {**entry, "tuned": tuned}
    return Method(name, **given)


def _setting(name: str, entry: Settings) -> Setting:
    spacing = Fraction(entry.get("spacing", 1))
    return Setting(name, entry["from"], entry["to"], spacing, entry.get("most"))
