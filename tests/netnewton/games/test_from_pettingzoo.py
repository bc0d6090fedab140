"""Environments that nobody here wrote, as games: MPE2's, and what an adapter can get wrong."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from gymnasium import spaces
from mpe2 import simple_formation_v1, simple_speaker_listener_v4, simple_spread_v3
from pettingzoo import ParallelEnv
from scipy import stats

from netnewton import algorithms, curvature, run
from netnewton.damping import Damped
from netnewton.derivatives import Estimator, estimation, fisher, likelihood_ratio
from netnewton.games.from_pettingzoo import from_pettingzoo
from netnewton.games.gridworld import Gridworld
from netnewton.games.gridworld_pettingzoo import GridworldParallelEnv
from netnewton.policies import LinearGaussian, LinearSoftmax
from netnewton.trajectories import Streams, rollout

SPREAD = partial(simple_spread_v3.parallel_env, N=2)
TALK = simple_speaker_listener_v4.parallel_env
FORMATION = partial(simple_formation_v1.parallel_env, N=2)
BOXES = {"continuous_actions": True}


def streams(*seeds):
    return Streams([np.random.default_rng([21, seed]) for seed in seeds])


class Counter(ParallelEnv):
    """Agents a and b count; a leaves after two steps, and says so as told. No seed, no noise."""

    metadata = {"name": "counter"}  # noqa: RUF012
    possible_agents = ["a", "b"]  # noqa: RUF012
    looks = spaces.Discrete(5)
    acts = spaces.Discrete(2, start=3)

    def observation_space(self, agent):
        return self.looks

    def action_space(self, agent):
        return self.acts

    def reset(self, seed=None, options=None):
        self.agents, self.steps = list(self.possible_agents), 0
        return dict.fromkeys(self.agents, 0), {agent: {} for agent in self.agents}

    def step(self, actions):
        assert set(actions) == set(self.agents) and set(actions.values()) <= {3, 4}
        self.steps += 1
        there, over = list(self.agents), {agent: self.leaves(agent) for agent in self.agents}
        self.agents = [agent for agent in there if not over[agent]]
        seen = dict.fromkeys(there, min(self.steps, 4))
        rewards = {agent: float(actions[agent]) for agent in there}
        return seen, rewards, over, dict.fromkeys(there, False), {agent: {} for agent in there}

    def leaves(self, agent):
        return agent == "a" and self.steps == 2


# The same trajectories ---------------------------------------------------------------------------


def by_hand(make_env, game, batch, seed, r, k):
    """One environment, stepped with a trajectory's actions: the largest rows, and its rewards."""
    env = make_env()
    observations, _ = env.reset(seed=seed)
    shown, earned = [], []
    for actions in batch.actions[:, r, :, k]:
        shown.append(np.concatenate([[1.0], *(observations[a] for a in env.possible_agents)]))
        if game.n_actions is not None:
            given = {agent: int(a) for agent, a in zip(game.agents, actions, strict=True)}
        else:
            ends = np.cumsum(game.components)[:-1]
            parts = zip(game.agents, np.split(actions, ends), strict=True)
            given = {agent: np.clip(part, 0, 1).astype(np.float32) for agent, part in parts}
        observations, rewards, *_ = env.step(given)
        earned.append([rewards[agent] for agent in game.agents])
    return np.array(shown), np.array(earned)


@pytest.mark.parametrize("make", [SPREAD, TALK, partial(SPREAD, **BOXES), partial(TALK, **BOXES)])
def test_a_trajectory_is_that_of_one_environment_stepped_by_hand(make, rng):
    """Bit by bit; and again from environments that have been used before."""
    game = from_pettingzoo(make)
    family = LinearSoftmax if game.components is None else LinearGaussian
    policy = family.of(game)
    mu = rng.normal(size=(2, policy.n_parameters))
    batch = rollout(game, policy, mu, streams(0, 1), 4, 3)
    drawn = streams(0, 1)
    policy.noise(drawn, 4, 3)
    seeds = game.chance(drawn, 5, 3)[0]
    assert len(np.unique(seeds)) == 6 and seeds.max() < 2**31
    for r, k in ((0, 0), (1, 2)):
        shown, earned = by_hand(make, game, batch, int(seeds[r, k]), r, k)
        np.testing.assert_array_equal(batch.states[:, r, :, k], shown)
        np.testing.assert_array_equal(batch.rewards[:, r, :, k], earned)
        other, _ = by_hand(make, game, batch, int(seeds[r, k - 1]), r, k)
        assert (other[:, 1:] != shown[:, 1:]).any(), "the seed decides"
    for before, after in zip(batch, rollout(game, policy, mu, streams(0, 1), 4, 3), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_repetition_is_the_same_in_any_company(rng):
    game = from_pettingzoo(TALK)
    policy = LinearSoftmax.of(game)
    mu = rng.normal(size=(2, policy.n_parameters))
    together = rollout(game, policy, mu, streams(4, 5), 3, 4)
    alone = rollout(game, policy, mu[1:], streams(5), 3, 4)
    for one, both in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[:, 0], both[:, 1])


