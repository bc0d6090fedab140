"""Claims measured on the exact Prisoner's Dilemma, Figure 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from replication.measures import Evidence, exactly
from replication.measures.comparisons import ratio, returns
from replication.statistics import Interval

EXPERIMENT = "pd_exact"
DISTANCES = (0.1, 0.01)


def tracking(evidence: Evidence) -> Mapping[str, Interval]:
    """The trackers' network average is that of the local quantities, at every iteration."""
    results = [evidence.method(EXPERIMENT, name) for name in ("DN", "DG", "DS")]
    # Once a repetition has diverged, nothing is tracked any more.
    errors = [np.where(r.lost, np.inf, r["tracking_error"]) for r in results]
    return {"tracking-error": exactly(np.max(errors), sum(len(e) for e in errors))}


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
