"""Reading paper_checks/claims.yaml and paper_checks/ambiguities.yaml, written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from replication.experiments.config import ROOT, ConfigError, nearest

FOLDER = ROOT / "paper_checks"

Entry = Mapping[str, Any]


def claims() -> list[Entry]:
    """Every claim, in the ledger's order."""
    return load(FOLDER / "claims.yaml", "claims")


def ambiguities() -> list[Entry]:
    """Every choice the paper leaves open, in the ledger's order."""
    return load(FOLDER / "ambiguities.yaml", "ambiguities")


def products() -> list[Entry]:
    """The combinations of options that claims are measured under, beside one option at a time."""
    return load(FOLDER / "ambiguities.yaml", "ambiguities", "products")


@cache
def default_option(ambiguity: str) -> str:
    """How an ambiguity is read by default."""
    defaults = {entry["id"]: entry["default"] for entry in ambiguities()}
    if ambiguity not in defaults:
        raise ConfigError(f"there is no ambiguity {ambiguity!r}: {nearest(ambiguity, defaults)}")
    return str(defaults[ambiguity])


@cache
def load(path: Path, kind: str, part: str | None = None) -> list[Entry]:
    """The entries of a ledger, checked against its part of the schema; read once.

    Raises
    ------
    ConfigError
        If the file does not fit its part of paper_checks/schema.json.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"})
    if (error := best_match(validator.iter_errors(document))) is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise ConfigError(f"{path.name}, {where}: {error.message}")
    return document[part or kind]
