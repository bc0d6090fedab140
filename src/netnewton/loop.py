"""The loop: run an algorithm, record it, and say which repetitions diverged, when and why.

    result = run(algorithm, derivatives, weights, iterations=100)
    result.J, result.stopped

One repetition needs no axis of its own; R of them advance together, and one that diverges is data:
it is set to zero, and the others go on undisturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, S, State
from netnewton.arrays import Array, Flags, count, floats
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.networks import Mix, mixing
from netnewton.outcome import Cause, Run
from netnewton.policies import behaviour_parameters

BLOCK = 32  # states observed at once: looking at each by itself would cost as much as making it
MOST_BYTES = 2**26  # of a block; a state of thousands of repetitions is worth a look by itself

Observer = Callable[[S], Mapping[str, npt.NDArray[Any]]]
"""From a block of B successive states in one, each of its arrays with the leading axes (B, R), to
named arrays with the same two leading axes. Its iteration is the block's first."""


def run(
    algorithm: Algorithm[S],
    derivatives: DerivativeSource,
    network: Mix | npt.ArrayLike | Any,
    iterations: int,
    start: npt.ArrayLike | Run[S] | State | None = None,
    observe: Observer[S] | None = None,
    stop: Callable[[S], bool] | None = None,
) -> Run[S]:
    """Run an algorithm and record what `observe` returns of every state.

    A repetition whose state stops being finite is recorded as diverged at that iteration, with the
    cause, and reset to zero, so that the others go on undisturbed; what is observed of it from then
    on is void.

    Parameters
    ----------
    algorithm : Algorithm
    derivatives : callable
        From theta, shape (R, N, d), to `Derivatives`.
    network : Array of shape (N, N) or (R, N, N), scipy sparse array, or callable
        The consensus matrix, or what mixes in its place: ``mix(values, iteration)``.
    iterations : int
        K >= 0; at most so many.
    start : array_like of shape (N, d) or (R, N, d), Run or State, optional
        theta(0), zero by default; or a run (or a state) that is taken up again.
    observe : callable, optional
        What to record; theta and the average return by default.
    stop : callable, optional
        From a state to whether the run ends with it.

    Raises
    ------
    ValueError
        Before the first iteration, if sizes do not fit one another, naming both.
    """
    count("iterations", iterations, least=0)
    before, single = _start(algorithm, derivatives, network, start)
    state = before.final
    mix = network if callable(network) else mixing(network)
    source = _Source(derivatives, algorithm.order, state)
    record = _Record(observe or (lambda states: {"theta": states.theta}), state, iterations)
    diverged_at, causes = before.diverged_at.copy(), before.causes.copy()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(iterations):
            if stop is not None and stop(state):
                break
            state = algorithm.step(state, source, mix)
            lost = state.not_finite()
            if lost.any():
                new = lost & (diverged_at < 0)
                diverged_at[new] = state.iteration
                causes[new] = source.causes(algorithm.singular(state))[new]
                state = state.reset(lost)
            record.add(state)
        result = Run(record.trace(), diverged_at, causes, state, single)
        if observe is None:
            result = _with_return(result, source, before.final.iteration)
    return _without_repetitions(result) if single else result


def _start(
    algorithm: Algorithm[S], derivatives: Any, network: Any, start: Any
) -> tuple[Run[S], bool]:
    """Where to begin: nothing recorded, a state, and who has diverged before."""
    if isinstance(start, Run):
        return start, start.single
    if not isinstance(start, State):
        theta = _zeros(derivatives, network) if start is None else floats("theta(0)", start)
        single = theta.ndim == 2
        start = algorithm.init(theta[np.newaxis] if single else theta)
    else:
        single = False
    none = np.full(len(start.theta), -1)
    return Run({}, none, np.zeros(len(none), dtype=np.int8), start, single), single


def _zeros(derivatives: Any, network: Any) -> Array:
    """theta(0) = 0, as in the paper, for a source that knows its sizes."""
    names = "n_agents", "n_parameters"
    sizes: list[Any] = [getattr(derivatives, name, None) for name in names]
    if None in sizes:
        raise ValueError("these derivatives do not say their sizes: give start, shape (R, N, d)")
    repetitions = getattr(derivatives, "repetitions", None)
    if repetitions is None and getattr(network, "ndim", 2) == 3:
        repetitions = len(network)
    return np.zeros(sizes if repetitions is None else [repetitions, *sizes])


