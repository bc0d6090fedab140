"""Estimates from sampled trajectories, and how far they are from what is exact.

What is measured is the library itself: trajectories that `rollout` plays, the policy's scores, and
`estimate`. What it is compared with, in `enumerated`, shares no code with it.

A component's error counts relative to the largest component of the same agent's exact gradient or
Hessian; `enough` says how many trajectories it takes to tell it from the ledger's 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netnewton import trajectories
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, Estimator, estimation
from netnewton.policies import behaviour_parameters
from replication.claims.estimators.enumerated import SEED, Problem
from replication.claims.evidence import Evidence
from replication.experiments import names
from replication.experiments.intervals import Interval, student_t

BATCHES = 64  # independent ones, of whose means Student's t takes the spread
AT_ONCE = 10_000  # trajectories in memory: few enough to stay in the cache


def as_read(evidence: Evidence) -> Estimator:
    """The readings; by default Appendix A's Hessian, no baseline, weights, own copies."""
    hessians = {
        "printed": estimation.printed_hessian,
        "unbiased": estimation.unbiased_hessian,
    }
    played = evidence.reading("no-is-scores") == "played"
    return Estimator(
        hessian=hessians[evidence.reading("hessian-estimator")],
        baseline=names.BASELINES[evidence.reading("baseline").replace("-", "_")],
        weights=estimation.importance_weights,
        evaluated_at=estimation.what_is_played if played else estimation.own_copies,
    )


def both_credits(reading: Estimator) -> list[Estimator]:
    """REINFORCE and G(PO)MDP, otherwise as they are read."""
    credits = (estimation.reinforce, estimation.gpomdp)
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
            [estimation.estimate(batch, scores, game.discount, e, order) for e in estimators]
        )
    return [_joined(each) for each in zip(*parts, strict=True)]


def _joined(parts: Sequence[Derivatives]) -> Derivatives:
    """Derivatives of the repetitions of all parts."""
    names = (name for name in Derivatives._fields if name != "elsewhere")
    joined: dict[str, Any] = {x: np.concatenate([getattr(d, x) for d in parts]) for x in names}
    return parts[0]._replace(**joined)


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
    return largest(every, 1.0 - (1.0 - confidence) / every.shape[1])


def largest(errors: Array, confidence: float) -> Interval:
    """Largest absolute mean, from the components' intervals at the given confidence."""
    mean, lower, upper = student_t(errors, confidence)
    least = np.maximum(0.0, np.maximum(lower, -upper))
    most = np.maximum(np.abs(lower), np.abs(upper))
    value = np.abs(mean)
    return Interval(float(value.max()), float(least.max()), float(most.max()), len(errors))
