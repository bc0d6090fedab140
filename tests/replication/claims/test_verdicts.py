"""Verdicts on intervals, by hand."""

import numpy as np
import pytest

from replication.claims.verdicts import claim_verdict, quantity_verdict
from replication.experiments.intervals import (
    Interval,
)


@pytest.mark.parametrize(
    ("interval", "region", "verdict"),
    [
        ((1, 2), {"above": 0.5}, "reproduced"),
        ((1, 2), {"above": 1}, "inconclusive"),
        ((1, 2), {"at_least": 1}, "reproduced"),
        ((1, 2), {"above": 2}, "contradicted"),
        ((1, 2), {"below": 1}, "contradicted"),
        ((1, 1), {"below": 1}, "contradicted"),
        ((1, 1), {"at_most": 1}, "reproduced"),
        ((1, 2), {"at_least": 1.5, "at_most": 3}, "inconclusive"),
        ((1, 4), {"at_least": 2, "at_most": 3}, "inconclusive"),
        ((4, 5), {"at_least": 2, "at_most": 3}, "contradicted"),
        ((0, np.inf), {"below": 1}, "inconclusive"),
        ((-np.inf, np.inf), {"at_least": 0}, "inconclusive"),
        ((np.nan, np.nan), {"at_least": 0}, "inconclusive"),
    ],
)
def test_verdicts(interval, region, verdict):
    lower, upper = interval
    assert quantity_verdict(Interval(lower, lower, upper, 30), region) == verdict


def test_verdict_of_several_quantities():
    assert claim_verdict(["reproduced", "reproduced"]) == "reproduced"
    assert claim_verdict(["reproduced", "inconclusive"]) == "inconclusive"
    assert claim_verdict(["inconclusive", "contradicted"]) == "contradicted"
