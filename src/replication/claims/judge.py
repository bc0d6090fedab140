"""Judging claims: what is measured for each, against the regions of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.verdicts import NOT_TESTED, claim_verdict, quantity_verdict
from replication.experiments.intervals import Interval
from replication.experiments.recipes import making


def check_claims(evidence: Evidence, chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Measure claims and judge them.

    Parameters
    ----------
    evidence : Evidence
    chosen : sequence of str
        Ids of claims; all of the ledger by default.

    Raises
    ------
    ConfigError
        If a claim is unknown, or a result that it needs has not been made.
    """
    entries = [ledger.claim(name) for name in chosen] or ledger.claims()
    return [check_claim(entry, evidence) for entry in entries]


def check_claim(entry: ledger.Entry, evidence: Evidence) -> dict[str, Any]:
    """One ledger entry with what was measured and the verdict."""
    measure = measures().get(entry["id"])
    if measure is None:
        return {**entry, "verdict": NOT_TESTED}
    measured = evidence.measured.get(entry["id"]) or measure(evidence)
    quantities = [_judged(quantity, measured[quantity["id"]]) for quantity in entry["quantities"]]
    return {
        **entry,
        "quantities": quantities,
        "verdict": claim_verdict(quantity["verdict"] for quantity in quantities),
        "command": _command(entry),
    }


def _judged(quantity: ledger.Entry, interval: Interval) -> dict[str, Any]:
    verdict = quantity_verdict(interval, quantity["region"])
    return {**quantity, **interval._asdict(), "verdict": verdict}


def _command(entry: ledger.Entry) -> str:
    check = f"./run netnewton check {entry['id']}"
    if not entry["experiments"]:
        return check
    return f"{making(*entry['experiments'])} && {check}"
