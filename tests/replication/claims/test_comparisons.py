"""Times compared pairwise, by hand."""

import numpy as np

from replication.claims import comparisons
from replication.claims.evidence import Evidence


def test_three_readings_of_an_arrival(tmp_path):
    """Near the level 1 at iteration 1, away at 2, near for good from 3 on."""
    J = np.array([[0.0, 0.95, 0.5, 0.95, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    expected = {
        "enters-and-stays": ([3, 5], [3, np.inf]),
        "first-entry": ([1, 5], [1, np.inf]),
        "area": ([1.6, 5.0], [1.6, 5.0]),
    }
    for option, bounds in expected.items():
        evidence = Evidence(tmp_path, 0.98, readings={"arrival": option})
        found = comparisons.arrival(evidence, J, 1.0, 0.1)
        np.testing.assert_allclose(found, bounds, err_msg=option)
