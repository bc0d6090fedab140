"""Scores against values by hand and against scipy's."""

import numpy as np
import pytest
import scipy.stats

from replication.promise.scores import Levels, arrival, improvement, improvement_interval


def test_levels_are_shares_of_the_way():
    levels = Levels(start=-1.5, best=-1.0)
    assert levels.at(0.9) == pytest.approx(-1.05)
    np.testing.assert_allclose(levels.share(np.array([-1.5, -1.25, -1.0])), [0.0, 0.5, 1.0])


def test_arrival_is_the_first_entry_that_the_mean_keeps():
    J = np.array(
        [
            [0.0, 1.0, 1.0, 1.0],
            [0.0, 1.0, 0.0, 0.0],  # by chance: the mean from there on is below
            [0.0, 1.0, 0.8, 1.2],  # dips, and keeps it in the mean
            [1.0, 1.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.9],
        ]
    )
    np.testing.assert_array_equal(arrival(J, 1.0), [1, np.inf, 1, 0, np.inf])
    np.testing.assert_array_equal(arrival(J, 0.9), [1, np.inf, 1, 0, 3])


def test_improvement_is_the_mann_whitney_statistic(rng):
    first, second = rng.integers(0, 6, size=17) / 2, rng.integers(0, 5, size=23) / 2
    U = scipy.stats.mannwhitneyu(first, second).statistic
    assert improvement(first, second) == pytest.approx(U / (17 * 23))
    assert improvement(first, second) == pytest.approx(1 - improvement(second, first))
    # The negative control: without half of the ties it is another number.
    assert improvement(first, second) != pytest.approx((first[:, None] > second).mean())
    assert improvement(np.ones(3), np.ones(2)) == 0.5


def test_its_interval_is_that_of_a_bootstrap_of_scipy(rng):
    first, second = rng.normal(0.7, size=30), rng.normal(size=30)
    ours = improvement_interval(first, second, 0.98, rng, draws=4000)
    theirs = scipy.stats.bootstrap(
        (first, second),
        improvement,
        vectorized=False,
        n_resamples=2000,
        confidence_level=0.98,
        method="percentile",
        rng=rng,
    ).confidence_interval
    assert ours.value == improvement(first, second)
    assert ours.lower == pytest.approx(theirs.low, abs=0.03)
    assert ours.upper == pytest.approx(theirs.high, abs=0.03)
    certain = improvement_interval(first + 100, second, 0.98, rng)
    assert (certain.lower, certain.upper) == (1.0, 1.0)
