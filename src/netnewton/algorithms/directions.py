r"""From a matrix B_i and a gradient y_i to a direction p_i: what keeps B_i from being singular.

Each works in units of B_i's own size, s_i = |B_i|_F / sqrt(d), the root mean square of its
eigenvalues. So its settings mean the same whatever the rewards are scaled by (B_i and y_i scale
together), and agents need no common floor or damping that somebody would have to tell them:

    `Floored`            p_i = [B_i / s_i]_m^{-1} y_i / s_i                   (eq. 3, relative)
    `CubicRegularised`   (B_i / s_i + mu/2 |p_i| I) p_i = y_i / s_i,  the matrix at least zero

A matrix of size below `NOTHING` is zero up to rounding and tells nothing: there p_i = y_i.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netnewton.arrays import Array, Flags
from netnewton.curvature import Curvature, Projection, floor_eigenvalues
from netnewton.damping import beside, identity, rms_eigenvalue

NOTHING = 1e-12  # size of a matrix, in units of reward; rounding leaves 1e-16 of what was tracked
_HALVINGS = 60  # of the interval that |p| lies in: to the last bit


class Direction(NamedTuple):
    """A direction for every repetition and agent."""

    p: Array
    """Shape (R, N, d)."""
    mended: Flags
    """Whether B_i was not used as it is, shape (R, N)."""
    singular: Flags
    """Whether there is no direction, p being NaN, shape (R, N)."""


Solver = Callable[[Curvature, Array, Array], Direction]
"""From a curvature, matrices B in its shape and vectors y, shape (R, N, d), to `Direction`."""


@dataclass(frozen=True)
class Floored:
    """B^{-1} y with the eigenvalues mended that are below a floor.

    Parameters
    ----------
    floor : float
        > 0, in units of B's size.
    projection : Projection
        How it is mended: raised to the floor; or, with `absolute_eigenvalues`, the saddle-free
        Newton direction |B|^{-1} y. The absolute value is taken of the tracked matrix, not of each
        C_i, because where agents differ in sign their average is what counts.

    Raises
    ------
    ValueError
        If the floor is not positive.
    """

    floor: float = 1e-3
    projection: Projection = floor_eigenvalues

    def __post_init__(self) -> None:
        _require_positive("floor", self.floor)

    def __call__(self, curvature: Curvature, B: Array, y: Array) -> Direction:
        """The direction."""
        size, known = _size(curvature, B, y)
        projected = curvature.project(B / beside(size, B), self.projection, self.floor)
        p, singular = curvature.solve(projected, y / beside(size, y))
        return _or_gradient(Direction(p, projected.replaced, singular), known, y)


@dataclass(frozen=True)
class CubicRegularised:
    """The step of the cubic model: argmax of y.p - p.Bp/2 - (mu s/6) |p|^3.

    Its Lipschitz constant is in units of B's size. If y has no part along the lowest eigenvector
    (the hard case), p is shorter than the model's; that has probability zero.

    Parameters
    ----------
    penalty : float
        mu > 0.

    Raises
    ------
    ValueError
        If it is not positive.
    """

    penalty: float = 1.0

    def __post_init__(self) -> None:
        _require_positive("penalty", self.penalty)

    def __call__(self, curvature: Curvature, B: Array, y: Array) -> Direction:
        """The direction."""
        size, known = _size(curvature, B, y)
        matrix = _written_out(curvature, B / beside(size, B), y)
        finite = np.asarray(np.isfinite(matrix).all(axis=(-1, -2)))
        values, vectors = np.linalg.eigh(np.where(finite[..., None, None], matrix, 0.0))
        u = np.matmul(y[..., np.newaxis, :] / beside(size, matrix), vectors)[..., 0, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            p = _turned(vectors, u / (values + self._shift(values, u)))
        p[(y == 0).all(axis=-1)], p[~finite] = 0.0, np.nan
        mended = np.asarray(values[..., 0] <= 0)
        return _or_gradient(Direction(p, mended, np.zeros_like(mended)), known, y)

    def _shift(self, values: Array, u: Array) -> Array:
        """mu/2 |p|, where |(Lambda + mu/2 r)^{-1} u| falls to r; shape (R, N, 1)."""
        lowest = np.maximum(0.0, -values[..., :1])
        norm = np.sqrt(np.square(u).sum(axis=-1, keepdims=True))
        low = 2 * lowest / self.penalty
        high = (lowest + np.sqrt(lowest**2 + 2 * self.penalty * norm)) / self.penalty
        for _ in range(_HALVINGS):
            r = (low + high) / 2
            p = u / (values + self.penalty / 2 * r)
            longer = np.sqrt(np.square(p).sum(axis=-1, keepdims=True)) > r
            low, high = np.where(longer, r, low), np.where(longer, high, r)
        return np.asarray(self.penalty / 2 * high)


def _size(curvature: Curvature, B: Array, y: Array) -> tuple[Array, Flags]:
    """s_i, 1 where B_i is zero up to rounding; and where it is not, both of shape (R, N)."""
    size = rms_eigenvalue(B, identity(curvature, y))
    known = ~np.asarray(size < NOTHING)
    return np.where(known, size, 1.0), known


def _or_gradient(found: Direction, known: Flags, y: Array) -> Direction:
    if known.all():
        return found
    p = np.where(known[..., np.newaxis], found.p, y)
    return Direction(p, found.mended | ~known, found.singular & known)


def _written_out(curvature: Curvature, B: Array, y: Array) -> Array:
    """B with all of its entries, shape (R, N, d, d), in whatever shape the curvature holds it."""
    columns = (curvature.times(B, np.broadcast_to(e, y.shape)) for e in np.eye(y.shape[-1]))
    return np.stack(list(columns), axis=-1)


def _turned(vectors: Array, v: Array) -> Array:
    return np.matmul(vectors, v[..., np.newaxis])[..., 0]


def _require_positive(name: str, value: float) -> None:
    if not 0.0 < value < np.inf:
        raise ValueError(f"{name} = {value}: give a positive number, in units of the matrix's size")
