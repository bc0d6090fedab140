"""Runs side by side are, to the bit, what each is alone, for every method of the registration."""

from dataclasses import replace

import numpy as np
import pytest

from replication.experiments.build import build
from replication.experiments.simulate import advance
from replication.promise import side_by_side as room
from replication.promise.registration import registered
from replication.promise.search import values
from replication.promise.side_by_side import side_by_side
from replication.promise.tasks import Draw, draw, spec, tried
from replication.promise.trial import Tuning

PLAN = registered()
SMALL = {"iterations": 4}
TASKS = {
    "gridworld": {**SMALL, "derivatives.batch_size": 12, "derivatives.horizon": 9},
    "dilemma_sampled": SMALL,
    "weak_link": SMALL,
}
CHOSEN = Draw(9100010, 3, cheap=True)


def small(name):
    task = PLAN.tasks[name]
    return replace(task, set={**task.set, **TASKS[name]})


def points(method):
    """Settings far apart, of which some diverge."""
    exponents = ([s.lowest, s.highest] for s in method.tuned)
    return [values(method.tuned, p) for p in zip(*exponents, strict=True)]


def built(task, method, numbers, chosen=CHOSEN):
    found = spec(task, method, numbers, chosen)
    return build(found, range(chosen.repetitions)), found.settings["iterations"]


@pytest.mark.parametrize("task", TASKS)
def test_what_a_run_comes_to_does_not_depend_on_what_is_beside_it(task):
    for method in PLAN.methods.values():
        if task in method.not_for:
            continue
        together = tried(small(task), method, points(method), CHOSEN)
        alone = [tried(small(task), method, [each], CHOSEN)[0] for each in points(method)]
        for one, other in zip(together, alone, strict=True):
            assert one.J.tobytes() == other.J.tobytes(), method.name
            assert one.diverged == other.diverged


@pytest.mark.parametrize(("task", "method"), [("gridworld", "DN"), ("weak_link", "DS")])
@pytest.mark.parametrize("cheap", [True, False])
def test_alone_it_is_the_simulation_of_an_experiment(task, method, cheap):
    given = small(task), PLAN.methods[method], points(PLAN.methods[method])[-1]
    chosen = replace(CHOSEN, cheap=cheap)
    experiment, iterations = built(*given, chosen)
    expected = advance(experiment, iterations)
    (found,) = side_by_side([built(*given, chosen)[0]], iterations)
    np.testing.assert_array_equal(found.J, expected["J"])
    np.testing.assert_array_equal(found.fallback, expected["fallback"])
    np.testing.assert_array_equal(found.diverged_at, expected["diverged_at"])


class Apart(room.Shared):
    """Planted: every run is given numbers of its own."""

    def _given(self, drawn):
        return super()._given(drawn) * np.linspace(1, 0.5, len(self))[:, np.newaxis, np.newaxis]


def test_runs_that_do_not_share_their_numbers_are_told_apart(monkeypatch):
    method = PLAN.methods["gradient_tracking"]
    given = small("gridworld"), method, points(method)
    sound = tried(*given, CHOSEN)
    monkeypatch.setattr(room, "Shared", Apart)
    planted = tried(*given, CHOSEN)
    assert any((a.J != b.J).any() for a, b in zip(sound, planted, strict=True))


def test_momentum_compares_with_the_copies_of_its_own_run(monkeypatch):
    method = PLAN.methods["natural_gradient"]
    given = small("gridworld"), method, points(method)
    sound, part = tried(*given, CHOSEN), room._part
    monkeypatch.setattr(
        room, "_part", lambda local, rows, before: part(local, rows, lambda: before()[::-1])
    )
    planted = tried(*given, CHOSEN)
    assert any((a.J != b.J).any() for a, b in zip(sound, planted, strict=True))


def test_runs_made_ahead_are_listed_when_they_are_asked_for():
    task, method = small("weak_link"), PLAN.methods["DS"]
    first, second = points(method)
    tuning = Tuning(task, method, replace(draw(PLAN, "tuning"), repetitions=2))
    tuning.ahead([second, first])
    assert tuning.rows == {}
    tuning.scores([first, second])
    assert [row["step_size"] for row in tuning.rows.values()] == [0.001, 1.0]
