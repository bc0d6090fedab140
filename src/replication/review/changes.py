"""Comparing what two runs came to: the report's data claim by claim, and tables cell by cell.

Verdicts have to be equal and numbers close: between machines the last bits of a run may differ.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-6
"""Of numbers, relative to those above one."""

ABSENT = "absent"


@dataclass(frozen=True)
class Change:
    """One value that is not what it was."""

    where: str
    """Slash-separated: a claim, perhaps one of its quantities, and so on."""
    what: str
    """The key under which it stands."""
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {_short(self.before)} -> {_short(self.after)}"


def close(before: Any, after: Any, slack: float = 0.0) -> bool:
    """Whether numbers are within the tolerance, or anything else is equal."""
    if isinstance(before, float | int) and isinstance(after, float | int):
        return before == after or abs(before - after) <= slack + TOLERANCE * max(1.0, abs(before))
    return bool(before == after)


def claim_changes(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> list[Change]:
    """Verdicts and quantities of claims that differ, in the order of the claims.

    Parameters
    ----------
    before, after : sequence of mapping
        ``claims`` of two reports' data.
    """
    old, new = by_id(before), by_id(after)
    found = []
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            found.append(Change(name, "claim", *_presence(name in old)))
            continue
        if old[name]["verdict"] != new[name]["verdict"]:
            found.append(Change(name, "verdict", old[name]["verdict"], new[name]["verdict"]))
        found += _quantity_changes(old[name], new[name])
    return found


def changes(before: Any, after: Any, where: str) -> Iterator[Change]:
    """All differences between two documents of plain data, numbers within the tolerance aside.

    Parameters
    ----------
    before, after : mapping, list, number, str or None
    where : str
        The path of what is compared, slash-separated.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from changes(before.get(key, ABSENT), after.get(key, ABSENT), f"{where}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            name = old.get("id", index) if isinstance(old, Mapping) else index
            yield from changes(old, new, f"{where}/{name}")
    elif not close(before, after):
        parent, _, key = where.rpartition("/")
        yield Change(parent or where, key, before, after)


def table_changes(before: str, after: str) -> list[Change]:
    """Cells of two CSV texts that differ, numbers within the tolerance aside."""
    old, new = (list(csv.reader(text.splitlines())) for text in (before, after))
    if len(old) != len(new):
        return [Change("table", "rows", len(old), len(new))]
    found = []
    for number, (a, b) in enumerate(zip(old, new, strict=True), start=1):
        if len(a) != len(b):
            found.append(Change(f"row {number}", "cells", len(a), len(b)))
            continue
        for column, p, q in zip(old[0], a, b, strict=False):
            if p != q and not close(_number(p), _number(q)):
                found.append(Change(f"row {number}", column, p, q))
    return found


def by_id(entries: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Claims or quantities by their ids."""
    return {entry["id"]: entry for entry in entries}


def _quantity_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = by_id(old["quantities"]), by_id(new["quantities"])
    for name in dict.fromkeys([*before, *after]):
        where = f"{old['id']}/{name}"
        if name not in before or name not in after:
            yield Change(where, "quantity", *_presence(name in before))
            continue
        p, q = before[name], after[name]
        for key in dict.fromkeys([*p, *q]):
            if not close(p.get(key, ABSENT), q.get(key, ABSENT)):
                yield Change(where, key, p.get(key, ABSENT), q.get(key, ABSENT))


def _presence(before: bool) -> tuple[str, str]:
    return ("present", ABSENT) if before else (ABSENT, "present")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _short(value: Any) -> str:
    text = f"{value:.12g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
