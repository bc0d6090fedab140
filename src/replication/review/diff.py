"""What changed between two folders of results, claim by claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.judge import check_claim
from replication.claims.on_library import read_measured
from replication.experiments import config
from replication.experiments.config import ConfigError
from replication.experiments.intervals import Interval
from replication.experiments.recipes import Missing
from replication.experiments.results import VARIABLES, Results
from replication.report.pages import interval
from replication.review.archive import MEASURED, opened
from replication.review.changes import ABSENT, TOLERANCE, claim_changes
from replication.review.replay import difference

Measured = Mapping[str, Mapping[str, Interval]]
Sides = tuple[Path, Path]


@dataclass(frozen=True)
class Comparison:
    """Lines for a screen, by kind. Numbers within `changes.TOLERANCE` count as unchanged."""

    settings: list[str]
    """Runs that only one folder has, and settings that differ."""
    data: list[str]
    """Runs of equal settings whose values differ."""
    claims: list[str]
    unmeasured: list[str]
    """Claims that cannot be compared, and why; they do not count as changed."""

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return bool(self.settings or self.data or self.claims)

    def lines(self) -> Iterator[str]:
        """All of it, under headings."""
        for heading, found in vars(self).items():
            if found:
                yield f"{heading}:"
                yield from (f"  {line}" for line in found)
        if not self.changed:
            yield "nothing changed"


def compare_runs(before: Path, after: Path, confidence: float) -> Comparison:
    """Compare two folders of results, or archives of them.

    Parameters
    ----------
    before, after : Path
        Each holds ``<experiment>/<method>.nc`` and perhaps ``measured.json``.
    confidence : float
        Of every interval.

    Raises
    ------
    ConfigError
        If a folder holds no results, or a file is damaged.
    """
    with opened(before) as old, opened(after) as new:
        return _compared((old, new), (before, after), confidence)


def _compared(folders: Sides, names: Sides, confidence: float) -> Comparison:
    stored = [_results(folder, name) for folder, name in zip(folders, names, strict=True)]
    measured, missing = _measured(folders, names, confidence)
    evidence = [Evidence(folder, confidence, measured[folder]) for folder in folders]
    claims: list[str] = []
    lacking: dict[str, list[str]] = {}
    neither = []
    for entry in ledger.claims():
        if entry["id"] not in measures() or (missing and not entry["experiments"]):
            continue
        sides = [_judged(*side, entry) for side in zip(evidence, folders, names, strict=True)]
        reasons = [side for side in sides if isinstance(side, str)]
        if len(reasons) == 2:
            neither.append(entry["id"])
        elif reasons:
            lacking.setdefault(reasons[0], []).append(entry["id"])
        else:
            claims += _claim_lines(*sides)  # type: ignore[arg-type]
    missing += [f"in one only: {', '.join(names)}: {why}" for why, names in lacking.items()]
    missing += [f"in neither: {', '.join(neither)}"] if neither else []
    return Comparison(list(_settings(*stored)), list(_data(*stored)), claims, missing)


def _results(folder: Path, name: Path) -> dict[str, Results]:
    found = {
        f"{path.parent.name}/{path.stem}": Results(path) for path in sorted(folder.glob("*/*.nc"))
    }
    if not found:
        raise ConfigError(
            f"{name} holds no results: name a folder of <experiment>/<method>.nc files"
        )
    return found


def _measured(
    folders: Sides, names: Sides, confidence: float
) -> tuple[dict[Path, Measured | None], list[str]]:
    """What was measured on the library, and why it cannot be compared if it cannot."""
    pairs = zip(folders, names, strict=True)
    lacking = [str(name) for folder, name in pairs if not (folder / MEASURED).exists()]
    if lacking:
        reason = f"claims on the library itself: no {MEASURED} in {' and '.join(lacking)}"
        return dict.fromkeys(folders), [reason]
    return {folder: read_measured(folder / MEASURED, confidence) for folder in folders}, []


def _judged(
    evidence: Evidence, folder: Path, name: Path, entry: ledger.Entry
) -> dict[str, Any] | str:
    """A claim that was measured, or the reason why it cannot be."""
    if not entry["experiments"] and entry["id"] not in evidence.measured:
        return f"{name / MEASURED} does not hold it"
    try:
        return check_claim(entry, evidence)
    except Missing as missing:
        run = f"{missing.path.parent.name}/{missing.path.stem}"
        return f"no {run} in {name}" if folder != name else str(missing)
    except ConfigError as error:
        return str(error)
    except (KeyError, ValueError, IndexError) as error:  # results of another version
        return f"{name} does not fit this version: {error!r}"


def _claim_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """The claim's verdicts if anything differs, and below it each quantity that does."""
    changed = {change.where for change in claim_changes([old], [new])}
    if not changed:
        return
    verdicts = [old["verdict"], new["verdict"]]
    same = verdicts[0] == verdicts[1]
    yield f"{old['id']}: " + (f"{verdicts[0]}, as before" if same else " -> ".join(verdicts))
    for p, q in zip(old["quantities"], new["quantities"], strict=True):
        if f"{old['id']}/{p['id']}" in changed:
            yield f"  {p['id']}: {_quantity(p)} -> {_quantity(q)}"


def _quantity(quantity: Mapping[str, Any]) -> str:
    return f"{interval(quantity)}, n = {quantity['n']}, {quantity['verdict']}"


def _settings(old: Mapping[str, Results], new: Mapping[str, Results]) -> Iterator[str]:
    for side, own, other in (("first", old, new), ("second", new, old)):
        if alone := [run for run in own if run not in other]:
            yield f"only the {side} has {', '.join(alone)}"
    for run in old:
        if run in new:
            before, after = _flat(old[run]), _flat(new[run])
            for key in dict.fromkeys([*before, *after]):
                p, q = before.get(key, ABSENT), after.get(key, ABSENT)
                if p != q:
                    yield f"{run}: {key} {p} -> {q}"


def _flat(results: Results) -> dict[str, Any]:
    return {".".join(path): value for path, value in config.values(results.spec.settings)}


def _data(old: Mapping[str, Results], new: Mapping[str, Results]) -> Iterator[str]:
    for run in old:
        if run in new and old[run].spec == new[run].spec:
            yield from _traces(run, old[run], new[run])


def _traces(run: str, old: Results, new: Results) -> Iterator[str]:
    """The first repetition whose values differ by more than the tolerance, if there is one."""
    for repetition in range(len(old["J"])):
        try:
            found = difference(_trace(old, repetition), _trace(new, repetition))
        except (KeyError, ValueError, IndexError):
            yield f"{run}: the files do not hold the same variables"
            return
        if found is not None and found.largest.size > TOLERANCE:
            yield f"{run}: equal settings, but repetition {repetition} {found}"
            return


def _trace(results: Results, repetition: int) -> dict[str, Any]:
    held = {}
    for name in VARIABLES:
        with suppress(KeyError):  # exact runs have no effective sample size
            held[name] = results[name][repetition]
    return held
