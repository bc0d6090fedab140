"""The gridworld's policies at work: the paths that are drawn are those of the stored policies."""

import numpy as np
import pytest
from figure_results import HORIZON, lost, prepared, table
from PIL import Image

from netnewton.policies import behaviour_parameters
from netnewton.trajectories import Streams, rollout
from replication.cli import main
from replication.experiments import problems
from replication.figures import draw
from replication.figures import gridworld_paths as paths
from replication.figures import gridworld_plays as plays


def test_a_rollout_is_replayed_and_its_last_state_added(results):
    spec = results["gridworld", "DN"].spec
    game = problems.game(spec.settings["game"])
    policy = problems.policy(spec.settings["policy"], game)
    mu = np.zeros((1, policy.n_parameters))
    batch = rollout(game, policy, mu, Streams([np.random.default_rng(1)]), HORIZON, 50)
    play = plays.replay(game, batch.actions)
    assert play.position.shape == (HORIZON + 1, 2, 2, 50)
    np.testing.assert_array_equal(play.position[:-1], batch.states[:, 0])
    np.testing.assert_array_equal(play.arrived[-1], (batch.rewards[:, 0] > 0).any(axis=0))
    assert play.stuck[-1].any() and not play.stuck[0].any()


@pytest.mark.parametrize(
    ("final", "repetition"),
    [
        ([3.0, 1.0, 2.0], 2),
        ([4.0, 1.0, 3.0, 2.0], 3),
        ([np.nan, 1.0, np.nan], 1),
        ([1.0, 1.0, 1.0], 1),
        ([np.nan, np.nan], None),
    ],
)
def test_the_repetition_that_is_shown_is_the_median_one(final, repetition):
    assert plays.median_repetition(np.array(final)) == repetition


def test_paths_are_those_of_the_stored_policies(results, drawn):
    """Every panel again, from what the files hold, against the table."""
    shown = prepared("gridworld_paths", results)
    found = table(drawn, "gridworld_paths")
    for panel in shown:
        key = panel.experiment, panel.method or "DN"
        policy = plays.problem(results[key].spec)[1]
        mu = np.zeros(policy.n_parameters)
        if panel.method:
            mu = behaviour_parameters(results[key]["theta"][panel.repetition], policy.owner)
            assert results[key]["J"][panel.repetition, -1] == panel.J
        play = plays.sample(results[key].spec, mu)
        mine = [row for row in found if row["panel"] == panel.title]
        for row in mine:
            step, agent, path = (int(row[name]) for name in ("step", "agent", "trajectory"))
            place = float(row["x"]), float(row["y"])
            np.testing.assert_allclose(place, play.position[step, agent, :, path], atol=1e-5)
            assert int(row["stuck"]) == play.stuck[step, agent, path]
        ends = {(row["trajectory"], row["agent"]): row for row in mine}
        assert len(ends) == 2 * plays.TRAJECTORIES
        assert sum(int(row["arrived"]) for row in ends.values()) == play.arrived[-1].sum()
        assert sum(int(row["stuck"]) for row in ends.values()) == play.stuck[-1].sum()


def test_a_method_whose_repetitions_have_all_diverged_has_an_empty_panel(results, tmp_path):
    key = paths.PRINTED
    data = prepared("gridworld_paths", {**results, key: lost(results[key], tmp_path)})
    figure = paths.draw(data)
    assert [text.get_text() for text in figure.axes[1].texts] == ["all diverged"]
    assert "repetition none of" in paths.caption(data, 0.98)
    assert "DN as printed" not in {row[0] for row in paths.rows(data)}


def test_the_animation_has_a_frame_for_the_start_and_for_each_step(folder, tmp_path):
    files = [str(folder / f"{'/'.join(key)}.nc") for key in draw.FIGURES["gridworld_paths"].needs]
    outs = [tmp_path / name for name in ("one.gif", "two.gif")]
    for out in outs:
        assert main.main(["animate", *files, "--out", str(out)]) == 0
    with Image.open(outs[0]) as image:
        assert image.n_frames == HORIZON + 1 and image.info["loop"] == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(outs)
