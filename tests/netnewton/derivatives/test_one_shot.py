"""Estimates from counts against those from single plays, and against every batch there can be."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import special

from netnewton import algorithms, curvature, run
from netnewton.derivatives import (
    NOT_COMPUTED,
    GaussNewton,
    counted,
    counting,
    fisher,
    likelihood_ratio,
    one_shot,
)
from netnewton.derivatives.estimation import (
    Estimator,
    constant_baseline,
    estimate,
    importance_weights,
    no_baseline,
    no_weights,
    own_copies,
    printed_hessian,
    reinforce,
    unbiased_hessian,
    what_is_played,
)
from netnewton.games import matrix_game, prisoners_dilemma, repeated_prisoners_dilemma
from netnewton.policies import Boltzmann, behaviour_parameters
from netnewton.trajectories import Streams, Trajectories

BASELINES = (no_baseline, constant_baseline, None)
KINDS = (printed_hessian, GaussNewton(-2.0), fisher)
WEIGHTS = (importance_weights, no_weights)
PARTS = ("J", "gradient", "hessian", "played", "effective_sample_size")


def name(value):
    return getattr(value, "__name__", str(value))


def streams(*group_sizes, seed=3):
    generators = [np.random.default_rng([seed, group]) for group in range(len(group_sizes))]
    return Streams(generators, group_sizes)


def setting(rng, n_actions=(2, 3), logits="reference"):
    game = matrix_game(rng.normal(size=(len(n_actions), *n_actions)))
    return game, Boltzmann.of(game, logits)


def copies(rng, policy, repetitions, distance=0.4):
    shape = (repetitions, policy.n_agents, policy.n_parameters)
    return rng.normal(scale=0.5, size=(repetitions, 1, shape[-1])) + distance * rng.normal(
        size=shape
    )


# The same counts ---------------------------------------------------------------------------------


def batch_of(game, policy, joint):
    """Single plays of given joint actions, shape (R, L)."""
    actions = np.moveaxis(policy.joint_actions[joint], -1, 1)[np.newaxis]
    rewards = np.moveaxis(game.joint_rewards[:, 0][:, joint], 0, 1)[np.newaxis]
    return Trajectories(np.zeros((1, *joint.shape), dtype=int), actions, rewards)


def play_by_play(game, policy, theta, joint, estimator):
    """What the estimator for trajectories makes of plays of joint actions, shape (R, L)."""
    batch = batch_of(game, policy, joint)
    mu = behaviour_parameters(theta, policy.owner)
    scores = policy.scores(estimator.evaluated_at(theta, mu), mu, batch)
    return estimate(batch, scores, game.discount, estimator)


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize("n_actions", [(2, 2), (2, 3, 2)], ids=["two agents", "three agents"])
@pytest.mark.parametrize("baseline", BASELINES, ids=name)
@pytest.mark.parametrize("weights", WEIGHTS, ids=name)
@pytest.mark.parametrize("at", [own_copies, what_is_played], ids=name)
def test_counts_say_what_their_plays_do(logits, n_actions, baseline, weights, at, rng):
    game, policy = setting(rng, n_actions, logits)
    sizes = [2, 3, 7, 50]
    theta = copies(rng, policy, len(sizes))
    plays = [rng.integers(policy.n_joint_actions, size=L) for L in sizes]
    plays[2][:] = 1  # one joint action alone
    drawn = np.stack([np.bincount(joint, minlength=policy.n_joint_actions) for joint in plays])
    for (r, joint), kind in itertools.product(enumerate(plays), KINDS):
        estimator = Estimator(hessian=kind, baseline=baseline, weights=weights, evaluated_at=at)
        found = counted(game, policy, streams(4), sizes, estimator).from_counts(theta, drawn)
        expected = play_by_play(game, policy, theta[[r]], joint[np.newaxis], estimator)
        for part in PARTS:
            ours, theirs = getattr(found, part)[r], getattr(expected, part)[0]
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12, err_msg=part)


def test_normalised_rewards_are_scaled_as_when_played(rng):
    game = repeated_prisoners_dilemma(0.6)
    one_state = type(game)(
        game.rewards[:, :1], np.ones((1, 2, 2, 1)), np.ones(1), discount=0.6, normalised=True
    )
    policy = Boltzmann.of(one_state)
    theta = np.zeros((1, 2, 4))
    found = counted(one_state, policy, streams(1), 4).from_counts(theta, np.array([[4, 0, 0, 0]]))
    np.testing.assert_allclose(found.played, [[-0.4, -0.4]])


# Every batch there can be ------------------------------------------------------------------------

FALSE_ALARMS = 1e-8


def enumerated(game, policy, theta, size, estimator):
    """Mean and variance of the estimates, from those of every sequence of plays, one by one."""
    sequences = np.array(list(itertools.product(range(policy.n_joint_actions), repeat=size)))
    every = np.repeat(theta, len(sequences), axis=0)
    found = play_by_play(game, policy, every, sequences, estimator)
    pi = policy.joint(behaviour_parameters(theta, policy.owner)[0]).probability[0]
    probability = pi[sequences].prod(axis=1)
    moments = {}
    for part in PARTS:
        values = getattr(found, part)
        mean = np.tensordot(probability, values, 1)
        moments[part] = mean, np.tensordot(probability, np.square(values - mean), 1)
    return moments


def deviations(rng, estimator, repetitions=30_000, size=3):
    """Of mean and variance of each part, the largest deviation from its bound; a bound is 1."""
    game, policy = setting(rng)
    theta = copies(rng, policy, 1)
    source = counted(game, policy, streams(10_000, 20_000 - 7, 7), size, estimator)
    found = source(np.repeat(theta, repetitions, axis=0))
    worst = {}
    for part, (mean, variance) in enumerated(game, policy, theta, size, estimator).items():
        values = getattr(found, part)
        squares = np.square(values - mean)
        for what, sample, exact in (("mean", values, mean), ("variance", squares, variance)):
            error = np.abs(sample.mean(axis=0) - exact)
            spread = np.maximum(sample.std(axis=0) / np.sqrt(repetitions), 1e-12)
            bound = special.ndtri(1 - FALSE_ALARMS / 2 / error.size)
            worst[part, what] = (error / spread).max() / bound
    return worst


@pytest.mark.statistical
@pytest.mark.parametrize("baseline", BASELINES, ids=name)
@pytest.mark.parametrize("weights", WEIGHTS, ids=name)
def test_mean_and_variance_are_those_of_every_batch(baseline, weights, rng):
    found = deviations(rng, Estimator(baseline=baseline, weights=weights))
    assert max(found.values()) < 1, found


def drawn_evenly(monkeypatch):
    real = Streams.multinomial
    monkeypatch.setattr(
        Streams, "multinomial", lambda self, n, p: real(self, n, np.full(p.shape, 1 / p.shape[1]))
    )


def weights_left_out(monkeypatch):
    real = one_shot.CountedDerivatives._batch

    def batch(self, *arguments):
        counts = real(self, *arguments)
        return dataclasses.replace(counts, weight=np.ones_like(counts.weight))

    monkeypatch.setattr(one_shot.CountedDerivatives, "_batch", batch)


def one_play_for_all(monkeypatch):
    """Right in the mean: every play of a batch repeats the first."""
    real = Streams.multinomial
    monkeypatch.setattr(
        Streams, "multinomial", lambda self, n, p: n[:, np.newaxis] * real(self, n // n, p)
    )


def baseline_of_all(monkeypatch):
    """A baseline that counts the play it is subtracted from."""

    def constant(counts, table, order):
        b = counts.mean(counts.weight * counts.reward)[..., np.newaxis]
        credit = counts.weight * (counts.reward - b)
        return counting._from_credit(counts, credit, table, order)

    monkeypatch.setitem(counting.BASELINES, constant_baseline, constant)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("fault", "baseline", "noticed"),
    [
        (drawn_evenly, no_baseline, ("gradient", "mean")),
        (weights_left_out, no_baseline, ("gradient", "mean")),
        (one_play_for_all, no_baseline, ("gradient", "variance")),
        (baseline_of_all, constant_baseline, ("gradient", "mean")),
    ],
)
def test_faults_are_noticed(fault, baseline, noticed, rng, monkeypatch):
    fault(monkeypatch)
    assert deviations(rng, Estimator(baseline=baseline))[noticed] > 1


# Streams -----------------------------------------------------------------------------------------


def test_a_group_draws_the_same_in_any_company(rng):
    game, policy = setting(rng)
    theta = copies(rng, policy, 12)
    sizes = np.arange(5, 17)
    generators = lambda: [np.random.default_rng([8, group]) for group in range(3)]  # noqa: E731
    together = counted(game, policy, Streams(generators(), (3, 4, 5)), sizes)
    two = counted(game, policy, Streams(generators()[1:], (4, 5)), sizes[3:])
    for _ in range(3):  # batch after batch
        beside, fewer = together(theta), two(theta[3:])
        for part in PARTS:
            assert getattr(beside, part)[3:].tobytes() == getattr(fewer, part).tobytes(), part
    alone = counted(game, policy, Streams(generators()[1:2], (1,)), sizes[3:4])(theta[3:4])
    assert not np.array_equal(alone.gradient, together(theta).gradient[3:4])


def test_a_repetition_is_estimated_the_same_in_any_company(rng):
    game, policy = setting(rng, (2, 3, 2))
    theta = copies(rng, policy, 9)
    drawn = rng.multinomial(20, np.full(12, 1 / 12), size=9)
    for baseline in BASELINES:
        estimator = Estimator(baseline=baseline)
        everything = counted(game, policy, streams(9), 20, estimator).from_counts(theta, drawn)
        for r in range(9):
            one = counted(game, policy, streams(1), 20, estimator)
            alone = one.from_counts(theta[[r]], drawn[[r]])
            for part in PARTS:
                assert getattr(alone, part).tobytes() == getattr(everything, part)[[r]].tobytes()


# The source --------------------------------------------------------------------------------------


def dilemma(group_sizes=(3,), batch_sizes=9, **options):
    game = prisoners_dilemma()
    return counted(game, Boltzmann.of(game), streams(*group_sizes), batch_sizes, **options)


@pytest.mark.parametrize("baseline", BASELINES, ids=name)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_it_says_what_it_is_for_and_computes_no_more(order, baseline):
    source = dilemma(order=order, estimator=Estimator(baseline=baseline))
    assert (source.n_agents, source.n_parameters, source.repetitions) == (2, 4, 3)
    assert source.owner.tolist() == [0, 0, 1, 1]
    found = source(np.zeros((3, 2, 4)))
    assert found.J.shape == found.effective_sample_size.shape == found.played.shape == (3, 2)
    assert found.gradient.shape == ((3, 2, 4) if order >= 1 else NOT_COMPUTED.shape)
    assert found.hessian.shape == ((3, 2, 4, 4) if order == 2 else NOT_COMPUTED.shape)


def test_an_algorithm_runs_on_counts_as_on_plays(rng):
    """A thousand plays a batch and small steps: both end near one another."""
    game = prisoners_dilemma()
    policy = Boltzmann.of(game)
    newton = algorithms.ConsensusNewton(curvature.ScaledIdentity(), step_size=0.1, floor=1e-7)
    plays = Streams([np.random.default_rng([1, r]) for r in range(3)])
    ends = [
        run(newton, source, np.full((2, 2), 0.5), iterations=50)
        for source in (
            dilemma(batch_sizes=1000, order=1),
            likelihood_ratio(game, policy, plays, 1, 1000, order=1),
        )
    ]
    assert ends[0].stopped == (None, None, None)
    np.testing.assert_allclose(ends[0].theta, ends[1].theta, atol=0.2)
    assert np.abs(ends[0].theta).max() > 0.4


def test_far_copies_leave_numbers():
    source = dilemma((1,), 4)
    theta = np.array([[[400.0, -400, 400, -400], [-400.0, 400, -400, 400]]])
    found = source(theta)
    assert all(np.isfinite(getattr(found, part)).all() for part in PARTS)
    assert found.effective_sample_size.max() <= 4


def other(credited, weight):
    return credited - 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dilemma(batch_sizes=0), r"batch_sizes\[0\] = 0: give a whole number, at least 1"),
        (lambda: dilemma(batch_sizes=[5.5, 2.5, 5]), r"batch_sizes\[0\] = 5.5: give a whole"),
        (lambda: dilemma(batch_sizes=[5, 6]), "2 batch sizes for 3 repetitions"),
        (
            lambda: dilemma(batch_sizes=[2, 1, 2], estimator=Estimator(baseline=None)),
            r"batch_sizes\[1\] = .*at least 2",
        ),
        (lambda: dilemma(estimator=Estimator(baseline=other)), "baseline = .*single plays"),
        (lambda: dilemma(estimator=Estimator(credit=other)), "credit = .*single plays"),
        (lambda: dilemma(order=3), "order = 3"),
        (lambda: dilemma()(np.zeros((2, 2, 4))), r"\(2, 2, 4\): give .* R = 3"),
        (lambda: dilemma()(np.zeros((2, 4))), r"\(2, 4\): give .* R = 3"),
        (lambda: dilemma()(np.full((3, 2, 4), np.nan)), r"theta\[0, 0, 0\] = nan"),
    ],
)
def test_what_cannot_be_counted_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("game", "message"),
    [
        (repeated_prisoners_dilemma(0.9), "5 states: only plays of a game with one state"),
        (matrix_game(np.zeros((13, *[2] * 13))), "8,192 joint actions, more than 4,096"),
    ],
)
def test_other_games_are_refused(game, message):
    with pytest.raises(ValueError, match=message):
        counted(game, Boltzmann.of(game), streams(1), 5)


def test_one_step_forms_are_accepted_and_equal():
    same = [
        dilemma(estimator=Estimator(credit=credit, hessian=hessian))(np.zeros((3, 2, 4))).hessian
        for credit, hessian in (
            (Estimator().credit, Estimator().hessian),
            (reinforce, unbiased_hessian),
        )
    ]
    np.testing.assert_array_equal(*same)
