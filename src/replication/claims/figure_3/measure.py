"""Claims measured on the gridworld, Figure 3.

The paper plots mean curves: so arrival is that of the mean over repetitions, and its interval is
a bootstrap over them. J is estimated here, so that a point a little below a level is no dip: see
`tolerance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from netnewton.arrays import Array
from replication.claims.comparisons import area_difference, arrival
from replication.claims.evidence import Evidence, Measure
from replication.experiments.config import Settings
from replication.experiments.intervals import Interval, bootstrap, median_interval, ratio_bounds
from replication.experiments.returns import returns, tenth

EXPERIMENT = "gridworld"
SHARE = 0.9  # of the gain that counts as having arrived
SEED = 2022  # of the bootstrap; any number does
DRAWS = 2000
FALSE_DIPS = 0.01
"""Bound of the probability that noise alone makes a curve that stands at a level look as if it
had left it, over all iterations."""

Bounds = tuple[Array, Array]


def faster(evidence: Evidence) -> Mapping[str, Interval]:
    """DN converges in fewer iterations than DG."""
    J = [returns(evidence.method(EXPERIMENT, name)) for name in ("DN", "DG")]
    curves = mean_curves(J)
    level = np.max([tenth(c) for c in curves], axis=0)
    times = [_of_curves(evidence, c, level, len(J[0])) for c in curves]
    return {
        "improvement": _improvement(evidence, J[0]),
        "ratio-90": _of_draws(ratio_bounds(*times), evidence.confidence, len(J[0])),
        "area-difference": area_difference(evidence, EXPERIMENT, "DN", "DG"),
    }


def few_iterations(evidence: Evidence) -> Mapping[str, Interval]:
    """DN reaches a local optimum within very few iterations, and stays there."""
    J = returns(evidence.method(EXPERIMENT, "DN"))
    (curves,) = mean_curves([J])
    times = _of_curves(evidence, curves, tenth(curves), len(J))
    start, level = J[:, :1].mean(), np.full(len(J), tenth(J).mean())
    alone = _arrival(evidence, J, np.full((len(J), 1), start), level[:, np.newaxis], 1)
    return {
        "improvement": _improvement(evidence, J),
        "arrival-iteration": _of_draws(times, evidence.confidence, len(J)),
        "arrival-of-repetitions": median_interval(*alone, evidence.confidence),
        "late-drift": _relative_drift(J, evidence.confidence),
    }


def mean_curves(J: Sequence[Array]) -> list[Array]:
    """The mean over repetitions of several methods' J, then of bootstrap draws of repetitions.

    Parameters
    ----------
    J : sequence of Array, shape (R, K + 1) each
        All are drawn together: the repetitions of two methods are pairs.

    Returns
    -------
    list of Array, shape (1 + DRAWS, K + 1) each
    """
    n = len(J[0])
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    weights = np.vstack([np.ones(n), drawn]) / n
    return [weights @ each for each in J]


def tolerance(settings: Settings, level: Array, iterations: int, repetitions: int) -> Array:
    """How far below a level the estimate of a J that stands there may be seen.

    A trajectory's return, the mean over agents, lies in [0, G]; with mean J its variance is at
    most J (G - J) (Bhatia and Davis, 2000). So the mean over B trajectories of each of R
    repetitions has at most the error sqrt(J (G - J) / (B R)), and of K such points one in a
    hundred at most falls short by more than z = Phi^-1(1 - 0.01 / K) of these.

    Parameters
    ----------
    settings : mapping
        The experiment's: reward, B, and how often the reward can be had.
    level : Array
    iterations, repetitions : int
        K and R.
    """
    game, evaluated = settings["game"], settings["evaluation"]
    learning = settings["derivatives"]
    rewards = learning["horizon"] if game["arrived"] == "moves_on" else 1
    batch = (learning if evaluated["kind"] == "training" else evaluated)["batch_size"]
    variance = np.maximum(level * (rewards * game["reward"] - level), 0.0)
    quantile = special.ndtri(1 - FALSE_DIPS / iterations)
    return np.asarray(quantile * np.sqrt(variance / (batch * repetitions)))


def _improvement(evidence: Evidence, J: Array) -> Interval:
    return evidence.mean(tenth(J) - J[:, 0])


def _of_curves(evidence: Evidence, curves: Array, level: Array, repetitions: int) -> Bounds:
    """`_arrival` of mean curves, each from its own start to its own level, shape (D,)."""
    return _arrival(evidence, curves, curves[:, :1], level[:, np.newaxis], repetitions)


def _arrival(evidence: Evidence, J: Array, start: Array, level: Array, repetitions: int) -> Bounds:
    """Iterations until J keeps 90 % of the gain from a start to a level, shapes (D, 1).

    Where there is no gain, nothing has arrived anywhere: censored at the last iteration.
    """
    settings = evidence.method(EXPERIMENT, "DN").spec.settings
    gain, iterations = level - start, J.shape[1] - 1
    scale = np.where(gain > 0, gain, 1.0)
    noise = tolerance(settings, start + SHARE * gain, iterations, repetitions) / scale
    lower, upper = arrival(evidence, (J - start) / scale, 1.0, 1 - SHARE, noise)
    gained = gain[:, 0] > 0
    return np.where(gained, lower, iterations + 1.0), np.where(gained, upper, np.inf)


def _of_draws(bounds: Bounds, confidence: float, n: int) -> Interval:
    """A percentile interval: of the sample, then of its draws, each known between two bounds."""
    (first, *_), (last, *_) = bounds
    low, high = np.sort(bounds[0][1:]), np.sort(bounds[1][1:])
    tail = int((1 - confidence) / 2 * len(low))
    return Interval(float(first + last) / 2, float(low[tail]), float(high[-1 - tail]), n)


def _relative_drift(J: Array, confidence: float) -> Interval:
    """Mean late change of J over the mean improvement, bootstrapped over repetitions.

    NaN or infinite, and so inconclusive, where a draw has no improvement at all.
    """
    change = tenth(J) - tenth(J, before_last=1)
    gain = tenth(J) - J[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return bootstrap(
            np.stack([change, gain], axis=1),
            confidence,
            np.random.default_rng(SEED),
            statistic=lambda means: means[..., 0] / means[..., 1],
        )


MEASURES: Mapping[str, Measure] = {
    "fig3-faster": faster,
    "fig3-few-iterations": few_iterations,
}
