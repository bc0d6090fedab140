"""The reviewer's tools: replay, verify, diff, claim and selftest."""

import json
import re
import shutil
import sys
import types

import numpy as np
import pytest
from project_copy import ROOT

from netnewton.algorithms import ConsensusNewton
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.verdicts import MARKS
from replication.cli import main
from replication.experiments import config, simulate
from replication.experiments.config import ConfigError
from replication.experiments.overrides import override
from replication.experiments.results import VARIABLES, Results, write_results
from replication.multiverse.effects import RUNS_AGAIN
from replication.report.terminal import WIDTH, claim_screen
from replication.review.archive import MANIFEST
from replication.review.replay import difference, replay
from replication.review.verify import verify

pytestmark = pytest.mark.end_to_end


def make(folder, methods=("DN", "DG", "DS"), **assignments):
    """Small exact runs as files; the experiment is pd_exact."""
    given = {"repetitions": 3, "iterations": 5, **assignments}
    settings = override(
        config.load(), "pd_exact", methods, [f"{key}={value}" for key, value in given.items()]
    )
    for method in methods:
        spec = config.spec(settings, "pd_exact", method)
        write_results(folder / "pd_exact" / f"{method}.nc", spec, simulate.simulate(spec))


def measured(folder, **values):
    """What `netnewton measure` would have written of the claim nash."""
    ids = ("dominance-margin", "equilibrium-return", "team-optimum", "optimum-is-cooperation")
    numbers = dict(zip(ids, (1.0, -2.0, -1.0, 0.5), strict=True)) | values
    claims = {"nash": {name: [x, x, x, 1] for name, x in numbers.items()}}
    document = {"confidence": 0.98, "claims": claims}
    (folder / "measured.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    make(folder)
    measured(folder)
    return folder


def linked(source, folder):
    """A copy that can be altered by unlinking, without the bytes being copied."""
    for path in source.rglob("*"):
        if path.is_file() and path.parent.name != "logs":
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return folder


def alter(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.unlink()
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def flip_last_bit(path, values):
    """Change the last bit of one big-endian number of a result file."""
    data = path.read_bytes()
    at = data.index(values)
    assert data.count(values) == 1
    path.write_bytes(data[: at + 7] + bytes([data[at + 7] ^ 1]) + data[at + 8 :])


# Replay ------------------------------------------------------------------------------------------


def test_stored_repetitions_are_recomputed_to_the_last_bit(finished, capsys):
    results = finished.folder / "results"
    names = ["pd_exact/DN/17", "gridworld/DN/3"]
    assert main.main(["replay", *names, "--results", str(results)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{name}: identical" for name in names]


def test_a_changed_byte_is_found_with_its_iteration_and_variable(small, tmp_path, capsys):
    make(tmp_path)
    path = tmp_path / "pd_exact/DG.nc"
    before = Results(path)["disagreement"]
    flip_last_bit(path, before[2, 3:4].tobytes())
    assert replay("pd_exact/DG/1", tmp_path) is None
    found = replay("pd_exact/DG/2", tmp_path)
    after = Results(path)["disagreement"]
    assert (found.first.variable, found.first.iteration) == ("disagreement", 3)
    assert found.first.size == found.largest.size == abs(after - before)[2, 3] > 0
    assert found.variables == ("disagreement",)
    assert main.main(["replay", "pd_exact/DG/2", "--results", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "differs, first at iteration 3 in disagreement, by " in printed
    assert "nothing says by which sources" in printed


def test_the_first_difference_is_the_earliest_and_the_largest_may_be_elsewhere():
    before = {
        "J": np.array([0.0, 1.0, 2.0]),
        "J_local": np.array([[0.0, 0.0], [1.0, np.nan], [2.0, 2.0]]),
        "theta": np.array([[1.0, 2.0]]),
        "diverged_at": np.int32(-1),
    }
    after = {name: values.copy() for name, values in before.items()}
    after["J_local"][1, 1] = np.copysign(np.nan, -1.0)
    assert difference(before, after) is None, "NaN is equal to NaN, whatever its bits"
    after["theta"][0, 1] += 100.0
    assert difference(before, after).first.iteration is None
    after["J"][2] += 1e-12
    after["J_local"][1, 0] += 1e-3
    found = difference(before, after)
    assert (found.first.variable, found.first.iteration) == ("J_local", 1)
    assert found.first.size == pytest.approx(1e-3) and found.largest.size == 100.0
    assert found.variables == ("J", "J_local", "theta")
    after["J_local"][1, 1] = 0.0
    assert difference(before, after).first.size == np.inf, "a number in place of NaN"


def test_signed_zeros_and_flags_are_told_apart():
    assert difference({"J": np.array([0.0])}, {"J": np.array([-0.0])}).first.size == 0.0
    flag = {"fallback": np.array([[0], [1]], dtype=np.int8)}
    other = {"fallback": np.array([[0], [0]], dtype=np.int8)}
    assert difference(flag, other).first.iteration == 1


# Verify ------------------------------------------------------------------------------------------


def paths(project):
    return project / "paper_checks/report.json", project / "figures"


def refuse(*arguments, **options):
    raise AssertionError("this is a simulation")


def test_everything_follows_from_the_stored_results_without_simulating(finished, monkeypatch):
    """But for a claim that has a run of its own, which is made beforehand here, and kept."""
    stored = Evidence(finished.folder / "results", 0.98)
    for claim in RUNS_AGAIN:
        measures()[claim](stored)
    for module, name in (
        (simulate, "simulate"),
        (simulate, "simulate_chunk"),
        (simulate, "run_algorithm"),
        (ConsensusNewton, "step"),
    ):
        monkeypatch.setattr(module, name, refuse)
    said = []
    assert verify(finished.folder / "results", *paths(finished.folder), said.append) == 0
    assert not [line for line in said if line.startswith("DIFFERS")]
    items = {line.split(None, 1)[1] for line in said[:-1]}
    assert {"summary of pd_exact", "figure fig1", "claim fig1-optimum", "report's runs"} <= items
    assert "claim nash (judged from measured.json)" in items
    assert {item for item in items if "run of its own" in item} == {
        f"claim {claim} (by a run of its own)" for claim in RUNS_AGAIN
    }


def test_each_alteration_is_named(finished, tmp_path, capsys):
    results = linked(finished.folder / "results", tmp_path / "results")
    figures = linked(finished.folder / "figures", tmp_path / "figures")
    stored, line = results / "pd_exact/summary.csv", "DN,0,-1.5,"
    alter(stored, line, "DN,0,-1.4,")
    alter(figures / "fig1.csv", "DN,0,-1.5,", "DN,0,-1.6,")
    alter(figures / "fig2.txt", "interval", "intervall")
    report = tmp_path / "report.json"
    document = json.loads(paths(finished.folder)[0].read_text(encoding="utf-8"))
    claims = {claim["id"]: claim for claim in document["claims"]}
    claims["nash"]["verdict"] = "contradicted"
    claims["fig1-faster"]["quantities"][0]["upper"] = 0.123
    document["runs"][0]["arrived"] -= 1
    report.write_text(json.dumps(document), encoding="utf-8")
    (results / MANIFEST).write_text(f"{'0' * 64}  measured.json\n")

    words = ["--results", str(results), "--report", str(report), "--figures", str(figures)]
    assert main.main(["verify", *words]) == 1
    said = capsys.readouterr().out.splitlines()
    differing = [line.split(None, 1)[1] for line in said if line.startswith("DIFFERS")]
    assert [line.split(":")[0] for line in differing] == [
        "manifest",
        "summary of pd_exact",
        "figure fig1",
        "figure fig2",
        "claim nash",
        "claim fig1-faster",
        "report's runs",
    ]
    assert "measured.json has another SHA-256" in differing[0]
    assert "row 2: mean -1.4 -> -1.5" in differing[1] and "-1.6 -> -1.5" in differing[2]
    assert "nash: verdict contradicted -> reproduced" in differing[4]
    assert "upper 0.123 -> " in differing[5]
    assert said[-1] == "7 differ"


def test_what_was_not_measured_on_the_library_is_not_measured_now(finished, tmp_path):
    results = linked(finished.folder / "results", tmp_path / "results")
    (results / "measured.json").unlink()
    measured(results)
    said = []
    assert verify(results, *paths(finished.folder), said.append) == 1
    assert any(line.startswith("DIFFERS  verdicts: ") and " lacks " in line for line in said)


# Diff --------------------------------------------------------------------------------------------


def test_a_folder_does_not_differ_from_itself(small, capsys):
    assert main.main(["diff", str(small), str(small)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "nothing changed"
    assert "in neither: " in printed and "fig3-faster" in printed


def test_changed_settings_change_a_claim(small, tmp_path, capsys):
    make(tmp_path, step_size="1.0e-9")
    measured(tmp_path, **{"team-optimum": -1.5})
    assert main.main(["diff", str(small), str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "  pd_exact/DN: method.step_size 1e-05 -> 1e-09\n" in printed
    assert "  fig1-optimum: reproduced -> contradicted\n" in printed
    assert "    final-return: −1" in printed and "nothing changed" not in printed
    assert "  nash: reproduced -> contradicted\n" in printed
    assert "    team-optimum: −1, n = 1, reproduced -> −1.5, n = 1, contradicted\n" in printed
    assert "dominance-margin" not in printed


def test_what_only_one_side_has_is_named_with_the_reason(small, tmp_path, capsys):
    make(tmp_path, methods=("DN", "DG"))
    assert main.main(["diff", str(small), str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "only the first has pd_exact/DS" in printed
    assert "measured.json not there" in printed and "nash" not in printed
    missing = tmp_path / "pd_exact/DS.nc"
    assert re.search(rf"\w+: only {small} can measure it: {missing} is missing", printed)


def test_equal_settings_and_other_values_are_told(small, tmp_path, capsys):
    linked(small, tmp_path)
    path = tmp_path / "pd_exact/DN.nc"
    results = Results(path)
    exact = VARIABLES.keys() - {"effective_sample_size"}
    values = {name: results[name].copy() for name in exact}
    values["disagreement"][1, 4] += 0.5
    path.unlink()
    write_results(path, results.spec, values)
    assert main.main(["diff", str(small), str(tmp_path)]) == 1
    assert (
        "pd_exact/DN: equal settings, but repetition 1 differs, first at iteration 4 in "
        "disagreement, by 0.5"
    ) in capsys.readouterr().out


# Claim -------------------------------------------------------------------------------------------


@pytest.fixture
def report():
    return json.loads((ROOT / "paper_checks/report.json").read_text(encoding="utf-8"))


def test_every_claim_fits_the_screen(report):
    for claim in report["claims"]:
        screen = claim_screen(report, claim["id"])
        assert max(map(len, screen.splitlines())) <= WIDTH, claim["id"]
        shown = " ".join(screen.split())
        for part in ("place", "claim", "control", "limitation"):
            assert " ".join(claim[part].split()) in shown
        assert f"{MARKS[claim['verdict']]} {claim['verdict']}" in screen
        assert all(quantity["id"] in screen for quantity in claim["quantities"])


def test_readings_the_larger_n_and_planted_faults_are_shown(report):
    claim = next(claim for claim in report["claims"] if claim["id"] == "fig1-optimum")
    share = {"value": 0.34, "lower": 0.31, "upper": 0.37, "n": 1000}
    importance = {"value": 0.5, "lower": 0.4, "upper": 0.6, "decides": True}
    claim |= {
        "verdict": "reproduced",
        "plausible": {
            "figure": "fig1",
            "universes": 1000,
            "current": False,
            "laws": {
                "even": {"reproduced": share},
                "flat": {"reproduced": {**share, "value": 0.2}},
            },
            "importances": [{"choice": "update-lag", **importance}],
        },
    }
    claim["readings_swept"] = {
        "count": 12,
        "holds": 11,
        "counts": {"reproduced": 11, "contradicted": 1},
        "changed": [
            {"reading": "curvature-sign=ascent", "verdict": "contradicted"},
            {"reading": "curvature-sign=ascent, update-lag=current", "verdict": "contradicted"},
        ],
    }
    claim["power"] = {
        "repetitions": 550,
        "verdict": "contradicted",
        "draws": 300,
        "counts": {"contradicted": 30, "reproduced": 270},
        "same": 0.9,
        "by_luck": False,
    }
    claim["controls"] = [{"fault": "gradient_flipped", "plants": "The sign of every gradient."}]
    report["sweep"] = {"library": "0" * 64, "current": False, "count": 12}
    shown = " ".join(claim_screen(report, "fig1-optimum").split())
    for part in (
        "✓ reproduced; holds in 34 % of plausible choices; contradicted at n = 550",
        "holds in 34 % [31, 37] of the plausible space (20 to 34 % by law); decided "
        "by update-lag (of an earlier version of the sources)",
        "12 tested, the claim holds under 11 (11 reproduced, 1 contradicted)",
        "Changed by: curvature-sign=ascent: contradicted; and 1 of the combinations.",
        "an earlier library",
        "larger n contradicted at n = 550, from other seeds; 300 draws of 30 of these: "
        "10 % contradicted, 90 % reproduced.",
        "gradient_flipped: The sign of every gradient.",
    ):
        assert part in shown


# Selftest and bad input --------------------------------------------------------------------------


@pytest.mark.parametrize(("missed", "status"), [(0, 0), (2, 1)])
def test_a_missed_fault_ends_with_1(monkeypatch, missed, status):
    told = []
    fake = types.ModuleType("replication.controls.selftest")
    fake.selftest = lambda names, say, jobs: told.append((names, jobs)) or missed
    monkeypatch.setitem(sys.modules, "replication.controls.selftest", fake)
    assert main.main(["selftest", "fig1-optimum", "--jobs", "2"]) == status
    assert told == [(["fig1-optimum"], 2)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["replay", "pd_exact/DN", "--results", "{}"], "write experiment/method/repetition"),
        (["replay", "pd_exact/DN/x", "--results", "{}"], "write experiment/method/repetition"),
        (["replay", "pd_exact/DN/-1", "--results", "{}"], "write experiment/method/repetition"),
        (["replay", "pd_exakt/DN/1", "--results", "{}"], "did you mean 'pd_exact'?"),
        (["replay", "pd_exact/DX/1", "--results", "{}"], "there is no method 'DX'"),
        (["replay", "pd_exact/DN/3", "--results", "{}"], "give a number from 0 to 2"),
        (["replay", "pd_exact/DN/1", "--results", "nowhere"], "nowhere holds no results"),
        (["verify", "--report", "nowhere"], "nowhere is missing"),
        (["verify", "--results", "nowhere"], "nowhere is missing"),
        (["verify", "--archive", "nowhere.zip"], "nowhere.zip is missing"),
        (["archive", "--results", "nowhere", "--out", "out.zip"], "is missing: make it with"),
        (["diff", "{}", "nowhere"], "nowhere is missing"),
        (["diff", "{}", "."], "holds no results"),
        (["diff", "{}", "{}", "--confidence", "2"], "--confidence 2.0"),
        (["selftest", "--jobs", "0"], "--jobs 0"),
        (["selftest", "no-such-claim"], "there is no fault, claim or check"),
        (["claim", "fig1-optimun", "--report", "{report}"], "did you mean 'fig1-optimum'?"),
        (["claim", "fig1-optimum", "--report", "nowhere"], "nowhere is missing"),
    ],
)
def test_bad_input_ends_with_2_and_one_message(
    small, tmp_path, monkeypatch, capsys, words, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    report = str(ROOT / "paper_checks/report.json")
    words = [{"{}": str(small), "{report}": report}.get(word, word) for word in words]
    assert main.main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err and len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_file_of_another_method_is_not_replayed(small, tmp_path):
    (tmp_path / "pd_exact").mkdir()
    shutil.copy(small / "pd_exact/DN.nc", tmp_path / "pd_exact/DG.nc")
    with pytest.raises(ConfigError, match="holds pd_exact/DN: make it again"):
        replay("pd_exact/DG/1", tmp_path)
