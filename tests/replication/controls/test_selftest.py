"""Every planted fault is caught, and the self-test can fail."""

import pytest

from netnewton.algorithms import ConsensusNewton
from replication.claims.groups import measures
from replication.claims.planting import Control, OfClaim, Patch, Run
from replication.claims.shared_faults import steps_overflow
from replication.cli import main
from replication.controls import interval_faults, selftest
from replication.controls.registry import registry
from replication.controls.selftest import verdicts
from replication.experiments.config import ConfigError

REGISTRY = registry()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return selftest.Bench(tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize("control", REGISTRY, ids=lambda c: f"{c.name}-{c.caught_by}")
def test_the_planted_fault_changes_the_verdict(control, bench):
    outcome = bench.outcome(control)
    assert outcome.without == control.healthy
    assert outcome.planted == control.faulty


def test_there_are_many_distinct_faults_each_with_a_name_and_a_line_of_its_own():
    faults = {control.fault for control in REGISTRY}
    assert len(faults) >= 20
    assert len({control.name for control in REGISTRY}) == len(faults)
    lines = {control.plants for control in REGISTRY}
    assert len(lines) == len(faults) and all(line.endswith(".") for line in lines)
    assert len({(control.name, control.caught_by) for control in REGISTRY}) == len(REGISTRY)
    assert all(control.healthy != control.faulty for control in REGISTRY)


def test_every_measured_claim_has_a_control():
    assert set(measures()) <= {control.claim for control in REGISTRY}


def test_a_control_of_a_claim_names_the_check_that_it_makes():
    for control in REGISTRY:
        if isinstance(control.check, OfClaim):
            named = [control.check.claim, control.check.quantity]
            assert control.caught_by == "/".join(filter(None, named))


def harmless(patch):
    """A step is replaced by itself."""
    patch.setattr(ConsensusNewton, "step", ConsensusNewton.step)


def breaking(patch):
    """Intervals cannot be made at all."""
    patch.setattr(interval_faults.evidence, "mean_interval", None)


def test_a_fault_that_is_not_noticed_is_reported_and_counted(monkeypatch, capsys):
    quick = [c for c in REGISTRY if c.name == "normal_for_t"]
    check = quick[0].check
    planted = [
        *quick,
        *(Control(f, "claim", check, "passes", "fails") for f in (harmless, breaking)),
    ]
    monkeypatch.setattr("replication.controls.registry.registry", lambda: planted)
    assert main.main(["selftest"]) == 1
    text = capsys.readouterr().out
    assert "caught  normal_for_t" in text
    assert "MISSED  harmless" in text and "A step is replaced by itself." in text
    assert "but it was passes → passes" in text
    assert "but it was passes → TypeError: 'NoneType' object is not callable" in text
    last = text.splitlines()[-1]
    assert last.startswith("3 faults, 3 controls: 1 caught, 2 MISSED, in ")


def test_a_check_that_does_not_pass_by_itself_catches_nothing(tmp_path):
    control = Control(harmless, "claim", lambda folder: "fails", "passes", "fails")
    assert not selftest.Bench(tmp_path).outcome(control).caught


def test_controls_are_chosen_by_fault_claim_or_check():
    def names(*wanted):
        return {c.name for c in selftest.chosen(REGISTRY, wanted)}

    assert names("normal_for_t") == {"normal_for_t"}
    assert {"rewards_exchanged", "temptation_too_small"} == names("nash")
    assert names("settling", "normal_for_t") > names("settling") > set()
    assert len(selftest.chosen(REGISTRY, ())) == len(REGISTRY)
    with pytest.raises(ConfigError, match="no fault, claim or check 'nsh': did you mean 'nash'"):
        selftest.chosen(REGISTRY, ["nsh"])


def test_worker_processes_say_the_same():
    controls = selftest.chosen(REGISTRY, ["mixing_transposed", "hessian_block_transposed"])
    said = {
        jobs: [
            (found.control, found.without, found.planted)
            for found in selftest.selftest(controls, jobs)
        ]
        for jobs in (1, 2)
    }
    assert said[1] == said[2]


def test_a_patch_is_undone_and_refuses_what_is_not_there():
    table = {"a": 1}
    real = ConsensusNewton.step
    with Patch() as patch:
        patch.setattr(ConsensusNewton, "step", None)
        patch.setitem(table, "a", 2)
        assert ConsensusNewton.step is None and table == {"a": 2}
        with pytest.raises(AttributeError):
            patch.setattr(ConsensusNewton, "stepp", None)
        with pytest.raises(KeyError):
            patch.setitem(table, "b", 2)
    assert ConsensusNewton.step is real and table == {"a": 1}


SHORT = (Run("pd_exact", ("DN",), ("iterations=60",)),)


def test_runs_that_diverge_are_not_taken_for_runs_that_used_curvature(tmp_path, patch):
    steps_overflow(patch)
    assert verdicts(OfClaim("fallback-frequency", runs=SHORT), tmp_path)[None] == "contradicted"
