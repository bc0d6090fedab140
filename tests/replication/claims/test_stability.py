"""How firmly verdicts stand, on results made by hand, where the answer is known beforehand."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special, stats

from replication.claims import stability as module
from replication.claims.evidence import Evidence
from replication.claims.stability import (
    Viewed,
    WithoutRepetition,
    margin,
    repetitions_for_mean,
    repetitions_for_share,
    smallest_effect,
    stability,
)
from replication.experiments.intervals import Interval, mean_interval, share_interval
from replication.experiments.results import Results

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


def judge(monkeypatch, tmp_path, measure, entry=ENTRY, confidence=0.98, **methods):
    """The stability of a made-up claim that reads methods of pd_exact."""
    evidence = Evidence(tmp_path, confidence)
    evidence.method = lambda experiment, name: methods[name]
    monkeypatch.setattr(module, "measures", lambda: {"made-up": measure})
    return stability(entry, evidence)


def mean_of(name):
    return lambda evidence: {"mean": evidence.mean(evidence.method("pd_exact", name)["J"][:, -1])}


def test_a_verdict_that_hangs_on_one_repetition(monkeypatch, tmp_path):
    """Without the one that is far off the mean is positive beyond doubt."""
    values = [1.0, 1.1, 0.9, 1.05, -9.0, 0.95]
    found = judge(monkeypatch, tmp_path, mean_of("DN"), DN=Made(values))
    assert found["repetitions"] == 6
    assert found["leave_one_out"] == {
        "changes": 1,
        "verdicts": {"reproduced": 1},
        "repetitions": [4],
    }


def test_a_verdict_that_hangs_on_none(monkeypatch, tmp_path):
    found = judge(monkeypatch, tmp_path, mean_of("DN"), DN=Made([1.0, 1.1, 0.9, 1.05]))
    assert found["leave_one_out"] == {"changes": 0, "verdicts": {}, "repetitions": []}
    assert found["intervals"] == dict.fromkeys(("student-t", "normal", "bootstrap"), "reproduced")


def test_the_same_repetition_is_left_out_of_both_methods(monkeypatch, tmp_path):
    """The pairwise differences are all 1; any other pairing would differ by far more."""
    base = np.array([0.0, 100.0, -50.0, 30.0, 7.0])
    pairs = []

    def difference(evidence):
        runs = [evidence.method("pd_exact", name)["J"][:, -1] for name in ("DN", "DG")]
        pairs.append(len(runs[0]))
        return {"mean": evidence.mean(runs[0] - runs[1])}

    found = judge(monkeypatch, tmp_path, difference, DN=Made(base + 1.0), DG=Made(base))
    assert found["leave_one_out"]["changes"] == 0 and pairs.count(4) == 5
    assert found["quantities"][0]["kind"] == "constant"


def test_an_experiment_of_fewer_repetitions_stays_whole(monkeypatch, tmp_path):
    def gap(evidence):
        exact = evidence.method("pd_fixed_exact", "exact")["J"]
        assert len(exact) == 2
        return {"mean": evidence.mean(evidence.method("pd_exact", "DN")["J"][:, -1] - exact.mean())}

    found = judge(monkeypatch, tmp_path, gap, DN=Made([1.0, 2.0, 3.0, 4.0]), exact=Made([0.0, 0.0]))
    assert found["repetitions"] == 4


def test_below_three_repetitions_none_is_left_out(monkeypatch, tmp_path):
    found = judge(monkeypatch, tmp_path, mean_of("DN"), DN=Made([1.0, 1.1]))
    assert found["leave_one_out"] is None


def test_the_kind_of_interval_can_decide(monkeypatch, tmp_path):
    """Its lower bound lies below 0 by Student t, and above it by the narrower normal law."""
    values = np.array([-1.0, 0.0, 1.0]) * 0.5
    spread = values.std(ddof=1) / np.sqrt(3)
    values += spread * (special.ndtri(0.99) + special.stdtrit(2, 0.99)) / 2
    found = judge(monkeypatch, tmp_path, mean_of("DN"), DN=Made(values))
    assert found["intervals"]["student-t"] == "inconclusive"
    assert found["intervals"]["normal"] == found["intervals"]["bootstrap"] == "reproduced"


def test_claims_without_stored_repetitions_have_none(monkeypatch, tmp_path):
    constant = lambda evidence: {"mean": Interval(1.0, 1.0, 1.0, 1)}  # noqa: E731
    assert judge(monkeypatch, tmp_path, constant) is None
    assert judge(monkeypatch, tmp_path, constant, {**ENTRY, "experiments": []}) is None
    assert judge(monkeypatch, tmp_path, constant, {**ENTRY, "experiments": ["concave"]}) is None
    assert judge(monkeypatch, tmp_path, constant, {**ENTRY, "id": "privacy"}) is None


def test_what_was_measured_beforehand_is_not_measured_again(monkeypatch, tmp_path):
    def refuse(evidence):
        raise AssertionError

    monkeypatch.setattr(module, "measures", lambda: {"made-up": refuse})
    measured = {"made-up": {"mean": Interval(1.0, 1.0, 1.0, 1)}}
    assert stability(ENTRY, Evidence(tmp_path, 0.98, measured)) is None


def test_a_view_lacks_one_repetition_in_everything():
    whole = Made([1.0, 2.0, 3.0])
    whole._values["fallback"][1] = 1.0
    whole._values["diverged_at"][2] = 1
    view = WithoutRepetition(whole, 1)
    assert view["J"][:, 0].tolist() == [1.0, 3.0]
    assert view.diverged.tolist() == [False, True]
    assert view.lost.tolist() == [[False, False], [False, True]]
    assert view.replaced.tolist() == [0.0, 1.0] and view.vanished.shape == (2, 2)
    assert len(whole["J"]) == 3


def test_a_view_keeps_the_readings(tmp_path):
    evidence = Evidence(tmp_path, 0.98, readings={"arrival": "area"})
    viewed = Viewed(evidence, interval="normal")
    assert viewed.reading("arrival") == "area" and viewed.reading("interval") == "normal"


@pytest.mark.parametrize(("n", "confidence"), [(5, 0.9), (30, 0.98)])
def test_the_smallest_effect_has_the_stated_power(n, confidence):
    """Against scipy.stats' noncentral t, coded apart from the inverse that is used."""
    interval = mean_interval(np.random.default_rng(1).normal(size=n), confidence)
    quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
    spread = (interval.upper - interval.value) / quantile  # s / sqrt(n)
    shift = smallest_effect(interval, confidence) / spread
    assert stats.nct.sf(quantile, n - 1, shift) == pytest.approx(0.8, abs=1e-6)
    # A fault: the quantile itself, which a half of the samples reach.
    assert stats.nct.sf(quantile, n - 1, quantile) < 0.55


