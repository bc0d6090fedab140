"""What is declared fits the schema, and each method can be built on each of its games."""

import numpy as np
import pytest
import yaml

from replication.experiments.config import ConfigError
from replication.experiments.methods import algorithm
from replication.extended.cells import every
from replication.extended.declared import declared
from replication.extended.lossy import LOSSES, NETWORKS, OTHERS, PROTOCOLS
from replication.extended.worlds import FAMILIES


def test_every_method_can_be_built_and_every_word_means_something():
    plan = declared()
    cells = every(plan)
    for name in {cell.method for cell in cells}:
        method = plan.methods[name]
        tuned = plan.methods[method.numbers_of or name].tuned
        algorithm(method.settings({s.name: 0.1 for s in tuned}), np.arange(3))
    assert {cell.protocol for cell in cells} == PROTOCOLS.keys()
    assert {cell.graph for cell in cells} == FAMILIES.keys() | NETWORKS.keys()
    links = {cell.links for cell in cells}
    quiet = {"reliable", "time_varying", "directed", "complete"}
    assert links - quiet == LOSSES.keys() | OTHERS.keys()


def test_all_searches_cost_the_same_and_seeds_differ():
    plan = declared()
    for method in plan.methods.values():
        points = np.prod([len(setting.grid()) for setting in method.tuned])
        assert points <= plan.tuning["budget"], method.name
    assert len(set(plan.seeds.values())) == 2


def test_matrices_are_not_tried_beyond_their_size_and_a_loss_of_nothing_once():
    cells = every(declared())
    sizes = {cell.agents for cell in cells if (cell.part, cell.method) == ("sizes", "DN")}
    assert max(sizes) == 32 and 64 in {cell.agents for cell in cells}
    assert len(set(cells)) == len(cells)
    reliable = [cell for cell in cells if cell.part == "losses" and cell.p == 0]
    assert len({(cell.game, cell.protocol, cell.method) for cell in reliable}) == len(reliable)


def test_a_step_is_kept_or_shortened_or_grows_with_the_network():
    plan = declared()
    grown, slow, kept = (plan.methods[f"gradient_tracking{e}"] for e in ("_grown", "_slow", ""))
    assert grown.settings({"step_size": 3.0}, 8.0)["step_size"] == 24.0
    assert slow.settings({"step_size": 3.0}, 8.0)["step_size"] == pytest.approx(0.6)
    assert kept.settings({"step_size": 3.0}, 8.0)["step_size"] == 3.0


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("iterations",), 0, "iterations"),
        (("seeds",), {"tuning": 1}, "trial"),
        (("sizes", "methods"), ["DM"], "no method 'DM'"),
        (("rounds", "games"), ["coordinaton"], "did you mean 'coordination'"),
        (("graphs", "graphs"), ["ladder"], "ladder"),
        (("methods", "gradient_tracking_grown", "numbers_of"), "gradient", "no method 'gradient'"),
    ],
)
def test_a_declaration_at_fault_is_refused(tmp_path, document, path, value, message):
    *parents, last = path
    node = document["extended"]
    for name in parents:
        node = node[name]
    node[last] = value
    file = tmp_path / "extended.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        declared(file)
    assert "\n" not in str(caught.value)
