"""Likelihood-ratio estimates against automatic differentiation and a literal Appendix A."""

import functools
import itertools

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from log_probabilities import log_probability_of
from parts import arrays

from netnewton.derivatives import NOT_COMPUTED, estimation, likelihood_ratio
from netnewton.derivatives.estimation import (
    Estimator,
    constant_baseline,
    effective_sample_size,
    estimate,
    gpomdp,
    importance_weights,
    no_baseline,
    no_weights,
    printed_hessian,
    reinforce,
    unbiased_hessian,
)
from netnewton.games.finite import FiniteGame, matrix_game
from netnewton.games.gridworld import Gridworld
from netnewton.policies import Boltzmann, GaussianRBF, behaviour_parameters
from netnewton.trajectories import Streams, Sums, Trajectories, rollout

CREDITS, HESSIANS = (gpomdp, reinforce), (printed_hessian, unbiased_hessian)
BASELINES = (no_baseline, constant_baseline, None)
SUMS = ("score", "outer", "derivative", "outer_and_derivative", "outer_of_sums")
# A box that is crossed in few steps: most trajectories have a reward.
NEAR = Gridworld(width=2.0, height=2.0, goal_radius=0.9, discount=0.9)


def name(value):
    return getattr(value, "__name__", str(value))


def setting(kind, rng, random_game):
    """A game and a policy."""
    if kind in ("own", "both"):
        return NEAR, GaussianRBF((2.0, 2.0), grid=(2, 3), deviation=0.7, sees=kind)
    game = random_game(rng, n_actions=(2, 3, 2), n_states=2)
    return game, Boltzmann(game.n_states, game.n_actions, kind)


KINDS = ("per_action", "reference", "own", "both")


def streams(repetitions, seed=3):
    return Streams([np.random.default_rng([seed, r]) for r in range(repetitions)])


def play(game, policy, theta, horizon, size, generators=None):
    """A batch that the copies (R, N, D) play together, and what they make of it."""
    mu = behaviour_parameters(theta, policy.owner)
    batch = rollout(game, policy, mu, generators or streams(len(theta)), horizon, size)
    return batch, policy.scores(theta, mu, batch)


def copies(rng, policy, repetitions, n_agents, distance=0.3):
    centre = rng.normal(scale=0.5, size=(repetitions, 1, policy.n_parameters))
    return centre + distance * rng.normal(size=(repetitions, n_agents, policy.n_parameters))


# Automatic differentiation -----------------------------------------------------------------------


def surrogate(log_probability, rewards, discount, estimator, theta, mu):
    """A function of an agent's parameters whose derivatives at theta are the estimates.

    Its terms are credits times exp(log pi_theta - constant), whose derivatives are those of the
    likelihood ratio; for the printed Hessian each step has a term of its own (DiCE's magic box).
    """
    T, L = rewards.shape
    credit = discount ** np.arange(T)[:, np.newaxis] * rewards
    if estimator.credit is reinforce:
        credit = np.concatenate([np.zeros((T - 1, L)), credit.sum(axis=0, keepdims=True)])
    here, played = log_probability(theta), log_probability(mu)
    weight = np.exp(np.cumsum(here - played, axis=0))
    if estimator.weights is no_weights:
        weight = np.ones_like(weight)

    def unbiased(x):
        return anp.sum(weight * credit * anp.exp(anp.cumsum(log_probability(x) - here, axis=0))) / L

    def printed(x):
        return anp.sum(weight * credit * anp.cumsum(anp.exp(log_probability(x) - here), axis=0)) / L

    return printed if estimator.hessian is printed_hessian else unbiased


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("distance", [0.0, 0.3])
def test_automatic_differentiation_of_a_surrogate(kind, distance, rng, random_game):
    game, policy = setting(kind, rng, random_game)
    theta = copies(rng, policy, 2, game.n_agents, distance)
    mu = behaviour_parameters(theta, policy.owner)
    batch, scores = play(game, policy, theta, 4, 7)
    assert np.any(batch.rewards[1:] != 0)
    r, i = 1, game.n_agents - 1
    log_probability = log_probability_of(policy, batch, r)
    for credit, hessian, weights in itertools.product(
        CREDITS, HESSIANS, (importance_weights, no_weights)
    ):
        estimator = Estimator(credit, hessian, no_baseline, weights)
        found = estimate(batch, scores, game.discount, estimator)
        function = surrogate(
            log_probability, batch.rewards[:, r, i], game.discount, estimator, theta[r, i], mu[r]
        )
        gradient = autograd.grad(function)(theta[r, i])
        np.testing.assert_allclose(found.gradient[r, i], gradient, rtol=1e-9, atol=1e-12)
        curvature = autograd.hessian(function)(theta[r, i])
        np.testing.assert_allclose(found.hessian[r, i], curvature, rtol=1e-9, atol=1e-11)


