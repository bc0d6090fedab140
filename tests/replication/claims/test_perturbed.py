"""Where the dynamics settle with a constant error."""

import numpy as np
import pytest

from replication.claims.concave import Reading
from replication.claims.theorems import perturbed


def test_the_shift_grows_in_proportion_to_the_error(small):
    growth = perturbed.shift_growth(Reading(), np.geomspace(1e-5, 1e-2, 5))
    assert growth.value == pytest.approx(1.0, abs=0.02)


def test_the_condition_of_the_proof_holds_with_xi_H_not_xi_g(small):
    """grad J(x) + xi_g - xi_H x = 0 in ascent; with xi_g in the product it does not even fit."""
    for case in perturbed.shifted(Reading()):
        _, _, gradient = perturbed.averages(case.problem, Reading(), case.x)
        left = gradient + case.error.g - case.error.H @ case.x
        np.testing.assert_allclose(left, 0.0, atol=1e-12)
