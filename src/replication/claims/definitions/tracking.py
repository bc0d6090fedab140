"""The claim that trackers average to the local quantities, on the runs of Figure 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netnewton import networks
from netnewton import run as run_algorithm
from replication.claims.concave import with_trackers
from replication.claims.evidence import Evidence, exactly
from replication.experiments import config
from replication.experiments.build import build
from replication.experiments.intervals import Interval
from replication.experiments.simulate import observed, tracking_error

EXPERIMENT = "pd_exact"
TRACKED_ITERATIONS = 200
TRACKERS = 0.01  # size of those it starts from in another reading; with 1, DG diverges


def tracking(evidence: Evidence) -> Mapping[str, Interval]:
    """The trackers' network average is that of the local quantities, at every iteration."""
    if (initial := evidence.reading("initial-conditions")) != "copies":
        return {"tracking-error": _tracking_from(initial)}
    results = [evidence.method(EXPERIMENT, name) for name in ("DN", "DG", "DS")]
    # Once a repetition has diverged, nothing is tracked any more.
    errors = [np.where(r.lost, np.inf, r["tracking_error"]) for r in results]
    return {"tracking-error": exactly(np.max(errors), sum(len(e) for e in errors))}


def _tracking_from(initial: str) -> Interval:
    """The same from trackers that do not start at zero, over the first iterations."""
    paper, errors = config.load(), []
    for name in ("DN", "DG", "DS"):
        spec = config.spec(paper, EXPERIMENT, name)
        experiment = build(spec, range(spec.settings["repetitions"]))
        run = run_algorithm(
            experiment.algorithm,
            experiment.derivatives,
            networks.mixing(experiment.weights),
            TRACKED_ITERATIONS,
            with_trackers(experiment.algorithm.init(experiment.start), initial, TRACKERS),
            lambda states, experiment=experiment: observed(states, experiment),  # type: ignore[misc]
        )
        # The local quantities are smaller than the trackers at first, some of them zero.
        sizes = {f"{x}_size": np.maximum(run.trace[f"{x}_size"], TRACKERS) for x in "gH"}
        error = tracking_error({**run.trace, **sizes})
        errors.append(np.where(run.diverged_at >= 0, np.inf, error))
    return exactly(np.max(errors), sum(error.shape[1] for error in errors))
