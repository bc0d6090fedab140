"""The pattern search: its budget, its extension beyond the grid, and what it says of the winner."""

from fractions import Fraction

import numpy as np
import pytest

from replication.promise.search import (
    Setting,
    bands,
    best,
    edges,
    enclosed_at,
    neighbours,
    search,
    values,
)

TWO = (Setting("step_size", -2, 0, most=0), Setting("floor", -1, 1))


def peak(**at):
    """Scores with their peak at some decimal logarithms."""

    def score(numbers):
        return -sum(abs(np.log10(numbers[name]) - e) for name, e in at.items())

    return lambda points: [score(numbers) for numbers in points]


@pytest.mark.parametrize("budget", [9, 10, 17, 32])
def test_every_method_has_the_same_number_of_different_runs(budget):
    one = (Setting("step_size", -1, 1, Fraction(1, 2)),)
    for settings in (TWO, one):
        found = search(settings, budget, peak(step_size=-1.3))
        assert len(found) == budget == len({run.point for run in found})


def test_the_search_goes_beyond_the_edge_of_its_grid():
    found = search(TWO, 32, peak(step_size=-1, floor=4.5))
    assert values(TWO, best(found).point) == {"step_size": 0.1, "floor": pytest.approx(10**4.5)}
    assert enclosed_at(TWO, found) <= Fraction(1, 2)
    assert edges(TWO, best(found).point) == []
    # The negative control: with the grid alone the winner stands at its edge, and that is said.
    alone = search(TWO, 9, peak(step_size=-1, floor=4.5))
    assert best(alone).point[1] == 1 and enclosed_at(TWO, alone) is None


def test_the_grid_and_all_waiting_neighbours_are_asked_for_at_once():
    asked, scores = [], peak(step_size=-1, floor=0)

    def counted(points):
        asked.append(len(points))
        return scores(points)

    search(TWO, 15, counted)
    assert asked == [9, 4, 2]  # the grid, its best's neighbours half a step away, what is left


def test_an_edge_of_the_domain_is_kept_and_named():
    found = search(TWO, 32, peak(step_size=3, floor=0))
    assert max(run.point[0] for run in found) == 0
    assert edges(TWO, best(found).point) == ["step_size"]
    assert enclosed_at(TWO, found) is not None


def test_the_first_of_equal_scores_wins():
    assert best(search(TWO, 32, lambda points: [0.0] * len(points))).point == (-2, -1)


def test_neighbours_differ_by_a_step_in_one_setting():
    point, step = (Fraction(-1, 2), Fraction(0)), Fraction(1, 2)
    assert set(neighbours(TWO, point, step)) == {
        (-1, 0), (0, 0), (Fraction(-1, 2), step), (Fraction(-1, 2), -step)
    }  # fmt: skip
    assert (1, 0) not in set(neighbours(TWO, (Fraction(0), Fraction(0)), Fraction(1)))


def test_a_budget_below_the_grid_is_refused():
    with pytest.raises(ValueError, match="budget = 8: the coarse grid has 9 points"):
        search(TWO, 8, peak())


def test_bands_reach_as_far_as_is_good_enough():
    point, tried = (Fraction(-1), Fraction(0)), []

    def enough(numbers):
        tried.append(numbers)
        return numbers["step_size"] > 0.01 and numbers["floor"] >= 10**-1.5

    step_size, floor = bands(TWO, point, enough, Fraction(1, 2), Fraction(2))
    assert (step_size.below, step_size.above) == (Fraction(1, 2), 1)
    assert not step_size.open_below and not step_size.open_above  # the domain ends at 1
    assert (floor.below, floor.above) == (Fraction(3, 2), 2)
    assert floor.open_above and not floor.open_below
    assert len(tried) == 2 + 2 + 4 + 4