class _Source:
    """Derivatives, checked when they are first asked for; the last ones are kept."""

    def __init__(self, derivatives: DerivativeSource, order: int, state: State) -> None:
        self.derivatives, self.order, self.shape = derivatives, order, state.theta.shape
        self.local: Derivatives | None = None
        self.played: list[Array] = []
        for axis, name in ((1, "n_agents"), (2, "n_parameters"), (0, "repetitions")):
            expected = getattr(derivatives, name, None)
            if expected is not None and expected != self.shape[axis]:
                raise ValueError(
                    f"theta of shape {self.shape} has {self.shape[axis]} "
                    f"{name.removeprefix('n_')}, the derivatives {expected}"
                )

    def __call__(self, theta: Array) -> Derivatives:
        local = self.derivatives(theta)
        if self.local is None:
            _check(local, self.order, self.shape)
        self.local = local
        if local.played.size:
            self.played.append(local.played)
        return local

    def causes(self, singular: Flags) -> npt.NDArray[np.int8]:
        """Why each repetition would be lost in the step that was just made, shape (R,)."""
        causes = np.where(singular, Cause.SINGULAR, Cause.NOT_FINITE).astype(np.int8)
        if self.local is not None and self.local.effective_sample_size.size:
            few = ~(self.local.effective_sample_size >= 2.0).all(axis=1)
            broken = ~np.isfinite(self.local.gradient).reshape(len(causes), -1).all(axis=1)
            causes[few & broken] = Cause.DEGENERATE_WEIGHTS
        return causes


def _check(local: Derivatives, order: int, shape: tuple[int, ...]) -> None:
    expected = {1: ("gradient", shape), 2: ("hessian", (*shape, shape[-1]))}
    for k in range(1, order + 1):
        name, wanted = expected[k]
        found = getattr(local, name).shape
        if found == (0,):
            raise ValueError(
                f"the algorithm needs derivatives of order {order}, the source gives none of order "
                f"{k}: build it with order={order}"
            )
        if found != wanted:
            raise ValueError(f"{name} of shape {found} for theta of shape {shape}: give {wanted}")


class _Record:
    """What is observed of successive states, block by block."""

    def __init__(self, observe: Observer[Any], state: State, iterations: int) -> None:
        bytes_each = sum(x.nbytes for _, x in state.arrays())
        size = max(1, min(BLOCK, iterations + 1, MOST_BYTES // bytes_each))
        self.observe, self.size, self.rows, self.first = observe, size, 0, state
        self.parts: list[Mapping[str, npt.NDArray[Any]]] = []
        self.block = {name: np.empty((size, *x.shape), x.dtype) for name, x in state.arrays()}
        self.add(state)

    def add(self, state: State) -> None:
        """Copy a state into the block; when that is full, look at it."""
        if self.rows == self.size:
            self._look()
        if self.rows == 0:
            self.first = state
        for name, rows in self.block.items():
            rows[self.rows] = getattr(state, name)
        self.rows += 1

    def trace(self) -> dict[str, npt.NDArray[Any]]:
        """All that was observed, each of shape (K + 1, R, ...)."""
        self._look()
        return {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}

    def _look(self) -> None:
        seen: dict[str, Any] = {name: x[: self.rows].copy() for name, x in self.block.items()}
        self.parts.append(self.observe(replace(self.first, **seen)))
        self.rows = 0


def _with_return(result: Run[S], source: _Source, first: int) -> Run[S]:
    """Record the average return of the joint policy played, if the source can tell it."""
    theta, returns = result.trace["theta"], getattr(source.derivatives, "returns", None)
    if returns is not None:
        owner = getattr(source.derivatives, "owner", None)
        mu = theta.mean(axis=-2) if owner is None else behaviour_parameters(theta, owner)
        J = np.asarray(returns(mu)).mean(axis=-1)
    elif source.played:
        J = np.stack(source.played).mean(axis=-1)
    else:
        return result
    iteration = first + np.arange(len(J))[:, np.newaxis]
    lost = (result.diverged_at >= 0) & (iteration >= result.diverged_at)
    return replace(result, trace={**result.trace, "J": np.where(lost, np.nan, J)})


def _without_repetitions(result: Run[S]) -> Run[S]:
    return replace(result, trace={name: x[:, 0] for name, x in result.trace.items()})
