"""Claims measured on the gridworld, Figure 3."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netnewton.arrays import Array
from replication.claims.comparisons import area_difference, arrival
from replication.claims.evidence import Evidence, Measure
from replication.experiments.intervals import Interval, bootstrap, median_interval, ratio_bounds
from replication.experiments.returns import returns, tenth

EXPERIMENT = "gridworld"
SHARE = 0.9  # of the gain that counts as having arrived
SEED = 2022  # of the bootstrap; any number does


def faster(evidence: Evidence) -> Mapping[str, Interval]:
    """DN converges in fewer iterations than DG."""
    J = {name: returns(evidence.method(EXPERIMENT, name)) for name in ("DN", "DG")}
    level = max(tenth(values).mean() for values in J.values())
    times = [_arrival(evidence, values, level) for values in J.values()]
    return {
        "improvement": _improvement(evidence, J["DN"]),
        "ratio-90": median_interval(*ratio_bounds(*times), evidence.confidence),
        "area-difference": area_difference(evidence, EXPERIMENT, "DN", "DG"),
    }


def few_iterations(evidence: Evidence) -> Mapping[str, Interval]:
    """DN reaches a local optimum within very few iterations, and stays there."""
    J = returns(evidence.method(EXPERIMENT, "DN"))
    times = _arrival(evidence, J, tenth(J).mean())
    return {
        "improvement": _improvement(evidence, J),
        "arrival-iteration": median_interval(*times, evidence.confidence),
        "late-drift": _relative_drift(J, evidence.confidence),
    }


def _improvement(evidence: Evidence, J: Array) -> Interval:
    return evidence.mean(tenth(J) - J[:, 0])


def _arrival(evidence: Evidence, J: Array, level: float) -> tuple[Array, Array]:
    """Iterations until J keeps 90 % of the gain from its mean start to a level.

    Where there is no gain, nothing has arrived anywhere: censored at the last iteration.
    """
    start = J[:, 0].mean()
    if level <= start:
        return np.full(len(J), float(J.shape[1])), np.full(len(J), np.inf)
    return arrival(evidence, J, level, (1 - SHARE) * (level - start))


def _relative_drift(J: Array, confidence: float) -> Interval:
    """Mean late change of J over the mean improvement, bootstrapped over repetitions."""
    change = tenth(J) - tenth(J, before_last=1)
    gain = tenth(J) - J[:, 0]
    return bootstrap(
        np.stack([change, gain], axis=1),
        confidence,
        np.random.default_rng(SEED),
        statistic=lambda means: means[..., 0] / means[..., 1],
    )


MEASURES: Mapping[str, Measure] = {
    "fig3-faster": faster,
    "fig3-few-iterations": few_iterations,
}
