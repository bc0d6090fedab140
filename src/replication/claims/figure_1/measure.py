"""Claims measured on the exact Prisoner's Dilemma, Figure 1."""

from __future__ import annotations

from collections.abc import Mapping

from replication.claims.comparisons import ratio, returns
from replication.claims.evidence import Evidence, Measure, exactly
from replication.claims.intervals import Interval

EXPERIMENT = "pd_exact"
DISTANCES = (0.1, 0.01)
TRACKED_ITERATIONS = 200
TRACKERS = 0.01  # size of those it starts from in another reading; with 1, DG diverges


def optimum(evidence: Evidence) -> Mapping[str, Interval]:
    """DN reaches -1 in exact learning."""
    final = returns(evidence.method(EXPERIMENT, "DN"))[:, -1]
    return {
        "final-return": evidence.mean(final),
        "worst-final-return": exactly(final.min(), len(final)),
    }


def faster(evidence: Evidence) -> Mapping[str, Interval]:
    """DN needs fewer iterations than DG."""
    return {f"ratio-{d}": ratio(evidence, EXPERIMENT, "DN", "DG", d) for d in DISTANCES}


def fallback_frequency(evidence: Evidence) -> Mapping[str, Interval]:
    """How often [.]_m kept the tracked Hessian."""
    kept = 1.0 - evidence.method(EXPERIMENT, "DN").replaced
    return {"kept-share": evidence.mean(kept)}


MEASURES: Mapping[str, Measure] = {
    "fig1-optimum": optimum,
    "fig1-faster": faster,
    "fallback-frequency": fallback_frequency,
}
