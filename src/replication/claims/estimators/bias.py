r"""Claims on what estimators converge to: Theorem 1, consistency (Section 4), Appendix A.

What is measured is the library itself: trajectories that `rollout` plays, the policy's scores, and
`estimate`. What it is compared with, in `enumerated`, shares no code with it.

A component's error counts relative to the largest component of the same agent's exact gradient or
Hessian; `enough` says how many trajectories it takes to tell it from the ledger's 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import trajectories
from netnewton.derivatives import Derivatives, likelihood_ratio
from netnewton.derivatives.likelihood_ratio import Estimator
from netnewton.games import finite
from netnewton.policies import behaviour_parameters
from replication.claims.estimators.enumerated import (
    SEED,
    Problem,
    generator,
    one_step_problems,
    random_problem,
    several_step_problems,
)
from replication.claims.evidence import Evidence, exactly
from replication.claims.intervals import Interval, student_t
from replication.experiments import names

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

BATCHES = 64  # independent ones, of whose means Student's t takes the spread
AT_ONCE = 40_000  # trajectories in memory


# Sampling ----------------------------------------------------------------------------------------


def as_read(evidence: Evidence) -> Estimator:
    """The readings; by default Appendix A's Hessian, no baseline, weights, own copies."""
    hessians = {
        "printed": likelihood_ratio.printed_hessian,
        "unbiased": likelihood_ratio.unbiased_hessian,
    }
    played = evidence.reading("no-is-scores") == "played"
    return Estimator(
        hessian=hessians[evidence.reading("hessian-estimator")],
        baseline=names.BASELINES[evidence.reading("baseline").replace("-", "_")],
        weights=likelihood_ratio.importance_weights,
        evaluated_at=likelihood_ratio.what_is_played if played else likelihood_ratio.own_copies,
    )


def both_credits(reading: Estimator) -> list[Estimator]:
    """REINFORCE and G(PO)MDP, otherwise as they are read."""
    credits = (likelihood_ratio.reinforce, likelihood_ratio.gpomdp)
    return [replace(reading, credit=credit) for credit in credits]


