"""Checking the claims: measure, compare with the ledger's regions, and collect the report's data.

The result is plain data, ``paper_checks/report.json``, from which the pages are written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from replication.claims import errata, ledger
from replication.claims.attribution import measure as attribution
from replication.claims.evidence import Evidence
from replication.claims.judge import check_claims
from replication.claims.verdicts import NOT_TESTED, REPRODUCED, VERDICTS
from replication.experiments import tune
from replication.experiments.config import load_studies
from replication.experiments.files import write_text
from replication.experiments.intervals import mean_interval, settling_time
from replication.experiments.results import Results
from replication.multiverse.found import read_together
from replication.multiverse.shares import shares
from replication.power.larger import read_larger
from replication.promise.tables import is_current
from replication.readings.table import Table, read_table
from replication.report import plausibility, sentences


def report_data(
    evidence: Evidence, results: Sequence[Path], captions: Mapping[str, str]
) -> dict[str, Any]:
    """Everything the report says, as plain data (paper_checks/report.schema.json).

    Parameters
    ----------
    evidence : Evidence
    results : sequence of Path
        The result files of which a summary is shown.
    captions : mapping
        The caption of each figure.
    """
    judged = check_claims(evidence)
    table = None if evidence.changes else read_table()
    larger = None if evidence.changes else read_larger()
    claims = [
        {**claim, "controls": _controls(claim["id"])}
        for claim in with_tables(judged, evidence.changes)
    ]
    verdicts = [claim["verdict"] for claim in claims]
    data = {
        "confidence": evidence.confidence,
        "counts": {verdict: verdicts.count(verdict) for verdict in VERDICTS},
        "best_universe": None if evidence.changes else read_together(),
        "sweep": table and _sweep(table, judged),
        "power": larger and {"made_with": larger.made_with, "current": larger.is_current},
        "trial": {"current": is_current()},
        "claims": claims,
        "attribution": attribution.table(evidence),
        "changes": evidence.changes,
        "runs": [method_summary(Results(path), evidence.confidence) for path in results],
        "figures": dict(captions),
        "studies": {name: tune.table(name) for name in load_studies()},
        "ambiguities": [_with_effects(entry, table) for entry in ledger.ambiguities()],
        "errata": errata.errata(),
        "limitations": errata.limitations(),
    }
    return {"summary": sentences.sentences(data), **data}


def with_tables(
    judged: Sequence[Mapping[str, Any]], changes: Sequence[str]
) -> list[dict[str, Any]]:
    """Judged claims with what the committed tables say of how robust they are.

    Parameters
    ----------
    judged : sequence of mapping
    changes : sequence of str
        How settings differ from the paper's: with these the tables were made, so that they say
        nothing of other ones.

    Returns
    -------
    list of dict
        The claims with ``plausible``, ``readings_swept`` and ``power``, each None where there is
        nothing.
    """
    table = None if changes else read_table()
    larger = None if changes else read_larger()
    explored = {} if changes else plausibility.of_claims(shares())
    return [
        {
            **claim,
            "plausible": explored.get(claim["id"]),
            "readings_swept": readings_swept(claim, table),
            "power": larger and larger.of_claim(claim["id"], claim["verdict"]),
        }
        for claim in judged
    ]


def _sweep(table: Table, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    default = {claim["id"]: claim["verdict"] for claim in judged if claim["verdict"] != NOT_TESTED}
    return {
        "library": table.library,
        "current": table.is_current(default),
        "count": table.size,
    }


def readings_swept(claim: Mapping[str, Any], table: Table | None) -> dict[str, Any] | None:
    """What a judged claim comes to under other readings; None where none was swept."""
    default = claim["verdict"]
    swept = table.of_claim(claim["id"]) if table is not None else []
    if not swept:
        return None
    found = [default, *(verdict for _, verdict in swept)]
    return {
        "count": len(found),
        "holds": found.count(REPRODUCED),
        "counts": {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found},
        "changed": [{"reading": name, "verdict": v} for name, v in swept if v != default],
    }


def _controls(claim: str) -> list[dict[str, str]]:
    """The planted faults that a claim's check must catch."""
    from replication.controls.registry import registry  # which plants them in this module too

    return [
        {
            "fault": control.name,
            "plants": control.plants,
            "caught_by": control.caught_by,
        }
        for control in registry()
        if control.caught_by.partition("/")[0] == claim
    ]


def _with_effects(ambiguity: ledger.Entry, table: Table | None) -> dict[str, Any]:
    """An ambiguity with what each of its options changed."""
    options = []
    for option in ambiguity["options"]:
        changed = table.changed_by(ambiguity["id"], option["name"]) if table is not None else None
        effect = None if changed is None else {"count": len(changed), "changed": changed}
        options.append({**option, "effect": effect})
    return {**ambiguity, "options": options}


def write_report_data(path: Path, data: Mapping[str, Any]) -> None:
    """Write ``report.json``; infinite bounds become the strings "inf" and "-inf"."""
    text = json.dumps(_plain(data), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def method_summary(results: Results, confidence: float) -> dict[str, Any]:
    """What one method's run came to, for a screen or a page."""
    J, settings = results["J"], results.spec.settings
    # Without a known optimum nothing arrives at it.
    arrival, seen_until = settling_time(J, settings.get("optimum", np.inf), distance=0.01)
    return {
        "experiment": results.spec.experiment,
        "method": results.spec.method,
        "settings": dict(settings["method"]),
        "optimum": settings.get("optimum"),
        "repetitions": len(J),
        "iterations": J.shape[1] - 1,
        "final": mean_interval(J[:, -1], confidence)._asdict(),
        "arrived": int(np.isfinite(seen_until).sum()),
        "median_arrival": float(np.median(np.where(np.isfinite(seen_until), arrival, np.inf))),
        "diverged": int(results.diverged.sum()),
        "vanished": int(results.vanished.any(axis=1).sum()),
        "saturated": int(results.saturated[:, -1].sum()),
        "replaced_share": float(results.replaced.mean()),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
