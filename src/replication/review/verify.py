"""Deriving everything again from the stored raw results, and comparing it with what is committed.

Offline, and nothing is simulated: the summaries, the figures' data and captions, and the verdicts
follow from ``results/*/*.nc`` and ``results/measured.json``, which holds what was measured on the
library itself. `gridworld_paths` alone plays: the stored policies, on noise of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.on_library import read_measured
from replication.experiments.config import ConfigError
from replication.experiments.results import Results
from replication.experiments.summarise import write_summary
from replication.figures.draw import FIGURES
from replication.figures.style import Key
from replication.figures.threshold_curves import draw_thresholds
from replication.multiverse.effects import RUNS_AGAIN
from replication.report.collect import report_data, write_report_data
from replication.review.archive import MANIFEST, MEASURED, THRESHOLDS, manifest_problems
from replication.review.changes import Change, by_id, changes, table_changes

ELSEWHERE = frozenset({"claims", "confidence", "figures"})
"""Parts of the report that are compared on their own."""

NOTES = {"gridworld_paths": "the stored policies were played again"}


@dataclass(frozen=True)
class Item:
    """One thing that was derived again."""

    name: str
    problems: tuple[str, ...] = ()
    note: str = ""
    skipped: str = ""
    """Why it could not be derived, if so."""

    @property
    def state(self) -> str:
        """What came of it: ok, DIFFERS or skipped."""
        return "skipped" if self.skipped else "DIFFERS" if self.problems else "ok"

    @property
    def detail(self) -> str:
        """What there is to say of it."""
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{self.problems[0]}{more}" if self.problems else self.skipped or self.note


def verify(results: Path, report: Path, figures: Path) -> Iterator[Item]:
    """Compare what the stored raw results come to with the report, its figures and summaries.

    Parameters
    ----------
    results : Path
        The folder that holds ``<experiment>/<method>.nc`` and ``measured.json``.
    report : Path
        The committed ``report.json``.
    figures : Path
        The folder of the committed figures' data and captions.

    Yields
    ------
    Item
        As soon as it has been compared.

    Raises
    ------
    ConfigError
        If the report or a result is missing or damaged.
    """
    yield from _items(results, read_report(report), figures)


def _items(results: Path, committed: Mapping[str, Any], figures: Path) -> Iterator[Item]:
    if (results / MANIFEST).exists():
        yield Item("manifest", tuple(manifest_problems(results)))
    keys = [(run["experiment"], run["method"]) for run in committed["runs"]]
    stored = {key: Results(_path(results, key)) for key in keys}
    yield from _summaries(results, keys, committed["confidence"])
    captions: dict[str, str] = {}
    for name in committed["figures"]:
        item, captions[name] = _figure(name, results, stored, committed, figures)
        yield item
    yield from _verdicts(results, keys, committed, captions)


def _path(results: Path, key: Key) -> Path:
    return results / key[0] / f"{key[1]}.nc"


def _summaries(results: Path, keys: list[Key], confidence: float) -> Iterator[Item]:
    for experiment in dict.fromkeys(name for name, _ in keys):
        stored = results / experiment / "summary.csv"
        name = f"summary of {experiment}"
        if not stored.exists():
            yield Item(name, skipped="none is stored")
            continue
        paths = [_path(results, key) for key in keys if key[0] == experiment]
        with tempfile.TemporaryDirectory(prefix="netnewton-") as folder:
            again = Path(folder) / "summary.csv"
            write_summary(paths, again, confidence)
            yield Item(name, _tables_differ(stored, again.read_text(encoding="utf-8")))


def _figure(
    name: str,
    results: Path,
    stored: Mapping[Key, Results],
    committed: Mapping[str, Any],
    figures: Path,
) -> tuple[Item, str]:
    """A figure's data and caption compared, and the caption."""
    label, confidence = f"figure {name}", committed["confidence"]
    if name not in FIGURES:
        return Item(label, (f"there is no figure {name!r} in this version",)), ""
    drawing = FIGURES[name] if name != "thresholds" else draw_thresholds(results / THRESHOLDS[0])
    if missing := [key for key in drawing.needs if key not in stored]:
        return Item(label, (f"{'/'.join(missing[0])} is not among the report's runs",)), ""
    data = drawing.prepare({key: stored[key] for key in drawing.needs}, confidence)
    caption = drawing.caption(data, confidence).strip()
    problems = _tables_differ(figures / f"{name}.csv", drawing.table(data))
    if _text(figures / f"{name}.txt") != caption:
        problems += (f"{figures / name}.txt is not the caption of this data",)
    if committed["figures"][name] != caption:
        problems += ("the report's caption is not that of this data",)
    return Item(label, problems, NOTES.get(name, "")), caption


def _verdicts(
    results: Path, keys: list[Key], committed: Mapping[str, Any], captions: Mapping[str, str]
) -> Iterator[Item]:
    measured = read_measured(results / MEASURED, committed["confidence"])
    on_library = {entry["id"] for entry in ledger.claims() if not entry["experiments"]}
    if missing := sorted((on_library & set(measures())) - set(measured)):
        # Measuring them here would be a simulation.
        yield Item("verdicts", (f"{results / MEASURED} lacks {', '.join(missing)}",))
        return
    evidence = Evidence(results, committed["confidence"], measured)
    fresh = _plain(report_data(evidence, [_path(results, key) for key in keys], captions))
    old, new = by_id(committed["claims"]), by_id(fresh["claims"])
    for name in dict.fromkeys([*old, *new]):
        found = changes(old.get(name), new.get(name), name)
        note = f"judged from {MEASURED}" if name in measured else ""
        if name in RUNS_AGAIN:
            note = "by a run of its own"
        yield _item(f"claim {name}", found, note)
    for part in dict.fromkeys([*committed, *fresh]):
        if part not in ELSEWHERE:
            yield _item(f"report's {part}", changes(committed.get(part), fresh.get(part), part))


def _item(name: str, found: Iterator[Change], note: str = "") -> Item:
    return Item(name, tuple(str(change) for change in found), note)


def _tables_differ(path: Path, again: str) -> tuple[str, ...]:
    before = _text(path)
    if before is None:
        return (f"{path} is missing",)
    found = table_changes(before, again)
    return tuple(f"{path}, {change}" for change in found)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """The report's data as they would be read from its file."""
    with tempfile.TemporaryDirectory(prefix="netnewton-") as folder:
        path = Path(folder) / "report.json"
        write_report_data(path, data)
        return read_report(path)


def read_report(path: Path) -> dict[str, Any]:
    """The report's data.

    Raises
    ------
    ConfigError
        If they are missing or damaged.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if all(key in report for key in ("claims", "runs", "figures", "confidence")):
            return dict(report)
    except (OSError, ValueError, TypeError):
        pass
    raise ConfigError(
        f"{path} is missing or not a report's data: make it with "
        "./run snakemake --cores 2 paper_checks/report.json"
    )