def test_the_gridworld_in_its_own_environment_is_the_gridworld(rng):
    """Until an episode ends; from then on nothing moves or is paid in either."""
    world = Gridworld(width=2.0, height=3.0, goal_radius=0.8, discount=0.9)
    game = from_pettingzoo(partial(GridworldParallelEnv, world, horizon=9), discount=0.9)
    policy = LinearGaussian.of(game, deviation=0.6)
    mu = 0.1 * rng.normal(size=(2, policy.n_parameters))
    batch = rollout(game, policy, mu, streams(0, 1), 9, 40)
    assert np.abs(batch.actions).max() < np.pi, "beyond, the adapter clips and the gridworld turns"
    state = world.start(None, (2, 40))
    for seen, angles, rewards in zip(*batch, strict=True):
        np.testing.assert_array_equal(seen[:, 1:5], state.position.reshape(2, 4, 40))
        np.testing.assert_array_equal(seen[:, 5:], np.roll(seen[:, 1:5], 2, axis=1))
        state, expected = world.step(state, angles, None)
        np.testing.assert_array_equal(rewards, expected)
    assert state.arrived.any() and state.stuck.any() and batch.rewards.any()


# Learning ----------------------------------------------------------------------------------------


class Unpaid:
    """The same game, but for rewards that have nothing to do with it."""

    def __init__(self, game):
        self.game = game

    def __getattr__(self, name):
        return getattr(self.game, name)

    def step(self, state, actions, chance):
        following, rewards = self.game.step(state, actions, chance)
        return following, np.random.default_rng(state.moment).normal(size=rewards.shape)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("make", "T", "L", "iterations"), [(TALK, 12, 4, 20), (FORMATION, 25, 3, 25)]
)
def test_teams_learn(make, T, L, iterations):
    """Gradient tracking raises the return, by Student's t at 1e-2 over 8 repetitions: of what was
    learnt less that at the start, on the same new episodes. The seeds are fixed; step and
    sizes were chosen on others, after smaller ones had too little power on these."""
    game = from_pettingzoo(make)
    gained = improvement(game, game, T, L, iterations)
    assert lower_end(gained) > 0, gained


@pytest.mark.statistical
def test_teams_do_not_learn_from_other_rewards():
    game = from_pettingzoo(TALK)
    gained = improvement(game, Unpaid(game), 12, 4, 20)
    assert lower_end(gained) < 0, gained


def improvement(game, learns_in, T, L, iterations, R=8):
    """By how much each repetition's return is higher in the end."""
    N, policy = game.n_agents, LinearSoftmax.of(game)
    estimator = Estimator(baseline=estimation.constant_baseline)
    source = likelihood_ratio(learns_in, policy, streams(*range(R)), T, L, estimator, order=1)
    first_order = algorithms.TrackedNewton(curvature.ScaledIdentity(), 0.01)
    result = run(first_order, source, np.full((N, N), 1 / N), iterations)
    learnt = result.trace["theta"][-1].mean(axis=1)
    before, after = (returns(game, policy, mu, R, T, L) for mu in (np.zeros_like(learnt), learnt))
    return after - before


def returns(game, policy, mu, R, T, L):
    """Mean returns of 4 batches, shape (R,)."""
    new = streams(*range(100, 100 + R))
    batches = [rollout(game, policy, mu, new, T, L).rewards.sum(axis=0) for _ in range(4)]
    return np.mean(batches, axis=(0, 2, 3))


def lower_end(values):
    error = values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() - stats.t.ppf(0.99, len(values) - 1) * error


@pytest.mark.parametrize("make", [TALK, partial(TALK, **BOXES)])
def test_second_order_estimates_are_there_for_agents_that_differ(make):
    """Tracked natural gradient, one step: what is needed of the scores is there."""
    game = from_pettingzoo(make)
    family = LinearSoftmax if game.components is None else LinearGaussian
    policy = family.of(game)
    source = likelihood_ratio(game, policy, streams(0), 3, 4, Estimator(hessian=fisher))
    natural = algorithms.TrackedNewton(Damped(curvature.FullHessian(1), 1.0), 0.01)
    result = run(natural, source, np.full((2, 2), 0.5), iterations=2)
    assert (result.diverged_at < 0).all() and result.trace["theta"][-1].any()
    assert np.linalg.eigvalsh(source(np.zeros((1, 2, policy.n_parameters))).hessian).min() > -1e-9


# Sizes, ends and refusals ------------------------------------------------------------------------


def test_agents_that_differ_have_rows_of_their_own():
    game = from_pettingzoo(TALK)
    assert game.agents == ("speaker_0", "listener_0") and game.n_agents == 2
    assert game.sees == (tuple(range(4)), (0, *range(4, 15)))
    assert game.n_actions == (3, 5) and game.components is None
    boxed = from_pettingzoo(partial(TALK, **BOXES))
    assert boxed.n_actions is None and boxed.components == (3, 5)


