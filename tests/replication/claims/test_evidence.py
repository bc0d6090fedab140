"""What a measure is given: intervals and options as they are read, and results."""

import pytest

from replication.claims.evidence import Evidence
from replication.claims.planting import Run
from replication.experiments.config import ConfigError


def test_intervals_of_a_mean_by_their_reading(tmp_path, rng):
    samples = rng.normal(size=30)
    widths = {}
    for option in ("student-t", "normal", "bootstrap"):
        interval = Evidence(tmp_path, 0.98, readings={"interval": option}).mean(samples)
        assert interval.value == pytest.approx(samples.mean())
        widths[option] = interval.upper - interval.lower
    assert widths["bootstrap"] < widths["student-t"] and widths["normal"] < widths["student-t"]


def test_an_ambiguity_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'arrival'"):
        Evidence(tmp_path, 0.98).reading("arival")


SHORT = (Run("pd_exact", ("DN",), ("iterations=60",)),)


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
