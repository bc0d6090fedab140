"""The command line in real processes: output, exit status, and nothing written on bad input."""

import json
import re

import numpy as np
import pytest

from netnewton import __version__
from replication.cli import main, show
from replication.experiments import config
from replication.experiments.results import Results, write_results

pytestmark = pytest.mark.end_to_end

SMALL = ("--set", "iterations=30", "--repetitions", "3")


def test_list_says_where_each_value_comes_from(project):
    done = project.netnewton("list")
    assert done.returncode == 0 and len(done.stdout.splitlines()) < 15
    assert re.search(r"^pd_exact +DN, DG, DS, DJ +Exact learning", done.stdout, flags=re.M)
    done = project.netnewton("list", "pd_exact")
    line = next(x for x in done.stdout.splitlines() if "methods.DN.step_size" in x)
    assert "1e-05" in line and "Section 6, Figure 1" in line


def test_run_shows_progress_and_one_screen_of_summary(project):
    done = project.netnewton(
        "run", "pd_exact", "--method", "DN", "--repetitions", "5", "--set", "step_size=1e-4"
    )
    assert done.returncode == 0, done.stderr
    assert "pd_exact/DN: 5 repetitions done" in done.stderr
    assert len(done.stdout.splitlines()) < 24
    for part in ("final J", "J > -1.01", "diverged", "[·]ₘ replaced", "100.00%", "5/5"):
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
    assert newton == newton.rstrip(), "plain text where there is no terminal"
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
        (["draw", "fg1", "a.nc"], "did you mean 'fig1'?"),
        (["draw", "fig1", "a.nc"], "a.nc is missing: name a result file that there is"),
        (["list", "pd_exakt"], "did you mean 'pd_exact'?"),
        (["study", "tune_DM", "a.csv"], "did you mean 'tune_D"),
        (["fly"], "there is no command 'fly': known: list, run"),
        (["chek"], "there is no command 'chek': did you mean 'check'?"),
        ([], "required: COMMAND; see ./run netnewton --help"),
        (["run"], "required: experiment; see ./run netnewton run --help"),
        (["run", "pd_exact", "--metod", "DN"], "run does not take '--metod': did you mean '--met"),
        (["multiverse", "fig4"], "there is no 'fig4': did you mean 'fig1'?"),
        (["check", "--confidence", "much"], "much: give a number between 0 and 1"),
        (["check", "fig1-optimum", "--runs", "a.nc"], "a.nc is missing"),
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
    assert len(err.splitlines()) == 1
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
    printed = done.stdout.splitlines()
    assert printed[0] == "Exact learning: DN reaches the optimum −1, whatever the matrix."
    assert printed[1].startswith("  ✓ reproduced; holds in ")
    assert printed[1].endswith("  (fig1-optimum)")
    assert re.match(r"    final-return +−1, n = 30 +region ≥ −1.01 and .* reproduced$", printed[2])
    assert "  ✓ reproduced; holds under 1 of 2 readings  (nash)" in printed
    assert printed[-1] == "2 claims: 2 reproduced"
    assert not any("\x1b" in line for line in printed)


