"""Claims on messages and costs: their quantities, their controls, and the table of timings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.messages import measure as measured
from replication.claims.messages.faults import CONTROLS
from replication.controls.selftest import verdicts
from replication.experiments.config import ConfigError
from replication.second_opinions import disclosure
from replication.second_opinions.diagonal import DiagonalAgent
from replication.second_opinions.literal import Agent, run_literally

EVIDENCE = Evidence(Path("none"), 0.98)


def test_measures_give_the_ledgers_quantities():
    for entry in ledger.claims():
        if entry["id"] in measured.MEASURES:
            names = {quantity["id"] for quantity in entry["quantities"]}
            assert set(measures()[entry["id"]](EVIDENCE)) == names


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c.fault.__name__}-{c.caught_by}")
def test_each_control_is_caught(control, tmp_path, patch):
    quantity = control.check.quantity
    assert verdicts(control.check, tmp_path)[quantity] == control.healthy
    control.fault(patch)
    assert verdicts(control.check, tmp_path)[quantity] == control.faulty


def test_the_slope_of_time_of_a_made_up_table():
    noise = np.random.default_rng(1).lognormal(sigma=0.05, size=(20, 5))
    interval = measured.time_slope(1e-9 * np.array(measured.TIMED_D) ** 2.5 * noise, 0.98)
    assert interval.lower < 2.5 < interval.upper and interval.upper - interval.lower < 0.1
    assert interval.n == 20


GOOD = "".join(f"{d},{r},{d * 1e-6}\n" for d in measured.TIMED_D for r in (0, 1))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "d,repeat,seconds\n" + GOOD.replace("512,0", "500,0"),
        "d,repeat,seconds\n" + GOOD + "2048,0,1.0\n",
        "d,repeat,seconds\n" + GOOD.replace("6.4e-05", "-1", 1),
        "d,repeat,seconds\n" + GOOD.replace("6.4e-05", "fast", 1),
        "d,repeat,minutes\n" + GOOD,
    ],
)
def test_a_damaged_table_is_refused(tmp_path, text):
    path = tmp_path / "costs.csv"
    path.write_text("d,repeat,seconds\n" + GOOD)
    assert measured.read_timings(path).shape == (2, 5)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ConfigError, match=r"costs.csv is missing, damaged.*benchmarks/costs.py"):
        measured.read_timings(path)


def test_the_committed_table_can_be_read():
    assert measured.read_timings(measured.TIMINGS).shape[1] == len(measured.TIMED_D)


def test_an_agent_of_the_count_is_the_transcriptions():
    assert type(measured.one_agent(np.ndarray, np.zeros(2), np.eye(2))) is Agent


def test_the_error_of_what_a_neighbour_infers(monkeypatch):
    """Nothing is missed; who takes all payoffs for equal misses as much as there is."""
    game = measured._random_games(np.random.default_rng(0))[0]
    game = replace(game, theta=0.0 * game.theta, payoffs=game.payoffs + 7.0)
    assert measured.recovery_error(game) < 1e-9
    nothing = disclosure.Inferred(np.zeros((2, 2)), 0)
    monkeypatch.setattr(disclosure, "inferred_payoffs", lambda *known: nothing)
    assert measured.recovery_error(game) == pytest.approx(1.0)


def test_the_diagonals_do_what_the_matrices_do(rng):
    """The transcription with matrices, and the one with their diagonals alone."""
    weights, centres = np.array([[0.7, 0.3], [0.3, 0.7]]), rng.normal(size=(2, 3))
    bends = rng.uniform(0.1, 2.0, size=(2, 3))  # some of them below m / 2

    def oracle(i, matrix):
        return lambda theta: (-bends[i] * (theta - centres[i]), -matrix(bends[i]))

    options = ("diagonal", -1, "all_or_nothing", "previous", 0.2, 1.0)
    start = rng.normal(size=(2, 3))
    dense = [Agent(oracle(i, np.diag), start[i], *options) for i in range(2)]
    lean = [DiagonalAgent(oracle(i, np.array), start[i], *options) for i in range(2)]
    np.testing.assert_allclose(
        run_literally(lean, weights, 20), run_literally(dense, weights, 20), rtol=1e-12
    )
