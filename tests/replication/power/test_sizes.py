"""Repetitions by power: against scipy.stats, coded apart, and by counting."""

import numpy as np
import pytest
from scipy import stats

from replication.claims.verdicts import quantity_verdict
from replication.experiments.intervals import mean_interval, share_interval
from replication.power.sizes import OfMean, OfShare


@pytest.mark.parametrize(("effect", "spread"), [(0.02, 0.13), (1.0, 1.0), (5.0, 1.0)])
def test_a_mean_is_decided_from_the_first_n_that_has_the_power(effect, spread):
    n = OfMean(effect, spread).repetitions(0.98, 0.9)

    def power(n):
        quantile = stats.t.ppf(0.99, n - 1)
        return stats.nct.sf(quantile, n - 1, effect / spread * np.sqrt(n))

    assert power(n - 1) < 0.9 <= power(n)


def test_a_share_is_decided_from_the_first_n_that_has_the_power():
    """The counts that decide, by the interval itself; the power, by the binomial law."""
    n = OfShare(0.35, 0.5).repetitions(0.98, 0.9)

    def power(n):
        decide = [k for k in range(n + 1) if share_interval(k, n, 0.98).upper < 0.5]
        return sum(stats.binom.pmf(k, n, 0.35) for k in decide)

    assert n == 143 and power(n - 1) < 0.9 <= power(n)


@pytest.mark.statistical
def test_the_power_is_what_simulated_samples_have(rng):
    """2000 samples of each: 0.9 within five standard errors, 0.034; half the n has far less."""
    effect = OfMean(0.5, 1.0)
    n, region = effect.repetitions(0.98, 0.9), {"above": 0.0}

    def decided(n):
        samples = rng.normal(0.5, 1.0, size=(2000, n))
        verdicts = [quantity_verdict(mean_interval(each, 0.98), region) for each in samples]
        return np.mean([verdict == "reproduced" for verdict in verdicts])

    assert abs(decided(n) - 0.9) < 0.04
    assert decided(n // 2) < 0.7
