"""What is committed, in one file that no run overwrites: every output's SHA-256, every number.

So that a run can compare itself with what is committed, without git and although it has written
over it: ``netnewton compare``. On a machine where what `circumstances` says is the same, the bytes
are; on another the verdicts are, and the line says how many numbers differ, and by how much.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replication.experiments import config, kernels
from replication.experiments.config import ConfigError, changes_from_paper
from replication.experiments.files import write_text
from replication.experiments.provenance import packages
from replication.experiments.results import Results
from replication.review.archive import raw_files
from replication.review.changes import ABSENT, Change, by_id
from replication.review.verify import read_report

MANIFEST = Path("paper_checks") / "manifest.json"
REPORT = Path("paper_checks") / "report.json"
NUMBERS = ("value", "lower", "upper")
DRAWN = {".csv", ".png", ".svg", ".txt"}
ELSEWHERE = 1e-3
"""How far other arithmetic may move a number beyond its interval's width, relative to numbers above
one. With OpenBLAS' oldest kernels and neither AVX nor FMA none moved by as much as that width."""

Claims = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Moved:
    """A measured number that is not the committed one."""

    where: str
    """Claim and quantity, ``claim/quantity``."""
    size: float
    """The largest difference of value and interval, relative to numbers above one."""
    strays: bool
    """Whether it is larger than `ELSEWHERE` and the committed interval's width together."""


@dataclass(frozen=True)
class Comparison:
    """How the outputs in a folder differ from those committed."""

    n_files: int
    files: Sequence[str]
    """Those that are missing or have another SHA-256."""
    n_numbers: int
    numbers: Sequence[Moved]
    verdicts: Sequence[Change]
    """The claims whose verdict, as read by default or across readings, is another."""
    elsewhere: Sequence[str]
    """In what the circumstances differ, where they do."""
    incomparable: Sequence[str] = ()
    """Why nothing can be compared: settings that are not the paper's, or no manifest."""

    def lines(self) -> Iterator[str]:
        """One line; verdicts that differ have one each."""
        if self.incomparable:
            first, *others = self.incomparable
            more = f", and {len(others)} more" if others else ""
            yield f"not compared with what is committed: {first}{more}"
        elif not self.files:
            yield f"all {self.n_files} files are the committed bytes"
        else:
            yield f"{self._counts()}; {self._verdicts()}{self._where()}"
            yield from (f"!!! {change}" for change in self.verdicts)

    def all_lines(self) -> Iterator[str]:
        """The same, and one line for each file and number that differs."""
        yield from self.lines()
        yield from (f"  {name}" for name in self.files)
        yield from (f"  {number.where}, by {number.size:.1g}" for number in self.numbers)

    def _counts(self) -> str:
        most = max((number.size for number in self.numbers), default=0.0)
        by = f", by {most:.1g} at most" if self.numbers else ""
        return (
            f"{len(self.files)} of {self.n_files} files differ from the committed ones; "
            f"{len(self.numbers)} of {self.n_numbers} measured numbers differ{by}"
        )

    def _verdicts(self) -> str:
        return f"{len(self.verdicts)} VERDICTS DIFFER" if self.verdicts else "verdicts are the same"

    def _where(self) -> str:
        return f" ({'; '.join(self.elsewhere)})" if self.elsewhere else ""


def write_manifest(folder: Path) -> None:
    """Write down the outputs in `folder` as those to commit.

    Raises
    ------
    ConfigError
        If an output is missing, was made with changed settings, or the arithmetic is not pinned.
    """
    report = read_report(folder / REPORT)
    if not kernels.in_use()["pinned"]:
        raise ConfigError(
            "the arithmetic of this machine is not pinned, so that no other could give its bytes: "
            f"use x86-64 Linux with AVX2, without {kernels.NATIVE}"
        )
    if changed := _changes(folder, report, config.load()["confidence"], output_names(folder)):
        raise ConfigError(f"only the paper's settings are committed, not {changed[0]}")
    document = {
        "circumstances": circumstances(),
        "confidence": report["confidence"],
        "claims": [_measured(claim) for claim in report["claims"]],
        "files": {name: _required(folder / name) for name in output_names(folder)},
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / MANIFEST, text + "\n")


