"""rates.csv: it is what the sources give, and theory, runs and second opinions agree on it."""

from dataclasses import replace

import numpy as np
import pytest

from netnewton import networks
from netnewton.algorithms.consensus_newton import current_trackers
from replication.claims.promise.committed import table
from replication.claims.team_cases import FAMILIES, graph
from replication.promise import rates
from replication.promise.rates import METHODS, PLAN

ROWS = table("rates")
CONSENSUS = ("algorithm_1", "algorithm_1_floored", "algorithm_1_current")
TRACKED = ("tracked_newton", "tracked_absolute", "tracked_cubic")
KEYS = ("steepness", "network", "method", "step_size")


def of(**wanted):
    """The rows with these values."""
    return [row for row in ROWS if all(row[key] == value for key, value in wanted.items())]


def made_again():
    """Rows of one method on one problem, as the committed table would have them."""
    found = rates.rates(1, replace(PLAN, steepness=(2.0,), methods=("algorithm_1",)))
    return [{k: np.nan if x is None else x for k, x in row.items()} for row in found]


def differences(found):
    """Rows that are not those of the committed table."""
    committed = of(steepness=2.0, method="algorithm_1")
    pairs = zip(committed, found, strict=True)
    numbers = [key for key in ROWS[0] if key not in ("network", "method")]
    return [
        new
        for old, new in pairs
        if [old[k] for k in KEYS] != [new[k] for k in KEYS]
        or not np.allclose([old[k] for k in numbers], [new[k] for k in numbers], equal_nan=True)
    ]


def test_the_committed_table_is_what_the_sources_give(monkeypatch):
    assert differences(made_again()) == []
    other = lambda step: replace(METHODS["algorithm_1"](step), trackers=current_trackers)  # noqa: E731
    monkeypatch.setattr(rates, "METHODS", {"algorithm_1": other})
    assert differences(made_again()) != []


def test_every_method_of_the_plan_is_there_on_every_network():
    sizes = map(len, (PLAN.steepness, PLAN.networks, METHODS, PLAN.step_sizes))
    assert len(ROWS) == len({tuple(row[key] for key in KEYS) for row in ROWS}) == np.prod([*sizes])
    assert PLAN.methods == tuple(METHODS) and 1.0 in PLAN.step_sizes


def faster_than_predicted(row):
    return row["rate"] - row["measured"]


def test_runs_are_as_fast_as_the_linearised_step():
    """But where the slowest mode is of H alone, which moves theta at second order only."""
    fitted = [row for row in ROWS if not np.isnan(row["measured"])]
    assert len(fitted) > 400
    assert min(map(faster_than_predicted, fitted)) > -0.03
    ahead = {row["method"] for row in fitted if faster_than_predicted(row) > 0.03}
    assert ahead == {"algorithm_1_damped_current"}


def test_nothing_arrives_where_the_linearised_step_is_unstable():
    assert all(row["arrived"] == 0 for row in ROWS if row["step_size"] > row["stable_to"])
    assert all((row["rate"] < 1.0) == (row["step_size"] <= row["stable_to"]) for row in ROWS)


@pytest.mark.parametrize("network", FAMILIES)
def test_newton_in_the_form_of_algorithm_1_is_as_fast_as_the_network_mixes(network):
    """With H_i = -hess J_i in g_i too, errors in theta do not act back: max(1 - epsilon, |l_2|)."""
    weights = networks.metropolis_weights(graph(network, PLAN.agents))
    second = np.sort(np.abs(np.linalg.eigvalsh(weights)))[-2]
    for row in (row for name in CONSENSUS for row in of(network=network, method=name)):
        assert row["rate"] == pytest.approx(max(1 - row["step_size"], second), abs=2e-4)


def test_tracked_newton_is_newton_where_averaging_is_exact_and_not_stable_on_star_and_path():
    for row in (row for name in TRACKED for row in of(network="complete", method=name)):
        assert row["rate"] == pytest.approx(1 - row["step_size"], abs=2e-3)
    full = [row for name in TRACKED for row in of(step_size=1.0, method=name)]
    assert {row["network"] for row in full if row["rate"] >= 1.0} == {"path", "star"}


def test_a_stable_step_does_not_arrive_from_everywhere():
    """The printed lag needs smaller steps than current trackers, and these than damping."""

    def arrived(method):
        return sum(row["arrived"] for row in of(step_size=1.0, method=method))

    counts = [arrived(name) for name in (*CONSENSUS, "algorithm_1_damped_current")]
    assert counts == sorted(counts) and counts[0] < counts[2] < counts[3]
    assert all(row["arrived"] == PLAN.starts for row in of(step_size=0.1, method="algorithm_1"))
