"""The PettingZoo adapter: PettingZoo's own tests, and agreement with the batched simulator."""

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pettingzoo
import pytest
from pettingzoo.utils import parallel_to_aec

from netnewton.games import gridworld_pettingzoo
from netnewton.games.gridworld import Gridworld
from netnewton.games.gridworld_pettingzoo import GridworldParallelEnv, parallel_env

with warnings.catch_warnings():
    # Where pygame is installed, they import an environment by a name that is deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import parallel_api_test, parallel_seed_test, render_test

OPTIONS = [
    {"stuck": stuck, "arrived": arrived, "zero": zero}
    for stuck, arrived, zero in itertools.product(
        ("for_good", "move_refused"), ("yields", "blocks", "moves_on"), ("up", "goal", "axis")
    )
]


def named(options):
    return "-".join(options.values())


def actions(pair):
    return {"west": pair[[0]], "east": pair[[1]]}


def some_angles(rng, steps=15):
    """Two kinds, for every angle zero: at random, and on the whole upwards."""
    if rng.integers(2):
        return rng.uniform(-np.pi, np.pi, size=(steps, 2))
    return rng.choice([0.0, np.pi / 2]) + rng.normal(scale=0.6, size=(steps, 2))


# PettingZoo's own tests --------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS, ids=named)
def test_the_parallel_api(options, capsys):
    parallel_api_test(parallel_env(gridworld=Gridworld(**options)), num_cycles=100)
    assert "Passed Parallel API test" in capsys.readouterr().out


def test_the_parallel_api_test_sees_a_planted_fault():
    class EastIsForgotten(GridworldParallelEnv):
        def _observations(self):
            return {"west": self.state()}

    with pytest.raises(AssertionError):
        parallel_api_test(EastIsForgotten(), num_cycles=100)


def test_the_seed():
    parallel_seed_test(parallel_env)


def test_rendering():
    pictures = []

    def make(render_mode):
        # It asks for a window first, only to read there which modes there are.
        return parallel_to_aec(parallel_env(render_mode=render_mode.replace("human", "rgb_array")))

    render_test(make, {"rgb_array": lambda picture: pictures.append(picture) or True})
    assert len(pictures) == 5


# The same game -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS, ids=named)
def test_every_step_is_the_batched_simulators(rng, options):
    """Bit by bit; and the batch goes on for 15 steps where the episode terminates earlier."""
    world = Gridworld(**options, reward=2.0)
    env = parallel_env(gridworld=world)
    angles = np.stack([some_angles(rng) for _ in range(24)], axis=-1)
    state = world.start(None, (1, 24))
    states, rewards = [], []
    for pairs in angles:
        state, reward = world.step(state, pairs[np.newaxis], None)
        states.append(state)
        rewards.append(reward[0])
    ends = []
    for k in range(24):
        observations, infos = env.reset()
        np.testing.assert_array_equal(observations["west"], [0.0, 0.0, 3.0, 0.0])
        np.testing.assert_array_equal(observations["east"], [3.0, 0.0, 0.0, 0.0])
        assert infos == {agent: {"arrived": False, "stuck": False} for agent in ("west", "east")}
        collected = np.zeros(2)
        for t, now in enumerate(states):
            observations, earned, terminated, truncated, infos = env.step(actions(angles[t, :, k]))
            west, east = now.position[0, :, :, k]
            np.testing.assert_array_equal(observations["west"], [*west, *east])
            np.testing.assert_array_equal(observations["east"], [*east, *west])
            np.testing.assert_array_equal(env.state(), [*west, *east])
            assert list(earned.values()) == rewards[t][:, k].tolist()
            for j, agent in enumerate(("west", "east")):
                flags = {"arrived": now.arrived[0, j, k], "stuck": now.stuck[0, j, k]}
                assert infos[agent] == flags
                assert env.observation_space(agent).contains(observations[agent])
            over = bool((now.arrived | now.stuck)[0, :, k].all())
            if options["arrived"] == "moves_on":
                over = over and not rewards[t][:, k].any()
            assert terminated == {"west": over, "east": over}
            assert truncated == {"west": t == 14, "east": t == 14}
            collected += list(earned.values())
            assert env.agents == ([] if over or t == 14 else ["west", "east"])
            if not env.agents:
                break
        ends.append(t)
        np.testing.assert_array_equal(collected, np.sum(rewards, axis=0)[:, k])
    may_end = options["stuck"] == "for_good"
    assert max(ends) == 14 and (min(ends) < 14 or not may_end), "both ends must be met"


