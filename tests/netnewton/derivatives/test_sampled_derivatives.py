"""Sampled trajectories and estimates against exact ones, at a false-alarm rate below 1e-6 a test.

Every case compares a mean over independent batches with its exact value, component by component,
by Student's t at 1e-8 a case (Bonferroni); no test function has a hundred cases.
"""

import numpy as np
import pytest
from scipy import special

from netnewton import derivatives, trajectories
from netnewton.derivatives import estimation, likelihood_ratio
from netnewton.derivatives.estimation import Estimator, constant_baseline, no_baseline
from netnewton.games.finite import FiniteGame, matrix_game
from netnewton.games.gridworld import Gridworld
from netnewton.policies import (
    Boltzmann,
    GaussianRBF,
    behaviour_parameters,
    boltzmann_scores,
    gaussian_scores,
)
from netnewton.trajectories import Streams, rollout

pytestmark = pytest.mark.statistical

FALSE_ALARMS = 1e-8
BATCHES = 100
CREDITS = ("gpomdp", "reinforce")
BASELINES = {"none": no_baseline, "constant": constant_baseline, "variance-minimising": None}


def one_shot(rng):
    """Two agents with two and three actions."""
    return matrix_game(rng.normal(size=(2, 2, 3))), 1


def layered(rng, width=2, horizon=3):
    """A game over after `horizon` steps: layers of states, then one without rewards, for good.

    Its exact derivatives are those of trajectories that are cut after `horizon` steps.
    """
    S, actions = width * horizon + 1, (2, 2)
    rewards, transitions = np.zeros((2, S, *actions)), np.zeros((S, *actions, S))
    rewards[:, :-1] = rng.normal(size=(2, S - 1, *actions))
    for layer in range(horizon - 1):
        here, following = (slice(width * k, width * (k + 1)) for k in (layer, layer + 1))
        drawn = rng.dirichlet(np.ones(width), size=(width, *actions))
        transitions[here, ..., following] = drawn
    transitions[width * (horizon - 1) :, ..., -1] = 1.0
    initial = np.concatenate([rng.dirichlet(np.ones(width)), np.zeros(S - width)])
    return FiniteGame(rewards, transitions, initial, discount=0.8), horizon


GAMES = {"one-shot": one_shot, "layered": layered}


def t_statistics(samples, exact):
    """Largest deviation of the means of samples (R, ...) in standard errors, and what it may be."""
    R = len(samples)
    error = (samples.mean(axis=0) - exact).ravel()
    spread = samples.std(axis=0, ddof=1).ravel() / np.sqrt(R)
    # What does not vary has to be right but for rounding.
    t = np.abs(error) / np.maximum(spread, 1e-12)
    return t.max(), special.stdtrit(R - 1, 1 - FALSE_ALARMS / 2 / t.size)


def copies(policy, distance, rng):
    centre = rng.normal(scale=0.7, size=policy.n_parameters)
    return centre + distance * rng.normal(size=(2, policy.n_parameters))


def check(make, rng, distance, estimator, size, batches=BATCHES):
    """The worst t-statistic of the gradient and of the Hessian, each with its threshold."""
    game, horizon = make(rng)
    policy = Boltzmann(game.n_states, game.n_actions, "reference")
    theta = np.tile(copies(policy, distance, rng), (batches, 1, 1))
    streams = Streams([np.random.default_rng(seed) for seed in rng.spawn(batches)])
    source = likelihood_ratio(game, policy, streams, horizon, size, estimator)
    found, exact = source(theta), derivatives.exact(game, policy)(theta[:1])
    return {
        "J": t_statistics(found.J, exact.J[0]),
        "gradient": t_statistics(found.gradient, exact.gradient[0]),
        "hessian": t_statistics(found.hessian, exact.hessian[0]),
    }


