"""What the trial's tables say: times and scalars to a level, and what a scale of rewards does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from netnewton.arrays import Array
from replication.claims.evidence import Evidence, Measure
from replication.claims.promise.committed import Row, table
from replication.experiments.intervals import Interval, median_interval, ratio_bounds

SEEDS = ("trial", "replicate")
SCALES = (0.01, 100.0)
KEPT = 0.9
Price = Callable[[str, str], float]
"""From a task and a method to what an iteration costs."""
TASKS = {"dilemma": "dilemma_exact", "gridworld": "gridworld"}


def fewest_iterations(task: str) -> Measure:
    """Iterations of the best second-order method to 90 % of the level, against first order's."""
    return lambda evidence: {f"ratio-{s}": _ratio(evidence, task, s, _one) for s in SEEDS}


def fewest_scalars(task: str) -> Measure:
    """Scalars sent of the best second-order method to 90 % of the level, against first order's."""
    return lambda evidence: {f"ratio-{s}": _ratio(evidence, task, s, scalars) for s in SEEDS}


def scale(evidence: Evidence) -> Mapping[str, Interval]:
    """What the best second-order method keeps of its area at other scales, less 0.9 of it."""
    return {
        f"{name}-{seeds}-{factor:g}": evidence.mean(_lost(task, seeds, factor))
        for name, task in TASKS.items()
        for seeds in SEEDS
        for factor in SCALES
    }


def _lost(task: str, seeds: str, factor: float) -> Array:
    method = best_of(task, "second_order")
    at_one, at_factor = (_column(task, method, seeds, "share", s) for s in (1.0, factor))
    return at_factor - KEPT * at_one


def _ratio(evidence: Evidence, task: str, seeds: str, price: Price) -> Interval:
    """The least favourable median ratio over the first-order methods."""
    found = (
        median_interval(
            *ratio_bounds(
                _cost(task, best_of(task, "second_order"), seeds, price),
                _cost(task, rival, seeds, price),
            ),
            evidence.confidence,
        )
        for rival in of_family(task, "first_order")
    )
    return max(found, key=lambda interval: (interval.value, interval.upper))


def _cost(task: str, method: str, seeds: str, price: Price) -> tuple[Array, Array]:
    """Bounds of what 90 % of the level costs, shape (R,) each; infinite where it is not reached."""
    times = _column(task, method, seeds, "ninety")
    (level,) = (row for row in table("levels") if row["task"] == task)
    seen = np.where(np.isfinite(times), times, level["iterations"] + 1)
    each = price(task, method)
    return seen * each, times * each


def _one(task: str, method: str) -> float:
    return 1.0


def scalars(task: str, method: str) -> float:
    """Scalars that cross an edge in an iteration."""
    (row,) = (row for row in _winners(task) if row["method"] == method)
    return float(row["scalars"])


def _column(task: str, method: str, seeds: str, name: str, factor: float = 1.0) -> Array:
    """A column of the repetitions of one method, shape (R,), in the order of repetitions."""
    wanted = (task, method, seeds, factor)
    rows = (
        row
        for row in table("repetitions")
        if (row["task"], row["method"], row["seeds"], row["scale"]) == wanted
    )
    return np.array([row[name] for row in rows])


def of_family(task: str, family: str) -> list[str]:
    """The methods of a family that were tuned on a task, the best in tuning first."""
    rows = sorted(_winners(task), key=lambda row: -row["area"])
    return [str(row["method"]) for row in rows if row["family"] == family]


def best_of(task: str, family: str) -> str:
    """The method of a family with the largest mean return in tuning."""
    return of_family(task, family)[0]


def _winners(task: str) -> Iterator[Row]:
    return (row for row in table("winners") if row["task"] == task)


MEASURES: Mapping[str, Measure] = {
    "promise-gridworld": fewest_iterations("gridworld"),
    "promise-dilemma": fewest_iterations("dilemma_exact"),
    "promise-scale": scale,
    "promise-messages": fewest_scalars("gridworld"),
}
