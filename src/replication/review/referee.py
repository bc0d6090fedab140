"""Fresh verdicts on the figures' claims: another seed, more repetitions, nothing committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from replication.claims import ledger
from replication.claims.judge import check_claim
from replication.claims.verdicts import MARKS
from replication.experiments.config import ROOT, ConfigError, nearest
from replication.power.fresh import FreshEvidence
from replication.power.larger import read_larger, runs_in
from replication.power.plan import FIGURE_CLAIMS, plan
from replication.review.manifest import read_manifest

ABSENT = "–"
ROW = "{:2}{:30}{:15}{:15}{}"


def referee(
    seed: int,
    repetitions: int,
    names: Sequence[str],
    scratch: Path,
    confidence: float,
    jobs: int,
    say: Callable[[str], object] = print,
) -> int:
    """Take fresh verdicts and say, claim by claim, what is committed beside them.

    Parameters
    ----------
    seed, repetitions : int
        Of every experiment planned.
    names : sequence of str
        Claims; all on the figures by default.
    scratch : Path
        The folder for runs; nothing else is written.
    confidence : float
    jobs : int
        Worker processes, at most.
    say : callable
        Takes each line.

    Returns
    -------
    int
        How many verdicts are not those committed for 30 repetitions.

    Raises
    ------
    ConfigError
        If a claim is not one on the figures; nothing has been run then.
    """
    counts = dict.fromkeys(plan().experiments, repetitions)
    chosen = _chosen(names)
    evidence = FreshEvidence(seed, counts, runs_in(scratch), confidence, jobs)
    committed = {c["id"]: c["verdict"] for c in read_manifest(ROOT)["claims"]}
    larger = read_larger()
    say(f"seed {seed}, {repetitions} repetitions")
    say(ROW.format("", "claim", "committed", "at larger n", "fresh"))
    others = 0
    for entry in chosen:
        before = committed.get(entry["id"], ABSENT)
        row = larger and larger.of_claim(entry["id"], before)
        found = check_claim(entry, evidence)["verdict"]
        others += found != before
        luck = "  (by luck at 30)" if row and row["by_luck"] and before != ABSENT else ""
        at_larger = row["verdict"] if row else ABSENT
        say(ROW.format(MARKS[found], entry["id"], before, at_larger, found + luck))
    say(f"{len(chosen) - others} of {len(chosen)} verdicts are those committed")
    return others


def _chosen(names: Sequence[str]) -> list[ledger.Entry]:
    known = {entry["id"]: entry for entry in plan().claims() if entry["group"] in FIGURE_CLAIMS}
    for name in names:
        if name not in known:
            raise ConfigError(f"{name} is no claim on the figures: {nearest(name, known)}")
    return [entry for name, entry in known.items() if not names or name in names]
