"""What tests of the claims share."""

from dataclasses import replace

import pytest

from replication.claims.rates import faults as rates_faults
from replication.claims.theorems import convergence
from replication.claims.theorems import faults as theorems_faults


@pytest.fixture
def small(patch):
    """Problems as few as those of the controls, and too few runs to establish a share of 99 %."""
    rates_faults.small(patch)
    theorems_faults.small(patch)
    for sizes in ("EQ_5_SIZES", "SIZES"):
        fewer = [replace(size, runs=4) for size in getattr(convergence, sizes)]
        patch.setattr(convergence, sizes, tuple(fewer))
