"""What a run came to: what was recorded, and which repetitions were stopped, when and why."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import S
from netnewton.arrays import Array


class Cause(enum.IntEnum):
    """Why a repetition was stopped."""

    NONE = 0
    NOT_FINITE = 1
    SINGULAR = 2
    DEGENERATE_WEIGHTS = 3

    @property
    def meaning(self) -> str:
        """The cause in words."""
        return _MEANINGS[self]

    @property
    def remedy(self) -> str:
        """What to try."""
        return _REMEDIES[self]


_MEANINGS = {
    Cause.NONE: "not stopped",
    Cause.NOT_FINITE: "a number is not finite",
    Cause.SINGULAR: "the curvature has no inverse",
    Cause.DEGENERATE_WEIGHTS: "importance weights degenerate",
}
_REMEDIES = {
    Cause.NONE: "nothing to mend",
    Cause.NOT_FINITE: "try a smaller step size or a larger floor m",
    Cause.SINGULAR: "keep eigenvalues from zero: choose a projection, with a larger floor m",
    Cause.DEGENERATE_WEIGHTS: "take smaller steps or larger batches, or mix more between steps",
}


@dataclass(frozen=True)
class Stop:
    """When and why a repetition was stopped."""

    iteration: int
    cause: Cause

    def __str__(self) -> str:
        return f"iteration {self.iteration}: {self.cause.meaning}; {self.cause.remedy}"


@dataclass(frozen=True)
class Run(Generic[S]):
    """What `run` recorded of K iterations of R repetitions.

    If theta(0) had no axis for repetitions, neither has what was recorded.
    """

    trace: Mapping[str, npt.NDArray[Any]]
    """What was observed, each of shape (K + 1, [R,] ...); entry 0 is the state it started from."""
    diverged_at: npt.NDArray[np.int64]
    """First iteration whose state was not finite, shape (R,); -1 if there was none."""
    causes: npt.NDArray[np.int8]
    """Why, a `Cause` for each repetition, shape (R,)."""
    final: S
    """The last state, to be taken up again; a diverged repetition was reset to zero."""
    single: bool = False
    """Whether theta(0) had no axis for repetitions."""

    @property
    def theta(self) -> Array:
        """theta_i after the last iteration, shape ([R,] N, d)."""
        return self.final.theta[0] if self.single else self.final.theta

    @property
    def J(self) -> Array:
        """Average return of the joint policy played, shape (K + 1, [R]).

        From samples it is the mean return of the batch that was played, and has no last entry: of
        the last policy there is no batch yet. NaN from where a repetition has diverged.
        """
        if "J" not in self.trace:
            raise AttributeError("no return was recorded: see the parameter `observe` of run")
        return self.trace["J"]

    @property
    def stopped(self) -> Stop | tuple[Stop | None, ...] | None:
        """When and why a repetition was stopped, None if it was not; a tuple for R of them."""
        stops = tuple(
            Stop(int(at), Cause(cause)) if at >= 0 else None
            for at, cause in zip(self.diverged_at, self.causes, strict=True)
        )
        return stops[0] if self.single else stops
