"""The Snakemake workflow as a user meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from project_copy import ROOT

from replication.experiments import config, simulate
from replication.experiments.results import Results, write_results

pytestmark = pytest.mark.end_to_end

EXPERIMENTS = config.load()["experiments"]
FIGURES = (
    *("fig1", "fig2", "fig3", "gridworld_paths", "gridworld_sweep"),
    *("attribution", "thresholds"),
    *("best_faith", "governing", "plausible", *(f"specification_fig{n}" for n in (1, 2, 3))),
)
TARGETS = {
    *(
        f"results/{experiment}/{method}.{suffix}"
        for experiment, settings in EXPERIMENTS.items()
        for method in settings["methods"]
        for suffix in ("nc", "provenance.json")
    ),
    *(f"results/{experiment}/summary.csv" for experiment in EXPERIMENTS),
    *(
        f"figures/{figure}.{suffix}"
        for figure in FIGURES
        for suffix in ("svg", "png", "csv", "txt")
    ),
    *(f"paper_checks/report.{suffix}" for suffix in ("md", "html", "json")),
}
STAGES = {"simulate", "measure", "summarise", "draw", "report", "compare"}


def copy_of(finished, project):
    """The finished project's state in a folder of its own, file times included."""
    subprocess.run(["cp", "-a", f"{finished.folder}/.", str(project.folder)], check=True)
    return project


def test_everything_is_made_and_nothing_half(finished):
    assert finished.files() >= TARGETS
    assert not [name for name in finished.files() if name.rsplit("/", 1)[-1].startswith(".")]


def test_a_run_shows_a_line_for_each_job_and_ends_with_the_card(finished):
    shown = finished.output.splitlines()
    assert len(shown) < 60 and any(re.fullmatch(r"\[ *1/\d+\] \w+, \d+ s", s) for s in shown)
    for label in ("Verdicts", "Figure 1", "Figure 2", "Figure 3", "Bytes", "Page", "Time"):
        assert len([line for line in shown if line.startswith(label)]) == 1, label
    (log,) = re.findall(r"; log: (.*)", finished.output)
    assert "rule simulate_pd_exact:" in (finished.folder / log).read_text()


def test_progress_is_logged(finished):
    log = (finished.folder / "results/logs/simulate-pd_exact.log").read_text()
    assert "pd_exact/DN: 30 repetitions started" in log
    assert "pd_exact/DN: 30 repetitions done in" in log


def test_a_second_run_and_a_touched_file_do_nothing(finished, project):
    copy = copy_of(finished, project)
    assert "Nothing to be done" in copy.snakemake().stdout
    time.sleep(0.01)
    (copy.folder / "src/netnewton/algorithms/consensus_newton.py").touch()
    assert "Nothing to be done" in copy.snakemake().stdout
    verbose = copy.snakemake("--verbose")
    assert "Building DAG of jobs" in verbose.stderr and "Figure 1" in verbose.stdout


def test_a_job_that_fails_is_named_with_the_end_of_its_log(project):
    broken = project.folder / "src/replication/experiments/make.py"
    broken.write_text("raise OSError('the disk is full')\n")
    done = project.snakemake("results/pd_exact/DN.nc")
    assert done.returncode == 1 and len(done.stderr.splitlines()) < 6
    name, end = "results/logs/simulate-pd_exact.log", "    netnewton: failed: the disk is full"
    assert f"simulate_pd_exact failed; its log, {name}, ends:\n{end}\n" in done.stderr
    assert "1 of 1 jobs failed, 0 are done; log: .snakemake/log/" in done.stderr


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("src/netnewton/algorithms/consensus_newton.py", STAGES),
        ("src/replication/experiments/intervals.py", STAGES - {"simulate"}),
        ("src/replication/figures/style.py", {"draw", "report", "compare"}),
        ("src/replication/report/templates/report.md.j2", {"report", "compare"}),
        ("src/replication/review/manifest.py", {"compare"}),
        ("src/replication/cli/reviewer.py", set()),
        ("paper_checks/claims/figure_1.yaml", {"measure", "draw", "report", "compare"}),
    ],
)
def test_editing_a_source_runs_what_depends_on_it(finished, project, file, again):
    copy = copy_of(finished, project)
    path = copy.folder / file
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert stages(copy.snakemake("--dry-run").stdout) == again


def test_a_simulation_runs_again_for_every_module_that_it_is_made_with(project):
    snakefile = (ROOT / "Snakefile").read_text(encoding="utf-8")
    (listed,) = re.findall(r'SIMULATING = """(.*?)"""', snakefile, re.DOTALL)
    program = "import sys, replication.experiments.make; print(*sys.modules)"
    loaded = project.run(sys.executable, "-c", program).stdout.split()
    prefix = "replication.experiments."
    own = {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)}
    assert own - {"machine", "progress", "provenance"} == set(listed.split())


def stages(plan):
    """The stages of which a dry run would run a job."""
    jobs = {line.split()[0] for line in plan.splitlines() if re.fullmatch(r"\w+ +\d+", line)}
    return {job.partition("_")[0] for job in jobs} - {"all", "total"}


def test_changing_a_setting_runs_its_experiment_and_what_shows_it(finished, project):
    changed = "set=pd_exact_tuned.iterations=150"
    plan = copy_of(finished, project).snakemake("--dry-run", "--config", changed).stdout
    assert "simulate_pd_exact_tuned" in plan and "simulate_gridworld" not in plan
    assert stages(plan) == STAGES - {"measure"} and "draw_tables" not in plan


