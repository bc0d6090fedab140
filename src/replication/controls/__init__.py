"""Planted faults: each check is seen to fail.

A control plants one fault in the code that a check is really made with, and says which verdict the
check gives without it and which one it has to give with it. `netnewton selftest` plants them all.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import mock

from replication import config, ledger
from replication.check import check_claim
from replication.measures import Evidence
from replication.simulate import simulate
from replication.storage import write_results

CONFIDENCE = 0.98


class Patch:
    """Replaces attributes and items until the end of a ``with`` block."""

    def __init__(self) -> None:
        self._undo = ExitStack()

    def __enter__(self) -> Patch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def setattr(self, target: object, name: str, value: object) -> None:
        """Replace an attribute, which has to exist."""
        self._undo.enter_context(mock.patch.object(target, name, value))

    def setitem(self, mapping: MutableMapping[str, Any], key: str, value: object) -> None:
        """Replace the value of a key, which has to exist."""
        before = mapping[key]
        self._undo.callback(mapping.__setitem__, key, before)
        mapping[key] = value


Plant = Callable[[Patch], None]
"""Plants a fault; its name is the fault's, the first line of its docstring says what it does."""

Check = Callable[[Path], str]
"""Does something in a scratch folder and gives a verdict, or "passes" or "fails"."""


@dataclass(frozen=True)
class Run:
    """One experiment's methods, with changed settings (``key=value``)."""

    experiment: str
    methods: tuple[str, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfClaim:
    """The verdict on a claim, or on one of its quantities, from runs made for it."""

    claim: str
    quantity: str | None = None
    runs: tuple[Run, ...] = ()

    def __call__(self, folder: Path) -> str:
        """Simulate, measure and judge."""
        for run in self.runs:
            settings = config.override(
                config.load(), run.experiment, run.methods, ["repetitions=8", *run.settings]
            )
            for method in run.methods:
                spec = config.spec(settings, run.experiment, method)
                write_results(folder / run.experiment / f"{method}.nc", spec, simulate(spec))
        entry = next(claim for claim in ledger.claims() if claim["id"] == self.claim)
        judged = check_claim(entry, Evidence(folder, CONFIDENCE))
        if self.quantity is None:
            return str(judged["verdict"])
        return next(str(q["verdict"]) for q in judged["quantities"] if q["id"] == self.quantity)


@dataclass(frozen=True)
class Control:
    """A planted fault, and the check that must catch it."""

    fault: Plant
    caught_by: str
    """The claim (or ``claim/quantity``), or the name of the check in the tests."""
    check: Check
    healthy: str
    """What the check says without the fault."""
    faulty: str
    """What it has to say with it."""