# Appendix A, literally ---------------------------------------------------------------------------


class Literal:
    """One agent's view of one repetition, step by step: scores, their derivatives, ratios."""

    def __init__(self, policy, batch, theta, mu, r, i):
        self.policy, self.theta, self.mu = policy, theta[r, i], mu[r]
        self.states, self.actions = batch.states[:, r], batch.actions[:, r]
        self.rewards = batch.rewards[:, r, i]
        self.T, self.L = self.rewards.shape

    def single(self, theta, j, s):
        """pi_j(. | s), and where in theta its logits begin."""
        n, free = self.policy.n_actions[j], self.policy.free_actions
        start = self.policy.n_states * sum(free[:j]) + s * free[j]
        logits = np.zeros(n)
        logits[: free[j]] = theta[start : start + free[j]]
        return np.exp(logits) / np.exp(logits).sum(), start

    def ratio(self, t, m):
        s, value = self.states[t, m], 1.0
        for j, a in enumerate(self.actions[t, :, m]):
            value *= self.single(self.theta, j, s)[0][a] / self.single(self.mu, j, s)[0][a]
        return value

    def score(self, t, m):
        s, vector = self.states[t, m], np.zeros(len(self.theta))
        for j, a in enumerate(self.actions[t, :, m]):
            p, start = self.single(self.theta, j, s)
            for b in range(self.policy.free_actions[j]):
                vector[start + b] = (b == a) - p[b]
        return vector

    def derivative(self, t, m):
        s, matrix = self.states[t, m], np.zeros((len(self.theta), len(self.theta)))
        for j in range(len(self.policy.n_actions)):
            p, start = self.single(self.theta, j, s)
            for b, c in itertools.product(range(self.policy.free_actions[j]), repeat=2):
                matrix[start + b, start + c] = -p[b] * ((b == c) - p[c])
        return matrix

    def weight(self, m, t):
        """omega(tau_{0:t})."""
        return np.prod([self.ratio(k, m) for k in range(t + 1)])

    def outer(self, t, m):
        return np.outer(self.score(t, m), self.score(t, m))


def literal_terms(view, gamma, estimator):
    """Of each trajectory m: a list of (gradient term, Hessian term, credit, weight)."""
    terms = []
    for m in range(view.L):
        of_trajectory = []
        last = view.T - 1
        for t in range(view.T) if estimator.credit is gpomdp else [last]:
            scores = [view.score(k, m) for k in range(t + 1)]
            derivatives = [view.derivative(k, m) for k in range(t + 1)]
            if estimator.hessian is printed_hessian:
                curved = sum(view.outer(k, m) + derivatives[k] for k in range(t + 1))
            else:
                curved = np.outer(sum(scores), sum(scores)) + sum(derivatives)
            reward = gamma**t * view.rewards[t, m]
            if estimator.credit is reinforce:
                reward = sum(gamma**k * view.rewards[k, m] for k in range(view.T))
            omega = 1.0 if estimator.weights is no_weights else view.weight(m, t)
            of_trajectory.append((sum(scores), curved, reward, omega))
        terms.append(of_trajectory)
    return terms


