"""Faults in how repetitions become intervals, quantities and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netnewton.arrays import Array
from replication.claims import comparisons, evidence, judge
from replication.claims.evidence import Evidence
from replication.claims.figure_1 import measure as figure1
from replication.claims.figure_2 import measure as figure2
from replication.claims.figure_3 import measure as figure3
from replication.claims.planting import Control, Patch, of_check
from replication.controls import by_hand
from replication.experiments import summarise
from replication.experiments.intervals import Interval, normal_interval
from replication.experiments.results import Results


def normal_for_t(patch: Patch) -> None:
    """Intervals of means take the normal law's quantile for Student's."""
    patch.setattr(evidence, "mean_interval", normal_interval)


def confidence_too_low(patch: Patch) -> None:
    """Intervals said to be at 98 % are at 95 %."""
    patch.arguments(evidence, "mean_interval", lambda samples, confidence: (samples, 0.95))


def spread_over_n(patch: Patch) -> None:
    """The variance is the sum of squares over n in place of n - 1."""

    def narrower(interval: Interval) -> Interval:
        value, lower, upper, n = interval
        half = (upper - lower) / 2 * np.sqrt((n - 1) / n)
        return Interval(value, value - half, value + half, n)

    patch.result(evidence, "mean_interval", narrower)


def interval_over_iterations(patch: Patch) -> None:
    """The bands of the curves are taken over iterations in place of repetitions."""
    patch.arguments(summarise, "student_t", lambda J, confidence: (J.T, confidence))


def pairs_broken(patch: Patch) -> None:
    """A repetition of one method is compared with some other one of the other method."""

    def area_difference(evidence: Evidence, experiment: str, *methods: str) -> Interval:
        first, second = (
            comparisons.average(comparisons.returns(evidence.method(experiment, name)))
            for name in methods
        )
        return evidence.mean(first - second[::-1])

    patch.setattr(figure2, "area_difference", area_difference)


def bootstrap_over_iterations(patch: Patch) -> None:
    """A bootstrap draws iterations in place of repetitions."""
    patch.arguments(figure3, "_relative_drift", lambda J, confidence: (J.T, confidence))


def bootstrap_without_pairs(patch: Patch) -> None:
    """A bootstrap draws change and gain, which belong together, each by itself."""
    patch.arguments(
        figure3,
        "bootstrap",
        lambda samples, confidence, rng, **_: (rng.permuted(samples, axis=0), confidence, rng),
    )


def share_by_the_normal_law(patch: Patch) -> None:
    """A share has an interval by the normal law, of no width at 0."""

    def share_interval(successes: int, n: int, confidence: float) -> Interval:
        samples = np.repeat([1.0, 0.0], [successes, n - successes])
        return normal_interval(samples, confidence)

    patch.setattr(figure2, "share_interval", share_interval)


def censored_dropped(patch: Patch) -> None:
    """Pairs of which a run did not arrive are left out."""

    def seen(lower: Array, upper: Array, confidence: float) -> tuple:
        return lower[np.isfinite(upper)], upper[np.isfinite(upper)], confidence

    patch.arguments(comparisons, "median_interval", seen)


def first_visit_for_settling(patch: Patch) -> None:
    """A run has arrived when it first comes near the optimum, also if it leaves again."""
    patch.arguments(
        comparisons, "settling_time", lambda J, *near: (np.maximum.accumulate(J, axis=1), *near)
    )


def settling_counted_from_one_later(patch: Patch) -> None:
    """Iterations until arrival are counted without the first."""
    patch.arguments(comparisons, "settling_time", lambda J, *near: (J[:, 1:], *near))


def diverged_dropped(patch: Patch) -> None:
    """Repetitions that diverged are left out of means."""
    patch.setattr(Results, "lost", property(lambda self: np.zeros(self["J"].shape, dtype=bool)))


def diverged_keep_their_last_return(patch: Patch) -> None:
    """A repetition that diverged counts with the return it had before."""

    def returns(results: Results) -> Array:
        J, last = results["J"], np.isfinite(results["J"]).sum(axis=1, keepdims=True) - 1
        return np.where(results.lost, np.take_along_axis(J, last, axis=1), J)

    patch.setattr(figure1, "returns", returns)


def last_iteration_left_out(patch: Patch) -> None:
    """The last tenth of a run ends one iteration early."""
    patch.arguments(figure3, "tenth", lambda J, **_: (J[:, :-1],))


def start_averaged_in(patch: Patch) -> None:
    """The average over iterations 1 to K takes in the start, which no method can change."""
    patch.setattr(comparisons, "average", lambda J: J.mean(axis=1))


def point_estimate_judged(patch: Patch) -> None:
    """Verdicts go by the estimate alone, whatever its interval."""

    def estimate(interval: Interval, region: Mapping[str, float]) -> tuple:
        return interval._replace(lower=interval.value, upper=interval.value), region

    patch.arguments(judge, "quantity_verdict", estimate)


CONTROLS: Sequence[Control] = (
    *of_check(by_hand.interval_of_a_mean, normal_for_t, confidence_too_low, spread_over_n),
    *of_check(by_hand.interval_of_a_curve, interval_over_iterations),
    *of_check(by_hand.interval_of_pairs, pairs_broken),
    *of_check(by_hand.interval_by_bootstrap, bootstrap_over_iterations, bootstrap_without_pairs),
    *of_check(by_hand.interval_of_a_share, share_by_the_normal_law),
    *of_check(by_hand.censored_runs, censored_dropped),
    *of_check(by_hand.settling, first_visit_for_settling, settling_counted_from_one_later),
    *of_check(by_hand.diverged_runs, diverged_dropped, diverged_keep_their_last_return),
    *of_check(by_hand.averages, last_iteration_left_out, start_averaged_in),
    *of_check(by_hand.verdict_on_an_interval, point_estimate_judged),
)