def test_check_judges_the_runs_that_it_is_given(tmp_path, capsys):
    """By themselves: no word on how robust the paper's verdict is, and nothing of other runs."""
    words = ["run", "pd_exact", "--method", "DN", *SMALL, "--out", str(tmp_path)]
    assert main.main(words) == 0
    own = str(tmp_path / "pd_exact/DN.nc")
    capsys.readouterr()
    assert main.main(["check", "--runs", own, "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    judged = {claim["id"]: claim for claim in found["claims"]}
    assert [q["n"] for q in judged["fig1-optimum"]["quantities"]] == [3, 3]
    assert "pd_exact/DN: iterations = 30 (paper: 2000)" in found["changes"]
    assert {claim["plausible"] for claim in judged.values()} == {None}
    assert "fig1-faster is not judged: pd_exact/DG is not among the runs" in err
    assert "fig1-faster" not in judged and sum(found["counts"].values()) == len(judged)


@pytest.mark.parametrize(
    ("claims", "experiment", "message"),
    [
        (["fig1-faster"], "pd_exact", "fig1-faster is not judged: pd_exact/DG is not among"),
        (["nash"], "pd_exact", "pd_exact is not judged: no claim named is measured on it"),
        ([], "gridworld_unbiased", "no claim is measured on it; there are some on gridworld,"),
    ],
)
def test_check_refuses_runs_that_it_does_not_judge(tmp_path, capsys, claims, experiment, message):
    spec = config.spec(config.load(), experiment, "DN")
    write_results(tmp_path / "DN.nc", spec, {"J": np.zeros((2, 3))})
    assert main.main(["check", *claims, "--runs", str(tmp_path / "DN.nc")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err


def test_a_setting_of_several_methods_is_told(tmp_path, capsys):
    words = ["run", "pd_exact", *SMALL, "--set", "step_size=0.5", "--out", str(tmp_path)]
    assert main.main([*words, "--method", "DN", "--method", "DG"]) == 0
    assert "step_size=0.5 set for DN, DG\n" in capsys.readouterr().err
    assert main.main([*words, "--method", "DN"]) == 0
    assert "set for" not in capsys.readouterr().err


def test_a_folder_holds_results_of_one_set_of_settings(tmp_path, capsys):
    def run(*words):
        assert main.main(["run", "pd_exact", *SMALL, "--out", str(tmp_path), *words]) == 0
        return capsys.readouterr()

    def held(folder):
        return {path.name for path in (tmp_path / folder / "pd_exact").glob("*.nc")}

    run("--method", "DN", "--method", "DG", "--set", "floor=1e-3")
    out, err = run("--method", "DG", "--set", "floor=1e-3", "--set", "methods.DN.floor=1e-3")
    assert "moved" not in err and held(".") == {"DN.nc", "DG.nc"}, "of the same settings: both stay"
    assert [line.split()[0] for line in out.splitlines()] == ["method", "DN", "DG"]
    out, err = run("--method", "DN", "--set", "iterations=20")
    assert f"DG, DN had other settings; moved to {tmp_path}/earlier/pd_exact" in err
    assert held(".") == {"DN.nc"} and held("earlier") == {"DN.nc", "DG.nc"}
    assert Results(tmp_path / "earlier/pd_exact/DN.nc")["J"].shape[1] == 31
    summary = (tmp_path / "pd_exact/summary.csv").read_text(encoding="utf-8")
    assert "DG," not in summary and (tmp_path / "earlier/pd_exact/summary.csv").exists()
    assert main.main(["diff", str(tmp_path / "earlier"), str(tmp_path)]) == 1
    assert "pd_exact/DN: iterations 30 -> 20" in capsys.readouterr().out
    run("--method", "DN", "--set", "iterations=10")
    assert held("earlier") == {"DN.nc"}, "those moved before are gone"


def test_lists_as_data(capsys):
    assert main.main(["list", "--json"]) == 0
    experiments = config.load()["experiments"]
    assert [e["experiment"] for e in json.loads(capsys.readouterr().out)] == [*experiments]
    assert main.main(["list", "pd_exact", "--json"]) == 0
    found = {entry["key"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert found["start"] == {"key": "start", "value": 0.0, "source": "Algorithm 1: theta_i(0) = 0"}


def test_a_run_as_data(tmp_path, capsys):
    words = ["run", "pd_exact", "--method", "DG", *SMALL, "--out", str(tmp_path), "--json"]
    assert main.main(words) == 0
    (run,) = json.loads(capsys.readouterr().out)
    assert run["method"] == "DG" and run["median_arrival"] == "inf", "which no JSON number can say"


def test_the_version_is_the_librarys(capsys):
    with pytest.raises(SystemExit) as end:
        main.main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out == f"netnewton {__version__}\n"


def test_help_names_every_command_a_users_first(capsys):
    with pytest.raises(SystemExit):
        main.main(["--help"])
    printed = capsys.readouterr().out
    places = [printed.index(f"\n  {name} ") for name in ("run", "claim", "sweep", "simulate")]
    assert places == sorted(places)


def test_colour_is_for_terminals(monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    show.lines(["  ✓ reproduced", "reproduced → contradicted"])
    assert capsys.readouterr().out == "\x1b[32m  ✓ reproduced\x1b[0m\nreproduced → contradicted\n"
    monkeypatch.setenv("NO_COLOR", "1")
    show.lines(["  ✓ reproduced"])
    assert "\x1b[32m" not in capsys.readouterr().out
