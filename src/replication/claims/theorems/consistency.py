"""What the estimators converge to: Theorem 1, and consistency (Section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netnewton import trajectories
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, Estimator, estimation
from netnewton.games import finite
from netnewton.policies import behaviour_parameters
from replication.claims.estimators.enumerated import (
    Problem,
    generator,
    one_step_problems,
    random_problem,
    several_step_problems,
)
from replication.claims.estimators.sampling import as_read, both_credits, relative_errors, sampled
from replication.claims.evidence import Evidence, exactly
from replication.experiments.intervals import Interval


def theorem_1(evidence: Evidence) -> Mapping[str, Interval]:
    """Eq. 8, summed over all trajectories, against derivatives of the return."""
    repeated = random_problem(finite.repeated_prisoners_dilemma(0.9), 3, 0.5, generator(3))
    problems = [*one_step_problems(0.5), *several_step_problems(0.5), repeated]
    gradients, hessians = [], []
    for problem in problems:
        summed = equation_8(problem)
        gradients.append(np.abs(relative_errors(summed.gradient, problem.gradient)).max())
        hessians.append(np.abs(relative_errors(summed.hessian, problem.hessian)).max())
    return {
        "gradient-deviation": exactly(max(gradients), len(problems)),
        "hessian-deviation": exactly(max(hessians), len(problems)),
    }


def equation_8(problem: Problem) -> Derivatives:
    """The unbiased REINFORCE estimator, every trajectory counted with its probability."""
    game, policy = problem.game, problem.policy
    states, joint, _ = problem.enumeration
    actions = np.stack(np.unravel_index(joint, game.n_actions), axis=1)
    rewards = np.moveaxis(problem.rewards[:, states, joint], 0, 1)
    batch = trajectories.Trajectories(
        states[:, np.newaxis], actions[:, np.newaxis], rewards[:, np.newaxis]
    )
    probability = [problem.probability_of_trajectories(theta) for theta in problem.theta]
    counted = len(joint[0]) * np.stack(probability)
    expectation = Estimator(
        credit=estimation.reinforce,
        hessian=estimation.unbiased_hessian,
        weights=lambda log_weight, needed: np.broadcast_to(counted, log_weight.shape),
    )
    theta = problem.theta[np.newaxis]
    scores = policy.scores(theta, behaviour_parameters(theta, policy.owner), batch)
    return estimation.estimate(batch, scores, game.discount, expectation)


def consistency(evidence: Evidence) -> Mapping[str, Interval]:
    """How fast errors fall with the number of trajectories (Section 4).

    The slope of one estimator has a standard error of 0.008 with `BATCHES` batches at each L.
    """
    sizes = (10, 100, 1000, 10_000)
    estimators = both_credits(as_read(evidence))
    rng = generator(7)
    gradients, hessians = [], []
    for number, problem in enumerate(several_step_problems(0.0)):
        runs = [sampled(problem, estimators, 2, L, (0, number, L)) for L in sizes]
        for same in zip(*runs, strict=True):
            of_gradient = [np.square(d.gradient - problem.gradient) for d in same]
            of_hessian = [np.square(d.hessian - problem.hessian) for d in same]
            gradients.append(_slope(sizes, of_gradient, evidence.confidence, rng))
            hessians.append(_slope(sizes, of_hessian, evidence.confidence, rng))
    return {"gradient-slope": _farthest(gradients), "hessian-slope": _farthest(hessians)}


def _slope(
    sizes: Sequence[int], squares: Sequence[Array], confidence: float, rng: np.random.Generator
) -> Interval:
    """Slope of log(root mean square error) against log(L), from squared errors (R, ...) per L."""
    draws, batches = 2000, len(squares[0])
    x = np.log(sizes) - np.log(sizes).mean()
    coefficients = x / (x @ x) / 2
    value, resampled = 0.0, np.zeros(draws)
    for coefficient, square in zip(coefficients, squares, strict=True):
        mean_square = square.reshape(batches, -1).mean(axis=1)
        value += coefficient * np.log(mean_square.mean())
        drawn = rng.integers(batches, size=(draws, batches))
        resampled += coefficient * np.log(mean_square[drawn].mean(axis=1))
    lower, upper = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(value), float(lower), float(upper), batches)


def _farthest(slopes: Sequence[Interval]) -> Interval:
    """The interval with the end that is farthest from -1/2."""
    return max(slopes, key=lambda slope: max(abs(slope.lower + 0.5), abs(slope.upper + 0.5)))
