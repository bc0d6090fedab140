"""Verdicts at the larger n, and how often 30 of its repetitions say the same.

`take` makes the table paper_checks/power.json, which is committed; `read_larger` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replication.claims import ledger
from replication.claims.judge import check_claim
from replication.experiments.config import ROOT
from replication.experiments.files import digest, write_text
from replication.experiments.made import OF_RUNS, read_made
from replication.power.fresh import FreshEvidence
from replication.power.plan import plan
from replication.power.subsamples import verdicts
from replication.readings.sources import SOURCES
from replication.readings.sweep import brief

TABLE = ROOT / "paper_checks" / "power.json"
MADE_WITH = (
    *SOURCES,
    "src/replication/readings/sweep.py",
    "src/replication/readings/table.py",
    "src/replication/power",
    "config/paper.yaml",
    "paper_checks/power.yaml",
)
"""What the table depends on, beside the regions of the ledger and this list of sources."""

FIRM = 0.9
"""The share of draws that have to say what 30 repetitions say, or it is by luck that they do."""


def take(
    out: Path, scratch: Path, jobs: int, confidence: float, say: Callable[[str], None] = print
) -> None:
    """Take the verdicts on all claims planned, and write the table.

    Runs that were made before with the same sources and settings are taken as they are.

    Parameters
    ----------
    out : Path
        The table, JSON.
    scratch : Path
        The folder for runs, in folders named by digests of what they were made with.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.
    """
    planned = plan()
    evidence = FreshEvidence(
        planned.seeds["larger"], planned.repetitions, runs_in(scratch), confidence, jobs
    )
    rows = []
    for entry in planned.claims():
        rows.append(_row(entry, evidence, planned.subsamples))
        say(f"{entry['id']}: {rows[-1]['verdict']}; of 30: {rows[-1]['subsamples']}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = json.dumps({"made_with": digest(MADE_WITH), "confidence": confidence})[:-1]
    write_text(out, f'{head}, "claims": [\n{lines}\n]}}\n')


def runs_in(scratch: Path) -> Path:
    """The folder for runs made with the sources that are here."""
    return scratch / "runs" / digest(OF_RUNS)[:16]


def _row(entry: ledger.Entry, evidence: FreshEvidence, times: int) -> dict[str, Any]:
    return {
        "id": entry["id"],
        "repetitions": max(evidence.repetitions.get(name, 0) for name in entry["experiments"]),
        **brief(check_claim(entry, evidence)),
        "subsamples": verdicts(entry, evidence, times),
        "regions": regions(entry),
    }


def regions(entry: ledger.Entry) -> dict[str, Any]:
    """The region of each of a claim's quantities."""
    return {quantity["id"]: quantity["region"] for quantity in entry["quantities"]}


@dataclass(frozen=True)
class Larger:
    """The committed table of verdicts at the larger n."""

    made_with: str
    rows: Mapping[str, Mapping[str, Any]]
    """By claim."""

    @property
    def is_current(self) -> bool:
        """Whether it was made with the sources, the plan and the regions that are here."""
        claimed = {entry["id"]: regions(entry) for entry in plan().claims()}
        measured = {name: row["regions"] for name, row in self.rows.items()}
        return self.made_with == digest(MADE_WITH) and measured == claimed

    def of_claim(self, claim: str, verdict: str) -> dict[str, Any] | None:
        """What the table says of a claim on which 30 repetitions have given a verdict.

        Returns
        -------
        dict or None
            ``repetitions``, the most of its experiments, and the ``verdict`` they give; ``draws``
            of 30 of them, how many give each verdict (``counts``) and the share that gives the one
            given (``same``); ``by_luck`` if that is too small. None for a claim not in the table.
        """
        row = self.rows.get(claim)
        if row is None:
            return None
        counts = row["subsamples"]
        draws = sum(counts.values())
        same = counts.get(verdict, 0) / draws
        return {
            "repetitions": row["repetitions"],
            "verdict": row["verdict"],
            "draws": draws,
            "counts": counts,
            "same": same,
            "by_luck": same < FIRM,
        }


def read_larger(path: Path = TABLE) -> Larger | None:
    """The committed table; None if there is none yet.

    Raises
    ------
    ConfigError
        If it is damaged.
    """

    def table(document: Any) -> Larger:
        return Larger(document["made_with"], {row["id"]: row for row in document["claims"]})

    return read_made(path, table, "./run snakemake --cores 8 power")
