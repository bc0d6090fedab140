"""``netnewton selftest``: plants every fault of the registry and sees whether its check notices."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from replication.claims.evidence import Evidence
from replication.claims.judge import check_claims
from replication.claims.planting import CONFIDENCE, Check, Control, OfClaim, Patch, Plant
from replication.experiments.config import ConfigError, nearest

Verdicts = dict[tuple[Plant | None, Check | OfClaim], str]


@dataclass(frozen=True)
class Outcome:
    """What a check said without and with a fault."""

    control: Control
    without: str
    planted: str
    """Its verdict with the fault, or the error in place of one."""
    seconds: float

    def data(self) -> dict[str, Any]:
        """The same as plain data."""
        control = self.control
        return {
            "fault": control.name,
            "plants": control.plants,
            "check": control.caught_by,
            "expected": [control.healthy, control.faulty],
            "found": [self.without, self.planted],
            "caught": self.caught,
            "seconds": self.seconds,
        }

    @property
    def caught(self) -> bool:
        """Whether both verdicts are those that the control names."""
        return (self.without, self.planted) == (self.control.healthy, self.control.faulty)


class Bench:
    """Tries controls one after the other, and measures nothing twice.

    Parameters
    ----------
    folder : Path
        An empty one, for results: those without a fault are shared by all claims, those with a
        fault by the claims that it is tried on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._verdicts: Verdicts = {}

    def outcome(self, control: Control) -> Outcome:
        """Plant a control's fault."""
        started = time.perf_counter()
        without = self._verdict(control.check, None)
        planted = self._verdict(control.check, control.fault)
        return Outcome(control, without, planted, time.perf_counter() - started)

    def _verdict(self, check: Check | OfClaim, fault: Plant | None) -> str:
        wanted = fault, check
        if wanted not in self._verdicts:
            try:
                found = self._judged(check, fault)
                self._verdicts |= {wanted: found[wanted], **found}
            except Exception as error:  # a check that breaks is no reason to skip the others
                self._verdicts[wanted] = f"{type(error).__name__}: {error}"
        return self._verdicts[wanted]

    def _judged(self, check: Check | OfClaim, fault: Plant | None) -> Verdicts:
        """The check's verdict, and where it is one on a claim those on all of its quantities."""
        folder = self.folder / ("healthy" if fault is None else fault.__name__)
        folder.mkdir(parents=True, exist_ok=True)
        with Patch() as patch:
            if fault is not None:
                fault(patch)
            if not isinstance(check, OfClaim):  # which may leave made-up results behind
                with tempfile.TemporaryDirectory(dir=folder) as own:
                    return {(fault, check): check(Path(own))}
            judged = verdicts(check, folder)
        return {(fault, replace(check, quantity=name)): found for name, found in judged.items()}


def verdicts(check: OfClaim, folder: Path) -> dict[str | None, str]:
    """The verdicts on a claim, under None, and on all of its quantities, under their ids."""
    for run in check.runs:
        run.make(folder)
    with Patch() as patch:
        if check.smaller is not None:
            check.smaller(patch)
        (judged,) = check_claims(Evidence(folder, CONFIDENCE), [check.claim])
    return {None: judged["verdict"], **{q["id"]: q["verdict"] for q in judged["quantities"]}}


def selftest(controls: Sequence[Control], jobs: int = 1) -> Iterator[Outcome]:
    """Plant faults, and yield whether each was caught.

    Parameters
    ----------
    controls : sequence of Control
    jobs : int
        Worker processes.
    """
    if jobs == 1:
        with tempfile.TemporaryDirectory() as folder:
            yield from map(Bench(Path(folder)).outcome, controls)
        return
    from joblib import Parallel, delayed, parallel_config

    groups: dict[str, list[Control]] = {}  # of a claim, so that it is measured only once healthy
    for control in controls:
        groups.setdefault(control.claim, []).append(control)
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=jobs, return_as="generator")
        for group in parallel(delayed(_group)(group) for group in groups.values()):
            yield from group


def chosen(controls: Sequence[Control], names: Sequence[str]) -> list[Control]:
    """The controls of the faults, claims or checks that are named; all if none is.

    Raises
    ------
    ConfigError
        If a name is unknown.
    """
    known = {control: {control.name, control.claim, control.caught_by} for control in controls}
    every = sorted(set().union(*known.values()))
    for name in names:
        if name not in every:
            raise ConfigError(f"there is no fault, claim or check {name!r}: {nearest(name, every)}")
    return [control for control in controls if not names or known[control] & set(names)]


def _group(controls: Iterable[Control]) -> list[Outcome]:
    """Outcomes of some controls, in a process and a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        return list(map(Bench(Path(folder)).outcome, controls))
