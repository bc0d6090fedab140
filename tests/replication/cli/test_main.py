"""The command line in real processes: output, exit status, and nothing written on bad input."""

import json

import pytest

from replication.cli import main
from replication.experiments.results import Results

pytestmark = pytest.mark.end_to_end

SMALL = ("--set", "iterations=30", "--repetitions", "3")


def test_list_says_where_each_value_comes_from(project):
    done = project.netnewton("list")
    assert done.returncode == 0
    assert "pd_exact" in done.stdout and "methods: DN, DG, DS" in done.stdout
    line = next(x for x in done.stdout.splitlines() if "methods.DN.step_size" in x)
    assert "1e-05" in line and "Section 6, Figure 1" in line


def test_run_shows_progress_and_one_screen_of_summary(project):
    done = project.netnewton(
        "run", "pd_exact", "--method", "DN", "--repetitions", "5", "--set", "step_size=1e-4"
    )
    assert done.returncode == 0, done.stderr
    assert "pd_exact/DN: 5 repetitions done" in done.stderr
    assert len(done.stdout.splitlines()) < 24
    for part in ("final J", "J > -1.01", "diverged", "[.]_m replaced", "100.00%", "5/5"):
        assert part in done.stdout
    folder = project.folder / "results/own/pd_exact"
    assert {p.name for p in folder.iterdir()} == {"DN.nc", "DN.provenance.json", "summary.csv"}
    results = Results(folder / "DN.nc")
    assert results.spec.settings["method"]["step_size"] == 1e-4 and len(results["J"]) == 5
    record = json.loads((folder / "DN.provenance.json").read_text())
    assert record["configuration"]["settings"]["repetitions"] == 5


def test_run_all_methods_elsewhere_on_several_jobs(project, tmp_path):
    out = tmp_path / "elsewhere"
    done = project.netnewton("run", "pd_exact", *SMALL, "--out", str(out), "--jobs", "8")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (out / "pd_exact").iterdir()} >= {"DN.nc", "DG.nc", "DS.nc"}


def test_the_intervals_are_at_the_configurations_confidence(project):
    paper = (project.folder / "config/paper.yaml").read_text(encoding="utf-8")
    (project.folder / "mine.yaml").write_text(paper.replace("confidence: 0.98", "confidence: 0.9"))
    done = project.netnewton("run", "pd_exact", "--config", "mine.yaml", *SMALL)
    assert "90 % interval" in done.stdout, done.stderr
    done = project.netnewton("run", "pd_exact", *SMALL, "--confidence", "0.95")
    assert "95 % interval" in done.stdout, done.stderr


def test_a_diverged_run_is_data(project):
    """With a floor so small that the first step along g / (m/2) overflows."""
    done = project.netnewton(
        "run", "pd_exact", "--method", "DN", "--method", "DG", *SMALL, "--set",
        "methods.DN.floor=1.0e-320",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    newton, gradient = done.stdout.splitlines()[1:3]
    assert newton.split()[-4] == "3/3" and gradient.split()[-4] == "0/3"
    results = Results(project.folder / "results/own/pd_exact/DN.nc")
    assert results["diverged_at"].tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "pd_exakt"], "there is no experiment 'pd_exakt': did you mean 'pd_exact'?"),
        (["run", "pd_exact", "--method", "DX"], "there is no method 'DX'"),
        (["run", "pd_exact", "--set", "step_sise=1"], "has no key 'step_sise'"),
        (["run", "pd_exact", "--set", "step_size=0"], "step_size = 0: give a value above 0"),
        (["run", "pd_exact", "--set", "step_size=2"], "step_size = 2: give a value at most 1"),
        (["run", "pd_exact", "--set", "floor=-1"], "floor = -1: give a value above 0"),
        (["run", "pd_exact", "--repetitions", "1"], "repetitions = 1: give a value at least 2"),
        (["run", "pd_exact", "--repetitions", "few"], "repetitions = 'few' is text"),
        (["run", "pd_exact", "--set", "start=.nan"], "start = nan: give a finite number"),
        (
            [
                "run",
                "pd_exact",
                "--set",
                "network.law=given",
                "--set",
                "network.weights=[[0.7, 0.3], [0.2, 0.8]]",
            ],
            "must be symmetric",
        ),
        (
            [
                "run",
                "pd_exact",
                "--set",
                "game.name=matrix_game",
                "--set",
                "game.payoffs=[[1, 2], [3, 4]]",
            ],
            "payoffs of shape (2, 2)",
        ),
        (["run", "pd_exact", "--config", "none.yaml"], "none.yaml cannot be read"),
        (["check", "fig1-optimun"], "there is no claim 'fig1-optimun': did you mean"),
        (["check", "fig1-optimum", "--results", "nowhere"], "DN.nc is missing"),
        (["draw", "fig9", "a.nc"], "there is no figure 'fig9'"),
        (["fly"], "invalid choice: 'fly'"),
        (["run", "pd_exact", "--jobs", "0"], "--jobs"),
    ],
)
def test_bad_input_ends_with_2_one_message_and_nothing_written(
    words, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert ended(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err
    assert err.startswith("usage") or len(err.splitlines()) == 1
    assert not list(tmp_path.rglob("*"))


def ended(words):
    """The exit status of a command in this process; argparse ends it by raising."""
    try:
        return main.main(words)
    except SystemExit as end:
        return end.code


def test_a_process_ends_with_2_one_message_and_nothing_written(project):
    before = project.files()
    done = project.netnewton("run", "pd_exakt")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "netnewton: there is no experiment 'pd_exakt': did you mean 'pd_exact'?\n"
    )
    assert project.files() == before


def test_a_run_that_fails_ends_with_1(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    words = ["run", "pd_exact", "--method", "DN", *SMALL, "--out", str(tmp_path / "file")]
    assert main.main(words) == 1
    assert "netnewton: failed: " in capsys.readouterr().err


def test_check_prints_the_verdict_and_the_numbers(finished):
    done = finished.netnewton("check", "fig1-optimum", "nash")
    assert done.returncode == 0, done.stderr
    assert "fig1-optimum: reproduced" in done.stdout and "final-return" in done.stdout
    assert "nash: reproduced" in done.stdout
