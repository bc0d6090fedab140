"""Reading paper_checks/claims and paper_checks/ambiguities, written by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from replication.experiments.config import ROOT, ConfigError, nearest

FOLDER = ROOT / "paper_checks"
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times faster, where it is

GROUPS = (
    "definitions",
    "messages",
    "rates",
    "theorems",
    "estimators",
    "figure_1",
    "figure_2",
    "figure_3",
    "attribution",
    "promise",
)
"""The groups of claims, in the paper's order: a file of the ledger and a folder here for each."""

TOPICS = ("algorithm", "dilemma", "estimators", "gridworld", "statistics")
"""What the ambiguities are about, a file for each."""

Entry = Mapping[str, Any]


def claims() -> list[Entry]:
    """Every claim, in the paper's order: that of the groups, and in a group that of its file."""
    return _unique("claims", {group: claims_of(group) for group in GROUPS})


def claim(name: str) -> Entry:
    """One claim.

    Raises
    ------
    ConfigError
        If there is none of that id.
    """
    known = {entry["id"]: entry for entry in claims()}
    if name not in known:
        raise ConfigError(f"there is no claim {name!r}: {nearest(name, known)}")
    return known[name]


def claims_of(group: str) -> list[Entry]:
    """The claims of one group."""
    return load(FOLDER / "claims" / f"{group}.yaml", "claims")


def ambiguities() -> list[Entry]:
    """Every choice the paper leaves open, by topic."""
    folder = FOLDER / "ambiguities"
    of_topics = {topic: load(folder / f"{topic}.yaml", "ambiguities") for topic in TOPICS}
    return _unique("ambiguities", of_topics)


def products() -> list[Entry]:
    """The combinations of options that claims are measured under, beside one option at a time."""
    return load(FOLDER / "ambiguities" / "products.yaml", "products")


def multiverse() -> Entry:
    """What the multiverse runs, and the laws that its universes are counted by."""
    found: Any = load(FOLDER / "multiverse.yaml", "multiverse")
    return dict(found)


def _unique(folder: str, parts: Mapping[str, Sequence[Entry]]) -> list[Entry]:
    """The entries of all files of a folder, each id once."""
    found = [(entry["id"], part) for part, entries in parts.items() for entry in entries]
    for name, times in Counter(name for name, _ in found).items():
        if times > 1:
            files = " and ".join(f"{part}.yaml" for other, part in found if other == name)
            raise ConfigError(f"paper_checks/{folder}: {name!r} is in {files}: keep one")
    return [entry for entries in parts.values() for entry in entries]


@cache
def default_option(ambiguity: str) -> str:
    """How an ambiguity is read by default."""
    defaults = {entry["id"]: entry["default"] for entry in ambiguities()}
    if ambiguity not in defaults:
        raise ConfigError(f"there is no ambiguity {ambiguity!r}: {nearest(ambiguity, defaults)}")
    return str(defaults[ambiguity])


@cache
def load(path: Path, kind: str) -> list[Entry]:
    """The entries of a ledger, checked against its part of the schema; read once.

    Raises
    ------
    ConfigError
        If the file does not fit its part of paper_checks/schema.json.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    document = SAFE_LOADER(path.read_text(encoding="utf-8")).get_single_data()
    validator = Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"})
    if (error := best_match(validator.iter_errors(document))) is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise ConfigError(f"{path.name}, {where}: {error.message}")
    return document[kind]
