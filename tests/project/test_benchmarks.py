"""The programs behind benchmarks/README.md still find what they time."""

import runpy

import pytest
from project_copy import ROOT

from replication.claims.promise.committed import table

PROGRAMS = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(path):
    try:
        runpy.run_path(str(path), run_name="benchmark")
    except ModuleNotFoundError as error:  # the peers are in no environment of ours
        assert (error.name, path.stem) in {
            ("jax", "gridworld_jax"),
            ("decent_array", "peers"),
            ("disropt", "peers_mpi"),
        }


def test_a_name_that_is_gone_would_be_noticed(tmp_path):
    (tmp_path / "old.py").write_text("from replication.experiments.build import CURVATURES")
    with pytest.raises(ImportError, match="CURVATURES"):
        runpy.run_path(str(tmp_path / "old.py"), run_name="benchmark")


def test_the_trials_times_are_of_all_that_was_tried():
    shown = runpy.run_path(str(ROOT / "benchmarks" / "promise_time.py"), run_name="benchmark")
    tasks = shown["PLAN"].tasks.values()
    timed = {(task.name, name) for task in tasks for name, _ in shown["works"](task)}
    assert timed == {(row["task"], row["method"]) for row in table("scores")}
    assert [task.name for task in tasks] != [] and set(shown["HEADS"]) == {t.name for t in tasks}
