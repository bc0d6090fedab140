"""Sampling with many agents: by plays in place of cells, and never by enumerating joint actions."""

import itertools

import numpy as np
import pytest
from parts import arrays

from netnewton.derivatives import Estimator, closed_form, estimation, exact, likelihood_ratio
from netnewton.games import finite, matrix_game
from netnewton.policies import Boltzmann, behaviour_parameters, boltzmann
from netnewton.policies.boltzmann_scores import BoltzmannScores, PlayedScores
from netnewton.trajectories import Streams, Sums, rollout

SUMS = ("score", "outer", "derivative", "outer_and_derivative", "outer_of_sums")


def streams(repetitions, seed=3):
    return Streams([np.random.default_rng([seed, r]) for r in range(repetitions)])


def played(rng, game, logits, repetitions=2, horizon=3, size=11):
    policy = Boltzmann.of(game, logits)
    theta = rng.normal(size=(repetitions, game.n_agents, policy.n_parameters))
    mu = behaviour_parameters(theta, policy.owner)
    return policy, theta, mu, rollout(game, policy, mu, streams(repetitions), horizon, size)


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize("n_states", [1, 3])
def test_plays_and_cells_give_the_same_sums(logits, n_states, rng, random_game):
    game = random_game(rng, n_actions=(2, 3, 2), n_states=n_states)
    policy, theta, mu, batch = played(rng, game, logits)
    cells, plays = (kind(policy, theta, mu, batch) for kind in (BoltzmannScores, PlayedScores))
    assert plays.log_ratio.tobytes() == cells.log_ratio.tobytes()
    np.testing.assert_allclose(plays.steps(), cells.steps(), atol=1e-15)
    for t in range(3):
        np.testing.assert_array_equal(plays.derivative(t), cells.derivative(t))
    weights = rng.normal(size=cells.log_ratio.shape)
    for name in SUMS:
        by_plays = getattr(plays.weighted(weights), name)()
        np.testing.assert_allclose(
            by_plays, getattr(cells.weighted(weights), name)(), atol=1e-12, err_msg=name
        )
        np.testing.assert_allclose(by_plays, getattr(Sums(plays, weights), name)(), atol=1e-12)


def test_the_estimates_are_the_same_either_way(rng, random_game, monkeypatch):
    game = random_game(rng, n_actions=(2, 3, 2), n_states=2)
    policy = Boltzmann.of(game)
    theta = rng.normal(size=(3, 3, policy.n_parameters))
    baselines = (estimation.no_baseline, estimation.constant_baseline, None)
    hessians = (estimation.printed_hessian, estimation.unbiased_hessian)
    for baseline, hessian in itertools.product(baselines, hessians):
        estimator = Estimator(baseline=baseline, hessian=hessian)
        found = []
        for small in (24, 0):  # cells: as many as are tabulated, and more than that
            monkeypatch.setattr(boltzmann, "SMALL_TABLE", small)
            found.append(likelihood_ratio(game, policy, streams(3), 2, 6, estimator)(theta))
        for name, one in arrays(found[0]).items():
            np.testing.assert_allclose(one, getattr(found[1], name), atol=1e-12)


@pytest.mark.parametrize(
    ("horizon", "size", "kind"),
    [(1, 512, BoltzmannScores), (4, 128, BoltzmannScores), (1, 511, PlayedScores)],
)
def test_cells_are_tabulated_where_they_are_not_more_than_plays(horizon, size, kind, rng):
    game = matrix_game(rng.normal(size=(9, *[2] * 9)))
    policy, theta, mu, batch = played(rng, game, "per_action", 1, horizon, size)
    assert type(policy.scores(theta, mu, batch)) is kind


def test_small_tables_are_made_however_few_plays_there_are(rng):
    policy, theta, mu, batch = played(rng, matrix_game(rng.normal(size=(8, *[2] * 8))), "reference")
    assert type(policy.scores(theta, mu, batch)) is BoltzmannScores


def test_which_way_does_not_depend_on_the_company(rng):
    game = matrix_game(rng.normal(size=(9, *[2] * 9)))
    policy = Boltzmann.of(game)
    theta = rng.normal(size=(4, 9, policy.n_parameters))
    together = likelihood_ratio(game, policy, streams(4), 1, 200)(theta)
    for r in range(4):
        own = Streams([np.random.default_rng([3, r])])
        alone = likelihood_ratio(game, policy, own, 1, 200)(theta[[r]])
        for name, one in arrays(alone).items():
            assert one.tobytes() == getattr(together, name)[[r]].tobytes()


class Crowd:
    """Forty agents of two actions, each rewarded by the share of the others that play 0."""

    n_agents, n_states, n_actions, discount = 40, 1, (2,) * 40, 0.0

    def chance(self, streams, draws, size):
        return [None] * draws

    def start(self, chance, shape):
        return np.zeros(shape, dtype=int)

    def seen(self, state):
        return state

    def step(self, state, actions, chance):
        played_zero = 1.0 - actions
        others = played_zero.sum(axis=1, keepdims=True) - played_zero
        return state, others / (self.n_agents - 1)