def literal_baseline(baseline, others, t, which):
    """b_t from the other trajectories' terms."""
    if baseline is no_baseline:
        return 0.0
    if baseline is constant_baseline:
        return sum(o[t][3] * o[t][2] for o in others) / len(others)
    above = sum((o[t][3] * o[t][which]) ** 2 * o[t][2] for o in others)
    below = sum((o[t][3] * o[t][which]) ** 2 for o in others)
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)


def literal_estimates(view, gamma, estimator):
    terms = literal_terms(view, gamma, estimator)
    totals = []
    for which in (0, 1):
        total = 0.0
        for m, of_trajectory in enumerate(terms):
            others = terms[:m] + terms[m + 1 :]
            for t, (*f, x, omega) in enumerate(of_trajectory):
                b = literal_baseline(estimator.baseline, others, t, which)
                total = total + omega * (x - b) * f[which]
        totals.append(total / len(terms))
    return totals


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize("baseline", BASELINES, ids=name)
@pytest.mark.parametrize("distance", [0.0, 0.4], ids=["on-policy", "off-policy"])
def test_the_formulas_of_appendix_a(logits, baseline, distance, rng, random_game):
    game = random_game(rng, n_actions=(2, 3), n_states=2, discount=0.8)
    policy = Boltzmann(game.n_states, game.n_actions, logits)
    theta = copies(rng, policy, 2, 2, distance)
    mu = behaviour_parameters(theta, policy.owner)
    batch, scores = play(game, policy, theta, 3, 5)
    for credit, hessian, weights in itertools.product(
        CREDITS, HESSIANS, (importance_weights, no_weights)
    ):
        estimator = Estimator(credit, hessian, baseline, weights)
        found = estimate(batch, scores, game.discount, estimator)
        for r, i in itertools.product(range(2), repeat=2):
            view = Literal(policy, batch, theta, mu, r, i)
            gradient, curvature = literal_estimates(view, game.discount, estimator)
            np.testing.assert_allclose(found.gradient[r, i], gradient, atol=1e-11)
            np.testing.assert_allclose(found.hessian[r, i], curvature, atol=1e-11)


def test_returns_are_weighted_means(rng, random_game):
    """J of G(PO)MDP weights each reward up to its time, that of REINFORCE whole trajectories."""
    game = random_game(rng, n_actions=(2, 2), n_states=2, discount=0.8)
    policy = Boltzmann(game.n_states, game.n_actions)
    theta = copies(rng, policy, 1, 2)
    mu = behaviour_parameters(theta, policy.owner)
    batch, scores = play(game, policy, theta, 3, 4)
    view = Literal(policy, batch, theta, mu, 0, 1)
    for credit in CREDITS:
        J = sum(
            view.weight(m, t if credit is gpomdp else 2) * 0.8**t * view.rewards[t, m]
            for m, t in itertools.product(range(4), range(3))
        )
        found = estimate(batch, scores, game.discount, Estimator(credit), order=0)
        assert found.J[0, 1] == pytest.approx(J / 4, rel=1e-12)


# Invariants --------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", BASELINES, ids=name)
def test_with_one_step_nothing_is_left_to_choose(baseline, rng):
    game = matrix_game(rng.normal(size=(3, 2, 2, 3)))
    policy = Boltzmann(1, game.n_actions)
    theta = copies(rng, policy, 2, 3)
    batch, scores = play(game, policy, theta, 1, 50)
    found = [
        estimate(batch, scores, game.discount, Estimator(credit, hessian, baseline))
        for credit, hessian in itertools.product(CREDITS, HESSIANS)
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other.gradient, found[0].gradient)
        np.testing.assert_allclose(other.hessian, found[0].hessian, atol=1e-14)


