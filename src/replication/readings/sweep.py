"""Sweeping the readings of the paper: every claim measured again under each of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from replication.claims.evidence import Evidence
from replication.claims.judge import check_claims
from replication.experiments.config import Spec
from replication.experiments.files import digest, kept, write_text
from replication.experiments.made import OF_RUNS
from replication.experiments.results import Results, write_results
from replication.experiments.simulate import Variables, simulate
from replication.readings.enumeration import Reading, all_readings, spec
from replication.readings.sources import DATA, SOURCES

# What the claims read; the rest would take ten times the space.
KEPT = ("J", "fallback", "saturated", "weights", "theta", "diverged_at", "tracking_error")


class SweptEvidence(Evidence):
    """Evidence under a reading; runs that are not there yet are made, and kept for the others.

    Parameters
    ----------
    reading : Reading
    runs : Path
        The folder for results, named by what they were made with.
    confidence : float
    """

    def __init__(self, reading: Reading, runs: Path, confidence: float) -> None:
        super().__init__(runs, confidence, readings=dict(reading.choice))
        self.reading_swept = reading

    def spec(self, experiment: str, method: str) -> Spec:
        """What a method is run with."""
        return spec(self.reading_swept, experiment, method)

    def simulated(self, chosen: Spec) -> Variables:
        """The run of a spec."""
        return simulate(chosen)

    def _read(self, experiment: str, method: str) -> Results:
        chosen = self.spec(experiment, method)
        name = hashlib.sha256(chosen.to_json().encode()).hexdigest()[:24]
        path = self.folder / f"{name}.nc"
        if not path.exists():
            variables = self.simulated(chosen)
            write_results(path, chosen, {k: v for k, v in variables.items() if k in KEPT})
        return Results(path)


def sweep(
    out: Path, scratch: Path, jobs: int, confidence: float, say: Callable[[str], None] = print
) -> None:
    """Measure every claim under every reading, and write the table.

    Runs and readings that a sweep with the same sources, configuration and ledgers has finished are
    taken as they are, so that one which was interrupted goes on where it was; and a change of a
    measure or of a region alone runs no experiment again.

    Parameters
    ----------
    out : Path
        The table, JSON.
    scratch : Path
        The folder for what is finished, in folders named by digests of what it was made with.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.
    """
    from joblib import Parallel, delayed, parallel_config

    readings, sources = all_readings(), digest(SOURCES)
    runs = scratch / "runs" / digest(OF_RUNS)[:16]
    folder = scratch / "readings" / digest([*SOURCES, *DATA])[:16]
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=jobs, return_as="generator")
        done = parallel(delayed(measured)(r, runs, folder, confidence) for r in readings)
        rows = []
        for number, row in enumerate(done, start=1):
            rows.append(row)
            say(f"{number}/{len(readings)} {row['id']}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = json.dumps({"library": sources, "confidence": confidence})[:-1]
    write_text(out, f'{head}, "readings": [\n{lines}\n]}}\n')


def measured(reading: Reading, runs: Path, folder: Path, confidence: float) -> dict[str, Any]:
    """One row of the table: the verdicts on a reading's claims."""

    def row() -> dict[str, Any]:
        evidence = SweptEvidence(reading, runs, confidence)
        judged = check_claims(evidence, reading.claims)
        return {
            "id": reading.id,
            "product": reading.product,
            "choice": dict(reading.choice),
            "claims": {claim["id"]: brief(claim) for claim in judged},
        }

    return kept(folder, repr((reading, confidence)), row)


def brief(judged: Mapping[str, Any]) -> dict[str, Any]:
    """A claim's verdict and numbers; infinite ones as text, since JSON has none."""
    numbers = ("value", "lower", "upper")
    return {
        "verdict": judged["verdict"],
        "quantities": {
            q["id"]: {**{k: _short(q[k]) for k in numbers}, "n": q["n"], "verdict": q["verdict"]}
            for q in judged["quantities"]
        },
    }


def _short(number: float) -> float | str:
    return float(f"{number:.6g}") if abs(number) < float("inf") else str(number)
