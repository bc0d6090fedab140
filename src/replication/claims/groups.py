"""The groups of claims, in the ledger's order: one folder each, with the same parts.

``measure.py`` has ``MEASURES``, from a claim's id to what is measured for it; ``faults.py`` has
``CONTROLS``, the planted faults that its checks must catch.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replication.claims.control import Control
    from replication.claims.evidence import Measure

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
)


@cache
def measures() -> Mapping[str, Measure]:
    """What is measured for each claim, by its id in the ledger."""
    return {name: m for group in GROUPS for name, m in _part(group, "measure").MEASURES.items()}


def controls() -> list[Control]:
    """The planted faults of all groups."""
    return [control for group in GROUPS for control in _part(group, "faults").CONTROLS]


def _part(group: str, part: str) -> Any:
    return import_module(f"{__package__}.{group}.{part}")