def test_with_more_steps_the_two_hessians_differ(rng, random_game):
    game, policy = setting("reference", rng, random_game)
    batch, scores = play(game, policy, copies(rng, policy, 1, 3), 3, 50)
    printed, unbiased = (
        estimate(batch, scores, game.discount, Estimator(hessian=hessian)).hessian
        for hessian in HESSIANS
    )
    assert np.abs(printed - unbiased).max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_scores_and_credits_can_be_exchanged(kind, rng, random_game):
    game, policy = setting(kind, rng, random_game)
    _, scores = play(game, policy, copies(rng, policy, 2, game.n_agents), 4, 30)
    credit = rng.normal(size=scores.log_ratio.shape)
    to_go = np.cumsum(credit[::-1], axis=0)[::-1]
    steps = scores.steps()
    summed = np.einsum("trnl,trnld->rnd", credit, np.cumsum(steps, axis=0))
    np.testing.assert_allclose(scores.weighted(to_go).score(), summed, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [1.0, 0.05], ids=["dense", "sparse"])
def test_structured_sums_equal_the_general_ones(kind, share, rng, random_game):
    game, policy = setting(kind, rng, random_game)
    _, scores = play(game, policy, copies(rng, policy, 3, game.n_agents), 4, 60)
    shape = scores.log_ratio.shape
    weights = rng.normal(size=shape) * (rng.random(shape) < share)
    weights[:, 1] = 0.0  # a repetition without any
    structured, general = scores.weighted(weights), Sums(scores, weights)
    assert type(structured) is not Sums
    for method in SUMS:
        expected = getattr(general, method)()
        np.testing.assert_allclose(getattr(structured, method)(), expected, atol=1e-10)
        assert not expected[1].any()


@pytest.mark.parametrize("kind", KINDS)
def test_equal_copies_have_weights_of_one(kind, rng, random_game):
    game, policy = setting(kind, rng, random_game)
    theta = copies(rng, policy, 2, game.n_agents, 0.0)
    batch, scores = play(game, policy, theta, 3, 11)
    assert not scores.log_ratio.any()
    weighted, plain = (
        estimate(batch, scores, game.discount, Estimator(weights=weights))
        for weights in (importance_weights, no_weights)
    )
    np.testing.assert_array_equal(weighted.hessian, plain.hessian)
    np.testing.assert_array_equal(weighted.effective_sample_size, np.full((2, game.n_agents), 11.0))


def test_effective_sample_size_is_between_one_and_all(rng):
    log_weight = rng.normal(size=(200, 3, 20)) * rng.exponential(5.0, size=(200, 1, 1))
    size = effective_sample_size(log_weight)
    assert size.min() >= 1.0 - 1e-12 and size.max() <= 20.0 + 1e-12
    weight = np.exp(log_weight)
    expected = weight.sum(axis=-1) ** 2 / (weight**2).sum(axis=-1)
    np.testing.assert_allclose(size, expected, rtol=1e-10)


