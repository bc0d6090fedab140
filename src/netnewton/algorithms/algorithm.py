"""What an algorithm is: a value with `init` and `step`.

Agents hold a `State` and take one step after another. In a step each learns from its own
derivatives and tells its neighbours something through *mix*; nothing else passes between them.
`netnewton.run` drives any algorithm, records it, and notices which repetitions diverge.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Flags, Indices, floats
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix


@dataclass(frozen=True)
class State:
    """What the agents hold after iteration k: R repetitions, N agents, d parameters.

    An algorithm's own state adds fields; each is an array with the leading axes (R, N).
    """

    theta: Array
    """theta_i(k), shape (R, N, d)."""
    iteration: int = field(default=0, kw_only=True)
    """k."""

    def arrays(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Every field that is an array, with its name."""
        return ((name, x) for name, x in vars(self).items() if isinstance(x, np.ndarray))

    def take(self: S, rows: Indices) -> S:
        """Some of the repetitions, or some of them several times."""
        some: dict[str, Any] = {name: x[rows] for name, x in self.arrays()}
        return replace(self, **some)

    def numbers(self) -> Iterable[Array]:
        """The arrays that tell whether a repetition is still finite; all that hold numbers."""
        return [x for _, x in self.arrays() if x.dtype.kind == "f"]

    def tracked(self) -> Iterator[tuple[Array, Array]]:
        """Every tracker with what it tracks: the field ``x_mean`` the mean over agents of ``x``."""
        for name, x in self.arrays():
            if name.endswith("_mean"):
                yield x, getattr(self, name.removesuffix("_mean"))

    def not_finite(self) -> Flags:
        """Which repetitions hold a number that is not finite, shape (R,)."""
        lost = np.zeros(len(self.theta), dtype=bool)
        for x in self.numbers():
            if not math.isfinite(np.vdot(x, x)):  # a finite sum of squares clears all, cheaply
                lost |= ~np.isfinite(x).reshape(len(x), -1).all(axis=1)
        return lost

    def reset(self: S, lost: Flags) -> S:
        """The state with the numbers of the lost repetitions set to zero; flags stay."""

        def cleared(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
            x = x.copy()
            x[lost] = 0
            return x

        numbers: dict[str, Any] = {
            name: cleared(x) for name, x in self.arrays() if x.dtype.kind == "f"
        }
        return replace(self, **numbers)


S = TypeVar("S", bound=State)


class Algorithm(ABC, Generic[S]):
    """One way for the agents to learn. A frozen dataclass of its settings, as a rule."""

    @property
    @abstractmethod
    def order(self) -> int:
        """Highest derivative of J_i that a step uses."""

    @abstractmethod
    def init(self, theta: npt.ArrayLike) -> S:
        """The state before the first iteration, from theta_i(0), shape (R, N, d)."""

    @abstractmethod
    def step(self, state: S, derivatives: DerivativeSource, mix: Mix) -> S:
        """One iteration, for every repetition and agent at once.

        Parameters
        ----------
        state : State
            After iteration k - 1.
        derivatives : callable
            From theta, shape (R, N, d), to `Derivatives`.
        mix : callable
            ``mix(values, k)``, for values of shape (R, N, ...).
        """

    def singular(self, state: S) -> Flags:
        """Which repetitions met a matrix without an inverse in their last step, shape (R,)."""
        return np.zeros(len(state.theta), dtype=bool)


def scalars_sent(algorithm: Algorithm[S], derivatives: DerivativeSource, theta: Array) -> int:
    """How many numbers an agent sends each neighbour in an iteration, counted on one.

    Parameters
    ----------
    algorithm : Algorithm
    derivatives : callable
        It is asked once, and a source of samples plays a batch.
    theta : Array, shape (R, N, d)
        Where to be.

    Returns
    -------
    int
        Numbers of one agent's arrays that are given to *mix*. What a network sends more is not
        counted: joint play, or two matrices where their difference would do.
    """
    sent: list[int] = []

    def mix(values: Array, iteration: int) -> Array:
        sent.append(values[0, 0].size)
        return values

    algorithm.step(algorithm.init(theta), derivatives, mix)
    return sum(sent)


def parameters(theta: npt.ArrayLike) -> Array:
    """theta(0) as an algorithm's state holds it: float64, three axes.

    Raises
    ------
    ValueError
        If it does not have three axes, one of them is empty, or a number is not finite.
    """
    found = floats("theta(0)", theta)
    if found.ndim != 3 or found.size == 0:
        raise ValueError(
            f"theta(0) of shape {found.shape}: give (R, N, d), at least one repetition, agent and "
            "parameter"
        )
    return found
