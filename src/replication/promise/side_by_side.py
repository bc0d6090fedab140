"""Runs side by side: of one game, policy and seed, each with an algorithm of its own.

Their repetitions are stacked, so that one call finds what all of them learn from: most of the time
of a run of few repetitions is spent on calls. Each run is given the random numbers that it would
draw alone, and what it comes to does not depend on which others are beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton import run
from netnewton.algorithms import Algorithm, State
from netnewton.arrays import Array, Flags, Indices
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.networks import Mix, unchecked_mixing
from netnewton.trajectories import Streams
from replication.experiments.build import Experiment


class Found(NamedTuple):
    """What a run of R repetitions came to in K iterations."""

    J: Array
    """The return that is reported, shape (R, K + 1); NaN once a repetition has diverged."""
    fallback: Flags
    """Whether the matrix of a step was replaced, shape (R, K + 1, N); not once it has diverged."""
    diverged_at: Indices
    """Shape (R,); -1 if never."""


def side_by_side(experiments: Sequence[Experiment], iterations: int) -> list[Found]:
    """Run experiments that differ in nothing but their algorithms, which are of one class.

    Parameters
    ----------
    experiments : sequence of Experiment
        As `build` makes them, for the same repetitions; they can be run once.
    iterations : int

    Returns
    -------
    list of Found
        One for each, to the bit what it comes to alone.
    """
    first, played = experiments[0], list[Array]()
    source = _for_all(first.derivatives, len(experiments))

    def derivatives(theta: Array) -> Derivatives:
        local = source(theta)
        played.append(local.played)
        return local

    done = run(
        SideBySide(tuple(e.algorithm for e in experiments)),
        derivatives,
        unchecked_mixing(first.weights),  # the same for all; `build` has checked them
        iterations,
        np.concatenate([e.start for e in experiments]),
        lambda states: {"theta": states.theta, "fallback": states.fallback},
    )
    if first.evaluate is None:  # of the last policy there is no batch yet
        played.append(replace(source, order=0)(done.final.theta).played)
    returns = np.stack(played)
    return [
        _found(e, done.trace, returns[:, rows], done.diverged_at[rows], rows)
        for e, rows in zip(experiments, _rows(done.final.theta, len(experiments)), strict=True)
    ]


def _found(e: Experiment, trace: Any, played: Array, diverged_at: Indices, rows: slice) -> Found:
    theta, fallback = (np.ascontiguousarray(trace[x][:, rows]) for x in ("theta", "fallback"))
    J = (played if e.evaluate is None else e.evaluate(theta)).mean(axis=-1)
    lost = (diverged_at >= 0) & (np.arange(len(theta))[:, np.newaxis] >= diverged_at)
    kept = fallback & ~lost[..., np.newaxis]
    return Found(np.where(lost, np.nan, J).T, np.swapaxes(kept, 0, 1), diverged_at)


@dataclass(frozen=True)
class SideBySide(Algorithm[Any]):
    """Algorithms of one class, each with as many of the repetitions, which *mix* is for."""

    own: tuple[Algorithm[Any], ...]

    @property
    def order(self) -> int:
        """That of all of them."""
        return self.own[0].order

    def init(self, theta: npt.ArrayLike) -> Any:
        """Their states in one."""
        copies = np.asarray(theta)
        rows = _rows(copies, len(self.own))
        return _joined([a.init(copies[r]) for a, r in zip(self.own, rows, strict=True)])

    def step(self, state: Any, derivatives: DerivativeSource, mix: Mix) -> Any:
        """One step of each, after derivatives for all of them."""
        local = derivatives(state.theta)
        # Of other copies an algorithm asks for those of the step before.
        elsewhere = cache(lambda: local.elsewhere and local.elsewhere(state.before))
        return _joined(
            [
                algorithm.step(state.take(rows), _part(local, rows, elsewhere), mix)
                for algorithm, rows in zip(self.own, _rows(state.theta, len(self.own)), strict=True)
            ]
        )

    def singular(self, state: Any) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return self.own[0].singular(state)


def _rows(values: npt.NDArray[Any], runs: int) -> Iterator[slice]:
    size = len(values) // runs
    return (slice(i * size, (i + 1) * size) for i in range(runs))


def _part(local: Derivatives, rows: slice, elsewhere: Callable[[], Any]) -> DerivativeSource:
    arrays = {name: x[rows] for name, x in local._asdict().items() if name != "elsewhere"}
    own = Derivatives(**arrays, elsewhere=local.elsewhere and (lambda others: elsewhere()[rows]))
    return lambda theta: own


def _joined(states: Sequence[State]) -> State:
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(state, name) for state in states])
        for name, _ in states[0].arrays()
    }
    return replace(states[0], **whole)


def _for_all(source: Any, runs: int) -> Any:
    """A source for all runs: exact ones are for any, batches take their numbers from streams."""
    streams = getattr(source, "streams", None)
    return source if streams is None else replace(source, streams=Shared(streams, runs))


class Shared(Streams):
    """Streams whose numbers are drawn once, and given to every run.

    Parameters
    ----------
    own : Streams
        Of the repetitions of one run.
    runs : int
    """

    def __init__(self, own: Streams, runs: int) -> None:
        self.own, self.runs, self.generators = own, runs, own.generators

    def __len__(self) -> int:
        """R, of all runs."""
        return self.runs * len(self.own)

    def uniform(self, *shape: int) -> Array:
        """Uniform numbers in [0, 1), shape (shape[0], R, shape[1], ...)."""
        return self._given(self.own.uniform(*shape))

    def normal(self, *shape: int) -> Array:
        """Standard normal numbers, shape (shape[0], R, shape[1], ...)."""
        return self._given(self.own.normal(*shape))

    def _given(self, drawn: Array) -> Array:
        """In memory as `Streams` has them: repetition by repetition."""
        return np.swapaxes(np.concatenate([np.swapaxes(drawn, 0, 1)] * self.runs), 0, 1)