def no_enumeration(monkeypatch):
    def enumerated(self):
        raise AssertionError("joint actions were enumerated")

    for name in ("joint_actions", "taken", "taken_together"):
        monkeypatch.setattr(Boltzmann, name, property(enumerated))


@pytest.mark.parametrize(("baseline", "order"), [(estimation.no_baseline, 2), (None, 1)])
def test_forty_agents_learn_without_a_table_of_joint_actions(baseline, order, rng, monkeypatch):
    """Of the 2^40 joint actions no table could be made; the gradient is known in closed form."""
    no_enumeration(monkeypatch)
    game, policy = Crowd(), Boltzmann.of(Crowd(), "reference")
    theta = np.tile(rng.normal(size=40), (1, 40, 1))
    estimator = Estimator(baseline=baseline)
    source = likelihood_ratio(game, policy, streams(1), 1, 2000, estimator, order)
    found = source(theta)
    p = 1 / (1 + np.exp(-theta[0]))
    expected = p * (1 - p) * (1 - np.eye(40)) / 39
    assert np.abs(found.gradient[0] - expected).max() < 0.1
    assert found.J[0] == pytest.approx((p.sum(axis=1) - np.diag(p)) / 39, abs=0.01)
    assert order == 1 or found.hessian.shape == (1, 40, 40, 40)


def test_enumeration_would_be_noticed(monkeypatch):
    """Exact derivatives do enumerate, and so does a table over cells."""
    no_enumeration(monkeypatch)
    game = finite.prisoners_dilemma()
    policy = Boltzmann.of(game)
    for source in (exact(game, policy), likelihood_ratio(game, policy, streams(1), 1, 5)):
        with pytest.raises(AssertionError, match="joint actions were enumerated"):
            source(np.zeros((1, 2, 4)))


@pytest.mark.parametrize("normalised", [False, True])
def test_states_are_the_same_with_and_without_a_table_of_running_sums(
    normalised, rng, random_game, monkeypatch
):
    parts = {"n_actions": (2, 3), "n_states": 4, "normalised": normalised}
    seeds = [np.random.default_rng(7) for _ in range(2)]
    kept = random_game(seeds[0], **parts)
    monkeypatch.setattr(finite, "SMALL_TABLE", 0)
    looked_up = random_game(seeds[1], **parts)
    policy = Boltzmann.of(kept, "reference")
    mu = rng.normal(size=(2, policy.n_parameters))
    assert looked_up._cumulated is None
    second = rollout(looked_up, policy, mu, streams(2), 6, 50)
    monkeypatch.undo()
    assert kept._cumulated is not None
    first = rollout(kept, policy, mu, streams(2), 6, 50)
    for one, other in zip(first, second, strict=True):
        assert one.tobytes() == other.tobytes()
    assert len(np.unique(first.states)) == 4


# Memory ------------------------------------------------------------------------------------------


def megabytes_taken(work):
    import tracemalloc

    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("n_states", [1, 4])
def test_the_estimate_of_memory_is_right_within_a_factor_of_two(order, n_states, rng, random_game):
    n_actions = (2,) * (12 if n_states == 1 else 7)
    game = (
        matrix_game(rng.normal(size=(12, *n_actions)))
        if n_states == 1
        else random_game(rng, n_actions, n_states)
    )
    policy = Boltzmann.of(game)
    source = exact(game, policy, order)
    theta = rng.normal(size=(6, game.n_agents, policy.n_parameters))
    once, each = source._largest_arrays[order]
    expected = 8e-6 * (once + 6 * game.n_agents * each)
    assert expected / 2 < megabytes_taken(lambda: source(theta)) < 2 * expected


def test_what_does_not_fit_is_refused_before_anything_is_made(monkeypatch):
    """Twenty players: their Hessians would take tens of gigabytes."""
    no_enumeration(monkeypatch)
    payoffs = np.broadcast_to(0.0, (20, *[2] * 20))  # one number in memory
    game = matrix_game(payoffs)
    policy = Boltzmann.of(game)
    message = (
        r"order 2 for N = 20 agents with 1,048,576 joint actions would take \d+\.\d GB .* "
        r"most_gigabytes = 4: sample with likelihood_ratio"
    )

    def refused():
        with pytest.raises(ValueError, match=message):
            exact(game, policy)

    assert megabytes_taken(refused) < 1.0
    assert exact(game, policy, order=0).order == 0, "returns alone would fit"


def test_too_many_repetitions_at_once_are_refused_too():
    game = finite.prisoners_dilemma()
    source = exact(game, Boltzmann.of(game), most_gigabytes=1e-5)
    assert source(np.zeros((3, 2, 4))).J.shape == (3, 2)
    with pytest.raises(ValueError, match=r"for 20 copies .* fewer repetitions"):
        source(np.zeros((10, 2, 4)))
    with pytest.raises(ValueError, match=r"order 0 .* 1000 copies"):
        source.returns(np.zeros((10, 100, 4)))


def test_the_limit_is_stated():
    game = finite.prisoners_dilemma()
    assert exact(game, Boltzmann.of(game)).most_gigabytes == closed_form.MOST_GIGABYTES == 4.0
