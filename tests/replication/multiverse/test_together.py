"""The search for the paper's universe."""

import pytest

from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.multiverse import together
from replication.multiverse.space import of_figure
from replication.multiverse.together import Outcome, crossed, figure_claims, simplified
from replication.multiverse.universes import default, draw


def judged(universe, needed):
    """All claims hold where the choices that are needed are made, and one is lost elsewhere."""
    choice = universe.choice("fig3")
    held = all(choice[name] == value for name, value in needed.items())
    verdicts = dict.fromkeys(figure_claims(), REPRODUCED)
    return Outcome(universe, verdicts if held else {**verdicts, figure_claims()[0]: CONTRADICTED})


@pytest.mark.parametrize("names", [["gridworld-stuck"], ["gridworld-stuck", "projection"]])
def test_only_what_a_claim_depends_on_is_assumed(monkeypatch, names):
    usual = default(0).choice("fig3")
    universe = next(
        u for u in draw(64) if all(u.choice("fig3")[name] != usual[name] for name in names)
    )
    needed = {name: universe.choice("fig3")[name] for name in names}
    monkeypatch.setattr(together, "outcome", lambda u, confidence, figures: judged(u, needed))
    found = simplified(judged(universe, needed), 0.98)
    assert found.assumed == needed
    assert found.held == len(figure_claims())


def test_a_cross_takes_what_concerns_figure_3_alone_from_the_other():
    first, third = default(0).coordinates, draw(1)[0].coordinates
    found = crossed(first, third)
    assert found["gridworld-reward:reward"] == third["gridworld-reward:reward"]
    assert found["curvature-sign"] == first["curvature-sign"]
    for d in of_figure("fig2"):
        assert found[d.name] == first[d.name]


def test_the_default_assumes_nothing():
    assert Outcome(default(7), {}).assumed == {}


def test_known_environments_are_default_but_for_what_they_name():
    from replication.multiverse.universes import Universe

    [found] = together.known_environments()
    assert Outcome(Universe(0, found), {}).assumed == {
        "gridworld-reward:reward": 0.05,
        "gridworld-stuck": "move-refused",
        "gridworld-sigma:deviation": 0.7,
    }
