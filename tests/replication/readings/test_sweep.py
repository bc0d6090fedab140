"""Readings of the paper: what each option changes, and the sweep over all of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replication.claims.evidence import exactly
from replication.experiments import simulate
from replication.experiments.config import ConfigError
from replication.readings import sweep, table
from replication.readings.enumeration import Reading


@pytest.fixture
def small(monkeypatch):
    """Two readings of one cheap claim, and a count of the simulations made."""
    swept = [
        Reading((), ("fallback-frequency",)),
        Reading((("iterations", "200"),), ("fallback-frequency",)),
    ]
    made = []
    real = simulate.simulate

    def shorter(spec):
        made.append(spec)
        return real(replace(spec, settings={**spec.settings, "iterations": 5, "repetitions": 8}))

    monkeypatch.setattr(sweep, "all_readings", lambda: swept)
    monkeypatch.setattr(sweep, "simulate", shorter)
    return made


def test_a_sweep_goes_on_where_it_was_and_gives_the_same_table(small, tmp_path):
    out = tmp_path / "readings.json"
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    first = out.read_bytes()
    assert len(small) == 2
    for file in (tmp_path / "scratch").rglob("readings/*.json"):
        file.unlink()
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    assert len(small) == 2 and out.read_bytes() == first
    found = table.read_table(out)
    assert found.is_current({"fallback-frequency": "contradicted"})
    assert not found.is_current({"fallback-frequency": "reproduced"})
    assert found.of_claim("fallback-frequency") == [("iterations=200", "contradicted")]


def test_a_changed_ledger_is_measured_again_and_runs_nothing(small, tmp_path, monkeypatch):
    out, scratch = tmp_path / "readings.json", tmp_path / "scratch"
    sweep.sweep(out, scratch, 1, 0.98, say=lambda line: None)
    monkeypatch.setattr(sweep, "DATA", ("config/studies.yaml",))  # other bytes
    sweep.sweep(out, scratch, 1, 0.98, say=lambda line: None)
    assert len(list(scratch.glob("readings/*/*.json"))) == 4 and len(small) == 2


def test_a_table_of_other_sources_is_not_current(small, tmp_path):
    out = tmp_path / "readings.json"
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    document = json.loads(out.read_text(encoding="utf-8"))
    out.write_text(json.dumps({**document, "library": "0" * 64}), encoding="utf-8")
    assert not table.read_table(out).is_current({"fallback-frequency": "contradicted"})
    out.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        table.read_table(out)
    assert table.read_table(Path("nowhere")) is None


def test_infinite_numbers_become_text():
    judged = {
        "verdict": "x",
        "quantities": [{"id": "q", **exactly(np.inf)._asdict(), "verdict": 1}],
    }
    assert sweep.brief(judged)["quantities"]["q"]["value"] == "inf"
