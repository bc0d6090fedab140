"""Claims measured on the sampled Prisoner's Dilemma, Figure 2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netnewton.arrays import Array, Flags
from netnewton.policies import Boltzmann, behaviour_parameters
from replication.claims.comparisons import area_difference, ratio
from replication.claims.evidence import Evidence, Measure
from replication.experiments import problems
from replication.experiments.config import ConfigError
from replication.experiments.intervals import Interval, median_interval, share_interval
from replication.experiments.results import Results
from replication.experiments.returns import average, returns, tenth

WITH, WITHOUT, EXACT = "pd_sampled_is", "pd_sampled_no_is", "pd_fixed_exact"
NEARLY_CERTAIN = 0.9


def faster(evidence: Evidence) -> Mapping[str, Interval]:
    """With importance sampling DN rises faster than DG."""
    return {
        "ratio-0.1": ratio(evidence, WITH, "DN", "DG", 0.1),
        "area-difference": area_difference(evidence, WITH, "DN", "DG"),
    }


def without_importance_sampling(evidence: Evidence) -> Mapping[str, Interval]:
    """Without it the directions are wrong, and DN loses more by it than DG."""
    loss = {
        name: average(returns(evidence.method(WITH, name)))
        - average(returns(evidence.method(WITHOUT, name)))
        for name in ("DN", "DG")
    }
    return {
        "dn-loss": evidence.mean(loss["DN"]),
        "loss-difference": evidence.mean(loss["DN"] - loss["DG"]),
    }


def outperforms(evidence: Evidence) -> Mapping[str, Interval]:
    """With importance sampling DN's curve ends above DG's."""
    last = [tenth(returns(evidence.method(WITH, name))) for name in ("DN", "DG")]
    return {"final-difference": evidence.mean(last[0] - last[1])}


def shifted_optimum(evidence: Evidence) -> Mapping[str, Interval]:
    """With finite samples DN converges close to the optimum and stays short of it."""
    sampled = evidence.method(WITH, "DN")
    J = returns(sampled)
    baseline = tenth(returns(evidence.method(EXACT, "DN"))).mean()  # nothing in it is random
    elsewhere = at_another_corner(sampled)
    return {
        "shift": median(baseline - tenth(J)[~elsewhere], evidence.confidence),
        "late-drift": evidence.mean(tenth(J) - tenth(J, before_last=1)),
        "other-corner-share": share_interval(
            int(elsewhere.sum()), len(elsewhere), evidence.confidence
        ),
    }


def median(samples: Array, confidence: float) -> Interval:
    """The median of samples, shape (R,), with its interval; anything at all if there is none."""
    if not len(samples):
        return Interval(np.nan, -np.inf, np.inf, 0)
    return median_interval(samples, samples, confidence)


def at_another_corner(results: Results) -> Flags:
    """Whether a repetition ends with a joint action other than (0, 0) nearly certain, shape (R,).

    In the first state, if the game has several. A diverged repetition ends nowhere, and counts as
    elsewhere.
    """
    game = problems.game(results.spec.settings["game"])
    policy = problems.policy(results.spec.settings["policy"], game)
    if not isinstance(policy, Boltzmann):
        raise ConfigError(f"{WITH} is the Prisoner's Dilemma, but the results are of another game")
    theta = np.nan_to_num(results["theta"])
    probability = policy.joint(behaviour_parameters(theta, policy.owner)).probability[:, 0]
    return (probability[:, 1:].max(axis=-1) > NEARLY_CERTAIN) | results.diverged


MEASURES: Mapping[str, Measure] = {
    "fig2-faster": faster,
    "fig2-outperforms": outperforms,
    "fig2-no-is": without_importance_sampling,
    "fig2-shifted-optimum": shifted_optimum,
}
