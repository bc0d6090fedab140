"""Universes: more of them extend fewer, and the default one is config/paper.yaml."""

from collections import Counter

import numpy as np
import pytest

from replication.experiments import config
from replication.experiments.config import ConfigError
from replication.multiverse import universes
from replication.multiverse.universes import default, draw, figures, laws


@pytest.fixture(scope="module")
def drawn():
    return draw(64)


def test_more_universes_extend_fewer(drawn):
    assert draw(5) == drawn[:5]
    assert draw(1) == drawn[:1]


def test_they_fill_the_space(drawn):
    counts = Counter(u.choice("fig1")["curvature-sign"] for u in drawn)
    assert all(abs(n - 32) <= 2 for n in counts.values())
    rewards = np.log([u.choice("fig3")["gridworld-reward:reward"] for u in drawn])
    inside, _ = np.histogram(rewards, bins=np.log([0.01, 0.1, 1, 10, 100]))
    assert inside.sum() == 64 and all(abs(inside - 16) <= 2)


def test_no_number_is_what_two_options_make_together():
    """As in Sobol's sequence; waves of each number against the product of any two of its signs."""
    points = np.array([list(u.coordinates.values()) for u in draw(1000)])
    assert largest_alias(points) < 0.3
    planted = points.copy()
    planted[:, 30] = ((points[:, 0] < 0.5) == (points[:, 1] < 0.5)) * 0.5 + points[:, 2] / 2
    assert largest_alias(planted) > 0.9


def largest_alias(points):
    halves = np.where(points < 0.5, 1.0, -1.0)
    first, second = np.triu_indices(points.shape[1], 1)
    products = halves[:, first] * halves[:, second]
    found = 0.0
    for k in (1, 2, 4, 8):
        waves = np.where(points * k % 1 < 0.5, 1.0, -1.0)
        along = np.abs(waves.T @ products) / len(points)
        own = (np.arange(points.shape[1])[:, None] == first) | (
            np.arange(points.shape[1])[:, None] == second
        )
        found = max(found, float(along[~own].max()))
    return found


@pytest.mark.parametrize("number", [0, universes.MOST + 1])
def test_no_universe_or_too_many_are_refused(number):
    with pytest.raises(ConfigError, match=rf"--universes {number}: give a number"):
        draw(number)


def changes(spec, figure):
    """How a universe's spec differs from the paper's, but for what the multiverse declares."""
    own = config.spec(config.load(), spec.experiment, spec.method)
    declared = {"seed", "repetitions"} | {
        s.partition("=")[0] for s in figures()[figure].get("settings", [])
    }
    flat = [dict(config._flat(s.settings)) for s in (spec, own)]
    return {key for key in flat[0] | flat[1] if flat[0].get(key) != flat[1].get(key)} - declared


@pytest.mark.parametrize("figure", ["fig1", "fig2", "fig3"])
def test_the_default_universe_is_the_papers_configuration(figure):
    for spec in default(0).specs(figure).values():
        assert changes(spec, figure) == set()


def test_a_drawn_universe_is_another(drawn):
    specs = drawn[1].specs("fig3")
    assert "game.reward" in changes(specs["gridworld", "DN"], "fig3")
    assert len({u.specs("fig1")["pd_exact", "DG"].settings["seed"] for u in drawn[:4]}) == 4


def test_every_drawn_universe_can_be_built(drawn):
    from replication.experiments.build import build

    for universe in drawn[:12]:
        for figure in figures():
            for spec in universe.specs(figure).values():
                build(spec, range(1))


def test_repetitions_are_those_asked_for_where_something_is_random():
    specs = default(0).specs("fig2", repetitions=77)
    assert specs["pd_sampled_is", "DN"].settings["repetitions"] == 77
    assert specs["pd_fixed_exact", "DN"].settings["repetitions"] == 2


def test_weights_average_to_one_under_every_law():
    many = draw(512)
    for law in laws():
        weights = [u.weight("fig1", law) for u in many]
        assert np.mean(weights) == pytest.approx(1.0, abs=0.05)
        assert min(weights) > 0