def test_an_early_end_takes_no_reward_away(rng):
    """Played on by hand after the end, for 50 more steps: nothing changes any more."""
    early = 0
    for options in OPTIONS:
        env = parallel_env(gridworld=Gridworld(**options))
        for _ in range(8):
            env.reset()
            terminated = {"west": False}
            for pair in some_angles(rng):
                if env.agents:
                    _, _, terminated, *_ = env.step(actions(pair))
            if terminated["west"]:
                early += 1
                state, before = env._now, env.state()
                for pair in rng.uniform(-np.pi, np.pi, size=(50, 2)):
                    state, reward = env.gridworld.step(state, pair[np.newaxis, :, np.newaxis], None)
                    assert not reward.any()
                np.testing.assert_array_equal(state.position.ravel(), before)
    assert early >= 12


def test_an_episode_ends_when_both_have_arrived_or_are_stuck():
    env = parallel_env(gridworld=Gridworld(zero="goal"))
    env.reset()
    results = [env.step(actions(np.zeros(2))) for _ in range(3)]
    assert [terminated["west"] for _, _, terminated, _, _ in results] == [False, False, True]
    assert results[-1][4] == {
        agent: {"arrived": False, "stuck": True} for agent in ("west", "east")
    }
    assert not results[-1][3]["west"] and env.agents == []


def test_whole_episodes_repeat_whatever_the_seed(rng):
    """PettingZoo's test of the seed stops after one step."""
    env, episodes = parallel_env(), []
    angles = some_angles(rng)
    for seed in (None, 0, 1):
        env.reset(seed=seed, options={"of": "no effect"})
        episodes.append([])
        for pair in angles:
            if env.agents:
                episodes[-1].append(env.step(actions(pair)))
    assert str(episodes[0]) == str(episodes[1]) == str(episodes[2])


def test_an_angle_means_its_direction():
    ends = []
    for turns in (-3, 0, 1):
        env = parallel_env()
        env.reset()
        angle = np.array([0.3 + turns * 2 * np.pi])
        env.step({"west": angle, "east": -angle})
        ends.append(env.state())
    np.testing.assert_allclose(ends[0], ends[1], rtol=0, atol=1e-14)
    np.testing.assert_allclose(ends[2], ends[1], rtol=0, atol=1e-14)


def test_what_is_returned_is_not_the_environments_own_memory():
    env = parallel_env()
    observations, _ = env.reset()
    for own in (observations["west"], observations["east"], env.state()):
        own[:] = 9.0
    assert env.state().tolist() == [0.0, 0.0, 3.0, 0.0]


def test_horizon_and_spaces_are_those_asked_for():
    env = parallel_env(gridworld=Gridworld(width=2.0, height=5.0), horizon=2)
    env.reset()
    ends = [env.step(actions(np.zeros(2)))[3]["east"] for _ in range(2)]
    assert ends == [False, True]
    for space in (env.observation_space("west"), env.observation_space("east"), env.state_space):
        assert space.dtype == np.float64
        assert space.low.tolist() == [0.0] * 4 and space.high.tolist() == [2.0, 5.0, 2.0, 5.0]
    for agent in env.possible_agents:
        space = env.action_space(agent)
        assert (space.shape, space.dtype) == ((1,), np.float64)
        assert (space.low, space.high) == (-np.pi, np.pi)
    assert env.action_space("west") is not env.action_space("east"), "each has its own generator"


# Refusals ----------------------------------------------------------------------------------------


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="horizon = 0: give at least one step"):
        parallel_env(horizon=0)
    with pytest.raises(ValueError, match="render_mode = 'human': choose None or 'rgb_array'"):
        parallel_env(render_mode="human")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"west": [0.0]}, r"actions for \['west'\]: give one for each of \['west', 'east'\]"),
        ({"west": [0.0], "east": [0.0], "north": [0.0]}, r"actions for \['east', 'north', 'west'"),
        ({"west": [0.0], "east": [np.nan]}, r"action of east = \[nan\]: give one finite angle"),
        ({"west": [np.inf], "east": [0.0]}, r"action of west = \[inf\]"),
        ({"west": [0.0, 1.0], "east": [0.0]}, r"action of west = \[0. 1.\]"),
    ],
)
def test_bad_actions_are_refused_and_change_nothing(given, message):
    env = parallel_env()
    env.reset()
    with pytest.raises(ValueError, match=message):
        env.step(given)
    assert env.state().tolist() == [0.0, 0.0, 3.0, 0.0]


def test_there_is_nothing_before_reset_and_after_the_end():
    env = parallel_env(horizon=1, render_mode="rgb_array")
    for use in (env.state, env.render, lambda: env.step(actions(np.zeros(2)))):
        with pytest.raises(RuntimeError, match=r"call reset\(\) first"):
            use()
    env.reset()
    env.step(actions(np.zeros(2)))
    with pytest.raises(RuntimeError, match=r"call reset\(\) first"):
        env.step(actions(np.zeros(2)))
    env.reset()
    assert env.agents == ["west", "east"] and env.render() is not None


