"""Planted faults: each check is seen to fail.

A control plants one fault in the code that a check is really made with, and says which verdict the
check gives without it and which one it has to give with it. Here is what a control is made of;
`controls.selftest` plants the faults and sees the checks notice.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import mock

from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.experiments import config
from replication.experiments.config import Spec
from replication.experiments.overrides import override
from replication.experiments.results import Results, write_results
from replication.experiments.simulate import simulate

CONFIDENCE = 0.98
REPETITIONS = 8  # one more than bound a median at 98 % from both sides
PASSES, FAILS = "passes", "fails"


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

    def arguments(self, target: object, name: str, change: Callable[..., tuple]) -> None:
        """Call a function, or a method of a class, with what `change` makes of its arguments."""
        real = getattr(target, name)
        self.setattr(target, name, lambda *given, **named: real(*change(*given), **named))

    def result(self, target: object, name: str, change: Callable[..., Any]) -> None:
        """Let a function, or a method of a class, return what `change` makes of its result."""
        real = getattr(target, name)
        self.setattr(target, name, lambda *given, **named: change(real(*given, **named)))

    def around(self, target: object, name: str, change: Callable[..., Any]) -> None:
        """As `result`, and `change` is told the arguments after the result."""
        real = getattr(target, name)
        self.setattr(target, name, lambda *given: change(real(*given), *given))

    def forget(self, *cached: Any) -> None:
        """Let cached functions compute anew, now and after the block."""
        for function in cached:
            function.cache_clear()
            self._undo.callback(function.cache_clear)


Plant = Callable[[Patch], None]
"""Plants a fault; its name is the fault's, the first line of its docstring says what it does."""

Check = Callable[[Path], str]
"""Does something in a scratch folder and says whether it "passes" or "fails"."""


@dataclass(frozen=True)
class Run:
    """One experiment's methods, with changed settings (``key=value``)."""

    experiment: str
    methods: tuple[str, ...]
    settings: tuple[str, ...] = ()

    def specs(self) -> list[Spec]:
        """What is to be simulated; `REPETITIONS` repetitions unless the settings say otherwise."""
        assignments = [f"repetitions={REPETITIONS}", *self.settings]
        changed = override(config.load(), self.experiment, self.methods, assignments)
        return [config.spec(changed, self.experiment, method) for method in self.methods]

    def make(self, folder: Path) -> None:
        """Simulate what the folder does not hold yet; it must not serve several faults."""
        for spec in self.specs():
            path = folder / spec.experiment / f"{spec.method}.nc"
            if not path.exists() or Results(path).spec != spec:
                write_results(path, spec, simulate(spec))


@dataclass(frozen=True)
class OfClaim:
    """The verdict on a claim, or on one of its quantities, from runs made for it."""

    claim: str
    quantity: str | None = None
    runs: tuple[Run, ...] = ()
    smaller: Plant | None = None
    """Makes what is measured without runs small enough to take seconds."""


@dataclass(frozen=True)
class Control:
    """A planted fault, and the check that must catch it."""

    fault: Plant
    caught_by: str
    """The claim (or ``claim/quantity``), or the name of another check."""
    check: Check | OfClaim
    healthy: str
    """What the check says without the fault."""
    faulty: str
    """What it has to say with it."""

    @property
    def name(self) -> str:
        """The fault's name."""
        return str(getattr(self.fault, "__name__", self.fault))

    @property
    def plants(self) -> str:
        """What the fault is, in a line."""
        return (self.fault.__doc__ or "").strip().split("\n")[0]

    @property
    def claim(self) -> str:
        """The claim that must catch it, or the name of another check."""
        return self.caught_by.partition("/")[0]


def of_claim(
    fault: Plant,
    caught_by: str,
    runs: tuple[Run, ...] = (),
    smaller: Plant | None = None,
    healthy: str = REPRODUCED,
    faulty: str = CONTRADICTED,
) -> Control:
    """A fault that must change the verdict on a ``claim``, or on one ``claim/quantity``."""
    claim, _, quantity = caught_by.partition("/")
    check = OfClaim(claim, quantity or None, runs, smaller)
    return Control(fault, caught_by, check, healthy, faulty)


def of_check(check: Check, *faults: Plant) -> list[Control]:
    """Faults that a check of `controls.against_literal` or `by_hand` must catch."""
    return [Control(fault, check.__name__, check, PASSES, FAILS) for fault in faults]


def verdict_of_check(holds: object) -> str:
    """What a check says that is not of a claim."""
    return PASSES if holds else FAILS
