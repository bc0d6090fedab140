"""What is registered fits the schema, and each method can be built on each of its tasks."""

import math

import pytest
import yaml

from replication.experiments.config import ConfigError
from replication.promise.registration import FIRST_ORDER, registered
from replication.promise.tasks import Draw, sent, spec

NUMBERS = {"step_size": 0.1, "floor": 0.1}


def test_every_method_can_be_built_on_every_task_it_applies_to():
    plan, costs = registered(), {}
    for task, method in plan.pairs():
        costs[task.name, method.name] = sent(task, method)
    assert costs["gridworld", "DN"] == 2 * (36**2 + 36)
    assert costs["gridworld", "tracked_gauss_newton"] == 2 * (2 * 18**2 + 2 * 36)
    assert costs["gridworld", "network_giant"] == 4 * 36
    assert costs["gridworld", "DJ_absolute"] == 4 * 36


def test_all_searches_cost_the_same_and_none_is_smaller_than_its_grid():
    plan = registered()
    for method in plan.methods.values():
        points = math.prod(len(setting.grid()) for setting in method.tuned)
        assert points <= 16 < plan.budget, method.name
    assert len(set(plan.seeds.values()) | {plan.causes["seed"]}) == 4
    families = [method.family for method in plan.methods.values()]
    assert families.count(FIRST_ORDER) == 3


def test_rewards_are_scaled_and_nothing_else():
    plan = registered()
    method = plan.methods["tracked_absolute"]
    for name, key in (("gridworld", "reward"), ("dilemma_exact", "payoffs")):
        one, hundred = (
            spec(plan.tasks[name], method, NUMBERS, Draw(1, 2, cheap=True, scale=scale)).settings
            for scale in (1.0, 100.0)
        )
        assert {k for k in one if one[k] != hundred[k]} == {"game"}
        assert key in hundred["game"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("budget",), 0, "budget"),
        (("seeds",), {"tuning": 1, "trial": 2}, "replicate"),
        (("methods", "DS", "family"), "third_order", "third_order"),
        (("methods", "DS", "not_for"), {"dilema_exact": "why"}, "did you mean 'dilemma_exact'"),
        (("tasks", "dilemma_exact", "scales"), [0], "scales"),
        (("causes", "tasks"), ["gridwrld"], "no task 'gridwrld'"),
    ],
)
def test_a_registration_at_fault_is_refused(tmp_path, document, path, value, message):
    *parents, last = path
    node = document["promise"]
    for name in parents:
        node = node[name]
    node[last] = value
    file = tmp_path / "promise.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        registered(file)
    assert "\n" not in str(caught.value)


def test_a_setting_that_a_method_does_not_have_is_refused(tmp_path, document):
    document["promise"]["methods"]["DS"]["method"]["stepsize"] = 1.0
    file = tmp_path / "promise.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    plan = registered(file)
    with pytest.raises(ConfigError, match="stepsize"):
        spec(plan.tasks["dilemma_exact"], plan.methods["DS"], NUMBERS, Draw(1, 2))
