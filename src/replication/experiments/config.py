"""Experiments as data: reading, overriding and checking the configuration (config/paper.yaml).

Everything wrong with a configuration is found here or in `experiments.build`, before anything is
computed, and said in one `ConfigError` that names the value and the remedy.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from replication.experiments.hints import explain, nearest

ROOT = Path(__file__).resolve().parents[3]
PAPER = ROOT / "config" / "paper.yaml"
STUDIES = ROOT / "config" / "studies.yaml"
SCHEMA = ROOT / "config" / "schema.json"

Settings = Mapping[str, Any]

# What the YAML reader raises on bad text: ValueError on endless digits, RecursionError on endless
# nesting.
NOT_YAML = (yaml.YAMLError, ValueError, RecursionError)


class ConfigError(ValueError):
    """The user's configuration or command line is at fault; the message says how to mend it."""


@dataclass(frozen=True)
class Spec:
    """One method of one experiment: all that a simulation depends on, as plain data."""

    experiment: str
    method: str
    settings: Settings
    """The experiment's settings, with ``method`` in place of ``methods``."""

    def to_json(self) -> str:
        """One line of JSON, the same for equal specs."""
        return json.dumps(
            {"experiment": self.experiment, "method": self.method, "settings": self.settings},
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """The inverse of `to_json`.

        Raises
        ------
        ConfigError
            If the text is not the JSON of a spec that fits the schema.
        """
        try:
            spec = cls(**json.loads(text))
            experiment = {**spec.settings, "methods": {spec.method: spec.settings["method"]}}
            del experiment["method"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ConfigError("this is not a configuration as one line of JSON") from None
        check({"experiments": {spec.experiment: experiment}})
        return spec


def load(path: Path = PAPER) -> dict[str, Any]:
    """Read and check a configuration file.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML or does not fit the schema.
    """
    return copy.deepcopy(_checked(path, _text(path)))


@cache
def _checked(path: Path, text: str) -> Any:
    """What a configuration file says, as long as its text is the same: reading YAML is slow."""
    config = _parsed(path, text)
    check(config)
    return config


def load_studies(path: Path = STUDIES) -> dict[str, Any]:
    """Read and check a file's studies; errors as for `load`."""
    return _studied(path)["studies"]


def studied_experiments(path: Path = STUDIES) -> dict[str, Any]:
    """The configuration that a file's studies choose from: its own experiments and the paper's.

    Errors as for `load`.
    """
    paper, own = load(), _studied(path).get("experiments", {})
    return {**paper, "experiments": {**paper["experiments"], **own}}


def _studied(path: Path) -> Any:
    document = _parsed(path, _text(path))
    check(document, {**config_schema(), "required": ["studies"]})
    return document


def load_part(path: Path, part: str) -> dict[str, Any]:
    """Read another file of the folder and check it against its part of the schema; as `load`."""
    document = _parsed(path, _text(path))
    _check_schema(document, {"$defs": config_schema()["$defs"], "$ref": f"#/$defs/{part}"})
    found: dict[str, Any] = document[part]
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except NOT_YAML as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def check(config: Any, schema: Settings | None = None) -> None:
    """Check a configuration against config/schema.json, or a schema made of it.

    Raises
    ------
    ConfigError
        Naming the first value at fault and the remedy.
    """
    try:
        for path, value in _leaves(config):
            if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
                raise ConfigError(f"{'.'.join(path)} = {value:.4g}: give a finite number")
    except RecursionError:
        raise ConfigError("the configuration contains itself: write it out") from None
    except OverflowError:  # an integer too long to be shown
        raise ConfigError(f"{'.'.join(path)} is too large for a number") from None
    _check_schema(config, schema or config_schema())


def _check_schema(document: Any, schema: Settings) -> None:
    from jsonschema.exceptions import best_match

    errors = list(_validator()(schema).iter_errors(document))
    if errors:
        # The first in the file, where an anchor is written; jsonschema's order is any.
        first = min(errors, key=lambda error: _position(document, error.absolute_path))
        raise ConfigError(explain(best_match([first])))


def _position(document: Any, path: Iterable[str | int]) -> list[int]:
    """Where a path stands in a document: comparing such lists puts paths in its order."""
    places = []
    for part in path:
        places.append(list(document).index(part) if isinstance(document, Mapping) else int(part))
        document = document[part]
    return places


@cache
def _validator() -> Any:
    import jsonschema  # a fifth of a second that `--help` need not pay

    # JSON Schema takes 3.0 for an integer; Python's range does not.
    strict = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=strict)


def spec(config: Settings, experiment: str, method: str) -> Spec:
    """One method of one experiment.

    Raises
    ------
    ConfigError
        If there is no such experiment or method, with the nearest name.
    """
    settings = looked_up(config["experiments"], experiment, "experiment")
    chosen = looked_up(settings["methods"], method, "method")
    kept = {
        k: v for k, v in settings.items() if k not in ("methods", "sources", "title", "figures")
    }
    return Spec(experiment, method, {**kept, "method": dict(chosen)})


def methods(config: Settings, experiment: str) -> list[str]:
    """Names of an experiment's methods."""
    return list(looked_up(config["experiments"], experiment, "experiment")["methods"])


def origin(sources: Mapping[str, str], path: Sequence[str]) -> str | None:
    """Where a value comes from: the entry of `sources` for its path or its nearest ancestor."""
    for end in range(len(path), 0, -1):
        if (stated := sources.get(".".join(path[:end]))) is not None:
            return stated
    return None


def changes_from_paper(spec: Spec) -> list[str]:
    """How a spec's values differ from config/paper.yaml; an experiment not in there has none.

    What is measured under changed settings says nothing of the default readings.
    """
    try:
        paper = _flat(_paper_spec(spec.experiment, spec.method).settings)
    except ConfigError:
        return []
    own = _flat(spec.settings)
    return [
        f"{spec.experiment}/{spec.method}: {key} = {own.get(key)} (paper: {paper.get(key)})"
        for key in sorted(paper.keys() | own.keys())
        if own.get(key) != paper.get(key)
    ]


def _paper_spec(experiment: str, method: str) -> Spec:
    return spec(load(), experiment, method)


def _flat(settings: Settings) -> dict[str, Any]:
    return {".".join(path): value for path, value in _leaves(settings)}


def values(settings: Settings) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of an experiment with its path, without the labels and sources."""
    shown = {k: v for k, v in settings.items() if k not in ("title", "figures", "sources")}
    return _leaves(shown)


@cache
def config_schema() -> dict[str, Any]:
    """What config/schema.json says, read once."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def looked_up(table: Mapping[str, Any], name: str, what: str) -> Any:
    """An entry of a table; an unknown name is told with the nearest one."""
    if name not in table:
        raise ConfigError(f"there is no {what} {name!r}: {nearest(name, table)}")
    return table[name]


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ConfigError(f"the key {key!r} of {'.'.join(path) or 'the top'}: quote it")
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, str(index)))
    else:
        yield path, value
