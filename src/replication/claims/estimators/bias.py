"""Claims on the bias of the estimators of Appendix A."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives import Estimator, estimation
from replication.claims.estimators.enumerated import (
    Credit,
    Problem,
    drawn_problems,
    one_step_problems,
    several_step_problems,
)
from replication.claims.estimators.sampling import (
    as_read,
    both_credits,
    enough,
    largest,
    largest_bias,
    relative_errors,
    sampled,
)
from replication.claims.evidence import Evidence
from replication.experiments.intervals import Interval


def reinforce_gradient(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of REINFORCE on-policy."""
    estimator = replace(as_read(evidence), credit=estimation.reinforce)
    sizes = [enough(deviation) for deviation in (2.2, 1.3, 1.8, 2.1, 2.3)]
    errors = _gradient_errors(estimator, 0.0, sizes, stream=1)
    return {"relative-bias": largest_bias(errors, evidence.confidence)}


def gpomdp_gradient(evidence: Evidence) -> Mapping[str, Interval]:
    """Bias of G(PO)MDP on-policy."""
    estimator = replace(as_read(evidence), credit=estimation.gpomdp)
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

    With several steps fewer trajectories do: they show a bias, and could not show that there is
    none.
    """
    once, often = one_step_problems(0.0), several_step_problems(0.0)
    sizes = [enough(deviation) for deviation in (2.6, 1.6, 2.6)]
    return {
        "bias-one-step": _hessian_bias(once, sizes, 3, evidence),
        "bias-several-steps": _hessian_bias(often, [2000] * 2, 4, evidence),
        "bias-drawn-games": _range([_enumerated_bias(p, evidence) for p in drawn_problems()]),
    }


def _enumerated_bias(problem: Problem, evidence: Evidence) -> float:
    """Largest relative error of an entry of the Hessian's expectation."""
    _, expected = _expectation(problem, _rewards_when_due, as_read(evidence))
    return float(np.abs(relative_errors(expected[np.newaxis], problem.hessian)).max())


def _expectation(problem: Problem, credit: Credit, reading: Estimator) -> tuple[Array, Array]:
    """Of an estimator's gradient and Hessian on-policy; that of Theorem 1's Hessian is exact."""
    gradient, hessian = problem.expectation(credit)
    printed = reading.hessian is estimation.printed_hessian
    return gradient, hessian if printed else problem.hessian


def _range(values: Sequence[float]) -> Interval:
    """The median, with the smallest and the largest in place of an interval."""
    return Interval(float(np.median(values)), min(values), max(values), len(values))


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
    unbiased = reading.hessian is estimation.unbiased_hessian
    deviations = (2.4, 1.4, 2.8, *((5.4, 5.9) if unbiased else (2.2, 2.9)))
    credits = (_return_at_the_end, _rewards_when_due)
    problems = [*one_step_problems(0.25), *several_step_problems(0.25)]
    errors: tuple[list[Array], list[Array]] = [], []
    of_hessians = []
    for number, (problem, deviation) in enumerate(zip(problems, deviations, strict=True)):
        both = sampled(problem, both_credits(reading), 2, enough(deviation), (5, number))
        for found, estimated, credit in zip(errors, both, credits, strict=True):
            gradient, hessian = _expectation(problem, credit, reading)
            found.append(relative_errors(estimated.gradient, gradient))
            found.append(relative_errors(estimated.hessian, hessian))
            of_hessians.append(relative_errors(estimated.hessian, problem.hessian))
    names = ("full-weight-bias", "truncated-weight-bias", "hessian-bias")
    every = (*errors, of_hessians)
    return {n: largest_bias(e, evidence.confidence) for n, e in zip(names, every, strict=True)}


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
    estimator = replace(as_read(evidence), weights=estimation.no_weights)
    sizes = [enough(deviation) for deviation in (2.2, 1.3, 1.8, 1.6, 1.6)]
    apart = _gradient_errors(estimator, 1.0, [5000] * 5, stream=6)
    together = _gradient_errors(estimator, 0.0, sizes, stream=7)
    components = sum(errors.shape[1] for errors in apart)
    confidence = 1.0 - (1.0 - evidence.confidence) / components
    biases = [largest(errors, confidence) for errors in apart]
    smallest = Interval(*(min(part) for part in zip(*biases, strict=True)))
    return {
        "bias-off-policy": smallest,
        "bias-on-policy": largest_bias(together, evidence.confidence),
    }
