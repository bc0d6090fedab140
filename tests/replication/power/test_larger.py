"""Verdicts at a larger n and what draws from it say, on results made by hand and tiny runs."""

import dataclasses
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from replication.claims import judge, ledger
from replication.claims.evidence import Evidence
from replication.cli import main
from replication.experiments.config import ConfigError
from replication.experiments.results import Results
from replication.power import larger
from replication.power.plan import plan
from replication.power.subsamples import Some, SubsampledEvidence, drawn, verdicts
from replication.review import referee

SPEC = SimpleNamespace(settings={"game": {"name": "prisoners_dilemma"}, "optimum": -1.0})
ENTRY = {
    "id": "made-up",
    "experiments": ["pd_exact"],
    "quantities": [{"id": "mean", "region": {"above": 0.0}}],
}


class Made(Results):
    """Results of which each repetition is one number."""

    def __init__(self, values):
        values = np.asarray(values, dtype=float)
        self.spec = SPEC
        self._values = {
            "J": np.stack([values, values], axis=1),
            "fallback": np.zeros((len(values), 2, 1)),
            "diverged_at": np.full(len(values), -1),
        }


def difference(evidence):
    runs = [evidence.method("pd_exact", name)["J"][:, -1] for name in ("DN", "DG")]
    return {"mean": evidence.mean(runs[0] - runs[1])}


def counts(monkeypatch, tmp_path, DN, DG, times=200):
    evidence = Evidence(tmp_path, 0.98)
    made = {"DN": Made(DN), "DG": Made(DG)}
    evidence.method = lambda experiment, name: made[name]
    monkeypatch.setattr(judge, "measures", lambda: {"made-up": difference})
    return verdicts(ENTRY, evidence, times)


def test_what_all_draws_say(monkeypatch, tmp_path, rng):
    """Pairs stay pairs: all differences are about 1, and any other pairing differs by far more."""
    base = 100 * rng.normal(size=200)
    found = counts(monkeypatch, tmp_path, base + rng.normal(1, 0.1, size=200), base)
    assert found == {"reproduced": 200}


def test_a_pairing_that_is_lost_is_noticed(monkeypatch, tmp_path, rng):
    """A planted fault: the second method is drawn apart from the first."""
    base = 100 * rng.normal(size=200)
    draws = iter(range(10**6))
    monkeypatch.setattr(
        "replication.power.subsamples.drawn", lambda number, n, size: drawn(next(draws), n, size)
    )
    found = counts(monkeypatch, tmp_path, base + rng.normal(1, 0.1, size=200), base)
    assert found.get("inconclusive", 0) > 150


@pytest.mark.statistical
def test_a_verdict_that_hangs_on_a_rare_repetition_comes_as_often_as_it_is_drawn(
    monkeypatch, tmp_path, rng
):
    """One of 200 is drawn in 15 % of the draws; of 400, five standard errors are 9 %."""
    values = rng.normal(1.0, 0.1, size=200)
    values[7] = -1e4
    found = counts(monkeypatch, tmp_path, values, np.zeros(200), times=400)
    assert abs(found["inconclusive"] / 400 - 0.15) < 0.09
    assert found["inconclusive"] + found["reproduced"] == 400


def test_draws_are_without_replacement_and_reach_all():
    draws = [drawn(number, 40, 30) for number in range(100)]
    assert all(len(set(draw)) == 30 and (np.diff(draw) > 0).all() for draw in draws)
    assert np.unique(draws).tolist() == list(range(40))
    assert len({tuple(draw) for draw in draws}) == 100
    assert drawn(3, 40, 30).tolist() == draws[3].tolist()


def test_a_view_has_some_repetitions_of_everything():
    whole = Made([1.0, 2.0, 3.0])
    whole._values["fallback"][1] = 1.0
    whole._values["diverged_at"][2] = 1
    view = Some(whole, np.array([0, 2]))
    assert view["J"][:, 0].tolist() == [1.0, 3.0]
    assert view.diverged.tolist() == [False, True]
    assert view.lost.tolist() == [[False, False], [False, True]]
    assert view.replaced.tolist() == [0.0, 1.0] and view.vanished.shape == (2, 2)


def test_an_experiment_of_no_more_repetitions_stays_whole_and_readings_are_kept(tmp_path):
    evidence = Evidence(tmp_path, 0.98, readings={"arrival": "area"})
    made = Made(np.zeros(30))
    evidence.method = lambda experiment, name: made
    few = SubsampledEvidence(evidence, 0)
    assert few.method("pd_exact", "DN") is made and few.reading("arrival") == "area"


# The table ---------------------------------------------------------------------------------------

CLAIM = "attribution-tiny"


