"""Settings in place of a configuration's: ``key=value`` from a command line, workflow or grid."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from replication.experiments.config import (
    NOT_YAML,
    ConfigError,
    Settings,
    check,
    config_schema,
    looked_up,
    methods,
    nearest,
)


def override(
    config: Settings, experiment: str, chosen: Sequence[str], assignments: Iterable[str]
) -> dict[str, Any]:
    """`config` with a copy of one experiment, to which ``key=value`` assignments are applied.

    A key is a dotted path below the experiment (``network.law``); the settings of a method
    (``step_size``) may be named alone and then hold for every chosen method.

    Raises
    ------
    ConfigError
        If an assignment cannot be read, its key does not exist or its value does not fit.
    """
    settings = copy.deepcopy(looked_up(config["experiments"], experiment, "experiment"))
    known = config_schema()["$defs"]
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator or not key:
            raise ConfigError(f"--set {assignment}: write key=value, for example step_size=1e-4")
        targets = [key]
        if key in known["method"]["properties"]:
            targets = [f"methods.{name}.{key}" for name in chosen]
        for target in targets:
            _assign(settings, target.split("."), _parse(text))
    check({"experiments": {experiment: settings}})
    return {**config, "experiments": {**config["experiments"], experiment: settings}}


def resolve(config: Settings) -> dict[str, Any]:
    """A workflow's configuration, checked, after its ``set`` assignments have been applied.

    ``set`` is one assignment or a list of them, each ``experiment.key=value``: on a command line
    Snakemake takes every nested value for text, so that numbers have to be told in another way.

    Raises
    ------
    ConfigError
        As `check` and `override`.
    """
    settings = {key: value for key, value in config.items() if key != "set"}
    check(settings)
    assignments = config.get("set", [])
    if not isinstance(assignments, str | list):
        raise ConfigError(f"set = {assignments!r}: write set=experiment.key=value, or a list of it")
    for assignment in [assignments] if isinstance(assignments, str) else assignments:
        experiment, _, rest = str(assignment).partition(".")
        names = methods(settings, experiment)
        settings = override(settings, experiment, names, [rest])
    return settings


def _parse(text: str) -> Any:
    try:
        return float(text) if any(c in text for c in ".eE") else int(text)
    except ValueError:
        try:
            return yaml.safe_load(text)
        except NOT_YAML:
            raise ConfigError(f"--set: {text[:60]!r} is not a value; quote it as YAML") from None


def _assign(settings: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    node: Any = settings
    for depth, name in enumerate(parents):
        node = node.get(name) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ConfigError(
                f"--set: there is no section {'.'.join(path[: depth + 1])!r} in this experiment: "
                f"{nearest(name, (k for k, v in settings.items() if isinstance(v, dict)))}"
            )
    node[last] = value
