"""Exploring: the same table however it is made, and a row's numbers are its universe's."""

import json

import numpy as np
import pytest

from replication.experiments.config import ConfigError
from replication.multiverse import atlas, effects, explore
from replication.multiverse.universes import draw

CONFIDENCE = 0.98


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("multiverse")
    explore.explore("fig1", 3, folder, folder / "done", 1, CONFIDENCE, lambda line: None)
    return folder


def test_more_universes_extend_fewer_and_what_is_done_is_taken(made, monkeypatch, tmp_path):
    few = (made / "fig1.csv").read_text()
    real, run = explore.explored, []

    def counted(figure, block, folder, confidence):
        run.extend(u.number for u in block)
        return real(figure, block, folder, confidence)

    monkeypatch.setattr(explore, "explored", counted)
    explore.explore("fig1", 4, tmp_path, made / "done", 1, CONFIDENCE, lambda line: None)
    assert run == [3]
    assert (tmp_path / "fig1.csv").read_text().startswith(few)


def test_a_universe_does_not_depend_on_its_block(made, tmp_path):
    lone = draw(3)[2]
    explore.explored("fig1", [lone], tmp_path, CONFIDENCE)
    row = json.loads((tmp_path / "2.json").read_text())
    kept = json.loads(next((made / "done").glob("*/fig1-0.98/2.json")).read_text())
    assert row == kept


def test_the_table_is_read_as_it_was_written(made):
    found = atlas.read_atlas("fig1", made)
    assert len(found) == 3
    assert found.current
    assert {"fig1-optimum", "fig1-faster"} <= set(found.claims)
    assert np.isfinite(found.columns["DN-DG"]).all()
    assert found.columns["curvature-sign"].dtype.kind == "U"
    share = found.share(np.array([True, False, False]), "even")
    assert share.value == pytest.approx(1 / 3)
    assert share.lower < 1 / 3 < share.upper


def test_a_damaged_table_is_told(made, tmp_path):
    (tmp_path / "fig1.csv").write_text((made / "fig1.csv").read_text())
    with pytest.raises(ConfigError, match=r"fig1.csv is damaged: .* netnewton multiverse fig1"):
        atlas.read_atlas("fig1", tmp_path)
    assert atlas.read_atlas("fig2", tmp_path) is None


def test_every_universe_is_in_one_block():
    drawn = draw(80)
    for figure in ("fig1", "fig2"):
        found = list(explore.blocks(figure, drawn))
        assert sorted(u.number for block in found for u in block) == list(range(80))
        assert len(found) < 20


@pytest.mark.parametrize(
    ("shares", "weights", "value"), [([1, 0], [3, 1], 0.75), ([1, 1], [1, 9], 1)]
)
def test_a_weighted_share_counts_by_weight(shares, weights, value):
    found = atlas.weighted_share(np.array(shares, bool), np.array(weights, float), 0.98)
    assert found.value == value
    assert found.n == round(np.sum(weights) ** 2 / np.sum(np.square(weights)))


def test_equal_weights_give_the_clopper_pearson_interval():
    from replication.experiments.intervals import share_interval

    inside = np.arange(40) < 13
    found = atlas.weighted_share(inside, np.full(40, 2.0), 0.98)
    np.testing.assert_allclose(found, share_interval(13, 40, 0.98), rtol=1e-12)


def test_an_effect_is_a_share_of_what_there_is_to_gain():
    """DN at the optimum from the first iteration, DG at the start for good."""
    from replication.experiments import config

    spec = config.spec(config.load(), "pd_exact", "DN")
    J = np.full((3, 5), -1.0)
    J[:, 0] = -1.5
    values = {"DN": J, "DG": np.full((3, 5), -1.5), "DS": J}
    lost = {"diverged_at": np.full(3, -1)}
    runs = {("pd_exact", m): effects.Held(spec, {"J": v, **lost}) for m, v in values.items()}
    found = effects.effects("fig1", runs, effects.UniverseEvidence(runs, {}, CONFIDENCE))
    assert found["DN-DG"] == pytest.approx(1.0)
    assert found["DN-DS"] == 0.0
    assert (found["DN/rise"], found["DG/rise"]) == (1.0, 0.0)


def test_q_of_the_default_gridworld():
    """About 3.5; its square is estimated without that of the noise."""
    from replication.multiverse.universes import default

    spec = default(0).specs("fig3")["gridworld", "DN"]
    q = effects.first_step(spec)
    assert 3.0 < q < 4.0
    small = {**spec.settings, "game": {**spec.settings["game"], "reward": 0.01}}
    assert effects.first_step(config_with(spec, small)) == pytest.approx(q / 100, rel=1e-9)


def config_with(spec, settings):
    from dataclasses import replace

    return replace(spec, settings=settings)