# An optional extra -------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["pettingzoo", "gymnasium"])
def test_without_pettingzoo_the_import_names_the_remedy(missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None\nimport netnewton.games.gridworld_pettingzoo"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.count("Traceback") == 1
    assert run.stderr.splitlines()[-1] == (
        f"ImportError: netnewton.games.gridworld_pettingzoo needs {missing}, which is not "
        "installed: pip install 'netnewton[pettingzoo]'"
    )


def test_the_rest_of_the_library_does_without_pettingzoo():
    program = """
import importlib, pkgutil, sys
import netnewton
sys.modules["pettingzoo"] = sys.modules["gymnasium"] = None
names = [m.name for m in pkgutil.walk_packages(netnewton.__path__, "netnewton.")]
adapters = {"netnewton.games.gridworld_pettingzoo", "netnewton.games.from_pettingzoo"}
assert adapters < set(names) and "netnewton.games.gridworld" in names
for name in set(names) - adapters:
    importlib.import_module(name)
assert not adapters & set(sys.modules) and "matplotlib" not in sys.modules
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


# Pictures ----------------------------------------------------------------------------------------

BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def pixels_of(picture, colour):
    """Rows and columns of the pixels of exactly that colour."""
    return np.argwhere((picture == colour).all(axis=-1))


def test_a_picture_shows_the_agents_where_they_are():
    env = parallel_env(render_mode="rgb_array")
    env.reset()
    start = env.render()
    assert start.dtype == np.uint8 and start.shape == (661, 400, 3)
    env.step(actions(np.array([0.0, np.pi / 2])))
    moved = env.render()
    # 400 pixels are the box of 3 and a margin of 0.5 + 0.3 on every side.
    pixel = 4.6 / 400
    agents = ((BLUE, (0.0, 0.0), (0.0, 1.0)), (ORANGE, (3.0, 0.0), (2.0, 0.0)))
    for colour, first, second in agents:
        for picture, (x, y) in ((start, first), (moved, second)):
            row, column = (6.8 - y) / pixel, (0.8 + x) / pixel
            here = np.hypot(*(pixels_of(picture, colour) + 0.5 - [row, column]).T) < 7
            assert 100 <= here.sum() <= 150, "a disc of radius 6.5 has 133 pixels"
        assert len(pixels_of(moved, colour)) > len(pixels_of(start, colour)), "it left a trail"


def test_a_picture_tells_who_has_arrived_and_who_is_stuck():
    env = parallel_env(gridworld=Gridworld(zero="goal"), render_mode="rgb_array")
    env.reset()
    for _ in range(2):
        env.step(actions(np.zeros(2)))
    dark = [(env.render().max(axis=-1) < 0x30).sum()]
    env.step(actions(np.zeros(2)))
    dark.append((env.render().max(axis=-1) < 0x30).sum())
    assert dark[0] == 0 and dark[1] > 100

    env.reset()
    goals = [tuple(env.render()[90, 350])]
    for _ in range(7):
        env.step({"west": [0.0], "east": [-2.0]})
    goals.append(tuple(env.render()[90, 350]))
    assert env._now.arrived[0].tolist() == [[True], [False]] and goals[0] != goals[1]


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ({"width": 5.0, "height": 5.0}, (400, 400, 3)),
        ({"width": 2.5, "height": 5.0}, (650, 400, 3)),
        ({"width": 60.0, "height": 3.0}, (88, 400, 3)),
        ({"width": 1.0, "height": 99.0}, (1200, 26, 3)),
    ],
)
def test_a_picture_has_the_aspect_of_the_box(box, shape):
    """And of a margin of 0.5 and a tenth of the width on every side, in 400 by 1200 at most."""
    env = parallel_env(gridworld=Gridworld(**box), render_mode="rgb_array")
    env.reset()
    picture = env.render()
    assert picture.shape == shape
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5


def test_edges_are_smooth():
    """Between the trail's blue and what is around it there are many shades."""
    env = parallel_env(render_mode="rgb_array")
    env.reset()
    env.step(actions(np.array([-np.pi / 4, 0.0])))
    picture = env.render().reshape(-1, 3)
    shades = np.unique(picture[picture[:, 0] < picture[:, 2]], axis=0)
    assert len(shades) > 50


def test_without_a_render_mode_nothing_is_drawn():
    env = parallel_env()
    env.reset()
    with pytest.warns(UserWarning, match="give render_mode='rgb_array'"):
        assert env.render() is None


def test_the_adapter_is_a_parallel_environment_with_a_name():
    env = gridworld_pettingzoo.parallel_env()
    assert isinstance(env, pettingzoo.ParallelEnv) and str(env) == "netnewton_gridworld_v0"
    assert env.max_num_agents == 2 and env.unwrapped is env
