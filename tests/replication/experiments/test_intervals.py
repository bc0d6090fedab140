"""Statistics by hand, and against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from replication.experiments import intervals
from replication.experiments.intervals import (
    Interval,
    bootstrap,
    mean_interval,
    median_interval,
    ratio_bounds,
    settling_time,
    share_interval,
    student_t,
)


def test_a_point_within_the_noise_counts_as_kept():
    """Arrived at iteration 1; then short of the level by 0.1, which the noise covers or not."""
    J = np.array([[0.0, 1.0, 0.9, 1.0]])
    assert settling_time(J, 1.0, 0.0)[0] == [3.0]
    assert settling_time(J, 1.0, 0.0, noise=0.2)[1] == [1.0]
    assert settling_time(J, 1.0, 0.0, noise=np.array([[0.05]]))[0] == [3.0]
    within = settling_time(np.array([[0.0, 0.9, 0.9]]), 1.0, 0.0, noise=0.2)
    assert within == (4.0 - 1.0, np.inf)  # near the level is not at it


def test_student_t_against_scipy(rng):
    samples = rng.normal(size=(30, 4))
    mean, lower, upper = student_t(samples, 0.98)
    expected = stats.t.interval(0.98, 29, loc=samples.mean(axis=0), scale=stats.sem(samples))
    np.testing.assert_allclose([lower, upper], expected, rtol=1e-12)
    np.testing.assert_allclose(mean, samples.mean(axis=0))
    half = mean_interval(samples[:, 0], 0.98).upper - samples[:, 0].mean()
    np.testing.assert_allclose(half / stats.sem(samples[:, 0]), 2.462, atol=5e-4)


def test_lost_repetitions_are_left_out_of_n():
    samples = np.array([[1.0], [3.0], [np.nan]])
    interval = mean_interval(samples[:, 0], 0.98)
    assert interval.n == 2 and interval.value == 2.0
    assert mean_interval(np.array([1.0, np.nan]), 0.98)[1:3] == (-np.inf, np.inf)
    assert np.isnan(mean_interval(np.array([np.nan, np.nan]), 0.98).value)


def test_median_interval_ranks_for_thirty():
    """For n = 30 and 98 % the ends are the 9th and the 22nd of the ordered samples."""
    samples = np.arange(1.0, 31.0)
    assert median_interval(samples, samples, 0.98) == Interval(15.5, 9.0, 22.0, 30)
    assert 2 * stats.binom.cdf(8, 30, 0.5) <= 0.02 < 2 * stats.binom.cdf(9, 30, 0.5)


@pytest.mark.parametrize(("successes", "n"), [(0, 30), (2, 30), (15, 30), (30, 30)])
def test_share_interval_against_scipy(successes, n):
    exact = stats.binomtest(successes, n).proportion_ci(0.98, method="exact")
    interval = share_interval(successes, n, 0.98)
    np.testing.assert_allclose(interval[1:3], [exact.low, exact.high], atol=1e-12)
    assert interval.value == successes / n
    assert share_interval(0, 30, 0.98).upper == pytest.approx(0.142, abs=5e-4)


def test_bootstrap_of_a_ratio_keeps_pairs_together(rng):
    gain = rng.uniform(1.0, 2.0, size=30)
    pairs = np.stack([0.5 * gain, gain], axis=1)  # always one half, whatever is drawn
    interval = bootstrap(
        pairs, 0.98, rng, draws=200, statistic=lambda means: means[..., 0] / means[..., 1]
    )
    np.testing.assert_allclose(interval[:3], 0.5, rtol=1e-12)
    shuffled = np.stack([0.5 * rng.permutation(gain), gain], axis=1)
    apart = bootstrap(
        shuffled, 0.98, rng, draws=200, statistic=lambda means: means[..., 0] / means[..., 1]
    )
    assert apart.upper - apart.lower > 0.01


def test_too_few_samples_bound_no_median():
    samples = np.arange(1.0, 7.0)
    assert median_interval(samples, samples, 0.98)[1:3] == (-np.inf, np.inf)


def test_censored_samples_take_the_unfavourable_bound():
    lower = np.array([0.5] * 21 + [2.0] * 9)
    upper = np.array([0.5] * 20 + [np.inf] * 10)
    interval = median_interval(lower, upper, 0.98)
    assert (interval.lower, interval.upper) == (0.5, np.inf)


def test_settling_time_by_hand():
    J = np.array(
        [
            [-2.0, -1.0, -2.0, -1.05, -1.0],  # arrives, leaves, and settles at iteration 3
            [-1.0, -1.0, -1.0, -1.0, -1.0],  # is there from the start
            [-2.0, -1.0, -1.0, -1.0, -2.0],  # is away at the end
            [-2.0, -1.0, np.nan, np.nan, np.nan],  # diverges
        ]
    )
    lower, upper = settling_time(J, -1.0, 0.1)
    assert lower.tolist() == [3, 0, 5, 5] and upper.tolist() == [3, 0, np.inf, np.inf]


def test_ratios_of_censored_times():
    seen, lost = (np.array([2.0]), np.array([2.0])), (np.array([11.0]), np.array([np.inf]))
    assert np.ravel(ratio_bounds(seen, seen)).tolist() == [1, 1]
    assert np.ravel(ratio_bounds(seen, lost)).tolist() == [0, 2 / 11]
    assert np.ravel(ratio_bounds(lost, seen)).tolist() == [5.5, np.inf]
    assert np.ravel(ratio_bounds(lost, lost)).tolist() == [0, np.inf]


def test_the_normal_interval_is_scipys(rng):
    samples = rng.normal(size=12)
    low, high = stats.norm.interval(0.98, samples.mean(), stats.sem(samples))
    assert intervals.normal_interval(samples, 0.98) == pytest.approx(
        (samples.mean(), low, high, 12)
    )
