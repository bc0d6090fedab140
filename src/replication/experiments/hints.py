"""Remedies: the name that was meant, and what is wrong with a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

ALIKE = 0.6
"""How alike two names are, from 0 to 1, if one may be the other misspelt."""
MOST_MEANT, MOST_KNOWN = 4, 50


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy for an unknown name: the one that was meant, those that contain it, or all."""
    names = list(dict.fromkeys(known))
    if meant := _meant(name.casefold(), names)[:MOST_MEANT]:
        return f"did you mean {' or '.join(repr(one) for one in meant)}?"
    more = f" and {len(names) - MOST_KNOWN} more" if len(names) > MOST_KNOWN else ""
    return f"known: {', '.join(names[:MOST_KNOWN])}{more}"


def _meant(name: str, known: Sequence[str]) -> list[str]:
    likeness = {other: _likeness(name, other.casefold()) for other in known}
    best = max(known, key=likeness.__getitem__, default="")
    if likeness.get(best, 0.0) >= ALIKE:
        return [best]
    return [other for other in known if len(name) > 1 and name in other.casefold()]


def _likeness(name: str, other: str) -> float:
    """Of a name and another, which may be meant by the last part of its path alone."""
    wholes = [other] if "." in name else [other, other.rpartition(".")[2]]
    return max(SequenceMatcher(None, name, whole).ratio() for whole in wholes)


def explain(error: Any) -> str:
    """A sentence for a fault that a schema found: where it is, the value, and the remedy."""
    path = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = next(key for key in error.instance if key not in known)
        return f"{path} has no key {unknown!r}: {nearest(str(unknown), known)}"
    if error.validator == "required":
        missing = [repr(key) for key in error.validator_value if key not in error.instance]
        if len(missing) == 1:
            return f"{path} lacks the key {missing[0]}: add it"
        return f"{path} lacks the keys {', '.join(missing)}: as in config/examples/own.yaml"
    if error.validator == "enum":
        allowed = [str(value) for value in error.validator_value]
        return f"{path} = {error.instance!r}: {nearest(str(error.instance), allowed)}"
    if "give" in error.schema:
        return f"{path} = {error.instance!r}: give {error.schema['give']}"
    if error.validator == "type" and isinstance(error.instance, str):
        return (
            f"{path} = {error.instance!r} is text: give {_article(error.validator_value)} "
            "(in YAML, floats need a point: 1.0e-5)"
        )
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "above",
        "exclusiveMaximum": "below",
    }
    if error.validator in bounds:
        bound = bounds[error.validator]
        return f"{path} = {error.instance!r}: give a value {bound} {error.validator_value}"
    return f"{path} = {error.instance!r} does not fit: {error.message}"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
