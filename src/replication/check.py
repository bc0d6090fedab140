"""Checking the claims: measure, compare with the ledger's regions, and collect the report's data.

The result is plain data, ``paper_checks/report.json``, from which the pages are written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from replication import errata, ledger, studies, summary
from replication.config import ConfigError, load_studies, nearest
from replication.measures import Evidence, attribution, measures
from replication.reading_table import Table, read_table
from replication.stability import stability
from replication.statistics import Interval, mean_interval, settling_time
from replication.storage import Results, provenance, write_text
from replication.thresholds import write_thresholds
from replication.verdicts import (
    NOT_TESTED,
    REPRODUCED,
    VERDICTS,
    claim_verdict,
    quantity_verdict,
    verdict_across,
)


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
    entries = {entry["id"]: entry for entry in ledger.claims()}
    for name in chosen:
        if name not in entries:
            raise ConfigError(f"there is no claim {name!r}: {nearest(name, entries)}")
    return [check_claim(entries[name], evidence) for name in chosen or entries]


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


def measure_library(out: Path, confidence: float) -> None:
    """Measure every claim that needs no experiment, and write the intervals as JSON.

    Beside it stand the tables of step sizes behind theorem-4 and theorem-5.

    They depend on no result, so that the workflow measures them while it simulates.
    """
    evidence = Evidence(out.parent, confidence)
    needing_none = {entry["id"] for entry in ledger.claims() if not entry["experiments"]}
    measured = {
        name: {key: list(interval) for key, interval in measure(evidence).items()}
        for name, measure in measures().items()
        if name in needing_none
    }
    document = {"confidence": confidence, "claims": measured}
    write_text(out, json.dumps(document, indent=1, sort_keys=True) + "\n")
    write_thresholds(out.with_name("thresholds.csv"))


def read_measured(path: Path, confidence: float) -> dict[str, dict[str, Interval]]:
    """What `measure_library` has written.

    Raises
    ------
    ConfigError
        If the file is missing, damaged, or was made at another confidence.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        claims = document["claims"]
        measured = {
            name: {key: Interval(*numbers) for key, numbers in quantities.items()}
            for name, quantities in claims.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ConfigError(
            f"{path} is missing or damaged: make it with netnewton measure {path}"
        ) from None
    if document["confidence"] != confidence:
        raise ConfigError(
            f"{path} was measured at a confidence of {document['confidence']}, not {confidence}: "
            f"make it again with netnewton measure {path} --confidence {confidence}"
        )
    return measured


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
    # The readings were swept from the default ones: they say nothing of changed settings.
    table = None if evidence.changes else read_table()
    claims = [
        {
            **across_readings(claim, table),
            "stability": stability(claim, evidence),
            "controls": _controls(claim["id"]),
        }
        for claim in judged
    ]
    verdicts = [claim["verdict"] for claim in claims]
    data = {
        "confidence": evidence.confidence,
        "counts": {verdict: verdicts.count(verdict) for verdict in VERDICTS},
        "sweep": table and _sweep(table, judged),
        "claims": claims,
        "attribution": attribution.table(evidence),
        "changes": evidence.changes,
        "runs": [method_summary(Results(path), evidence.confidence) for path in results],
        "figures": dict(captions),
        "studies": {name: studies.table(name) for name in load_studies()},
        "ambiguities": [_with_effects(entry, table) for entry in ledger.ambiguities()],
        "errata": errata.errata(),
        "limitations": errata.limitations(),
        "provenance": provenance(results),
    }
    return {"summary": summary.sentences(data), **data}


def _sweep(table: Table, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    default = {claim["id"]: claim["verdict"] for claim in judged if claim["verdict"] != NOT_TESTED}
    return {
        "library": table.library,
        "current": table.is_current(default),
        "count": table.size,
    }


def across_readings(claim: Mapping[str, Any], table: Table | None) -> dict[str, Any]:
    """A judged claim with its verdict over all readings, and those under which it is another."""
    default = claim["verdict"]
    swept = table.of_claim(claim["id"]) if table is not None else []
    if not swept:
        return {**claim, "default_verdict": default, "readings_swept": None}
    found = [default, *(verdict for _, verdict in swept)]
    return {
        **claim,
        "verdict": verdict_across(default, found),
        "default_verdict": default,
        "readings_swept": {
            "count": len(found),
            "holds": found.count(REPRODUCED),
            "counts": {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found},
            "changed": [{"reading": name, "verdict": v} for name, v in swept if v != default],
        },
    }


def _controls(claim: str) -> list[dict[str, str]]:
    """The planted faults that a claim's check must catch."""
    from replication.controls import registry  # which plants them in this module too

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
        "final": _interval(mean_interval(J[:, -1], confidence)),
        "arrived": int(np.isfinite(seen_until).sum()),
        "median_arrival": float(np.median(np.where(np.isfinite(seen_until), arrival, np.inf))),
        "diverged": int(results.diverged.sum()),
        "vanished": int(results.vanished.any(axis=1).sum()),
        "saturated": int(results.saturated[:, -1].sum()),
        "replaced_share": float(results.replaced.mean()),
    }


def _judged(quantity: ledger.Entry, interval: Interval) -> dict[str, Any]:
    verdict = quantity_verdict(interval, quantity["region"])
    return {**quantity, **_interval(interval), "verdict": verdict}


def _interval(interval: Interval) -> dict[str, Any]:
    return interval._asdict()


def _command(entry: ledger.Entry) -> str:
    check = f"./run netnewton check {entry['id']}"
    if not entry["experiments"]:
        return check
    targets = " ".join(f"results/{name}/summary.csv" for name in entry["experiments"])
    return f"./run snakemake --cores 2 {targets} && {check}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
