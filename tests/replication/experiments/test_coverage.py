"""Coverage of the intervals, at a false-alarm rate of 1e-7 a test."""

import numpy as np
import pytest
from scipy import special

from replication.experiments.intervals import bootstrap, mean_interval, median_interval, student_t

pytestmark = pytest.mark.statistical

TRIALS, N, CONFIDENCE = 20_000, 30, 0.98


def test_student_t_covers_as_often_as_it_says(rng):
    samples = rng.normal(size=(N, TRIALS))
    _, lower, upper = student_t(samples, CONFIDENCE)
    misses = int(((lower > 0) | (upper < 0)).sum())
    spread = special.ndtri(1 - 1e-7 / 2) * np.sqrt(TRIALS * 0.02 * 0.98)
    assert abs(misses - 0.02 * TRIALS) < spread


def test_the_normal_interval_in_its_place_is_noticed(rng):
    """A planted fault: at n = 30 the normal's 2.326 misses more often than t's 2.462."""
    samples = rng.normal(size=(N, TRIALS))
    half = special.ndtri(0.99) * samples.std(axis=0, ddof=1) / np.sqrt(N)
    misses = int((np.abs(samples.mean(axis=0)) > half).sum())
    spread = special.ndtri(1 - 1e-7 / 2) * np.sqrt(TRIALS * 0.02 * 0.98)
    assert abs(misses - 0.02 * TRIALS) > spread


def test_an_interval_over_the_wrong_axis_is_noticed(rng):
    """A planted fault: the unit that varies is the repetition, the first axis."""
    samples = np.repeat(rng.normal(size=(N, 1)), 50, axis=1)
    _, lower, upper = student_t(samples, CONFIDENCE)
    _, wrong_lower, wrong_upper = student_t(samples.T, CONFIDENCE)
    assert (upper > lower).all() and not (wrong_upper > wrong_lower + 1e-9).any()


@pytest.mark.parametrize("censored", [False, True])
def test_the_median_interval_covers_at_least_as_often_as_it_says(rng, censored):
    misses = 0
    for sample in rng.exponential(size=(2000, N)):
        upper = np.where(sample > 2.0, np.inf, sample) if censored else sample
        interval = median_interval(np.minimum(sample, 2.0) if censored else sample, upper, 0.98)
        misses += not interval.lower <= np.log(2) <= interval.upper
    assert misses <= 2000 * 0.02 + special.ndtri(1 - 1e-7) * np.sqrt(2000 * 0.02 * 0.98)


def test_bootstrap_agrees_with_t_for_normal_samples(rng):
    samples = rng.normal(size=200)
    t, drawn = mean_interval(samples, CONFIDENCE), bootstrap(samples, CONFIDENCE, rng)
    width = t.upper - t.lower
    assert abs(drawn.lower - t.lower) < 0.15 * width and abs(drawn.upper - t.upper) < 0.15 * width
    assert drawn.value == t.value