def test_effective_sample_size_of_extreme_weights():
    log_weight = np.array([[-900.0] * 4, [900.0, -900.0, 0.0, 0.0], [-np.inf] * 4, [0, 0, -1e9, 0]])
    np.testing.assert_array_equal(effective_sample_size(log_weight), [4.0, 1.0, 0.0, 3.0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_repetition_is_the_same_alone_and_in_company(kind, rng, random_game):
    """To the last byte: trajectories, log ratios, every sum and every estimate."""
    game, policy = setting(kind, rng, random_game)
    theta = copies(rng, policy, 4, game.n_agents)
    theta[2] = theta[2, 0]  # one repetition has equal copies, the others do not
    everything = _everything(game, policy, theta, range(4))
    for r in range(4):
        alone = _everything(game, policy, theta[r : r + 1], [r])
        for what, value in alone.items():
            axis = 1 if what in ("states", "actions", "rewards", "log_ratio") else 0
            in_company = np.take(everything[what], [r], axis=axis)
            assert value.tobytes() == in_company.tobytes(), (what, r)


def _everything(game, policy, theta, repetitions):
    generators = Streams([np.random.default_rng([5, r]) for r in repetitions])
    batch, scores = play(game, policy, theta, 5, 131, generators)
    found = {**batch._asdict(), "log_ratio": scores.log_ratio}
    weights = np.exp(scores.log_ratio) * batch.rewards
    for method in SUMS:
        found[method] = getattr(scores.weighted(weights), method)()
        found[f"general {method}"] = getattr(Sums(scores, weights), method)()
    for credit, hessian, baseline in itertools.product(CREDITS, HESSIANS, BASELINES):
        estimates = estimate(batch, scores, game.discount, Estimator(credit, hessian, baseline))
        for part, value in arrays(estimates).items():
            found[f"{name(credit)} {name(hessian)} {name(baseline)} {part}"] = value
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("baseline", BASELINES, ids=name)
def test_huge_differences_of_parameters_leave_numbers(kind, baseline, rng, random_game):
    game, policy = setting(kind, rng, random_game)
    theta = rng.choice([-400.0, 400.0], size=(2, game.n_agents, policy.n_parameters))
    batch, scores = play(game, policy, theta, 4, 20)
    assert np.isfinite(scores.log_ratio).all() and scores.log_ratio.min() < -100
    for credit, hessian in itertools.product(CREDITS, HESSIANS):
        found = estimate(batch, scores, game.discount, Estimator(credit, hessian, baseline))
        for part, value in arrays(found).items():
            assert np.isfinite(value).all(), part
        assert (found.effective_sample_size <= 20).all()


def test_a_game_in_which_gpomdp_varies_more_than_reinforce(rng):
    """The second reward pays the first back: whole returns are constant, zero even; parts vary."""
    S = 3
    rewards, transitions = np.zeros((2, S, 2, 2)), np.zeros((S, 2, 2, S))
    rewards[:, 0, 0], rewards[:, 1], rewards[:, 2] = 1.0, -1.0 / 0.5, 0.0
    transitions[0, 0, :, 1] = transitions[0, 1, :, 2] = 1.0
    transitions[1:, ..., 2] = 1.0
    game = FiniteGame(rewards, transitions, np.eye(S)[0], discount=0.5)
    policy = Boltzmann(S, (2, 2))
    batch, scores = play(game, policy, np.zeros((40, 2, policy.n_parameters)), 2, 1)
    variance = [
        estimate(batch, scores, game.discount, Estimator(credit), 1).gradient.var(axis=0).sum()
        for credit in CREDITS
    ]
    assert variance[0] > 0.1 and variance[1] < 1e-30


# The source --------------------------------------------------------------------------------------


def source(rng, estimator=None, horizon=2, size=3, order=2):
    game = matrix_game(rng.normal(size=(2, 2, 2)))
    policy = Boltzmann(1, (2, 2))
    estimator = estimator or Estimator()
    return likelihood_ratio(game, policy, streams(1), horizon, size, estimator, order)


def test_every_call_learns_from_a_new_batch(rng):
    derivatives, theta = source(rng, size=50), np.zeros((1, 2, 4))
    assert not np.array_equal(derivatives(theta).gradient, derivatives(theta).gradient)


@pytest.mark.parametrize("baseline", BASELINES, ids=name)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_what_is_above_the_order_is_not_computed(baseline, order, rng):
    found = source(rng, Estimator(baseline=baseline), order=order)(np.zeros((1, 2, 4)))
    assert found.J.shape == found.effective_sample_size.shape == (1, 2)
    assert found.gradient.shape == ((1, 2, 4) if order >= 1 else NOT_COMPUTED.shape)
    assert found.hessian.shape == ((1, 2, 4, 4) if order == 2 else NOT_COMPUTED.shape)


def test_scores_at_what_is_played_give_the_derivatives_there(rng):
    game = matrix_game(rng.normal(size=(2, 2, 2)))
    policy = Boltzmann(1, (2, 2))
    theta = copies(rng, policy, 1, 2)
    mu = np.tile(behaviour_parameters(theta, policy.owner)[:, np.newaxis], (1, 2, 1))
    at_mu = Estimator(evaluated_at=estimation.what_is_played)
    derivatives = functools.partial(likelihood_ratio, game, policy, horizon=1, size=20)
    found = derivatives(streams=streams(1), estimator=at_mu)(theta)
    expected = derivatives(streams=streams(1), estimator=Estimator())(mu)
    np.testing.assert_array_equal(found.hessian, expected.hessian)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"horizon": 0}, "horizon = 0: give a whole number, at least 1"),
        ({"size": 0}, "batch size = 0: give a whole number, at least 1"),
        (
            {"size": 1, "estimator": Estimator(baseline=constant_baseline)},
            "size 1: give at least 2",
        ),
        ({"size": 1, "estimator": Estimator(baseline=None)}, "size 1: give at least 2"),
    ],
)
def test_too_little_to_learn_from_is_refused(arguments, message, rng):
    with pytest.raises(ValueError, match=message):
        source(rng, **arguments)


