"""How fast any algorithm converges near a fixed point: the spectral radius of its linearised step.

One `step` is a map of what the agents hold. Its Jacobian is taken by central differences, all of
them repetitions of one call. What conserves something has an eigenvalue 1 for it: the mean of a
tracker, less that of what it tracks, never changes. It is zero in a run that starts with nothing
tracked, so the Jacobian is restricted to where it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.algorithms.algorithm import Algorithm, S
from netnewton.arrays import Array
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix

DIFFERENCE = 1e-5  # of central differences: their error is its square, rounding's 1e-11


def local_rate(
    algorithm: Algorithm[S], state: S, derivatives: DerivativeSource, mix: Mix
) -> tuple[float, npt.NDArray[np.complex128]]:
    """The factor by which errors shrink in an iteration, near a fixed point, after a while.

    Parameters
    ----------
    algorithm : Algorithm
    state : State
        A fixed point of `step`, of one repetition: the last state of a run that has converged.
    derivatives : callable
        Exact, for any number of repetitions.
    mix : callable
        A fixed network.

    Returns
    -------
    rate : float
        The largest modulus of an eigenvalue: below 1 the fixed point is stable.
    eigenvalues : ndarray
        All of them, complex.
    """
    matrix = jacobian(algorithm, state, derivatives, mix)
    kept = _null_space(_conserved(state))
    eigenvalues = np.linalg.eigvals(kept.T @ matrix @ kept).astype(complex)
    return float(np.abs(eigenvalues).max()), eigenvalues


def jacobian(algorithm: Algorithm[S], state: S, derivatives: DerivativeSource, mix: Mix) -> Array:
    """The Jacobian of `step` at a state of one repetition, shape (n, n).

    n counts the numbers of the state's arrays, in the order of its fields.
    """
    point = _flat(state)[0]
    steps = DIFFERENCE * np.eye(len(point))
    moved = algorithm.step(
        _filled(state, np.concatenate([point + steps, point - steps])), derivatives, mix
    )
    after = _flat(moved)
    return (after[: len(point)] - after[len(point) :]).T / (2 * DIFFERENCE)


def _null_space(rows: Array) -> Array:
    """An orthonormal basis, shape (n, n - rank)."""
    _, size, basis = np.linalg.svd(rows)
    rank = int((size > 1e-12 * size.max(initial=0.0)).sum())
    return np.asarray(basis[rank:].T)


def _numbers(state: S) -> list[tuple[str, Array]]:
    return [(name, x) for name, x in state.arrays() if x.dtype.kind == "f"]


def _flat(state: S) -> Array:
    return np.concatenate([x.reshape(len(x), -1) for _, x in _numbers(state)], axis=1)


def _filled(state: S, rows: Array) -> S:
    """The state with a repetition for each row of numbers."""
    state = state.take(np.zeros(len(rows), dtype=np.intp))
    ends = np.cumsum([x[0].size for _, x in _numbers(state)])[:-1]
    parts = zip(_numbers(state), np.split(rows, ends, axis=1), strict=True)
    fields: dict[str, Any] = {name: part.reshape(x.shape) for (name, x), part in parts}
    return replace(state, **fields)


def _conserved(state: S) -> Array:
    """Rows whose products with the flat state are the means of trackers less what they track."""
    one = state.take(np.zeros(1, dtype=np.intp))
    point = _flat(one)[0]
    rows = _filled(one, np.eye(len(point)))
    differences = [
        (tracker - local).mean(axis=1).reshape(len(point), -1) for tracker, local in rows.tracked()
    ]
    return np.concatenate([np.zeros((len(point), 0)), *differences], axis=1).T
