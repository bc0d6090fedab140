"""Which choices decide: planted dependences are found, and nothing is found where there is none."""

import numpy as np
import pytest
from made_up_atlas import DECIDING, make_atlas

import replication.multiverse.deciding
from replication.experiments.config import ConfigError
from replication.multiverse.atlas import Atlas
from replication.multiverse.deciding import (
    NOTICEABLE,
    coded,
    deciding,
    importances,
    read_deciding,
    write_deciding,
)
from replication.multiverse.space import of_figure

UNIVERSES = 400


@pytest.fixture(scope="module")
def choices():
    """Two numbers, four choices of two or three options, and some more that play no part."""
    rng = np.random.default_rng(11)
    options = {f"option-{k}": rng.integers(2 + k % 2, size=UNIVERSES) * 1.0 for k in range(6)}
    return {f"number-{k}": rng.random(UNIVERSES) for k in range(6)} | options


@pytest.mark.statistical
def test_two_planted_choices_come_first_and_the_others_decide_nothing(choices):
    noise = np.random.default_rng(1).normal(size=UNIVERSES)
    outcome = 3 * choices["number-1"] + (choices["option-3"] == 1) + 0.2 * noise
    found = importances(choices, outcome, 0.98)
    assert {i.choice for i in found[:2]} == {"number-1", "option-3"}
    assert [i.choice for i in deciding(found)] == [i.choice for i in found[:2]]
    assert max(i.upper for i in found[2:]) < NOTICEABLE
    # Shuffling what explains a share of the variance costs twice that share, if all is learnt.
    assert 0.9 < found[0].value < 2 * 0.75 / (0.75 + 2 / 9 + 0.04)
    assert found == importances(choices, outcome, 0.98)


@pytest.mark.statistical
def test_a_middle_option_and_two_options_that_matter_only_together_are_found(choices):
    middle = importances(choices, (choices["option-1"] == 1) * 1.0, 0.98)
    assert [i.choice for i in deciding(middle)] == ["option-1"]
    together = importances(choices, (choices["option-0"] == choices["option-2"]) * 1.0, 0.98)
    assert {i.choice for i in deciding(together)} == {"option-0", "option-2"}


@pytest.mark.statistical
def test_a_permuted_outcome_is_decided_by_nothing(choices):
    rng = np.random.default_rng(3)
    found = importances(choices, rng.permutation(choices["number-1"] > 0.7) * 1.0, 0.98)
    assert deciding(found) == []


def test_an_outcome_without_spread_is_decided_by_nothing(choices):
    assert {i.value for i in importances(choices, np.ones(UNIVERSES), 0.98)} == {0.0}


def test_options_are_coded_by_their_place():
    columns = {"projection": np.array(["floor-eigenvalues", "all-or-nothing"])}
    made = {"sources": "", "universes": 2, "confidence": 0.98}
    assert list(coded(Atlas("fig1", columns, made))["projection"]) == [1.0, 0.0]


def test_what_decides_a_made_up_table_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(replication.multiverse.deciding, "TREES", 10)
    make_atlas("fig1", tmp_path, universes=128)
    write_deciding("fig1", tmp_path)
    found = read_deciding("fig1", tmp_path)
    assert {"DN-DG", "DN-DS", "fig1-faster"} <= set(found)
    assert [i.choice for i in deciding(found["fig1-faster"])] == [DECIDING["fig1"]]
    assert len(found["DN-DG"]) == len(of_figure("fig1"))


def test_a_missing_table_and_a_damaged_one_have_a_remedy(tmp_path):
    assert read_deciding("fig1", tmp_path) == {}
    with pytest.raises(ConfigError, match="netnewton multiverse fig1"):
        write_deciding("fig1", tmp_path)
    (tmp_path / "fig1-deciding.csv").write_text("outcome,choice\na,b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        read_deciding("fig1", tmp_path)
