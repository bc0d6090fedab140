"""The claim that G(PO)MDP varies less than REINFORCE (Appendix A)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netnewton import trajectories
from netnewton.arrays import Array
from netnewton.derivatives import Estimator, estimation
from netnewton.games import finite, gridworld
from netnewton.policies import Boltzmann, GaussianRBF
from replication.claims.estimators.enumerated import generator, random_game, random_problem
from replication.claims.estimators.sampling import as_read, both_credits
from replication.claims.evidence import Evidence
from replication.experiments.intervals import Interval

WITH_BASELINE = 10  # trajectories of a batch from which a baseline is taken


def gpomdp_variance(evidence: Evidence) -> Mapping[str, Interval]:
    """Ratio of the traces of the gradients' covariances, the largest of all games and agents.

    The game that was made to refute the claim stands apart. The covariance for L independent
    trajectories is that for one divided by L, so that the ratio does not depend on L; but a
    baseline taken from the batch needs more than one.
    """
    size = 1 if evidence.reading("baseline") == "none" else WITH_BASELINE
    estimators = both_credits(as_read(evidence))
    batches = 4000
    drawn = generator(4).multinomial(batches, np.full(batches, 1 / batches), size=1000)
    weights = drawn / batches
    logs, resampled = [], []
    for number, case in enumerate((*_cases_of_several_steps(), repaid())):
        streams = trajectories.Streams([generator(5, number)])
        gradients = _gradients(case, estimators, streams, batches, size)
        whole, each = (_traces(gradient, weights) for gradient in gradients)
        logs.append(np.log(each[0] / whole[0]))
        resampled.append(np.log(each[1] / whole[1]))
    return {
        name: _largest_ratio(logs[some], resampled[some], evidence.confidence, batches)
        for name, some in (
            ("variance-ratio", slice(None, -1)),
            ("variance-ratio-repaid", slice(-1, None)),
        )
    }


class Case(NamedTuple):
    """A game, finite or not, and the policy that is played."""

    game: trajectories.SampledGame
    policy: trajectories.SampledPolicy
    theta: Array
    """Shape (D,)."""
    horizon: int


def _cases_of_several_steps() -> Iterator[Case]:
    """The paper's games at theta = 0, as they are played first, and twenty random ones."""
    repeated, tabular = finite.repeated_prisoners_dilemma(0.9), Boltzmann(5, (2, 2))
    yield Case(repeated, tabular, np.zeros(tabular.n_parameters), 15)
    features = GaussianRBF((3.0, 6.0))
    yield Case(gridworld.Gridworld(), features, np.zeros(features.n_parameters), 15)
    rng = generator(6)
    for n_states, horizon in [(2, 3), (3, 4)] * 10:
        problem = random_problem(random_game(n_states, rng), horizon, 0.0, rng)
        yield Case(problem.game, problem.policy, problem.theta[0], horizon)


def repaid() -> Case:
    """A game whose second reward takes back nine tenths of the first; uniform policies.

    Agent 1's first action earns 1 in state 0 and leads to state 1, which costs 0.9 / gamma,
    with gamma = 0.9, whatever is done there; its other action leads to state 2, and nothing.
    """
    rewards, transitions = np.zeros((2, 3, 2, 2)), np.zeros((3, 2, 2, 3))
    rewards[:, 0, 0], rewards[:, 1] = 1.0, -0.9 / 0.9
    transitions[0, 0, :, 1] = transitions[0, 1, :, 2] = transitions[1:, ..., 2] = 1.0
    game = finite.FiniteGame(rewards, transitions, np.eye(3)[0], discount=0.9)
    policy = Boltzmann(3, (2, 2))
    return Case(game, policy, np.zeros(policy.n_parameters), 2)


def _gradients(
    case: Case,
    estimators: Sequence[Estimator],
    streams: trajectories.Streams,
    batches: int,
    size: int,
) -> list[Array]:
    """Each estimator's gradients from the same batches on-policy, shape (batches, N, D)."""
    game, policy, theta, horizon = case
    played = trajectories.rollout(game, policy, theta[np.newaxis], streams, horizon, batches * size)
    # Every batch a repetition: the last axis, of all trajectories, becomes the second and the last.
    cut = (x.reshape(*x.shape[:-1], batches, size)[:, 0] for x in played)
    batch = trajectories.Trajectories(*(np.moveaxis(x, -2, 1) for x in cut))
    copies = np.tile(theta, (batches, game.n_agents, 1))
    scores = policy.scores(copies, copies[:, 0], batch)
    return [
        estimation.estimate(batch, scores, game.discount, estimator, 1).gradient
        for estimator in estimators
    ]


def _traces(gradients: Array, weights: Array) -> tuple[Array, Array]:
    """Trace of each agent's covariance (N,), and under resampled weights (draws, n), (draws, N)."""
    n, agents, _ = gradients.shape
    centred = gradients - gradients.mean(axis=0)
    squares = np.square(centred).sum(axis=-1)
    # One product for both: it is reading the weights that takes long.
    both = weights @ np.concatenate([squares, centred.reshape(n, -1)], axis=1)
    means = both[:, agents:].reshape(len(weights), agents, -1)
    return squares.mean(axis=0), both[:, :agents] - np.square(means).sum(axis=-1)


def _largest_ratio(
    logs: Sequence[Array], resampled: Sequence[Array], confidence: float, n: int
) -> Interval:
    """The largest of ratios, from their logarithms (N,) and those of their resamples (draws, N).

    Joint intervals by the resampled distribution of the largest deviation in standard errors.
    """
    value, draws = np.concatenate(logs), np.concatenate(resampled, axis=1)
    error = draws.std(axis=0)
    largest_deviation = (np.abs(draws - value) / error).max(axis=1)
    half = np.quantile(largest_deviation, confidence) * error
    middle, lower, upper = (np.exp(e).max() for e in (value, value - half, value + half))
    return Interval(float(middle), float(lower), float(upper), n)
