"""Claims measured on the exact Prisoner's Dilemma, Figure 1."""

from __future__ import annotations

from collections.abc import Mapping

from replication.claims.comparisons import ratio
from replication.claims.evidence import Evidence, Measure, exactly
from replication.experiments.intervals import Interval
from replication.experiments.returns import returns

EXPERIMENT = "pd_exact"
DISTANCES = (0.1, 0.01)


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


MEASURES: Mapping[str, Measure] = {
    "fig1-optimum": optimum,
    "fig1-faster": faster,
}
