"""Readings of the paper: what each option changes, and the sweep over all of them."""

import json
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from netnewton import curvature, networks
from netnewton.algorithms import ConsensusNewton
from netnewton.derivatives import Derivatives, estimation
from replication.claims import comparisons
from replication.claims.estimators import sampling
from replication.claims.evidence import Evidence, exactly
from replication.claims.groups import measures
from replication.claims.verdicts import verdict_across
from replication.experiments import config, intervals, simulate
from replication.experiments.config import ConfigError
from replication.experiments.overrides import override
from replication.readings import enumeration, sweep, table
from replication.readings.enumeration import Reading


def run(experiment, method, *assignments):
    settings = override(
        config.load(), experiment, [method], ["repetitions=3", "iterations=6", *assignments]
    )
    return simulate.simulate(config.spec(settings, experiment, method))


# Options that are settings -----------------------------------------------------------------------


def test_sinkhorn_weights_are_those_of_the_formula_for_two_agents(rng):
    graph = nx.complete_graph(2)
    seed = rng.bit_generator.seed_seq.spawn(1)[0]
    drawn = 1.0 - np.random.default_rng(seed).random((2, 2))
    weights = networks.sinkhorn_weights(graph, np.random.default_rng(seed))
    expected = drawn[0, 1] / (drawn[0, 1] + np.sqrt(drawn[0, 0] * drawn[1, 1]))
    assert weights[0, 1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("graph", [nx.path_graph(5), nx.star_graph(6), nx.complete_graph(7)])
def test_sinkhorn_weights_fit_any_connected_graph(graph, rng):
    weights = networks.sinkhorn_weights(graph, rng)
    networks.validate_weights(weights, graph)
    assert (weights[nx.to_numpy_array(graph) > 0] > 0).all()


def test_the_mean_of_copies_is_the_mean_of_the_copies_returns():
    """After one iteration of DG the copies differ; each one's return is computed by itself."""
    joint, copies = (
        run("pd_exact", "DG", f"reported_return={reading}")
        for reading in ("joint_policy", "mean_of_copies")
    )
    np.testing.assert_array_equal(joint["theta"], copies["theta"])
    p = 1 / (1 + np.exp(copies["theta"][..., 1::2] - copies["theta"][..., ::2]))
    expected = (-2 + p.sum(axis=-1) / 2).mean(axis=-1)
    np.testing.assert_allclose(copies["J"][:, -1], expected, atol=1e-14)
    assert np.abs(joint["J"][:, -1] - copies["J"][:, -1]).max() > 1e-9


def test_the_training_batch_is_what_is_reported():
    """Every return that is reported is a mean of 100 plays."""
    trained = run("pd_sampled_is", "DG", "evaluation={kind: training}")
    exact = run("pd_sampled_is", "DG")
    np.testing.assert_array_equal(trained["theta"], exact["theta"])
    twice = 200 * trained["J"]
    np.testing.assert_allclose(twice, np.round(twice), atol=1e-9)
    # The payoffs -1, -1.5 and -2 have a standard deviation of 0.035 over 100 plays.
    assert 0 < np.abs(trained["J"] - exact["J"]).max() < 0.25


def test_what_the_training_batch_cannot_report_is_refused():
    with pytest.raises(ConfigError, match="goes with reported_return=joint_policy"):
        run("gridworld", "DN", "evaluation={kind: training}", "reported_return=mean_of_copies")
    with pytest.raises(ConfigError, match=r"training goes with derivatives\.kind=sampled"):
        run("pd_exact", "DN", "evaluation={kind: training}")


@pytest.mark.parametrize("chosen", [curvature.ScaledIdentity(), curvature.DiagonalHessian(-1)])
def test_the_full_hessian_in_g_is_what_algorithm_1_then_uses(rng, chosen):
    gradient, hessian = rng.normal(size=(1, 2, 3)), rng.normal(size=(1, 2, 3, 3))
    theta, local = rng.normal(size=(1, 2, 3)), Derivatives(np.zeros((1, 2)), gradient, hessian)
    sign = getattr(chosen, "sign", 1)
    algorithm = ConsensusNewton(chosen, 0.1, 0.1, vector=curvature.FullHessianVector(sign))
    state = algorithm.step(algorithm.init(theta), lambda theta: local, lambda values, k: values)
    expected = sign * np.einsum("rnab,rnb->rna", hessian, theta) + gradient
    np.testing.assert_allclose(state.g, expected, atol=1e-12)
    assert algorithm.order == 2


# Options of measuring ----------------------------------------------------------------------------


def test_the_normal_interval_is_scipys(rng):
    samples = rng.normal(size=12)
    low, high = stats.norm.interval(0.98, samples.mean(), stats.sem(samples))
    assert intervals.normal_interval(samples, 0.98) == pytest.approx(
        (samples.mean(), low, high, 12)
    )


def test_three_readings_of_an_arrival(tmp_path):
    """Near the level 1 at iteration 1, away at 2, near for good from 3 on."""
    J = np.array([[0.0, 0.95, 0.5, 0.95, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    expected = {
        "enters-and-stays": ([3, 5], [3, np.inf]),
        "first-entry": ([1, 5], [1, np.inf]),
        "area": ([1.6, 5.0], [1.6, 5.0]),
    }
    for option, bounds in expected.items():
        evidence = Evidence(tmp_path, 0.98, readings={"arrival": option})
        found = comparisons.arrival(evidence, J, 1.0, 0.1)
        np.testing.assert_allclose(found, bounds, err_msg=option)


def test_intervals_of_a_mean_by_their_reading(tmp_path, rng):
    samples = rng.normal(size=30)
    widths = {}
    for option in ("student-t", "normal", "bootstrap"):
        interval = Evidence(tmp_path, 0.98, readings={"interval": option}).mean(samples)
        assert interval.value == pytest.approx(samples.mean())
        widths[option] = interval.upper - interval.lower
    assert widths["bootstrap"] < widths["student-t"] and widths["normal"] < widths["student-t"]


def test_an_ambiguity_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'arrival'"):
        Evidence(tmp_path, 0.98).reading("arival")


# The sweep ---------------------------------------------------------------------------------------


def test_every_option_and_every_combination_is_swept():
    from replication.claims import ledger

    swept = enumeration.all_readings()
    ids = {reading.id for reading in swept}
    for ambiguity in ledger.ambiguities():
        for option in ambiguity["options"][1:]:
            assert f"{ambiguity['id']}={option['name']}" in ids
    for product in ledger.products():
        size = np.prod([len(options) for options in product["over"].values()])
        assert sum(reading.product == product["id"] for reading in swept) == size
    assert set(swept[0].claims) == set(measures())


def test_a_claims_base_is_not_swept_as_another_reading():
    single = {r.id: r.claims for r in enumeration.all_readings() if r.product is None}
    assert "average-dynamics" in single["policy-parameters=per-action"]
    assert "average-dynamics" not in single["policy-parameters=reference"]


def test_settings_without_effect_on_a_method_do_not_run_it_again():
    reading = Reading((("curvature-sign", "ascent"), ("batch-size", "10")), ())
    changed = enumeration.spec(reading, "pd_sampled_is", "DN").settings
    assert changed["method"]["curvature_sign"] == "ascent"
    unchanged = enumeration.spec(reading, "pd_sampled_is", "DS").settings
    assert unchanged["method"]["curvature_sign"] == "printed"
    assert changed["derivatives"]["batch_size"] == unchanged["derivatives"]["batch_size"] == 10


@pytest.fixture
def small(monkeypatch):
    """Two readings of one cheap claim, and a count of the simulations made."""
    swept = [
        Reading((), ("fallback-frequency",)),
        Reading((("iterations", "200"),), ("fallback-frequency",)),
    ]
    made = []
    real = simulate.simulate

    def shorter(spec):
        made.append(spec)
        return real(replace(spec, settings={**spec.settings, "iterations": 5, "repetitions": 8}))

    monkeypatch.setattr(sweep, "all_readings", lambda: swept)
    monkeypatch.setattr(sweep, "simulate", shorter)
    return made


def test_a_sweep_goes_on_where_it_was_and_gives_the_same_table(small, tmp_path):
    out = tmp_path / "readings.json"
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    first = out.read_bytes()
    assert len(small) == 2
    for file in (tmp_path / "scratch").rglob("readings/*.json"):
        file.unlink()
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    assert len(small) == 2 and out.read_bytes() == first
    found = table.read_table(out)
    assert found.is_current({"fallback-frequency": "contradicted"})
    assert not found.is_current({"fallback-frequency": "reproduced"})
    assert found.of_claim("fallback-frequency") == [("iterations=200", "contradicted")]


def test_a_changed_ledger_is_measured_again_and_runs_nothing(small, tmp_path, monkeypatch):
    out, scratch = tmp_path / "readings.json", tmp_path / "scratch"
    sweep.sweep(out, scratch, 1, 0.98, say=lambda line: None)
    monkeypatch.setattr(sweep, "DATA", ("config/studies.yaml",))  # other bytes
    sweep.sweep(out, scratch, 1, 0.98, say=lambda line: None)
    assert len(list(scratch.glob("readings/*/*.json"))) == 4 and len(small) == 2


def test_a_table_of_other_sources_is_not_current(small, tmp_path):
    out = tmp_path / "readings.json"
    sweep.sweep(out, tmp_path / "scratch", 1, 0.98, say=lambda line: None)
    document = json.loads(out.read_text(encoding="utf-8"))
    out.write_text(json.dumps({**document, "library": "0" * 64}), encoding="utf-8")
    assert not table.read_table(out).is_current({"fallback-frequency": "contradicted"})
    out.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        table.read_table(out)
    assert table.read_table(Path("nowhere")) is None


def test_what_an_option_changed_is_told(tmp_path):
    def row(choice, **verdicts):
        claims = {c.replace("_", "-"): {"verdict": v} for c, v in verdicts.items()}
        return {"id": str(choice), "choice": choice, "product": None, "claims": claims}

    made = table.Table(
        "", [row({}, a="reproduced", b="reproduced"), row({"x": "y"}, a="contradicted")]
    )
    assert made.changed_by("x", "y") == ["a"]
    assert made.changed_by("x", "z") is None


@pytest.mark.parametrize(
    ("default", "others", "expected"),
    [
        ("reproduced", [], "reproduced"),
        ("reproduced", ["reproduced"], "reproduced"),
        ("reproduced", ["inconclusive"], "reading-dependent"),
        ("contradicted", ["inconclusive"], "contradicted"),
        ("contradicted", ["inconclusive", "reproduced"], "reading-dependent"),
    ],
)
def test_the_verdict_across_readings(default, others, expected):
    assert verdict_across(default, others) == expected


def test_infinite_numbers_become_text():
    judged = {
        "verdict": "x",
        "quantities": [{"id": "q", **exactly(np.inf)._asdict(), "verdict": 1}],
    }
    assert sweep._brief(judged)["quantities"]["q"]["value"] == "inf"


def test_trackers_keep_the_average_they_start_with(tmp_path):
    """Algorithm 1 keeps mean(gtilde - g); only trackers that start consistent track."""
    found = {
        option: measures()["tracking"](
            Evidence(tmp_path, 0.98, readings={"initial-conditions": option})
        )["tracking-error"].value
        for option in ("consistent-trackers", "any-trackers")
    }
    assert found["consistent-trackers"] < 1e-9 < 1e-2 < found["any-trackers"]


def test_the_repeated_game_is_not_dominated_by_defection(tmp_path):
    """Against a partner who defects once it was defected on, defection loses when gamma = 0.8.

    Always to cooperate gets -1 from such a partner; always to defect 0 once and then -2.
    """
    repeated = Evidence(tmp_path, 0.98, readings={"game-horizon": "repeated"})
    found = measures()["nash"](repeated)
    assert found["dominance-margin"].value == pytest.approx(-1.6 + 1.0)
    assert found["equilibrium-return"].value == pytest.approx(-2.0)
    assert found["team-optimum"].value == pytest.approx(-1.0)


def test_options_of_the_estimators_reach_them(tmp_path):
    reading = {"hessian-estimator": "unbiased", "baseline": "constant", "no-is-scores": "played"}
    chosen = sampling.as_read(Evidence(tmp_path, 0.98, readings=reading))
    assert chosen.hessian is estimation.unbiased_hessian
    assert chosen.baseline is estimation.constant_baseline
    assert chosen.evaluated_at is estimation.what_is_played
    usual = sampling.as_read(Evidence(tmp_path, 0.98))
    assert usual.hessian is estimation.printed_hessian