@pytest.fixture
def tiny(monkeypatch):
    """A plan of one claim of one experiment, cheap and with a random matrix in each repetition."""
    entry = {
        "id": CLAIM,
        "group": "Ours",
        "experiments": ["pd_exact_tuned"],
        "quantities": [{"id": "difference", "region": {"above": -1.0}}],
    }

    def measure(evidence):
        runs = [evidence.method("pd_exact_tuned", name)["J"][:, -1] for name in ("DJ_floor", "DG")]
        return {"difference": evidence.mean(runs[0] - runs[1])}

    small = dataclasses.replace(
        plan(), subsamples=5, experiments={"pd_exact_tuned": {"repetitions": 35, "effects": []}}
    )
    monkeypatch.setattr(type(small), "claims", lambda self: [entry])
    for module in (larger, referee):
        monkeypatch.setattr(module, "plan", lambda: small)
    monkeypatch.setattr(judge, "measures", lambda: {CLAIM: measure})
    monkeypatch.setattr(judge, "_command", lambda entry: "")
    return entry


def test_the_command_makes_the_table_and_runs_nothing_again(tiny, tmp_path, monkeypatch, capsys):
    out, scratch = tmp_path / "power.json", tmp_path / "scratch"
    assert main.main(["power", str(out), "--scratch", str(scratch)]) == 0
    first, runs = out.read_bytes(), sorted(scratch.rglob("*.nc"))
    assert len(runs) == 2 and f"{CLAIM}: reproduced; of 30: " in capsys.readouterr().out
    monkeypatch.setattr("replication.power.fresh.simulate", None)
    assert main.main(["power", str(out), "--scratch", str(scratch), "--jobs", "2"]) == 0
    assert out.read_bytes() == first and sorted(scratch.rglob("*.nc")) == runs

    table = larger.read_larger(out)
    assert table.is_current
    assert table.of_claim(CLAIM, "reproduced") == {
        "repetitions": 35,
        "verdict": "reproduced",
        "draws": 5,
        "counts": {"reproduced": 5},
        "same": 1.0,
        "by_luck": False,
    }
    assert table.of_claim(CLAIM, "contradicted")["by_luck"]
    assert table.of_claim("nash", "reproduced") is None


@pytest.mark.parametrize("change", ["sources", "region", "claims"])
def test_a_table_made_with_something_else_is_not_current(tiny, tmp_path, monkeypatch, change):
    out = tmp_path / "power.json"
    larger.take(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    if change == "sources":
        monkeypatch.setattr(larger, "MADE_WITH", ("config/studies.yaml",))
    elif change == "region":
        tiny["quantities"][0]["region"] = {"above": -2.0}
    else:
        monkeypatch.setattr(plan().__class__, "claims", lambda self: [])
    assert not larger.read_larger(out).is_current


def test_a_damaged_table_is_told_and_a_missing_one_is_none(tmp_path):
    (tmp_path / "power.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="cores 8 power"):
        larger.read_larger(tmp_path / "power.json")
    assert larger.read_larger(tmp_path / "nowhere.json") is None


def test_the_committed_table_holds_every_draw():
    document = json.loads(larger.TABLE.read_text(encoding="utf-8"))
    assert document["confidence"] == 0.98
    for row in document["claims"]:
        assert sum(row["subsamples"].values()) == plan().subsamples
        assert row["quantities"].keys() == row["regions"].keys()


# The referee -------------------------------------------------------------------------------------


def test_the_referee_prints_the_committed_beside_the_fresh(tiny, tmp_path, monkeypatch, capsys):
    committed = {"claims": [{"id": CLAIM, "verdict": "contradicted"}]}
    monkeypatch.setattr(referee, "read_manifest", lambda folder: committed)
    words = ["--repetitions", "6", "--scratch", str(tmp_path)]
    assert main.main(["referee", *words]) == 0
    first = capsys.readouterr().out
    assert first.startswith("seed 16180, 6 repetitions\n")
    assert re.search(rf"{CLAIM} +contradicted +– +reproduced\n", first)
    assert "0 of 1 verdicts are those committed" in first
    assert main.main(["referee", CLAIM, "--seed", "4", *words]) == 0
    assert capsys.readouterr().out.startswith("seed 4, 6 repetitions\n")
    seeds = {Results(path).spec.settings["seed"] for path in tmp_path.rglob("*.nc")}
    assert seeds == {16180, 4}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fig1-optimun"], "did you mean 'fig1-optimum'?"),
        (["nash"], "nash is no claim on the figures"),
        (["--seed", "-1"], "--seed: -1: give a whole number"),
        (["--repetitions", "1"], "--repetitions: 1: give"),
        (["--jobs", "0"], "--jobs: 0: give"),
        (["--confidence", "1"], "--confidence: 1: give"),
    ],
)
def test_a_wrong_request_ends_with_2_and_runs_nothing(tmp_path, capsys, words, message):
    assert main.main(["referee", *words, "--scratch", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err and not list(tmp_path.iterdir())


def test_every_claim_on_the_figures_is_refereed():
    on_runs = [entry for entry in ledger.claims() if entry["experiments"]]
    on_figures = {e["id"] for e in on_runs if e["group"] in ("Section 6", "Ours")}
    assert {entry["id"] for entry in referee.chosen([])} == on_figures