def test_repetitions_for_a_mean_are_the_first_that_decide():
    samples = np.random.default_rng(2).normal(0.1, 1.0, size=20)
    interval, region = mean_interval(samples, 0.98), {"above": interval_edge(samples)}
    n = repetitions_for_mean(interval, region, 0.98)
    s, distance = samples.std(ddof=1), abs(samples.mean() - region["above"])
    half = [stats.t.ppf(0.99, k - 1) * s / np.sqrt(k) for k in (n - 1, n)]
    assert half[0] >= distance > half[1] and n > 20
    assert repetitions_for_mean(interval, {"above": interval.value}, 0.98) is None


def interval_edge(samples):
    return float(samples.mean() - 0.2 * samples.std(ddof=1))


def test_repetitions_for_a_share():
    """2 of 30 against 0.15; the published Clopper-Pearson bound decides it from scipy.stats."""
    n = repetitions_for_share(share_interval(2, 30, 0.98), {"below": 0.15}, 0.98)
    upper = [stats.beta.ppf(0.99, round(k / 15) + 1, k - round(k / 15)) for k in (n - 1, n)]
    assert upper[0] >= 0.15 > upper[1] and n > 30
    assert repetitions_for_share(share_interval(10, 20, 0.98), {"below": 0.5}, 0.98) is None


def test_margin_names_what_it_can_say():
    mean = margin(Interval(0.1, -0.2, 0.4, 10), {"above": 0.0}, 0.98)
    assert mean["kind"] == "mean" and mean["smallest_effect"] > 0.3 and mean["needed"] > 10
    share = margin(share_interval(2, 30, 0.98), {"below": 0.15}, 0.98)
    assert share["kind"] == "share" and share["needed"] > 30 and share["smallest_effect"] is None
    median = margin(Interval(1.0, 0.5, np.inf, 30), {"below": 1.0}, 0.98)
    assert (median["kind"], median["needed"]) == ("other", None) and "neither" in median["reason"]
    decided = margin(Interval(0.5, 0.2, 0.8, 10), {"above": 0.0}, 0.98)
    assert decided["needed"] is decided["reason"] is None and decided["smallest_effect"] > 0
    at_edge = margin(Interval(0.0, -0.3, 0.3, 10), {"above": 0.0}, 0.98)
    assert at_edge["needed"] is None and "edge" in at_edge["reason"]


def test_no_effect_is_told_of_rounding():
    interval = Interval(-2e-14, -5e-14, 1e-14, 30)
    quantity = {"id": "late-drift", "region": {"at_least": -0.001, "at_most": 0.001}}
    told = module._margin(quantity, interval, 0.98)
    assert 0 < told["smallest_effect"] < 1e-12
    silent = module._margin({**quantity, "rounding": True}, interval, 0.98)
    assert silent == {**told, "smallest_effect": None}
