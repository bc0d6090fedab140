"""What `consensus_newton.run` needs beside Algorithm 1: stacking states, noticing divergence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from netnewton.consensus_newton import State


class Block:
    """Room for successive states, to be handed over stacked.

    Parameters
    ----------
    like : State
        One state, for the shapes.
    size : int
        How many states there is room for.
    """

    def __init__(self, like: State, size: int) -> None:
        self.size, self.count, self.first = size, 0, like
        self.rows = {name: np.empty((size, *x.shape), x.dtype) for name, x in _arrays(like)}

    @property
    def full(self) -> bool:
        """Whether there is no room left."""
        return self.count == self.size

    def add(self, state: State) -> None:
        """Copy a state into the next row."""
        if self.count == 0:
            self.first = state
        for name, values in _arrays(state):
            self.rows[name][self.count] = values
        self.count += 1

    def take(self) -> State:
        """The states added since the last time as one, with a leading axis more; empties the block.

        Its iteration is that of the first of them.
        """
        rows = {name: values[: self.count].copy() for name, values in self.rows.items()}
        self.count = 0
        return replace(self.first, **rows)  # type: ignore[arg-type]


def not_finite(state: State) -> npt.NDArray[np.bool_]:
    """Whether anything a repetition holds is not finite, shape (R,)."""
    lost = np.zeros(len(state.theta), dtype=bool)
    for held in (state.theta, state.g_mean, state.H_mean):  # g and H have entered the trackers
        if not math.isfinite(np.vdot(held, held)):  # a finite sum of squares clears all, cheaply
            lost |= ~np.isfinite(held).reshape(len(held), -1).all(axis=1)
    return lost


def reset(state: State, lost: npt.NDArray[np.bool_]) -> State:
    """The state with all that the lost repetitions hold set to zero."""

    def cleared(values: npt.NDArray) -> npt.NDArray:
        values = values.copy()
        values[lost] = 0
        return values

    cleared_arrays = {name: cleared(x) for name, x in _arrays(state) if name != "fallback"}
    return replace(state, **cleared_arrays)  # type: ignore[arg-type]


def _arrays(state: State) -> Iterable[tuple[str, npt.NDArray]]:
    return ((name, x) for name, x in vars(state).items() if name != "iteration")