def unbiased(credit, baseline="none"):
    """The estimator, looked up when it is used."""
    return Estimator(
        credit=getattr(estimation, credit),
        hessian=estimation.unbiased_hessian,
        baseline=BASELINES[baseline],
        weights=estimation.importance_weights,
    )


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("distance", [0.0, 0.3], ids=["on-policy", "off-policy"])
@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_estimates_are_unbiased(game, distance, credit, baseline, rng):
    # Baselines per component hold every trajectory's terms in memory.
    size = 200 if baseline == "variance-minimising" else 1500
    for part, (t, threshold) in check(
        GAMES[game], rng, distance, unbiased(credit, baseline), size
    ).items():
        assert t < threshold, part


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("baseline", ["constant", "variance-minimising"])
def test_baselines_add_no_bias_to_the_smallest_batches(credit, baseline, rng):
    found = check(layered, rng, 0.0, unbiased(credit, baseline), size=3, batches=4000)
    for part, (t, threshold) in found.items():
        assert t < threshold, part


def sign_changed(monkeypatch):
    real = estimation.gpomdp
    monkeypatch.setattr(estimation, "gpomdp", lambda discounted: -real(discounted))


def discounted_once_more(monkeypatch):
    for credit in CREDITS:
        real = getattr(estimation, credit)
        monkeypatch.setattr(estimation, credit, lambda x, real=real: real(0.8 * x))


def reward_before_its_action(monkeypatch):
    """The score of a step goes without the reward of the same step."""
    real = boltzmann_scores.BoltzmannScores.weighted
    monkeypatch.setattr(
        boltzmann_scores.BoltzmannScores,
        "weighted",
        lambda self, w: real(self, np.concatenate([w[1:], np.zeros_like(w[:1])])),
    )


def truncated_early(monkeypatch):
    monkeypatch.setattr(
        estimation,
        "importance_weights",
        lambda log_weight, needed: np.exp(
            np.concatenate([np.zeros_like(log_weight[:1]), log_weight[:-1]])
        ),
    )


def truncated_late(monkeypatch):
    """Whole trajectories' weights are no bias, so this one must not be noticed."""
    monkeypatch.setattr(
        estimation,
        "importance_weights",
        lambda log_weight, needed: np.exp(np.broadcast_to(log_weight[-1], log_weight.shape)),
    )


def no_weights_at_all(monkeypatch):
    monkeypatch.setattr(estimation, "importance_weights", estimation.no_weights)


def score_of_the_other_agent(monkeypatch):
    real = Boltzmann.scores
    monkeypatch.setattr(
        Boltzmann, "scores", lambda self, theta, *rest: real(self, theta[:, ::-1], *rest)
    )


def printed_form(monkeypatch):
    monkeypatch.setattr(estimation, "unbiased_hessian", estimation.printed_hessian)


def no_derivative_of_the_score(monkeypatch):
    monkeypatch.setattr(
        boltzmann_scores.BoltzmannSums, "derivative", lambda self: 0.0 * self.outer()
    )


FAULTS = [
    (sign_changed, "one-shot", 0.0, "gpomdp", {"J", "gradient", "hessian"}),
    (discounted_once_more, "layered", 0.0, "gpomdp", {"J", "gradient", "hessian"}),
    (discounted_once_more, "layered", 0.0, "reinforce", {"J", "gradient", "hessian"}),
    (reward_before_its_action, "layered", 0.0, "gpomdp", {"gradient", "hessian"}),
    (truncated_early, "layered", 0.3, "gpomdp", {"J", "gradient", "hessian"}),
    (truncated_early, "layered", 0.3, "reinforce", {"J", "gradient", "hessian"}),
    (truncated_early, "one-shot", 0.3, "gpomdp", {"J", "gradient", "hessian"}),
    (truncated_late, "layered", 0.3, "gpomdp", set()),
    (no_weights_at_all, "layered", 0.3, "gpomdp", {"J", "gradient", "hessian"}),
    (score_of_the_other_agent, "one-shot", 0.3, "gpomdp", {"J", "gradient", "hessian"}),
    (score_of_the_other_agent, "layered", 0.3, "reinforce", {"J", "gradient", "hessian"}),
    (printed_form, "layered", 0.0, "gpomdp", {"hessian"}),
    (printed_form, "layered", 0.0, "reinforce", {"hessian"}),
    (printed_form, "one-shot", 0.0, "gpomdp", set()),
    (no_derivative_of_the_score, "one-shot", 0.0, "gpomdp", {"hessian"}),
]


