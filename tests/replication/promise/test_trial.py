"""A small trial: the same bytes from any number of workers, taken up again, and what it says."""

import csv
import json

import numpy as np
import pytest

from netnewton.arrays import Array
from replication.promise import trial
from replication.promise.registration import registered
from replication.promise.tables import POINTS, _levels, kept, promise, tables_of
from replication.promise.tasks import Draw, tried


def silent(line):
    pass


@pytest.fixture(scope="module")
def made(small, plan, tmp_path_factory):
    """The folder of a small trial, made by one process."""
    folder = tmp_path_factory.mktemp("promise")
    promise(folder / "tables", folder / "done", 1, 0.98, silent, small, plan)
    return folder


def read(folder, name):
    with (folder / "tables" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


def test_any_number_of_workers_writes_the_same_bytes(small, plan, made, tmp_path):
    promise(tmp_path / "tables", tmp_path / "done", 2, 0.98, silent, small, plan)
    assert bytes_of(tmp_path) == bytes_of(made)


def test_an_interrupted_trial_goes_on_where_it_was(small, plan, made, tmp_path, monkeypatch):
    done = trial.finished_in(made / "done", small)
    copied = trial.finished_in(tmp_path / "done", small)
    for path in done.rglob("*.json"):
        target = copied / path.relative_to(done)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (copied / "dilemma_exact" / "DS.json").unlink()
    calls, conducted = [], trial.conducted

    def counted(registration, task, method):
        calls.append((task.name, method.name))
        return conducted(registration, task, method)

    monkeypatch.setattr(trial, "conducted", counted)
    promise(tmp_path / "tables", tmp_path / "done", 1, 0.98, silent, small, plan)
    assert calls == [("dilemma_exact", "DS")]
    assert bytes_of(tmp_path) == bytes_of(made)


def test_another_registration_is_another_trial(small, tmp_path):
    other = tmp_path / "promise.yaml"
    text = small.read_text(encoding="utf-8")
    other.write_text(text.replace("budget: 6", "budget: 7"), encoding="utf-8")
    assert trial.finished_in(tmp_path, other) != trial.finished_in(tmp_path, small)
    other.write_text(text, encoding="utf-8")
    assert trial.finished_in(tmp_path, other) == trial.finished_in(tmp_path, small)


def test_every_run_of_the_search_is_kept_and_the_winner_is_the_best(made):
    rows = read(made, "search")
    for winner in read(made, "winners"):
        own = [
            row
            for row in rows
            if (row["task"], row["method"]) == (winner["task"], winner["method"])
        ]
        searched = [row for row in own if row["for"] == "search"]
        assert len(searched) == 6 == int(winner["runs"])
        best = max(searched, key=lambda row: float(row["area"]))
        assert (best["area"], best["floor"]) == (winner["area"], winner["floor"])
        above = max(float(row["area"]) for row in own) - float(winner["area"])
        assert float(winner["topped_by"]) == pytest.approx(above, abs=1e-7)


def test_scores_are_those_of_the_repetitions(made):
    repetitions = read(made, "repetitions")
    for row in read(made, "scores"):
        key = ("task", "scale", "seeds", "method")
        own = [r for r in repetitions if all(r[k] == row[k] for k in key)]
        assert len(own) == 8 == int(row["repetitions"])
        share = np.array([float(r["share"]) for r in own])
        assert float(row["share"]) == pytest.approx(share.mean(), abs=1e-7)
        assert float(row["worst"]) == pytest.approx(share.min(), abs=1e-7)
        ninety = np.median([float(r["ninety"]) for r in own])
        assert float(row["ninety_scalars"]) == pytest.approx(ninety * int(row["scalars"]))
    ours = [row for row in read(made, "scores") if row["method"] == "DS"]
    assert {row["improvement"] for row in ours} == {"0.5"}  # over itself


def test_the_level_is_the_best_of_all_tuning_runs(made, small):
    (row,) = (row for row in read(made, "levels") if row["task"] == "dilemma_exact")
    last = [float(r["last"]) for r in read(made, "search") if r["task"] == "dilemma_exact"]
    assert float(row["best"]) == max(last) and row["iterations"] == "5"


def test_printed_methods_are_tried_and_not_tuned(made):
    assert "printed DN" in {row["method"] for row in read(made, "scores")}
    assert "printed DN" not in {row["method"] for row in read(made, "winners")}


def test_times_are_in_no_committed_table(made):
    assert all(b"seconds" not in content for content in bytes_of(made).values())
    stored = [json.loads(path.read_text()) for path in (made / "done").rglob("*.json")]
    assert all(found["seconds"] >= 0 for found in stored)


def test_team_problems_start_at_0_end_near_1_and_count_divergence(small):
    plan = registered(small)
    task, method = plan.tasks["team_problems"], plan.methods["DN_absolute"]
    tame, chosen = {"step_size": 0.3, "floor": 0.1}, Draw(9100004, 3)
    J: Array = tried(task, method, [tame], chosen)[0].J
    np.testing.assert_allclose(J[:, 0], 0.0)
    assert (J[:, -1] > 0.5).all() and (J <= 1 + 1e-12).all()
    (wild,) = tried(task, plan.methods["DS"], [{"step_size": 1.0, "floor": 1e-9}], chosen)
    assert wild.J.min() == -1.0


def test_methods_stand_in_tables_in_the_order_of_the_registration(made, small):
    outcomes = trial.conduct(made / "done", 1, silent, small)
    assert next(iter(outcomes)) == ("dilemma_exact", "DS")
    assert _levels("team_problems", outcomes).start == 0.0
    assert set(tables_of(outcomes, small, 0.98)) | {"causes", "rates"} == {
        path.stem for path in (made / "tables").glob("*.csv")
    }


def test_a_curve_keeps_its_beginning_and_its_end():
    assert kept(5) == [0, 1, 2, 3, 4, 5]
    long = kept(200)
    assert long[:21] == list(range(21)) and long[-1] == 200
    assert len(long) <= POINTS + 2 and np.diff(long[20:]).max() < 20
