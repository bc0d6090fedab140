"""Tuning at equal cost: a deterministic pattern search on a logarithmic grid.

Every combination of a coarse grid is tried. Then, again and again, all neighbours of the best: one
setting a step up or down. Neighbours may lie outside of the grid, so that it extends where the best
stands at its edge. When all neighbours are worse, the step is halved. The search ends when its
budget is spent, not before: every method has the same number of runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Point = tuple[Fraction, ...]
"""Decimal logarithms of the settings, in their order."""


@dataclass(frozen=True)
class Setting:
    """A number that is tuned.

    Parameters
    ----------
    name : str
    lowest, highest : int
        Decimal logarithms of the ends of the coarse grid.
    spacing : Fraction
        Of the coarse grid, in decades.
    most : int, optional
        Decimal logarithm of the largest value that makes sense: an edge of the domain.
    """

    name: str
    lowest: int
    highest: int
    spacing: Fraction = Fraction(1)
    most: int | None = None

    def grid(self) -> list[Fraction]:
        """The coarse grid."""
        count = int((self.highest - self.lowest) / self.spacing) + 1
        return [self.lowest + i * self.spacing for i in range(count)]

    def allows(self, exponent: Fraction) -> bool:
        """Whether a value is inside of the domain."""
        return self.most is None or exponent <= self.most


@dataclass(frozen=True)
class Tried:
    """A run of the search."""

    point: Point
    step: Fraction
    """The step that led here, in decades."""
    score: float


def values(settings: Sequence[Setting], point: Point) -> dict[str, float]:
    """The settings of a point, to six digits."""
    return {
        setting.name: float(f"{10 ** float(exponent):.6g}")
        for setting, exponent in zip(settings, point, strict=True)
    }


def search(
    settings: Sequence[Setting],
    budget: int,
    scores: Callable[[Sequence[Mapping[str, float]]], Sequence[float]],
) -> list[Tried]:
    """All runs of a search, in order.

    Parameters
    ----------
    settings : sequence of Setting
    budget : int
        How many runs there are.
    scores : callable
        From some points' settings to what is to be large of each, never NaN. The whole coarse grid
        is asked for at once, and so are all neighbours that wait.

    Raises
    ------
    ValueError
        If the budget does not suffice for the coarse grid.
    """
    grid = list(itertools.product(*(setting.grid() for setting in settings)))
    if len(grid) > budget:
        raise ValueError(
            f"budget = {budget}: the coarse grid has {len(grid)} points; make it coarser"
        )

    def runs(points: Sequence[Point]) -> list[Tried]:
        scored = scores([values(settings, point) for point in points])
        return [Tried(point, step, score) for point, score in zip(points, scored, strict=True)]

    step = max(setting.spacing for setting in settings)
    found = runs(grid)
    while len(found) < budget:
        known = {run.point for run in found}
        waiting = [p for p in neighbours(settings, best(found).point, step) if p not in known]
        if waiting:
            found += runs(waiting[: budget - len(found)])
        else:
            step /= 2
    return found


def best(found: Sequence[Tried]) -> Tried:
    """The run of the highest score, the earliest of equals."""
    return max(found, key=lambda run: run.score)


def neighbours(settings: Sequence[Setting], point: Point, step: Fraction) -> Iterator[Point]:
    """Points that differ by a step in one setting, as far as the domain allows."""
    for i, setting in enumerate(settings):
        for exponent in (point[i] - step, point[i] + step):
            if setting.allows(exponent):
                yield (*point[:i], exponent, *point[i + 1 :])


def enclosed_at(settings: Sequence[Setting], found: Sequence[Tried]) -> Fraction | None:
    """The smallest step, in decades, at which all of the best's neighbours were tried.

    None if there is no such step: then the best may stand at an edge of what was tried.
    """
    known, top = {run.point for run in found}, best(found).point
    steps = sorted({run.step for run in found})
    return next((s for s in steps if set(neighbours(settings, top, s)) <= known), None)


def edges(settings: Sequence[Setting], point: Point) -> list[str]:
    """The settings that stand at an edge of the domain."""
    return [s.name for s, exponent in zip(settings, point, strict=True) if exponent == s.most]


@dataclass(frozen=True)
class Band:
    """How far one setting can be moved from the best with a score that is good enough."""

    setting: str
    below: Fraction
    """In decades, downwards."""
    above: Fraction
    open_below: bool
    """Whether it goes on beyond what was tried."""
    open_above: bool


def bands(
    settings: Sequence[Setting],
    point: Point,
    enough: Callable[[Mapping[str, float]], bool],
    stride: Fraction,
    farthest: Fraction,
) -> list[Band]:
    """The band of each setting around a point, the others unchanged, found outwards.

    Parameters
    ----------
    settings : sequence of Setting
    point : Point
    enough : callable
        From settings to whether they are good enough.
    stride, farthest : Fraction
        Decades from one value that is tried to the next, and to the last.
    """

    def reach(i: int, sign: int) -> tuple[Fraction, bool]:
        reached = Fraction(0)
        while reached < farthest:
            exponent = point[i] + sign * (reached + stride)
            moved = (*point[:i], exponent, *point[i + 1 :])
            if not settings[i].allows(exponent) or not enough(values(settings, moved)):
                return reached, False
            reached += stride
        return reached, True

    found = []
    for i, setting in enumerate(settings):
        (below, open_below), (above, open_above) = reach(i, -1), reach(i, 1)
        found.append(Band(setting.name, below, above, open_below, open_above))
    return found