def played(env, actions):
    """A game of this environment, and what it shows and pays for actions (T, N or M)."""
    game = from_pettingzoo(lambda: env)
    state = game.start(np.zeros((1, 1), dtype=np.int64), (1, 1))
    shown, paid = [game.seen(state)[0, :, 0]], []
    for each in actions:
        state, rewards = game.step(state, np.asarray(each)[np.newaxis, :, np.newaxis], None)
        shown.append(game.seen(state)[0, :, 0])
        paid.append(rewards[0, :, 0].tolist())
    return shown, paid


def test_who_has_ended_earns_nothing_and_shows_what_it_saw_last():
    """Agent a leaves after two steps; discrete observations are indicators, actions start at 3."""
    shown, paid = played(Counter(), [(0, 0), (1, 0), (1, 1), (1, 0)])
    assert paid == [[3, 3], [4, 3], [0, 4], [0, 3]]
    counted = [np.concatenate([[1], np.eye(5)[a], np.eye(5)[b]]) for a, b in COUNTED]
    np.testing.assert_array_equal(shown, counted)


COUNTED = ((0, 0), (1, 1), (2, 2), (2, 3), (2, 4))


def test_nothing_more_is_paid_once_all_have_ended():
    class Short(Counter):
        def leaves(self, agent):
            return self.steps == 1

    shown, paid = played(Short(), [(1, 1), (1, 1), (1, 1)])
    assert paid == [[4, 4], [0, 0], [0, 0]]
    assert (shown[1] == shown[-1]).all() and (shown[0] != shown[1]).any()


def test_actions_are_clipped_to_their_boxes():
    class Boxed(Counter):
        acts = spaces.Box(np.float32([[-1], [0]]), np.float32([[1], [2]]))
        taken = ()

        def step(self, actions):
            self.taken = (*self.taken, actions)
            return super().step(dict.fromkeys(self.agents, 3))

    env = Boxed()
    played(env, [(-5.0, 0.5, 0.25, 9.0)])
    assert env.taken[0]["a"].tolist() == [[-1.0], [0.5]] and env.taken[0]["a"].dtype == np.float32
    assert env.taken[0]["b"].tolist() == [[0.25], [2.0]]


def test_only_the_latest_state_can_be_stepped():
    game = from_pettingzoo(Counter)
    seeds, actions = np.zeros((1, 1), dtype=np.int64), np.zeros((1, 2, 1), dtype=int)
    first = game.start(seeds, (1, 1))
    game.step(first, actions, None)
    with pytest.raises(RuntimeError, match="step the latest state, or make a second game"):
        game.step(first, actions, None)
    game.start(seeds, (1, 1))
    with pytest.raises(RuntimeError, match="step the latest state"):
        game.step(first, actions, None)


class ComesBack(Counter):
    def step(self, actions):
        found = super().step(actions)
        if self.steps == 3:
            self.agents = ["a", "b"]
        return found


class ComesLate(Counter):
    def reset(self, seed=None, options=None):
        found = super().reset()
        self.agents = ["b"]
        return found


def with_spaces(looks=Counter.looks, acts=Counter.acts, agents=("a", "b")):
    members = {"looks": looks, "acts": acts, "possible_agents": list(agents)}
    return type("Other", (Counter,), members)


class Mixed(Counter):
    def action_space(self, agent):
        return self.acts if agent == "a" else spaces.Box(0.0, 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (simple_spread_v3.env, "is an AEC environment.* give a function that makes a pettingzoo.P"),
        (dict, "{} is no environment"),
        (
            with_spaces(looks=spaces.MultiBinary(2)),
            r"observation space of a = MultiBinary\(2\)",
        ),
        (with_spaces(acts=spaces.MultiDiscrete([2])), r"action space of a = MultiDiscrete"),
        (with_spaces(agents=()), "names no possible_agents: all agents have to be there"),
        (Mixed, "wrap it to have all of one kind"),
        (ComesLate, r"agents \['b'\] after reset, not \('a', 'b'\): all agents have to be there"),
        (ComesBack, r"agents \['a', 'b'\] after \['b'\]: .* none may come or come back later"),
    ],
)
def test_what_is_no_such_game_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        played(make(), [(0, 0)] * 4)


def test_policies_and_discounts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"discount = 2\.0"):
        from_pettingzoo(Counter, discount=2.0)
    game = from_pettingzoo(TALK)
    other = LinearSoftmax.of(game, n_actions=(3, 4))
    with pytest.raises(ValueError, match=r"n_actions = \(3, 4\), the game .*n_actions = \(3, 5\)"):
        likelihood_ratio(game, other, streams(0), 2, 2)
    boxes = LinearGaussian.of(game, components=(1, 2))
    with pytest.raises(ValueError, match=r"give \(R, 2, L\), as LinearSoftmax.of\(game\) does"):
        rollout(game, boxes, np.zeros((1, boxes.n_parameters)), streams(0), 1, 1)


@pytest.mark.parametrize("missing", ["pettingzoo", "gymnasium"])
def test_without_pettingzoo_the_import_names_the_remedy(missing):
    program = f"import sys; sys.modules[{missing!r}] = None\nimport netnewton.games.from_pettingzoo"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stderr.splitlines()[-1].endswith("pip install 'netnewton[pettingzoo]'")
