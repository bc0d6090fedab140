"""The space of universes: its ranges hold the defaults, and its laws are laws."""

import numpy as np
import pytest

from replication.claims import ledger
from replication.multiverse.space import Number, Options, dimensions, of_figure
from replication.multiverse.universes import laws

GRID = (np.arange(2_000) + 0.5) / 2_000


@pytest.mark.parametrize("law", laws())
def test_each_density_is_one_on_the_whole(law):
    for d in dimensions():
        assert np.mean([d.density(u, law) for u in GRID]) == pytest.approx(1.0, abs=1e-3)


def test_the_laws_differ_where_they_should():
    option = Options("a", ("x", "y", "z"), "y")
    assert [option.density(u, "printed") for u in (0.1, 0.5, 0.9)] == [0.75, 1.5, 0.75]
    number = Number("a", "k={x}", "log-uniform", 1.0, 0.01, 100.0)
    assert number.density(0.5, "printed") == 1.5
    assert number.density(0.99, "flat") > 5 > 1 > number.density(0.5, "flat")
    assert {d.density(0.3, "even") for d in dimensions()} == {1.0}


def test_flat_weighs_a_logarithmic_range_to_a_uniform_one():
    number = Number("a", "k={x}", "log-uniform", 1.0, 1.0, 9.0)
    weights = np.array([number.density(u, "flat") for u in GRID])
    values = 9.0**GRID
    assert np.average(values, weights=weights) == pytest.approx(5.0, abs=1e-3)


def test_the_default_is_a_point_of_every_range():
    for d in dimensions():
        assert 0 <= d.usual <= 1
        assert d.value(d.usual) == d.default


def test_numbers_stay_in_their_range():
    for d in dimensions():
        if isinstance(d, Number):
            values = [d.value(u) for u in (0.0, 0.25, 1 - 1e-9)]
            assert all(d.low - 1e-6 <= x <= d.high + 1e-6 for x in values)
            assert len(set(values)) == 3


def test_a_number_is_set_as_the_ledger_has_it():
    matrix = next(d for d in dimensions() if d.ambiguity == "fixed-matrix")
    assert matrix.assignment(0.3) == "network.weights=[[0.7, 0.3], [0.3, 0.7]]"
    discount = next(d for d in dimensions() if d.ambiguity == "gridworld-discount")
    assert discount.value(discount.usual) == 0.999
    assert discount.value(1.0) == 0.9


def test_every_choice_that_may_affect_a_figure_has_a_range():
    groups = {f: {c["id"] for c in ledger.claims_of(f"figure_{f[-1]}")} for f in ("fig1", "fig3")}
    for figure, claims in groups.items():
        concerned = [a for a in ledger.ambiguities() if claims & set(a["affects"])]
        assert all("range" in a for a in concerned)
        drawn = {d.ambiguity for d in of_figure(figure)}
        several = {a["id"] for a in concerned if len(a["range"].get("options", "ab")) > 1}
        assert drawn == several
