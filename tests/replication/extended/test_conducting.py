"""Small experiments: the same bytes from any number of workers, and taken up again."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from replication.extended import conducting
from replication.extended.cells import Cell, every
from replication.extended.declared import declared
from replication.extended.running import run_cell
from replication.extended.written import _levels, extended, tables_of


def silent(line):
    pass


@pytest.fixture(scope="module")
def made(small, tmp_path_factory):
    """The folder of the small experiments, made by one process."""
    folder = tmp_path_factory.mktemp("extended")
    extended(folder / "tables", folder / "done", 1, 0.98, silent, small)
    return folder


@pytest.fixture(scope="module")
def found(small, made):
    return conducting.conduct(made / "done", 1, silent, small)


def read(folder, name):
    with (folder / "tables" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


def test_any_number_of_workers_writes_the_same_bytes(small, made, tmp_path):
    extended(tmp_path / "tables", tmp_path / "done", 2, 0.98, silent, small)
    assert bytes_of(tmp_path) == bytes_of(made)


def test_an_interrupted_run_goes_on_where_it_was(small, made, tmp_path, monkeypatch):
    (done,) = (made / "done").iterdir()
    copied = tmp_path / "done" / done.name
    copied.mkdir(parents=True)
    for path in sorted(done.iterdir())[1:]:
        (copied / path.name).write_bytes(path.read_bytes())
    calls = []
    for name in ("run_cell", "tune", "played"):
        real = getattr(conducting, name)
        monkeypatch.setattr(conducting, name, lambda *x, real=real: calls.append(1) or real(*x))
    extended(tmp_path / "tables", tmp_path / "done", 1, 0.98, silent, small)
    assert 1 <= len(calls) <= 20  # one of them, of which a search makes several
    assert bytes_of(tmp_path) == bytes_of(made)


def test_times_are_to_the_level_and_the_last_return_is_of_the_optimum(small, found):
    plan = declared(small)
    levels = _levels(plan, found, "sizes")
    for cell, run in found.runs:
        if cell.part == "sizes":
            key, J = conducting.what(cell), np.array(run["J"])
            assert (found.optima[key][:, np.newaxis] + 1e-9 >= J).all()
            assert (J[:, -1] <= levels[key] + 1e-9).all() or cell.game == "coordination"
    goods = [level for key, level in levels.items() if key[0] == "public_goods"]
    np.testing.assert_allclose(goods, 0.5)  # (multiplier - 1) cost
    best = [level for key, level in levels.items() if key[0] == "coordination"]
    assert all((b <= found.optima[k] + 1e-9).all() for k, b in levels.items()) and best


def test_tables_have_a_row_for_every_run(small, made, found):
    cells = every(declared(small))
    for part in ("sizes", "graphs", "rounds", "losses", "others"):
        rows = read(made, part)
        assert len(rows) == sum(cell.part == part for cell in cells) > 0
        assert {row["repetitions"] for row in rows} == {"8"}
    assert tables_of(declared(small), found, 0.98).keys() == {
        path.stem for path in (made / "tables").glob("*.csv")
    }
    for row in read(made, "rounds"):
        (one,) = (
            r for r in read(made, "rounds") if r["method"] == row["method"] and r["rounds"] == "1"
        )
        assert int(row["scalars"]) == int(row["rounds"]) * int(one["scalars"])


def test_asymmetric_losses_move_the_mean_of_the_trackers_and_symmetric_ones_do_not(made):
    error = {
        (row["links"], row["protocol"]): float(row["error"])
        for row in read(made, "losses")
        if row["p"] == "0.5"
    }
    assert error["symmetric", "weighted_sum"] < 1e-12 < 1e-3 < error["asymmetric", "weighted_sum"]


def test_every_search_has_its_budget_and_the_winner_is_the_best(made):
    rows = read(made, "search")
    for winner in read(made, "winners"):
        own = [r for r in rows if (r["game"], r["method"]) == (winner["game"], winner["method"])]
        assert len(own) == 4 and max(float(r["area"]) for r in own) == float(winner["area"])


def test_a_repetition_is_the_same_in_any_company(small):
    plan = declared(small)
    cell = Cell("sizes", "coordination", "gradient_tracking", 6, "ring", "ring")
    few = run_cell(replace(plan, repetitions={"tuning": 2, "trial": 2}), cell, {"step_size": 1.0})
    many = run_cell(replace(plan, repetitions={"tuning": 2, "trial": 4}), cell, {"step_size": 1.0})
    np.testing.assert_allclose(many["J"][:2], few["J"], rtol=1e-12)
