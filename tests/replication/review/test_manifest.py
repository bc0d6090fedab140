"""A run compared with the manifest: equal, a last bit or more away, of other settings."""

import json
import shutil

import numpy as np
import pytest

from replication.cli import main
from replication.experiments import config, kernels, overrides, simulate
from replication.experiments.config import ConfigError
from replication.experiments.results import write_results
from replication.review import manifest

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def outputs(finished, tmp_path_factory):
    """The outputs of the finished run with their manifest, as if its arithmetic were pinned."""
    folder = tmp_path_factory.mktemp("outputs")
    for name in manifest.output_names(finished.folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(finished.folder / name)
    with pytest.MonkeyPatch.context() as patch:
        used = kernels.in_use()
        patch.setattr(kernels, "in_use", lambda: {**used, "pinned": True})
        manifest.write_manifest(folder)
    return folder


@pytest.fixture
def run(outputs, tmp_path, monkeypatch):
    """A copy of them that a test may alter, the present folder."""
    shutil.copytree(outputs, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alter_report(run, change):
    path = run / manifest.REPORT
    report = json.loads(path.read_text(encoding="utf-8"))
    change(report, next(claim for claim in report["claims"] if claim["id"] == "fig1-faster"))
    path.unlink()
    path.write_text(json.dumps(report), encoding="utf-8")


def said(run):
    return list(manifest.compare(run).lines())


def test_equal_files_are_said_to_be(run):
    found = manifest.compare(run)
    assert said(run) == [f"all {found.n_files} files are the committed bytes"]
    assert found.n_files == len(manifest.output_names(run)) and found.elsewhere == []
    assert (found.files, found.numbers, found.verdicts) == ([], [], [])


def test_a_last_bit_is_counted_and_strays_no_further_than_other_arithmetic(run):
    def change(report, claim):
        quantity = claim["quantities"][0]
        quantity["upper"] = float(np.nextafter(quantity["upper"], np.inf))

    alter_report(run, change)
    found = manifest.compare(run)
    (number,) = found.numbers
    assert 0.0 < number.size < 1e-15 and not number.strays
    line, *others = said(run)
    assert line.startswith(f"1 of {found.n_files} files differ from the committed ones; 1 of ")
    assert "measured numbers differ, by " in line and "e-1" in line
    assert line.endswith("; verdicts are the same") and others == []
    assert f"  {manifest.REPORT.as_posix()}" in list(found.all_lines())


def test_a_number_that_has_drifted_strays(run):
    def change(report, claim):
        quantity = claim["quantities"][0]
        quantity["value"] += 1.1 * (quantity["upper"] - quantity["lower"]) + 0.002

    alter_report(run, change)
    (number,) = manifest.compare(run).numbers
    assert number.where.startswith("fig1-faster/") and number.strays


def test_another_verdict_is_said_louder_and_fails_the_command(run, capsys):
    def change(report, claim):
        claim["verdict"] = "inconclusive"

    assert main.main(["compare"]) == 0
    alter_report(run, change)
    line, loud = said(run)
    assert line.endswith("1 VERDICTS DIFFER")
    assert loud.startswith("!!! fig1-faster: verdict ") and loud.endswith("inconclusive")
    capsys.readouterr()
    assert main.main(["compare"]) == 1
    assert capsys.readouterr().out.splitlines() == [line, loud]
    assert main.main(["compare", "compared.txt"]) == 0, "the workflow has made what it should"
    assert (run / "compared.txt").read_text(encoding="utf-8").splitlines() == [line, loud]


def test_a_claim_or_file_that_is_missing_differs(run):
    alter_report(run, lambda report, claim: report["claims"].remove(claim))
    (run / "figures/fig1.svg").unlink()
    found = manifest.compare(run)
    assert found.files == ["figures/fig1.svg", manifest.REPORT.as_posix()]
    assert {change.where for change in found.verdicts} == {"fig1-faster"}
    assert all(number.strays and number.size == np.inf for number in found.numbers)


def test_where_the_circumstances_differ_they_are_named(run, monkeypatch):
    (run / "figures/fig1.svg").unlink()
    used = {**kernels.in_use(), "openblas": ["Zen"], "numpy_features": []}
    monkeypatch.setattr(kernels, "in_use", lambda: used)
    monkeypatch.setattr(manifest, "packages", lambda: {**PACKAGES, "numpy": "2.0"})
    (line,) = said(run)
    for wanted in ("openblas Zen here, ", "numpy_features none here", "numpy 2.0 here, "):
        assert wanted in line


PACKAGES = manifest.packages()


def test_changed_settings_are_not_compared(run):
    alter_report(run, lambda report, claim: report["changes"].append("pd_exact/DN: seed = 1"))
    (line,) = said(run)
    assert line == "not compared with what is committed: pd_exact/DN: seed = 1"
    with pytest.raises(ConfigError, match="only the paper's settings"):
        manifest.write_manifest(run)


def test_changed_settings_of_a_run_that_no_claim_reads_are_not_compared_either(run):
    settings = overrides.override(
        config.load(), "gridworld_unbiased", ["DN"], ["repetitions=2", "iterations=1"]
    )
    spec = config.spec(settings, "gridworld_unbiased", "DN")
    (run / "results/gridworld_unbiased/DN.nc").unlink()
    write_results(run / "results/gridworld_unbiased/DN.nc", spec, simulate.simulate(spec))
    (line,) = said(run)
    assert line.startswith("not compared with what is committed: gridworld_unbiased/DN: iterations")
    assert line.endswith(", and 1 more")


def test_another_confidence_is_not_compared(run):
    alter_report(run, lambda report, claim: report.update(confidence=0.9))
    assert "confidence = 0.9" in said(run)[0]


def test_without_a_manifest_nothing_is_compared_and_a_damaged_one_is_refused(run):
    path = run / manifest.MANIFEST
    path.write_text('{"files": {}}', encoding="utf-8")
    with pytest.raises(ConfigError, match="missing or damaged"):
        manifest.compare(run)
    path.unlink()
    assert "there is no " in said(run)[0]


def test_only_complete_outputs_of_pinned_arithmetic_are_written_down(run, monkeypatch):
    used = kernels.in_use()
    monkeypatch.setattr(kernels, "in_use", lambda: {**used, "pinned": False})
    with pytest.raises(ConfigError, match="not pinned"):
        manifest.write_manifest(run)
    monkeypatch.setattr(kernels, "in_use", lambda: {**used, "pinned": True})
    assert main.main(["manifest"]) == 0
    (run / "results/measured.json").unlink()
    with pytest.raises(ConfigError, match=r"measured\.json is missing"):
        manifest.write_manifest(run)