@pytest.mark.parametrize(
    ("fault", "game", "distance", "credit", "noticed"),
    FAULTS,
    ids=[f"{f[0].__name__}-{f[1]}-{f[3]}" for f in FAULTS],
)
def test_faults_in_the_estimators_are_noticed(
    fault, game, distance, credit, noticed, rng, monkeypatch
):
    fault(monkeypatch)
    found = check(GAMES[game], rng, distance, unbiased(credit), 1500)
    assert {part for part, (t, threshold) in found.items() if t > threshold} == noticed


@pytest.mark.parametrize("baseline", ["constant", "variance-minimising"])
def test_a_baseline_that_counts_its_own_trajectory_is_noticed(baseline, rng, monkeypatch):
    """A planted fault: the usual estimate of a baseline is biased by the order of 1 / L."""
    if baseline == "constant":
        monkeypatch.setattr(estimation, "_mean_of_others", lambda x: x.mean(axis=-1, keepdims=True))
    else:
        monkeypatch.setattr(estimation, "_with_own_baseline", _with_baseline_of_all)
    found = check(layered, rng, 0.0, unbiased("gpomdp", baseline), size=3, batches=4000)
    assert found["gradient"][0] > found["gradient"][1]


def _with_baseline_of_all(terms, credited, weight):
    shape = (*weight.shape, *[1] * (terms.ndim - weight.ndim))
    weighted, x = terms * weight.reshape(shape), credited.reshape(shape)
    squares = np.square(weighted)
    total = squares.sum(axis=1, keepdims=True)
    b = (squares * x).sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)
    return (weighted * (x - b)).sum(axis=1) / weight.shape[-1]


# Sampling ----------------------------------------------------------------------------------------


def frequencies(rng, size=200_000):
    """Worst z-score of how often states, and states with actions, are seen at each step."""
    S, actions, T = 3, (2, 3), 4
    game = FiniteGame(
        rewards=np.zeros((2, S, *actions)),
        transitions=rng.dirichlet(np.ones(S), size=(S, *actions)),
        initial=rng.dirichlet(np.ones(S)),
        discount=0.9,
    )
    policy = Boltzmann(S, actions)
    mu = rng.normal(size=(1, policy.n_parameters))
    pi = policy.joint(mu[0]).probability
    batch = rollout(game, policy, mu, Streams([rng]), T, size)
    cells = batch.states[:, 0] * 6 + batch.actions[:, 0, 0] * 3 + batch.actions[:, 0, 1]
    of_state, worst = game.initial, []
    for t in range(T):
        p = (of_state[:, np.newaxis] * pi).ravel()
        deviation = np.bincount(cells[t], minlength=len(p)) - size * p
        worst.append(np.abs(deviation / np.sqrt(size * p * (1 - p))).max())
        of_state = np.einsum("sa,sat->t", p.reshape(pi.shape), game.joint_transitions)
    return max(worst), special.ndtri(1 - FALSE_ALARMS / 2 / (T * len(p)))


def test_states_and_actions_are_drawn_as_often_as_they_should(rng):
    z, threshold = frequencies(rng)
    assert z < threshold


def player_uniform(monkeypatch):
    real = Boltzmann.player
    monkeypatch.setattr(Boltzmann, "player", lambda self, mu: real(self, 0.0 * mu))


def player_blind_to_the_state(monkeypatch):
    real = Boltzmann.player

    def player(self, mu):
        act = real(self, mu)
        return lambda states, noise: act(0 * states, noise)

    monkeypatch.setattr(Boltzmann, "player", player)


