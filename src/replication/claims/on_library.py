"""What is measured on the library itself, without a run: beside the simulations, and stored."""

from __future__ import annotations

import json
from pathlib import Path

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.theorems.step_sizes import write_thresholds
from replication.experiments.config import ConfigError
from replication.experiments.files import write_text
from replication.experiments.intervals import Interval


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
            f"{path} is missing or damaged: make it with ./run netnewton measure {path}"
        ) from None
    if document["confidence"] != confidence:
        raise ConfigError(
            f"{path} was measured at a confidence of {document['confidence']}, not {confidence}: "
            f"make it again with ./run netnewton measure {path} --confidence {confidence}"
        )
    return measured
