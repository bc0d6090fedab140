"""What results must not be taken for; the planted faults are in test_selftest.py."""

import pytest

from replication.claims.evidence import Evidence
from replication.claims.planting import OfClaim, Run
from replication.claims.shared_faults import steps_overflow
from replication.controls.selftest import verdicts
from replication.experiments.config import ConfigError

SHORT = (Run("pd_exact", ("DN",), ("iterations=60",)),)


def test_runs_that_diverge_are_not_taken_for_runs_that_used_curvature(tmp_path, patch):
    steps_overflow(patch)
    assert verdicts(OfClaim("fallback-frequency", runs=SHORT), tmp_path)[None] == "contradicted"


def test_results_of_something_else_are_refused_and_changed_settings_are_told(tmp_path):
    SHORT[0].make(tmp_path)
    evidence = Evidence(tmp_path, 0.98)
    evidence.method("pd_exact", "DN")
    assert evidence.changes == [
        "pd_exact/DN: iterations = 60 (paper: 2000)",
        "pd_exact/DN: repetitions = 8 (paper: 30)",
    ]
    (tmp_path / "pd_exact/DN.nc").rename(tmp_path / "pd_exact/DG.nc")
    with pytest.raises(ConfigError, match="holds pd_exact/DN"):
        evidence.method("pd_exact", "DG")
