"""What DN's advantage is due to: DN against first-order methods with equal steps, and tuned."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from netnewton import networks, run
from netnewton.arrays import Array
from replication.claims.comparisons import area_difference, ratio
from replication.claims.definitions.directions import disagreement
from replication.claims.evidence import Evidence, Measure
from replication.experiments.build import build
from replication.experiments.config import Spec
from replication.experiments.intervals import Interval, median_interval
from replication.experiments.returns import average, returns
from replication.experiments.tune import best

DISTANCES = (0.1, 0.01)
SECOND_ORDER = ("DN_floor", "DN_absolute")
STUDIES = {
    "gridworld_tuned": "tune",
    "pd_exact_tuned": "tune_pd_exact",
    "pd_sampled_tuned": "tune_pd_sampled",
}
"""How the names of each tuned experiment's studies begin."""
PRINTED = ("pd_exact", "pd_sampled_is", "gridworld")
CONDITIONS = (
    ("as printed", PRINTED, ("DN", "DG", "DJ")),
    ("equal effective step", PRINTED, ("DN", "DS", "DJ")),
    (
        "tuned",
        ("pd_exact_tuned", "pd_sampled_tuned", "gridworld_tuned"),
        ("DN_floor", "DN_absolute", "DJ_floor", "DJ_absolute", "DG"),
    ),
)
"""What is compared with what; of the diagonal DJ nothing is printed, and it has DN's values."""


def exact(evidence: Evidence) -> Mapping[str, Interval]:
    """Iterations that DN needs in exact learning, against those of DS (Figure 1)."""
    return {f"ratio-ds-{d}": ratio(evidence, "pd_exact", "DN", "DS", d) for d in DISTANCES}


def arrival(evidence: Evidence) -> Mapping[str, Interval]:
    """Share of the repetitions that end at the optimum in exact learning, DN's less DS's."""
    arrived = {
        name: (returns(evidence.method("pd_exact", name))[:, -1] >= -1.01).astype(float)
        for name in ("DN", "DS")
    }
    return {"arrival-difference": evidence.mean(arrived["DN"] - arrived["DS"])}


def equal_step(experiment: str) -> Measure:
    """DN's average return less that of DS, first order with DN's effective step."""
    return lambda evidence: {"area-difference": area_difference(evidence, experiment, "DN", "DS")}


def tuned(experiment: str) -> Measure:
    """The better second-order method's average return less first order's, each at its best."""

    def measure(evidence: Evidence) -> Mapping[str, Interval]:
        better = better_second_order(experiment)
        return {"area-difference": area_difference(evidence, experiment, better, "DG")}

    return measure


def fallback_frequency(evidence: Evidence) -> Mapping[str, Interval]:
    """How often [.]_m kept the tracked Hessian."""
    kept = 1.0 - evidence.method("pd_exact", "DN").replaced
    return {"kept-share": evidence.mean(kept)}


def equal_directions(evidence: Evidence) -> Mapping[str, Interval]:
    """How far the agents' directions are apart in the iteration that moves DN's mean copy most."""
    results = evidence.method("pd_exact", "DN")
    matrices, apart = _decisive_disagreements(results.spec.to_json())
    away = np.abs(results["weights"][:, np.newaxis] - matrices).sum(axis=(2, 3))
    found = apart[away.argmin(axis=1)]  # by its matrix: of what is seen, repetitions may be missing
    return {"decisive-disagreement": median_interval(found, found, evidence.confidence)}


@cache
def _decisive_disagreements(spec: str) -> tuple[Array, Array]:
    """Consensus matrices (R, N, N), on which alone it depends, and each one's disagreement (R,)."""
    chosen = Spec.from_json(spec)
    experiment = build(chosen, range(chosen.settings["repetitions"]))
    path = run(
        experiment.algorithm,
        experiment.derivatives,
        networks.unchecked_mixing(experiment.weights),
        chosen.settings["iterations"],
        experiment.start,
    )
    theta = path.trace["theta"]
    moved = np.linalg.norm(np.diff(theta.mean(axis=2), axis=0), axis=-1)
    decisive = np.nan_to_num(moved, nan=0.0).argmax(axis=0)
    apart = disagreement(theta, chosen.settings["method"]["step_size"])
    found = apart[decisive, np.arange(len(decisive))]
    found[path.diverged_at >= 0] = np.inf
    return experiment.weights, found


def improved_speed(evidence: Evidence) -> Mapping[str, Interval]:
    """DN's average return less DG's, in each of the paper's experiments."""
    return {
        f"area-{name}": area_difference(evidence, name.replace("-", "_"), "DN", "DG")
        for name in ("pd-exact", "pd-sampled-is", "gridworld")
    }


def table(evidence: Evidence) -> list[dict[str, Any]]:
    """Every method in every experiment as printed, at equal effective step, and tuned.

    One row for each: its settings, and J(mu) at the end and averaged over all iterations, with
    their intervals.
    """
    return [
        {
            "experiment": experiment,
            "condition": condition,
            "method": method,
            **_row(evidence, experiment, method),
        }
        for condition, experiments, methods in CONDITIONS
        for experiment in experiments
        for method in methods
    ]


def _row(evidence: Evidence, experiment: str, method: str) -> dict[str, Any]:
    results = evidence.method(experiment, method)
    J = returns(results)
    settings = results.spec.settings["method"]
    return {
        **{key: settings[key] for key in ("curvature", "step_size", "floor", "curvature_sign")},
        "iterations": J.shape[1] - 1,
        "average": evidence.mean(average(J))._asdict(),
        "final": evidence.mean(J[:, -1])._asdict(),
    }


def better_second_order(experiment: str) -> str:
    """The second-order method of a tuned experiment that did better on the tuning seeds."""
    tables = STUDIES[experiment]
    return max(SECOND_ORDER, key=lambda name: float(best(f"{tables}_{name}")["average_value"]))


MEASURES: Mapping[str, Measure] = {
    "improved-speed": improved_speed,
    "attribution-exact": exact,
    "attribution-arrival": arrival,
    "attribution-sampled": equal_step("pd_sampled_is"),
    "attribution-gridworld": equal_step("gridworld"),
    "attribution-tuned-exact": tuned("pd_exact_tuned"),
    "attribution-tuned-sampled": tuned("pd_sampled_tuned"),
    "attribution-tuned-gridworld": tuned("gridworld_tuned"),
    "fallback-frequency": fallback_frequency,
    "equal-directions-in-figure-1": equal_directions,
}