def start_in_state_zero(monkeypatch):
    monkeypatch.setattr(
        FiniteGame, "start", lambda self, chance, shape: np.zeros(shape, dtype=np.intp)
    )


def last_action_is_forgotten(monkeypatch):
    real = FiniteGame.step
    monkeypatch.setattr(
        FiniteGame,
        "step",
        lambda self, state, actions, chance: real(self, state, 0 * actions, chance),
    )


def agents_share_their_noise(monkeypatch):
    real = trajectories.Streams.uniform

    def uniform(self, *shape):
        drawn = real(self, *shape)
        if drawn.ndim == 4:
            drawn[:, :, 1:] = drawn[:, :, :1]
        return drawn

    monkeypatch.setattr(trajectories.Streams, "uniform", uniform)


@pytest.mark.parametrize(
    "fault",
    [
        player_uniform,
        player_blind_to_the_state,
        start_in_state_zero,
        last_action_is_forgotten,
        agents_share_their_noise,
    ],
)
def test_faults_in_the_sampler_are_noticed(fault, rng, monkeypatch):
    fault(monkeypatch)
    z, threshold = frequencies(rng)
    assert z > threshold


# Gaussian policies, whose returns have no closed form --------------------------------------------


def identities(sees, rng, size=300):
    """E[score] = 0, E[score score^T + derivative] = 0 on-policy, E[weight] = 1 off-policy."""
    policy = GaussianRBF((3.0, 6.0), grid=(2, 3), sees=sees)
    theta = np.tile(copies(policy, 0.2, rng), (BATCHES, 1, 1))
    mu = behaviour_parameters(theta, policy.owner)
    streams = Streams([np.random.default_rng(seed) for seed in rng.spawn(BATCHES)])
    batch = rollout(Gridworld(), policy, mu, streams, 3, size)
    weight = np.exp(np.cumsum(policy.scores(theta, mu, batch).log_ratio, axis=0))
    played = policy.scores(np.tile(mu[:, np.newaxis], (1, 2, 1)), mu, batch)
    sums = played.weighted(np.full(weight.shape, 1 / size))
    return {
        "score": t_statistics(sums.score(), 0.0),
        "curvature": t_statistics(sums.outer_and_derivative(), 0.0),
        "weight": t_statistics(np.moveaxis(weight.mean(axis=-1), 0, 1), 1.0),
    }


@pytest.mark.parametrize("sees", ["own", "both"])
def test_identities_of_gaussian_scores_and_weights(sees, rng):
    for what, (t, threshold) in identities(sees, rng).items():
        assert t < threshold, what


def played_with_another_deviation(monkeypatch):
    real = GaussianRBF.noise
    monkeypatch.setattr(GaussianRBF, "noise", lambda self, *rest: 1.1 * real(self, *rest))


def positions_one_step_late(monkeypatch):
    real = GaussianRBF.scores

    def scores(self, theta, mu, batch):
        late = np.concatenate([batch.states[:1], batch.states[:-1]])
        return real(self, theta, mu, batch._replace(states=late))

    monkeypatch.setattr(GaussianRBF, "scores", scores)


def ratio_upside_down(monkeypatch):
    real = gaussian_scores.GaussianScores.__init__

    def init(self, *arguments):
        real(self, *arguments)
        self.log_ratio = -self.log_ratio

    monkeypatch.setattr(gaussian_scores.GaussianScores, "__init__", init)


@pytest.mark.parametrize("sees", ["own", "both"])
@pytest.mark.parametrize(
    "fault", [played_with_another_deviation, positions_one_step_late, ratio_upside_down]
)
def test_faults_in_gaussian_policies_are_noticed(fault, sees, rng, monkeypatch):
    fault(monkeypatch)
    found = identities(sees, rng)
    assert any(t > threshold for t, threshold in found.values())
