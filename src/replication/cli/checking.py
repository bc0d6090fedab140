"""``netnewton check``: claims measured again from stored runs, and judged."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from replication.claims.verdicts import VERDICTS
from replication.cli import show
from replication.experiments.config import ConfigError

if TYPE_CHECKING:
    from replication.claims.evidence import Evidence

Claims = Sequence[Mapping[str, Any]]


def check(options: argparse.Namespace) -> None:
    """Measure claims from results and judge them."""
    from replication.report.collect import with_tables

    evidence, judged = _of_runs(options) if options.runs else _of_folder(options)
    claims = with_tables(judged, evidence.changes)
    verdicts = [claim["verdict"] for claim in claims]
    counts = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    if options.json:
        show.as_json({"changes": evidence.changes, "counts": counts, "claims": claims})
        return
    show.lines(f"not the paper's settings: {change}" for change in evidence.changes)
    for claim in claims:
        _print(claim)
    show.lines([_total(counts)])


def _of_folder(options: argparse.Namespace) -> tuple[Evidence, Claims]:
    from replication.claims.evidence import Evidence
    from replication.claims.judge import check_claims
    from replication.claims.on_library import read_measured

    measured = None
    if options.measured is not None:
        measured = read_measured(options.measured, options.confidence)
    evidence = Evidence(options.results, options.confidence, measured)
    return evidence, check_claims(evidence, options.claims)


def _of_runs(options: argparse.Namespace) -> tuple[Evidence, Claims]:
    """The claims that the given runs bear on, judged by these runs and no others.

    Raises
    ------
    ConfigError
        If no claim is measured on a run, or one that is named needs another run, too.
    """
    from replication.claims import ledger
    from replication.claims.evidence import GivenRuns, NotGiven
    from replication.claims.judge import check_claim
    from replication.experiments.results import Results

    runs = [Results(path) for path in options.runs]
    given = {run.spec.experiment for run in runs}
    entries = [ledger.claim(name) for name in options.claims] or [
        entry for entry in ledger.claims() if given & {*entry["experiments"]}
    ]
    for name in given - {name for entry in entries for name in entry["experiments"]}:
        known = sorted({name for entry in ledger.claims() for name in entry["experiments"]})
        raise ConfigError(
            f"{name} is not judged: no claim {'named ' if options.claims else ''}is measured on "
            f"it; there are some on {', '.join(known)}"
        )
    evidence = GivenRuns(runs, options.confidence)
    judged, lacking = [], []
    for entry in entries:
        try:
            judged.append(check_claim(entry, evidence))
        except NotGiven as error:
            lacking.append(f"{entry['id']} is not judged: {error}")
    if lacking and (options.claims or not judged):
        raise ConfigError(lacking[0])
    for reason in lacking:
        print(reason, file=sys.stderr)
    return evidence, judged


def _print(claim: Mapping[str, Any]) -> None:
    """A claim's title, its verdict, and the quantities it rests on."""
    from replication.report.pages import interval, region
    from replication.report.wording import in_words

    show.lines([claim["title"], f"  {in_words(claim)}  ({claim['id']})"])
    if "not_tested" in claim:
        show.lines([f"    {' '.join(claim['not_tested'].split())}"])
    judged = [q for q in claim["quantities"] if "verdict" in q]
    rows = [
        (q["id"], f"{interval(q)}, n = {q['n']}", f"region {region(q['region'])}", q["verdict"])
        for q in judged
    ]
    if rows:
        show.table([""] * 4, rows, indent=4)


def _total(counts: Mapping[str, int]) -> str:
    found = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    total = sum(counts.values())
    return f"{total} claim{'' if total == 1 else 's'}: {found}"
