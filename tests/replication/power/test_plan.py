"""The plan of repetitions is what its effects ask for, from seeds that nothing else has."""

import numpy as np
import pytest

from replication.experiments import config
from replication.experiments.results import Results
from replication.experiments.returns import average, returns
from replication.power.fresh import FreshEvidence
from replication.power.plan import plan

PLAN = plan()
PILOT = 30
PILOTS = {
    tuple(effect["pilot"]): effect["spread"]
    for entry in PLAN.experiments.values()
    for effect in entry["effects"]
    if "pilot" in effect and entry["seconds"] < 10
}
"""Of the experiments that are cheap enough for a test."""


@pytest.mark.parametrize("experiment", PLAN.experiments)
def test_the_repetitions_decide_every_effect_and_are_no_more_than_that(experiment):
    needed = max(effect.repetitions(0.98, PLAN.probability) for effect in PLAN.effects(experiment))
    assert PLAN.repetitions[experiment] == 50 * -(-needed // 50)


def test_experiments_that_are_paired_have_the_same_repetitions():
    assert PLAN.repetitions["pd_sampled_is"] == PLAN.repetitions["pd_sampled_no_is"]


def test_seeds_are_of_one_use_only():
    used = [experiment["seed"] for experiment in config.load()["experiments"].values()]
    used += [study["seed"] for study in config.load_studies().values()]
    own = list(PLAN.seeds.values())
    assert len(set(own)) == len(own) and not set(own) & set(used)


def test_all_that_is_measured_on_random_repetitions_is_planned():
    experiments = {name for claim in PLAN.claims() for name in claim["experiments"]}
    assert experiments - PLAN.experiments.keys() == {"pd_fixed_exact"}  # nothing in it is random
    assert {"fig2-outperforms", "fig3-faster", "fallback-frequency"} <= {
        claim["id"] for claim in PLAN.claims()
    }


@pytest.mark.parametrize("pair", PILOTS, ids=" - ".join)
def test_spreads_are_those_of_the_pilot(pair, tmp_path):
    """Paired differences of J averaged over the iterations, to the digits that are written."""
    counts = dict.fromkeys(PLAN.experiments, PILOT)
    pilot = FreshEvidence(PLAN.seeds["pilot"], counts, tmp_path, 0.98)
    first, second = (average(returns(pilot.method(*name.split("/")))) for name in pair)
    assert len(first) == PILOT
    assert np.std(first - second, ddof=1) == pytest.approx(PILOTS[pair], rel=0.01)


def test_fresh_runs_have_their_own_seed_and_repetitions_alone(tmp_path):
    evidence = FreshEvidence(5, {"pd_exact_tuned": 4}, tmp_path, 0.98)
    paper = config.spec(config.load(), "pd_exact_tuned", "DG")
    spec = evidence.spec("pd_exact_tuned", "DG")
    assert spec.settings == {**paper.settings, "seed": 5, "repetitions": 4}
    assert evidence.spec("pd_fixed_exact", "DN").settings["repetitions"] == 2
    results = evidence.method("pd_exact_tuned", "DG")
    assert results["J"].shape == (4, 201)
    (path,) = tmp_path.glob("*.nc")
    assert Results(path).spec == spec
