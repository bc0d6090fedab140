"""Studies run every combination, and what was tuned is what the committed tables say."""

import csv

import numpy as np
import pytest

from replication.claims.attribution import measure as attribution
from replication.experiments import config, tune
from replication.experiments.config import ConfigError

METHODS = ("DN_floor", "DN_absolute", "DJ_floor", "DJ_absolute", "DG")
TUNED = {
    (experiment, method): f"{prefix}_{method}"
    for experiment, prefix in attribution.STUDIES.items()
    for method in METHODS
}


@pytest.fixture(scope="module")
def paper():
    return config.load()


@pytest.fixture(scope="module")
def all_studies():
    return config.load_studies()


def test_every_combination_becomes_a_spec(paper, all_studies):
    for name, study in all_studies.items():
        combinations = list(tune.specs(study, paper))
        assert len(combinations) == np.prod([len(v) for v in study["grid"].values()]), name
        assert len({spec.to_json() for _, spec in combinations}) == len(combinations)
        for chosen, spec in combinations:
            assert spec.settings["seed"] == study["seed"]
            for key, value in chosen.items():
                section, _, last = key.rpartition(".")
                assert spec.settings[section or "method"][last] == value


def test_all_methods_are_tuned_with_the_same_budget_on_seeds_of_their_own(paper, all_studies):
    tuned = [all_studies[name] for name in all_studies if name.startswith("tune_")]
    assert set(TUNED.values()) == {name for name in all_studies if name.startswith("tune_")}
    assert {len(list(tune.specs(study, paper))) for study in tuned} == {24}
    assert len({(study["seed"], study["repetitions"]) for study in tuned}) == 1
    assert tuned[0]["seed"] != paper["experiments"]["gridworld_tuned"]["seed"]


def matches(settings, row):
    """Whether a method has the settings of a row of its study's table."""
    return all(str(settings[key]) == row[key] for key in row if key in settings)


@pytest.mark.parametrize(("place", "study"), TUNED.items())
def test_the_tuned_settings_are_the_best_of_the_committed_table(paper, place, study):
    experiment, method = place
    settings = paper["experiments"][experiment]["methods"][method]
    best = tune.best(study)
    assert matches(settings, best)
    others = [row for row in tune.table(study) if row != best]
    assert not any(matches(settings, row) for row in others)  # the comparison can fail


def test_committed_tables_are_those_of_the_studies(paper, all_studies):
    for name, study in all_studies.items():
        rows = tune.table(name)
        grid = [{k: str(v) for k, v in chosen.items()} for chosen, _ in tune.specs(study, paper)]
        assert [{key: row[key] for key in study["grid"]} for row in rows] == grid


@pytest.mark.parametrize("name", ["tune_DG", "sweep_DN"])
def test_one_row_of_a_committed_table_is_what_a_run_gives(paper, all_studies, name):
    """Steps that are small, so that rounding is not amplified on another machine."""
    study, rows = all_studies[name], tune.table(name)
    combinations = list(tune.specs(study, paper))
    index = min(range(len(rows)), key=lambda i: float(rows[i]["saturated"]))
    fresh = tune.outcome(combinations[index][1], confidence=0.98)
    for key, value in fresh.items():
        assert float(rows[index][key]) == pytest.approx(float(value), abs=1e-6), key


def test_a_diverged_repetition_counts_with_the_lowest_return(paper, monkeypatch):
    spec = config.spec(paper, "gridworld", "DG")
    J = np.array([[0.1, 0.5, np.nan], [0.1, 0.5, 0.9]])
    variables = {
        "J": J,
        "effective_sample_size": np.ones((2, 3, 2)),
        "saturated": np.where(np.isnan(J), np.nan, 0.0),
        "diverged_at": np.array([2, -1]),
    }
    monkeypatch.setattr(tune, "simulate", lambda spec: variables)
    row = tune.outcome(spec, confidence=0.98)
    assert (row["diverged"], row["repetitions"]) == (1, 2)
    assert float(row["final_value"]) == pytest.approx(0.45)
    assert float(row["average_value"]) == pytest.approx((0.25 + 0.7) / 2)
    assert float(row["saturated"]) == 0.5


def test_a_small_study_writes_its_table_whole(tmp_path, monkeypatch):
    small = {
        "experiment": "gridworld",
        "method": "DG",
        "seed": 3,
        "repetitions": 2,
        "grid": {"step_size": [0.1, 0.2], "iterations": [2]},
    }
    monkeypatch.setattr(config, "load_studies", lambda: {"small": small})
    tune.run_study("small", tmp_path / "small.csv", jobs=1, confidence=0.98)
    with (tmp_path / "small.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step_size"] for row in rows] == ["0.1", "0.2"]
    assert [path.name for path in tmp_path.iterdir()] == ["small.csv"]


def test_unknown_studies_and_settings_are_refused(tmp_path, paper, all_studies):
    with pytest.raises(ConfigError, match="no study 'tune_DH': did you mean 'tune_DG'"):
        tune.run_study("tune_DH", tmp_path / "x.csv", 1, 0.98)
    wrong = {**all_studies["tune_DG"], "grid": {"step_sise": [0.1]}}
    with pytest.raises(ConfigError, match="has no key 'step_sise'"):
        list(tune.specs(wrong, paper))
    with pytest.raises(ConfigError, match="is missing: make it with"):
        tune.table("nothing")
    bad = tmp_path / "studies.yaml"
    bad.write_text("studies: {a: {experiment: gridworld, method: DN, seed: 1, repetitions: 2}}")
    with pytest.raises(ConfigError, match="lacks the key 'grid'"):
        config.load_studies(bad)
    assert not list(tmp_path.glob("*.csv"))
