"""Settings in place of a configuration's: ``key=value`` from a command line, workflow or grid."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
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
    known = list(_keys(settings))
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator or not key:
            raise ConfigError(f"--set {assignment}: write key=value, for example step_size=1e-4")
        if key not in known:
            raise ConfigError(f"{experiment} has no key {key!r}: {nearest(key, known)}")
        targets = [f"methods.{name}.{key}" for name in chosen] if of_methods(key) else [key]
        for target in targets:
            _assign(settings, target.split("."), _parse(text))
    check({"experiments": {experiment: settings}})
    return {**config, "experiments": {**config["experiments"], experiment: settings}}


def of_methods(key: str) -> bool:
    """Whether a key alone is a setting of methods, so that it holds for all of them."""
    return key in config_schema()["$defs"]["method"]["properties"]


def _keys(experiment: Settings) -> Iterator[str]:
    """Every key that an assignment may name, by the schema: the nearest names come first."""
    known = config_schema()["$defs"]
    sections = known["experiment"]["properties"]
    yield from (key for key in sections if key != "sources")
    yield from known["method"]["properties"]
    for section in sections:
        yield from (f"{section}.{key}" for key in known.get(section, {}).get("properties", {}))
    for method in experiment["methods"]:
        yield f"methods.{method}"
        yield from (f"methods.{method}.{key}" for key in known["method"]["properties"])


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
    for name in parents:
        node = node[name]
        if not isinstance(node, dict):
            raise ConfigError(f"--set {'.'.join(path)}: {name} was set to {node!r} before")
    node[last] = value
