"""Fresh verdicts on the figures' claims: another seed, more repetitions, nothing committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from replication.claims import ledger
from replication.claims.judge import check_claim
from replication.experiments.config import ROOT, ConfigError, nearest
from replication.power.fresh import FreshEvidence
from replication.power.larger import read_larger, runs_in
from replication.power.plan import FIGURE_CLAIMS, plan
from replication.review.manifest import read_manifest

ABSENT = "–"


@dataclass(frozen=True)
class Fresh:
    """Verdicts on one claim."""

    claim: str
    committed: str
    """For 30 repetitions."""
    at_larger_n: str
    fresh: str
    by_luck: bool
    """Whether 30 repetitions decide by luck."""


def referee(
    seed: int,
    repetitions: int,
    entries: Sequence[ledger.Entry],
    scratch: Path,
    confidence: float,
    jobs: int,
) -> Iterator[Fresh]:
    """Take fresh verdicts, and yield each with what is committed beside it.

    Parameters
    ----------
    seed, repetitions : int
        Of every experiment planned.
    entries : sequence of Entry
        Claims on the figures, see `chosen`.
    scratch : Path
        The folder for runs; nothing else is written.
    confidence : float
    jobs : int
        Worker processes, at most.
    """
    counts = dict.fromkeys(plan().experiments, repetitions)
    evidence = FreshEvidence(seed, counts, runs_in(scratch), confidence, jobs)
    committed = {c["id"]: c["verdict"] for c in read_manifest(ROOT)["claims"]}
    larger = read_larger()
    for entry in entries:
        before = committed.get(entry["id"], ABSENT)
        row = larger and larger.of_claim(entry["id"], before)
        yield Fresh(
            claim=entry["id"],
            committed=before,
            at_larger_n=row["verdict"] if row else ABSENT,
            fresh=check_claim(entry, evidence)["verdict"],
            by_luck=bool(row and row["by_luck"] and before != ABSENT),
        )


def chosen(names: Sequence[str]) -> list[ledger.Entry]:
    """The claims on the figures that are named; all if none is.

    Raises
    ------
    ConfigError
        If a claim is not one on the figures.
    """
    known = {entry["id"]: entry for entry in plan().claims() if entry["group"] in FIGURE_CLAIMS}
    for name in names:
        if name not in known:
            raise ConfigError(f"{name} is no claim on the figures: {nearest(name, known)}")
    return [entry for name, entry in known.items() if not names or name in names]
