"""Studies run every combination, and what was tuned is what the committed tables say."""

import csv

import numpy as np
import pytest
import yaml

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


@pytest.fixture
def own(tmp_path, paper):
    """A file of studies, of an experiment of its own and of one of the paper."""
    mine = {k: v for k, v in paper["experiments"]["pd_exact"].items() if k != "figures"}
    study = {"method": "DG", "seed": 3, "repetitions": 2}
    grid = {"step_size": [0.1, 0.2], "iterations": [2]}
    small = {**study, "experiment": "mine", "grid": grid}
    of_paper = {**study, "experiment": "pd_exact", "grid": {"iterations": [2, 3]}}
    path = tmp_path / "mine.yaml"
    studies = {"small": small, "of_paper": of_paper}
    path.write_text(yaml.safe_dump({"experiments": {"mine": mine}, "studies": studies}))
    return path


def run(name, path, out):
    said = []
    rows = tune.run_study(name, path, out, jobs=1, confidence=0.98, say=said.append)
    return rows, said


def test_a_small_study_writes_its_table_whole(tmp_path, own):
    out = tmp_path / "tables" / "small.csv"
    rows, said = run("small", own, out)
    with out.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["step_size"] for row in written] == ["0.1", "0.2"]
    assert written == [{key: str(value) for key, value in row.items()} for row in rows]
    assert said[-1] == "small: 2 of 2 combinations done"
    assert {path.name for path in out.parent.iterdir()} == {"small.csv", "done"}
    assert len(run("of_paper", own, out)[0]) == 2


def test_an_interrupted_study_goes_on_where_it_was(tmp_path, own, monkeypatch):
    fresh, _ = run("small", own, tmp_path / "fresh" / "small.csv")
    out, outcome, left = tmp_path / "tables" / "small.csv", tune.outcome, [1]

    def interrupted(spec, confidence):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return outcome(spec, confidence)

    monkeypatch.setattr(tune, "outcome", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("small", own, out)
    assert not out.exists()
    left.append(1)  # one combination is left, and no more than that is computed
    rows, _ = run("small", own, out)
    assert rows == fresh and not left


def test_a_study_that_the_library_refuses_computes_nothing(tmp_path, own):
    document = yaml.safe_load(own.read_text())
    document["studies"]["small"]["grid"]["network.graph"] = ["complete", []]
    own.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match="mine/DG: the graph is not connected"):
        run("small", own, tmp_path / "tables" / "small.csv")
    assert not (tmp_path / "tables").exists()


def test_unknown_studies_and_settings_are_refused(tmp_path, paper, all_studies):
    with pytest.raises(ConfigError, match="no study 'tune_DH': did you mean 'tune_DG'"):
        run("tune_DH", config.STUDIES, tmp_path / "x.csv")
    with pytest.raises(ConfigError, match="no method 'DH'"):
        list(tune.specs({**all_studies["tune_DG"], "method": "DH"}, paper))
    wrong = {**all_studies["tune_DG"], "grid": {"step_sise": [0.1]}}
    with pytest.raises(ConfigError, match="has no key 'step_sise'"):
        list(tune.specs(wrong, paper))
    with pytest.raises(ConfigError, match="is missing: make it with"):
        tune.table("nothing")
    bad = tmp_path / "studies.yaml"
    bad.write_text("studies: {a: {experiment: gridworld, method: DN, seed: 1, repetitions: 2}}")
    with pytest.raises(ConfigError, match="lacks the key 'grid'"):
        config.load_studies(bad)
    bad.write_text(bad.read_text().replace("repetitions: 2", "repetitions: 2, grid: {floor: 1.0}"))
    with pytest.raises(ConfigError, match=r"grid.floor = 1.0: give a list of different values"):
        config.load_studies(bad)
    assert not list(tmp_path.glob("*.csv"))
