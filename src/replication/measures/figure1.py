"""Claims measured on the exact Prisoner's Dilemma, Figure 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from replication.measures import Evidence, exactly
from replication.statistics import (
    Interval,
    mean_interval,
    median_interval,
    ratio_bounds,
    settling_time,
)

EXPERIMENT = "pd_exact"
OPTIMUM = -1.0
DISTANCES = (0.1, 0.01)


def tracking(evidence: Evidence) -> Mapping[str, Interval]:
    """The trackers' network average is that of the local quantities, at every iteration."""
    results = [evidence.method(EXPERIMENT, name) for name in ("DN", "DG", "DS")]
    # Once a repetition has diverged, nothing is tracked any more.
    errors = [np.where(r.lost, np.inf, r["tracking_error"]) for r in results]
    return {"tracking-error": exactly(np.max(errors), sum(len(e) for e in errors))}


def optimum(evidence: Evidence) -> Mapping[str, Interval]:
    """DN reaches -1 in exact learning."""
    final = _lost_as_worst(evidence.method(EXPERIMENT, "DN")["J"][:, -1])
    return {
        "final-return": mean_interval(final, evidence.confidence),
        "worst-final-return": exactly(final.min(), len(final)),
    }


def faster(evidence: Evidence) -> Mapping[str, Interval]:
    """DN needs fewer iterations than DG."""
    return {f"ratio-{d}": _ratio(evidence, "DN", "DG", d) for d in DISTANCES}


def attribution(evidence: Evidence) -> Mapping[str, Interval]:
    """Whether DN still needs fewer iterations when the first-order method takes the same steps."""
    arrived = {
        name: (evidence.method(EXPERIMENT, name)["J"][:, -1] >= OPTIMUM - 0.01).astype(float)
        for name in ("DN", "DS")
    }
    return {
        **{f"ratio-ds-{d}": _ratio(evidence, "DN", "DS", d) for d in DISTANCES},
        "arrival-difference": mean_interval(arrived["DN"] - arrived["DS"], evidence.confidence),
    }


def fallback_frequency(evidence: Evidence) -> Mapping[str, Interval]:
    """How often [.]_m kept the tracked Hessian."""
    kept = 1.0 - evidence.method(EXPERIMENT, "DN").replaced
    return {"kept-share": mean_interval(kept, evidence.confidence)}


def _ratio(evidence: Evidence, method: str, reference: str, distance: float) -> Interval:
    """Median pairwise ratio of the iterations until J stays within `distance` of the optimum."""
    times = [
        settling_time(evidence.method(EXPERIMENT, name)["J"], OPTIMUM, distance)
        for name in (method, reference)
    ]
    return median_interval(*ratio_bounds(*times), evidence.confidence)


def _lost_as_worst(J: np.ndarray) -> np.ndarray:
    """A repetition that diverged counts as the worst return of the game, and is not dropped."""
    return np.where(np.isfinite(J), J, -2.0)