@pytest.mark.parametrize("credit", CREDITS, ids=name)
def test_one_trajectory_is_enough_without_a_baseline(credit, rng):
    assert source(rng, Estimator(credit), size=1)(np.zeros((1, 2, 4))).hessian.shape == (1, 2, 4, 4)


@pytest.mark.parametrize("sees", ["own", "both"])
def test_copies_that_watch_a_batch_make_of_it_what_they_do_afterwards(sees, rng):
    game = Gridworld()
    policy = GaussianRBF((3.0, 6.0), grid=(3, 3) if sees == "both" else (3, 6), sees=sees)
    theta = 0.3 * rng.normal(size=(2, 2, policy.n_parameters))
    mu = behaviour_parameters(theta, policy.owner)
    player = policy.player(mu, theta)
    streams = Streams([np.random.default_rng(seed) for seed in (1, 2)])
    batch = rollout(game, policy, mu, streams, 15, 40, player)
    watched, afterwards = player.scores(batch), policy.scores(theta, mu, batch)
    np.testing.assert_allclose(watched.log_ratio, afterwards.log_ratio, atol=1e-12)
    np.testing.assert_allclose(watched.steps(), afterwards.steps(), atol=1e-12)
    others = policy.scores(theta[:, ::-1], mu, batch)  # copies that are others' are told apart
    assert np.abs(others.log_ratio - afterwards.log_ratio).max() > 0.1


@pytest.mark.parametrize(
    "policy", [GaussianRBF((3.0, 6.0)), Boltzmann(1, (2, 2))], ids=["gaussian", "boltzmann"]
)
def test_a_player_without_copies_has_no_scores(policy):
    player = policy.player(np.zeros((1, policy.n_parameters)))
    with pytest.raises(ValueError, match="no copies were named that watch"):
        player.scores(Trajectories(np.zeros(0), np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("hessian", HESSIANS)
def test_how_many_repetitions_are_summed_at_once_does_not_matter(hessian, rng, monkeypatch):
    """The baseline that minimises the variance goes through them in groups."""
    game, policy = matrix_game(rng.normal(size=(2, 2, 2))), Boltzmann(1, (2, 2))
    theta, estimator = copies(rng, policy, 5, 2), Estimator(hessian=hessian, baseline=None)
    found = []
    for at_once in (estimation.IN_CACHE, 1):
        monkeypatch.setattr(estimation, "IN_CACHE", at_once)
        learning = likelihood_ratio(game, policy, streams(5), 2, 7, estimator)
        found.append(learning(theta).hessian)
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0]).max() > 0