def sampled(
    problem: Problem,
    estimators: Sequence[Estimator],
    order: int,
    size: int,
    stream: tuple[int, ...],
) -> list[Derivatives]:
    """Estimates from `BATCHES` batches of trajectories, played with the copies' own blocks.

    Parameters
    ----------
    problem : Problem
    estimators : sequence of Estimator
        All learn from the same trajectories, at the same parameters.
    order : {1, 2}
    size : int
        Trajectories of a batch.
    stream : tuple of int
        Other streams are independent.

    Returns
    -------
    list of Derivatives
        For each estimator, with the batches as repetitions.
    """
    game, policy = problem.game, problem.policy
    seeds = np.random.SeedSequence(SEED, spawn_key=(2, *stream)).spawn(BATCHES)
    parts = []
    for some in _groups(seeds, max(1, AT_ONCE // size)):
        streams = trajectories.Streams([np.random.default_rng(seed) for seed in some])
        theta = np.tile(problem.theta, (len(some), 1, 1))
        mu = behaviour_parameters(theta, policy.owner)
        batch = trajectories.rollout(game, policy, mu, streams, problem.horizon, size)
        scores = policy.scores(estimators[0].evaluated_at(theta, mu), mu, batch)
        parts.append(
            [likelihood_ratio.estimate(batch, scores, game.discount, e, order) for e in estimators]
        )
    return [
        Derivatives(*map(np.concatenate, zip(*each, strict=True)))
        for each in zip(*parts, strict=True)
    ]


def enough(deviation: float) -> int:
    """Trajectories in each of `BATCHES` batches, for a joint interval that ends below 2 %.

    Without bias, the largest of some hundred errors comes to 3.5 standard errors and adds a
    quantile of 4.

    Parameters
    ----------
    deviation : float
        Largest standard deviation of a component of one trajectory's estimate, on the scale of
        `relative_errors`. Those given below were found by enumeration.
    """
    return math.ceil((7.5 * deviation / 0.02) ** 2 / BATCHES)


def _groups(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def relative_errors(estimated: Array, exact: Array) -> Array:
    """Errors of estimates (R, N, D) or (R, N, D, D) relative to each agent's largest exact one.

    Returns
    -------
    Array, shape (R, components)
        Of a symmetric matrix, each entry once.
    """
    largest = np.abs(exact).max(axis=tuple(range(1, exact.ndim)), keepdims=True)
    errors = (estimated - exact) / largest
    if exact.ndim == 3:
        errors = errors[(..., *np.triu_indices(exact.shape[-1]))]
    return errors.reshape(len(errors), -1)


def largest_bias(errors: Sequence[Array], confidence: float) -> Interval:
    """Largest absolute mean of all errors, each of shape (R, components); joint by Bonferroni."""
    every = np.concatenate(errors, axis=1)
    return _largest(every, 1.0 - (1.0 - confidence) / every.shape[1])


def _largest(errors: Array, confidence: float) -> Interval:
    """Largest absolute mean, from the components' intervals at the given confidence."""
    mean, lower, upper = student_t(errors, confidence)
    least = np.maximum(0.0, np.maximum(lower, -upper))
    most = np.maximum(np.abs(lower), np.abs(upper))
    value = np.abs(mean)
    return Interval(float(value.max()), float(least.max()), float(most.max()), len(errors))


# The claims --------------------------------------------------------------------------------------


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
        credit=likelihood_ratio.reinforce,
        hessian=likelihood_ratio.unbiased_hessian,
        weights=lambda log_weight, needed: np.broadcast_to(counted, log_weight.shape),
    )
    theta = problem.theta[np.newaxis]
    scores = policy.scores(theta, behaviour_parameters(theta, policy.owner), batch)
    return likelihood_ratio.estimate(batch, scores, game.discount, expectation)


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


def reinforce_gradient(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of REINFORCE on-policy."""
    estimator = replace(as_read(evidence), credit=likelihood_ratio.reinforce)
    sizes = [enough(deviation) for deviation in (2.2, 1.3, 1.8, 2.1, 2.3)]
    errors = _gradient_errors(estimator, 0.0, sizes, stream=1)
    return {"relative-bias": largest_bias(errors, evidence.confidence)}


def gpomdp_gradient(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of G(PO)MDP on-policy."""
    estimator = replace(as_read(evidence), credit=likelihood_ratio.gpomdp)
    sizes = [enough(deviation) for deviation in (2.2, 1.3, 1.8, 1.6, 1.6)]
    errors = _gradient_errors(estimator, 0.0, sizes, stream=2)
    return {"relative-bias": largest_bias(errors, evidence.confidence)}


def _gradient_errors(
    estimator: Estimator, distance: float, sizes: Sequence[int], stream: int
) -> list[Array]:
    """Relative errors of each problem's gradients."""
    problems = [*one_step_problems(distance), *several_step_problems(distance)]
    errors = []
    for number, (problem, size) in enumerate(zip(problems, sizes, strict=True)):
        (estimated,) = sampled(problem, [estimator], 1, size, (stream, number))
        errors.append(relative_errors(estimated.gradient, problem.gradient))
    return errors


def printed_hessian(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of the Hessian of Appendix A on-policy.

    With several steps fewer trajectories do: they show a bias of a quarter, and could not show that
    there is none.
    """
    once, often = one_step_problems(0.0), several_step_problems(0.0)
    sizes = [enough(deviation) for deviation in (2.6, 1.6, 2.6)]
    return {
        "bias-one-step": _hessian_bias(once, sizes, 3, evidence),
        "bias-several-steps": _hessian_bias(often, [2000] * 2, 4, evidence),
    }


def _hessian_bias(
    problems: Sequence[Problem], sizes: Sequence[int], stream: int, evidence: Evidence
) -> Interval:
    errors = []
    for number, (problem, size) in enumerate(zip(problems, sizes, strict=True)):
        for estimated in sampled(
            problem, both_credits(as_read(evidence)), 2, size, (stream, number)
        ):
            errors.append(relative_errors(estimated.hessian, problem.hessian))
    return largest_bias(errors, evidence.confidence)


def importance_sampling(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of off-policy estimates, with copies at a distance of 1/4."""
    reading = as_read(evidence)
    unbiased = reading.hessian is likelihood_ratio.unbiased_hessian
    deviations = (2.4, 1.4, 2.8, *((5.4, 5.9) if unbiased else (2.2, 2.9)))
    credits = (_return_at_the_end, _rewards_when_due)
    problems = [*one_step_problems(0.25), *several_step_problems(0.25)]
    errors: tuple[list[Array], list[Array]] = [], []
    for number, (problem, deviation) in enumerate(zip(problems, deviations, strict=True)):
        both = sampled(problem, both_credits(reading), 2, enough(deviation), (5, number))
        for found, estimated, credit in zip(errors, both, credits, strict=True):
            gradient, hessian = problem.expectation(credit)
            if unbiased:
                hessian = problem.hessian
            found.append(relative_errors(estimated.gradient, gradient))
            found.append(relative_errors(estimated.hessian, hessian))
    full, truncated = (largest_bias(each, evidence.confidence) for each in errors)
    return {"full-weight-bias": full, "truncated-weight-bias": truncated}


def _return_at_the_end(rewards: Array) -> Array:
    *before, last = np.zeros_like(rewards)
    return np.stack([*before, last + rewards.sum(axis=0)])


def _rewards_when_due(rewards: Array) -> Array:
    return rewards


def no_correction_bias(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of unweighted estimates, with copies at a distance of 1 from their mean and at none.

    In the Prisoner's Dilemma learnt from samples without weights, DN's copies stay about 1.2 from
    their mean from iteration 50 on; with weights they are 0.9 from it at iteration 10 and farther
    before. DG's stay within 0.07, where the bias is 0.5 % to 6 % from game to game.
    """
    estimator = replace(as_read(evidence), weights=likelihood_ratio.no_weights)
    sizes = [enough(deviation) for deviation in (2.2, 1.3, 1.8, 1.6, 1.6)]
    apart = _gradient_errors(estimator, 1.0, [5000] * 5, stream=6)
    together = _gradient_errors(estimator, 0.0, sizes, stream=7)
    components = sum(errors.shape[1] for errors in apart)
    confidence = 1.0 - (1.0 - evidence.confidence) / components
    biases = [_largest(errors, confidence) for errors in apart]
    smallest = Interval(*(min(part) for part in zip(*biases, strict=True)))
    return {
        "bias-off-policy": smallest,
        "bias-on-policy": largest_bias(together, evidence.confidence),
    }
