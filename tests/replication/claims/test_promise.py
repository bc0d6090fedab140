"""The claims on the trial, from tables made up so that their verdicts are known."""

import numpy as np
import pytest

from replication.claims.evidence import Evidence
from replication.claims.promise import committed, faults, measure
from replication.experiments.config import ConfigError


@pytest.fixture
def evidence(patch, tmp_path):
    faults.made_up(patch)
    return Evidence(tmp_path, 0.98)


def test_ratios_are_those_of_the_pairs(evidence):
    found = measure.MEASURES["promise-gridworld"](evidence)
    pairs = (10.0 + np.arange(8)) / (40.0 + np.arange(8))
    assert found["ratio-trial"].value == pytest.approx(np.median(pairs))
    assert found["ratio-trial"] == found["ratio-replicate"]
    priced = measure.MEASURES["promise-messages"](evidence)
    assert priced["ratio-trial"].value == pytest.approx(np.median(pairs) * 2664 / 74)


def test_the_least_favourable_first_order_method_counts(evidence, patch):
    real = faults.made_up_table

    def with_a_faster_one(name):
        rows = real(name)
        first = [row for row in rows if row.get("method") == "first"]
        return rows + [
            {
                **row,
                "method": "faster",
                "area": 0.1,
                **({"ninety": 12.0} if "ninety" in row else {}),
            }
            for row in first
        ]

    patch.setattr(measure, "table", with_a_faster_one)
    found = measure.MEASURES["promise-gridworld"](evidence)
    assert found["ratio-trial"].value == pytest.approx(np.median((10.0 + np.arange(8)) / 12.0))


def test_what_does_not_arrive_is_censored(evidence, patch):
    real = faults.made_up_table

    def never(name):
        return [
            {**row, "ninety": np.inf} if row.get("method") == "second" and "ninety" in row else row
            for row in real(name)
        ]

    patch.setattr(measure, "table", never)
    found = measure.MEASURES["promise-gridworld"](evidence)["ratio-trial"]
    assert found.upper == np.inf and found.lower == pytest.approx(61 / 47)


def test_scale_asks_for_nine_tenths(evidence):
    found = measure.MEASURES["promise-scale"](evidence)
    assert len(found) == 8
    assert found["dilemma-trial-0.01"].value == pytest.approx(0.1 * (0.7 + 0.035))


def test_a_missing_table_names_the_command(tmp_path):
    with pytest.raises(ConfigError, match="snakemake --cores 2 promise"):
        committed.table("scores", tmp_path)


def test_numbers_are_read_as_numbers(tmp_path):
    text = "task,floor,edges,open\na,,,True\nb,0.5,floor,False\nc,inf,,True\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    rows = committed.table("t", tmp_path)
    assert np.isnan(rows[0]["floor"]) and rows[2]["floor"] == np.inf
    assert (rows[1]["edges"], rows[0]["open"]) == ("floor", "True")