def compare(folder: Path) -> Comparison:
    """Compare the outputs in `folder` with its manifest.

    Raises
    ------
    ConfigError
        If the manifest is damaged, or the report's data are missing.
    """
    if not (folder / MANIFEST).exists():
        return Comparison(0, [], 0, [], [], [], [f"there is no {MANIFEST}"])
    manifest, report = read_manifest(folder), read_report(folder / REPORT)
    listed = manifest["files"]
    files = [name for name, digest in listed.items() if _digest(folder / name) != digest]
    before, after = manifest["claims"], [_measured(claim) for claim in report["claims"]]
    return Comparison(
        len(listed),
        files,
        sum(len(claim["quantities"]) for claim in before),
        list(_moved(before, after)),
        list(_verdicts(before, after)),
        list(_elsewhere(manifest["circumstances"], circumstances())),
        _changes(folder, report, manifest["confidence"], files),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in `folder`."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.keys() >= {"files", "claims", "confidence", "circumstances"}:
            return dict(document)
    except (OSError, ValueError, AttributeError):
        pass
    raise ConfigError(f"{path} is missing or damaged: restore it, or see CONTRIBUTING.md")


def output_names(folder: Path) -> list[str]:
    """The outputs, relative to `folder`: results, figures, tables and the report."""
    summaries = [f"{name}/summary.csv" for name in config.load()["experiments"]]
    made = [name for name in raw_files(folder) if not name.endswith(".provenance.json")]
    figures = folder / "figures"
    drawn = [p.relative_to(figures).as_posix() for p in figures.rglob("*") if p.suffix in DRAWN]
    return [
        *(f"results/{name}" for name in sorted([*made, *summaries])),
        *(f"figures/{name}" for name in sorted(drawn)),
        *(f"paper_checks/report.{kind}" for kind in ("html", "json", "md")),
    ]


def sha256(data: bytes) -> str:
    """The digest by which the manifest knows a file."""
    return hashlib.sha256(data).hexdigest()


def circumstances() -> dict[str, Any]:
    """What has to be the same for the bytes to be: the kernels, the C library, the packages."""
    used = {key: value for key, value in kernels.in_use().items() if key != "pinned"}
    system = f"{platform.system()} {platform.machine()}"
    return {"system": system, **used, "packages": packages()}


def _elsewhere(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*there, *here]):
        before, after = there.get(key), here.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _elsewhere(before, after)
        elif before != after:
            yield f"{key} {_shown(after)} here, {_shown(before)} there"


def _shown(value: Any) -> str:
    return " ".join(value) or "none" if isinstance(value, list) else str(value)


def _changes(
    folder: Path, report: Mapping[str, Any], confidence: float, files: Sequence[str]
) -> list[str]:
    """How the settings of the claims' runs, and of the `files` that differ, are not the paper's."""
    found = [*report["changes"]]
    if report["confidence"] != confidence:
        found.append(f"confidence = {report['confidence']} (committed: {confidence})")
    for name in files:
        if name.endswith(".nc") and (folder / name).exists():
            found += changes_from_paper(Results(folder / name).spec)
    return list(dict.fromkeys(found))


def _measured(claim: Mapping[str, Any]) -> dict[str, Any]:
    """What was found of a claim, without what the ledger says of it."""
    return {
        "id": claim["id"],
        "verdict": claim["verdict"],
        "quantities": [
            {key: quantity[key] for key in ("id", *NUMBERS, "n", "verdict")}
            for quantity in claim["quantities"]
            if "value" in quantity
        ],
    }


def _verdicts(before: Claims, after: Claims) -> Iterator[Change]:
    old, new = by_id(before), by_id(after)
    for name in dict.fromkeys([*old, *new]):
        verdicts = [of.get(name, {}).get("verdict", ABSENT) for of in (old, new)]
        if verdicts[0] != verdicts[1]:
            yield Change(name, "verdict", *verdicts)


def _moved(before: Claims, after: Claims) -> Iterator[Moved]:
    new = _quantities(after)
    for where, old in _quantities(before).items():
        pairs = [(old[key], new[where][key] if where in new else ABSENT) for key in NUMBERS]
        size = max(_size(a, b) for a, b in pairs)
        if size > 0.0:
            yield Moved(where, size, size > ELSEWHERE + _width(old))


def _quantities(claims: Claims) -> dict[str, Mapping[str, Any]]:
    return {f"{claim['id']}/{q['id']}": q for claim in claims for q in claim["quantities"]}


def _size(before: Any, after: Any) -> float:
    if before == after:
        return 0.0
    if isinstance(before, str) or isinstance(after, str):  # infinite, or absent
        return float("inf")
    return float(abs(before - after) / max(1.0, abs(before)))


def _width(quantity: Mapping[str, Any]) -> float:
    """The interval's width, relative to values above one; none if an end is infinite."""
    value, lower, upper = (quantity[key] for key in NUMBERS)
    if any(isinstance(number, str) for number in (value, lower, upper)):
        return 0.0
    return float((upper - lower) / max(1.0, abs(value)))


def _required(path: Path) -> str:
    digest = _digest(path)
    if digest is None:
        raise ConfigError(f"{path} is missing: make it with ./run snakemake --cores 2 {path}")
    return digest


def _digest(path: Path) -> str | None:
    return sha256(path.read_bytes()) if path.is_file() else None
