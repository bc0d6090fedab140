"""The jobs of a run, as Snakemake's log records tell of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from logging import LogRecord
from pathlib import Path

WHOLE = "all"
"""The rule that asks for everything; it does nothing itself, so that it is not counted."""

SHOWN = 12
"""Lines of a failed job's log that are shown."""


@dataclass(frozen=True)
class Job:
    """One job that has been started."""

    name: str
    """Its rule, and the values of its wildcards."""
    logs: tuple[Path, ...]
    counts: bool
    """Whether it does anything."""
    makes: bool
    """Whether it makes files; what other jobs come to stands in their log."""
    started: float
    """In seconds, by ``time.monotonic``."""

    @classmethod
    def of(cls, record: LogRecord) -> Job:
        """The job that a record of the kind ``job_info`` announces."""
        told = record.__dict__
        name = " ".join([told["rule_name"], *map(str, told["wildcards"].values())])
        counts = told["rule_name"] != WHOLE
        return cls(name, _paths(told), counts, bool(told["output"]), time.monotonic())

    def said(self) -> list[str]:
        """The lines of its log."""
        return [line for path in self.logs for line in _lines(path)]

    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.started


@dataclass
class Run:
    """How far a run is."""

    asked: set[str] = field(default_factory=set)
    """The rules that lead to what was asked for, also where their files are there."""
    counts: dict[str, int] = field(default_factory=dict)
    """Jobs to be run, by rule."""
    jobs: dict[int, Job] = field(default_factory=dict)
    """Those that run, by Snakemake's number."""
    failed: list[str] = field(default_factory=list)
    """The rules of those that have failed."""
    done: int = 0
    started: bool = False
    idle: bool = False
    """Whether nothing is to be done."""
    interrupted: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def total(self) -> int:
        """How many jobs are to be run."""
        return sum(n for rule, n in self.counts.items() if rule not in (WHOLE, "total"))

    @property
    def complete(self) -> bool:
        """Whether everything was asked for, and is there."""
        made = WHOLE in self.counts and self.done == self.total
        return WHOLE in self.asked and (self.idle or made)

    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.since


def failure(record: LogRecord) -> str:
    """What is to be said of a failed job: its rule, its log, and how that ends.

    Parameters
    ----------
    record : LogRecord
        Of the kind ``job_error``.
    """
    told = record.__dict__
    return "\n".join(_failure(told["rule_name"], _paths(told)))


def _failure(rule: str, logs: tuple[Path, ...]) -> Iterator[str]:
    if not logs:
        yield f"{rule} failed; it has no log"
    for path in logs:
        lines = _lines(path)[-SHOWN:]
        yield f"{rule} failed; its log, {path}, {'ends:' if lines else 'is empty'}"
        yield from (f"    {line}" for line in lines)


def _paths(told: dict[str, object]) -> tuple[Path, ...]:
    logs = told["log"]
    return tuple(map(Path, logs)) if isinstance(logs, list) else ()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    except OSError:  # not written, or gone
        return []