@pytest.mark.parametrize("experiment", ["pd_exact", "pd_sampled_is", "gridworld"])
def test_results_are_those_of_any_chunk_and_of_a_repetition_alone(finished, tmp_path, experiment):
    spec = config.spec(config.load(), experiment, "DN")
    stored = finished.folder / f"results/{experiment}/DN.nc"
    write_results(tmp_path / "DN.nc", spec, simulate.simulate(spec, chunk=11))
    assert (tmp_path / "DN.nc").read_bytes() == stored.read_bytes()
    alone, results = simulate.simulate(spec, [17]), Results(stored)
    for name, values in alone.items():
        np.testing.assert_array_equal(values[0], results[name][17])


def test_config_on_the_command_line_and_targets_by_name(project):
    small = "set=[pd_exact.repetitions=3, pd_exact.iterations=20]"
    done = project.snakemake("results/pd_exact/DN.nc", "--config", small)
    assert done.returncode == 0, done.stderr
    assert Results(project.folder / "results/pd_exact/DN.nc")["J"].shape == (3, 21)
    made = {name.split("/")[1] for name in project.files() if name.endswith(".nc")}
    assert made == {"pd_exact"}
    again = project.snakemake("results/pd_exact/DN.nc", "--config", small)
    assert "Nothing to be done" in again.stderr and "Figure 1" not in again.stdout
    other = small.replace("20", "30")
    plan = project.snakemake("--dry-run", "results/pd_exact/DN.nc", "--config", other).stdout
    assert "simulate" in plan


def test_the_studies_and_the_animation_are_made_on_demand_only(finished, project):
    copy = copy_of(finished, project)
    plan = copy.snakemake("--dry-run", "studies").stdout
    assert "rule study:" in plan and "rule simulate:" not in plan
    assert not [name for name in finished.files() if name.startswith("results/studies")]
    assert "animate" in copy.snakemake("--dry-run", "figures/gridworld_paths.gif").stdout
    assert "netnewton sweep" in copy.snakemake("--dry-run", "--printshellcmds", "sweep").stdout
    plan = copy.snakemake("--dry-run", "--printshellcmds", "power", "referee").stdout
    assert "netnewton power" in plan and "netnewton referee  --jobs" in plan
    chosen = ("--config", "referee_seed=7")
    plan = copy.snakemake("--dry-run", "--printshellcmds", "referee", *chosen).stdout
    assert "netnewton referee --seed 7" in plan


@pytest.mark.parametrize("target", ["results/pd_exact/DN.nc", "figures/fig1.svg"])
def test_a_target_by_its_name_alone(project, target):
    plan = project.run("snakemake", "--dry-run", target)
    assert plan.returncode == 0, plan.stderr
    assert "simulate" in plan.stdout


def test_experiments_of_ones_own_get_summaries_and_curves_and_leave_the_papers_alone(project):
    tiny = "set=[three.repetitions=4, three.iterations=9]"
    example = ("--configfile", "config/examples/own.yaml", "--config", tiny)
    made = {f"results/three/{name}" for name in ("summary.csv", "curves.svg")}
    done = project.snakemake(*made, *example)
    assert done.returncode == 0, done.stderr
    names = {name for name in project.files() if name.startswith("results/") and "logs" not in name}
    assert names >= made and {name.split("/")[1] for name in names} == {"three"}
    assert Results(project.folder / "results/three/newton.nc")["theta"].shape == (4, 3, 3)
    plan = project.snakemake("--dry-run", "own", *example).stdout
    assert "results/three_sampled/curves.svg" in plan and "pd_exact" not in plan
    plan = project.snakemake("--dry-run", "paper_checks/report.md", *example).stdout
    assert "results/pd_exact/DN.nc" in plan and "results/three" not in plan


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("experiments={three: {figures: [fig1]}}", "three lacks the keys"),
        ("set=pd_exact.repetition=3", "did you mean 'repetitions'"),
        ("confidense=0.9", "did you mean 'confidence'"),
        ("set=pd_exact.repetitions=1", "give a value at least 2"),
        ("set=pd_exakt.repetitions=3", "did you mean 'pd_exact'"),
        ("experiments={pd_exact: {repetitions: 3}}", "is text: give an integer"),
    ],
)
def test_a_bad_configuration_ends_in_one_message_and_writes_nothing(project, override, message):
    before = project.files()
    done = project.snakemake("--config", override)
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr
    assert project.files() == before


def test_a_second_run_beside_the_first_ends_in_a_clear_message(project):
    first = subprocess.Popen(
        **project.command("snakemake", "--cores", "1", "results/pd_exact/summary.csv"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        locks = project.folder / ".snakemake/locks"
        while not (locks.exists() and any(locks.iterdir())):
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGSTOP)  # or it might be done before the second has looked
        second = project.snakemake("results/pd_exact/summary.csv")
    finally:
        first.send_signal(signal.SIGCONT)
        first.wait()
    assert second.returncode == 1 and "cannot be locked" in second.stderr
    assert first.returncode == 0


def test_a_killed_run_is_taken_up_again(project):
    first = subprocess.Popen(
        **project.command("snakemake", "--cores", "1", "results/pd_exact/DN.nc"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    log = project.folder / "results/logs/simulate-pd_exact.log"
    while not (log.exists() and "started" in log.read_text()):
        assert first.poll() is None
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not (project.folder / "results/pd_exact/DN.nc").exists()
    assert project.snakemake("--unlock").returncode == 0
    done = project.snakemake("results/pd_exact/DN.nc")
    assert done.returncode == 0, done.stderr
    json.loads((project.folder / "results/pd_exact/DN.provenance.json").read_text())
