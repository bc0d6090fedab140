"""The claim that slow copies are moved by equal directions (Section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netnewton import networks, run
from netnewton.arrays import Array
from replication.claims import concave
from replication.claims.concave import Reading
from replication.claims.evidence import Evidence, exactly
from replication.claims.team_cases import FAMILIES, cases, graph, random_problems
from replication.experiments.intervals import Interval

AGENTS, PARAMETERS = 5, 3
SLOW = 0.01  # epsilon: a hundredth of the way in an iteration
ITERATIONS = 300  # in which copies go all but 5 % of the way
SETTLED = 10.0  # iterations per inverse spectral gap, after which exp(-10) of a start is left


def equal_directions(evidence: Evidence) -> Mapping[str, Interval]:
    """Algorithm 1 with small steps on team problems, a graph of every family, unequal starts."""
    reading = Reading.of(evidence, "curvature-sign", "projection", "update-lag")
    weights = [networks.metropolis_weights(graph(family, AGENTS)) for family in FAMILIES]
    runs = cases(random_problems(4, AGENTS, PARAMETERS, 1.0, stream=10), weights)
    method = concave.algorithm_1(reading)
    followed = run(
        replace(method, step_size=SLOW),
        concave.source_of(runs),
        networks.unchecked_mixing(runs.weights),
        ITERATIONS,
        runs.theta,
    )
    apart = disagreement(followed.trace["theta"], SLOW)
    apart[:, followed.diverged_at >= 0] = np.inf
    late = np.arange(1, ITERATIONS + 1)[:, np.newaxis] > SETTLED / runs.gaps
    return {"slow-disagreement": exactly(apart[late].max(), len(runs))}


def directions(path: Array, step: float) -> Array:
    """What moved the copies, [Htilde_i]_m^{-1} gtilde_i, from their path.

    Parameters
    ----------
    path : Array, shape (K + 1, R, N, d)
        theta_i(k).
    step : float
        epsilon.

    Returns
    -------
    Array, shape (K, R, N, d)
    """
    return np.asarray((path[1:] - (1 - step) * path[:-1]) / step)


def disagreement(path: Array, step: float) -> Array:
    """Largest distance of an agent's direction from their mean, relative to it, shape (K, R)."""
    each = directions(path, step)
    mean = each.mean(axis=2, keepdims=True)
    distance = np.linalg.norm(each - mean, axis=-1).max(axis=-1)
    size = np.linalg.norm(mean, axis=-1)[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance > 0, distance / size, 0.0)
