"""What the tests of the harness share."""

import pytest

from replication.claims.planting import Patch


@pytest.fixture
def patch():
    """A place to plant faults, until the end of the test."""
    with Patch() as patch:
        yield patch
