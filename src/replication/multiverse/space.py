"""The space of universes: what may be chosen, from which range, and by which laws.

A universe is a point of the unit cube with one coordinate for each `Dimension`, in the ledger's
order. Points are drawn evenly; under another law of paper_checks/multiverse.yaml a universe counts
with the ratio of the densities, so that no other universe need be run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from replication.claims import ledger

Value = str | float
"""An option's name, or a number."""


class Dimension(Protocol):
    """One free choice."""

    @property
    def ambiguity(self) -> str:
        """The id of its entry in paper_checks/ambiguities."""

    @property
    def name(self) -> str:
        """Its own name: an ambiguity may have several dimensions."""

    @property
    def usual(self) -> float:
        """The coordinate of the default."""

    def value(self, u: float) -> Value:
        """What the coordinate u in [0, 1) stands for."""

    def density(self, u: float, law: str) -> float:
        """The density of a law at u, relative to that of ``even``."""


@dataclass(frozen=True)
class Options:
    """One of several options, as likely as one another."""

    ambiguity: str
    options: tuple[str, ...]
    default: str

    @property
    def name(self) -> str:
        """The ambiguity's."""
        return self.ambiguity

    @property
    def usual(self) -> float:
        """In the middle of the default's share."""
        return (self.options.index(self.default) + 0.5) / len(self.options)

    def value(self, u: float) -> str:
        """The option at u."""
        return self.options[int(u * len(self.options))]

    def density(self, u: float, law: str) -> float:
        """One half is the default's under ``printed``."""
        others = len(self.options) - 1
        if law != "printed" or others == 0:
            return 1.0
        share = 0.5 if self.value(u) == self.default else 0.5 / others
        return share * len(self.options)


@dataclass(frozen=True)
class Number:
    """A number in an interval."""

    ambiguity: str
    setting: str
    """``key=value`` with {x} for the number, and {rest} for 1 - x."""
    law: str
    default: float
    low: float
    high: float
    whole: bool = False

    @property
    def name(self) -> str:
        """The ambiguity's, and the key where this is not the same thing."""
        return f"{self.ambiguity}:{self.setting.partition('=')[0].rpartition('.')[2]}"

    @property
    def usual(self) -> float:
        """Where the default is."""
        low, high = self._ends
        x = 1 - self.default if self._from_one else self.default
        u = (x - low) / (high - low)
        return u if self.law == "uniform" else math.log(x / low) / math.log(high / low)

    def value(self, u: float) -> float:
        """The number at u, to few digits, so that a table holds all of it."""
        low, high = self._ends
        x = low + (high - low) * u if self.law == "uniform" else low * (high / low) ** u
        if self._from_one:
            return round(1 - x, 5)
        return round(x) if self.whole else float(f"{x:.4g}")

    def assignment(self, x: Value) -> str:
        """The setting for a number."""
        return self.setting.replace("{x}", str(x)).replace("{rest}", f"{1 - float(x):.6g}")

    def density(self, u: float, law: str) -> float:
        """A peak at the default under ``printed``; uniform in the number under ``flat``."""
        if law == "printed":
            return 0.5 + 0.5 * _triangle(u, self.usual)
        low, high = self._ends
        if law == "flat" and self.law != "uniform":
            return (high / low) ** u * math.log(high / low) / (high / low - 1)
        return 1.0

    @property
    def _from_one(self) -> bool:
        return self.law == "log-uniform below 1"

    @property
    def _ends(self) -> tuple[float, float]:
        """What is at u = 0 and at u = 1: of the number, or of its distance from 1."""
        return (1 - self.high, 1 - self.low) if self._from_one else (self.low, self.high)


def _triangle(u: float, peak: float) -> float:
    """The triangular density on [0, 1]."""
    if u < peak:
        return 2 * u / peak
    return 2.0 if peak >= 1 else 2 * (1 - u) / (1 - peak)


@cache
def dimensions() -> tuple[Dimension, ...]:
    """Every dimension, in the ledger's order; what has one plausible option is none."""
    return tuple(d for entry in ledger.ambiguities() for d in _of(entry))


def _of(entry: ledger.Entry) -> list[Dimension]:
    drawn = entry.get("range", {})
    options = tuple(drawn.get("options", ()))
    found: list[Dimension] = []
    if len(options) > 1:
        found.append(Options(entry["id"], options, entry["default"]))
    return [*found, *(Number(entry["id"], **number) for number in drawn.get("numbers", ()))]


@cache
def of_figure(figure: str) -> tuple[Dimension, ...]:
    """The dimensions that concern a figure: those of choices that may affect its claims."""
    group = {claim["id"] for claim in ledger.claims_of(figure.replace("fig", "figure_"))}
    concerned = {a["id"] for a in ledger.ambiguities() if group & set(a["affects"])}
    return tuple(d for d in dimensions() if d.ambiguity in concerned)
