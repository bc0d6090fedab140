"""Claims measured beforehand are taken as they are, and nothing else is."""

import numpy as np
import pytest

from replication.claims import ledger, on_library
from replication.claims.evidence import Evidence, exactly
from replication.claims.groups import measures
from replication.claims.judge import check_claim
from replication.experiments.config import ConfigError
from replication.experiments.intervals import Interval


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A file of two made-up measurements, one of them infinite."""
    made_up = {
        "nash": lambda evidence: {"dominance-margin": exactly(1.5)},
        "theorem-1": lambda evidence: {"gradient-deviation": Interval(0.0, -np.inf, np.inf, 3)},
        "fig1-optimum": lambda evidence: pytest.fail("this one needs an experiment"),
    }
    monkeypatch.setattr(on_library, "measures", lambda: made_up)
    monkeypatch.setattr(on_library, "write_thresholds", lambda path: None)  # they take ten seconds
    path = tmp_path / "measured.json"
    on_library.measure_library(path, 0.98)
    return path


def test_what_was_measured_is_read_back(stored):
    found = on_library.read_measured(stored, 0.98)
    assert found == {
        "nash": {"dominance-margin": Interval(1.5, 1.5, 1.5, 1)},
        "theorem-1": {"gradient-deviation": Interval(0.0, -np.inf, np.inf, 3)},
    }


def test_another_confidence_and_a_damaged_file_are_refused(stored):
    with pytest.raises(ConfigError, match=r"at a confidence of 0\.98, not 0\.95"):
        on_library.read_measured(stored, 0.95)
    stored.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"make it with \./run netnewton measure"):
        on_library.read_measured(stored, 0.98)
    stored.unlink()
    with pytest.raises(ConfigError, match="missing or damaged"):
        on_library.read_measured(stored, 0.98)


def test_a_claim_measured_beforehand_is_judged_by_that(tmp_path):
    entry = ledger.claim("nash")
    numbers = measures()["nash"](Evidence(tmp_path, 0.98))
    assert check_claim(entry, Evidence(tmp_path, 0.98))["verdict"] == "reproduced"
    planted = {"nash": {**numbers, "dominance-margin": exactly(-1.0)}}
    judged = check_claim(entry, Evidence(tmp_path, 0.98, planted))
    assert judged["verdict"] == "contradicted"
