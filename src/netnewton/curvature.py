"""The choices of H_i and g_i (eq. 6, Section 3.3) and of the operator [.]_m (eq. 3).

Local curvatures come in two shapes, and what Algorithm 1 does with them is written once for each:

- *matrices*, H of shape (R, N, d, d): the full Hessian. O(d^2) scalars a message, O(d^3) a solve.
- *diagonals*, H of shape (R, N, d), or (R, N, 1) for a multiple of the identity: O(d) or O(1).

The operator [.]_m keeps a curvature whose eigenvalues are all at least m/2 and replaces any other.
The paper's eq. 3 replaces it whole; two further readings mend only its spectrum.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from netnewton.arrays import Array, Flags
from netnewton.derivatives import Derivatives

Projection = Callable[[Array, float], Array]
"""How [.]_m mends eigenvalues, of shape (..., d), some of which lie below the floor m/2."""

DOUBT = 1e-12  # relative to squared eigenvalues; LAPACK's rounding stays a hundred times below


def all_or_nothing(eigenvalues: Array, floor: float) -> Array:
    """As printed in eq. 3: all eigenvalues become the floor, so that Z becomes (m/2) I."""
    return np.full_like(eigenvalues, floor)


def floor_eigenvalues(eigenvalues: Array, floor: float) -> Array:
    """Raise the eigenvalues below the floor to the floor."""
    return np.maximum(eigenvalues, floor)


def absolute_eigenvalues(eigenvalues: Array, floor: float) -> Array:
    """Take absolute values, then raise those below the floor to the floor."""
    return np.maximum(np.abs(eigenvalues), floor)


def unregularised(eigenvalues: Array, floor: float) -> Array:
    """Mend nothing: eq. 5-6 carry no operator. What would have been replaced is still reported."""
    return eigenvalues


@dataclass(frozen=True)
class Projected:
    """[Z]_m for every repetition and agent."""

    mended: Array
    """[Z]_m; but where something was replaced and `multiple` is given, still Z."""
    replaced: Flags
    """Whether Z had an eigenvalue below m/2 (or was not finite), shape (R, N)."""
    multiple: float | None = None
    """If given, whatever was replaced is this multiple of the identity: nothing to invert."""

    @property
    def value(self) -> Array:
        """[Z]_m, same shape as Z."""
        if self.multiple is None:
            return self.mended
        identity = np.eye(self.mended.shape[-1])
        replaced = self.replaced[..., np.newaxis, np.newaxis]
        return np.where(replaced, self.multiple * identity, self.mended)


class Solution(NamedTuple):
    """What solving for a direction came to, for every repetition and agent."""

    direction: Array
    """[Z]_m^{-1} v, shape (R, N, d); NaN where there is no inverse."""
    singular: Flags
    """Where there is none, shape (R, N)."""


class Curvature(ABC):
    """A choice of H_i, with the arithmetic that Algorithm 1 needs of it."""

    order: int
    """Highest derivative of J_i that `local` asks for."""

    @abstractmethod
    def zeros(self, theta: Array) -> Array:
        """H = 0 for parameters of shape (R, N, d)."""

    @abstractmethod
    def local(self, derivatives: Derivatives) -> Array:
        """H_i(theta_i) from agent i's own derivatives."""

    @abstractmethod
    def times(self, H: Array, v: Array) -> Array:
        """H v, for v of shape (R, N, d)."""

    @abstractmethod
    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        """[Z]_m with floor = m/2; entries that are kept are kept bit for bit."""

    @abstractmethod
    def solve(self, projected: Projected, v: Array) -> Solution:
        """[Z]_m^{-1} v, for v of shape (R, N, d), and where there is none."""


class _Matrices(Curvature):
    def zeros(self, theta: Array) -> Array:
        return np.zeros((*theta.shape, theta.shape[-1]))

    def times(self, H: Array, v: Array) -> Array:
        return np.matmul(H, v[..., np.newaxis])[..., 0]

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        replaced = ~_matrices_at_least(Z, floor)
        if not replaced.any():
            return Projected(Z, replaced)
        if projection is all_or_nothing:  # no eigenvectors needed
            return Projected(Z, replaced, multiple=floor)
        value = Z.copy()
        finite = replaced & np.isfinite(Z).all(axis=(-1, -2))
        eigenvalues, vectors = np.linalg.eigh(Z[finite])
        mended = projection(eigenvalues, floor)[..., np.newaxis, :]
        value[finite] = np.matmul(vectors * mended, np.swapaxes(vectors, -1, -2))
        return Projected(value, replaced)

    def solve(self, projected: Projected, v: Array) -> Solution:
        if projected.multiple is None:
            return _solve(projected.mended, v)
        direction = np.asarray(v / projected.multiple)
        singular = np.zeros_like(projected.replaced)
        if not projected.replaced.all():
            kept = ~projected.replaced
            direction[kept], singular[kept] = _solve(projected.mended[kept], v[kept])
        return Solution(direction, singular)


class _Diagonals(Curvature):
    def times(self, H: Array, v: Array) -> Array:
        return H * v

    def project(self, Z: Array, projection: Projection, floor: float) -> Projected:
        replaced = ~np.asarray(Z.min(axis=-1) >= floor)  # NaN is not at least anything
        if not replaced.any():
            return Projected(Z, replaced)
        return Projected(np.where(replaced[..., np.newaxis], projection(Z, floor), Z), replaced)

    def solve(self, projected: Projected, v: Array) -> Solution:
        if not projected.replaced.any():  # what is kept is at least m/2
            return Solution(v / projected.mended, projected.replaced)
        singular = np.asarray((projected.mended == 0).any(axis=-1))
        with np.errstate(divide="ignore", invalid="ignore"):
            direction = np.asarray(v / projected.mended)
        direction[singular] = np.nan
        return Solution(direction, singular)


@dataclass(frozen=True)
class FullHessian(_Matrices):
    """H_i = sign * Hessian of J_i: +1 as printed below eq. 6, -1 for consistent ascent."""

    sign: int = 1
    order = 2

    def local(self, derivatives: Derivatives) -> Array:
        """H_i(theta_i), shape (R, N, d, d)."""
        return self.sign * derivatives.hessian


@dataclass(frozen=True)
class DiagonalHessian(_Diagonals):
    """H_i = sign * diag of the Hessian of J_i: the Jacobi-like choice of Section 3.3."""

    sign: int = 1
    order = 2

    def zeros(self, theta: Array) -> Array:
        """H = 0, shape (R, N, d)."""
        return np.zeros_like(theta)

    def local(self, derivatives: Derivatives) -> Array:
        """H_i(theta_i), shape (R, N, d)."""
        return self.sign * np.diagonal(derivatives.hessian, axis1=-2, axis2=-1)


@dataclass(frozen=True)
class ScaledIdentity(_Diagonals):
    """H_i = scale * I: gradient ascent, with scale 1 in Section 3.3 (DG)."""

    scale: float = 1.0
    order = 1

    def zeros(self, theta: Array) -> Array:
        """H = 0, shape (R, N, 1)."""
        return np.zeros((*theta.shape[:-1], 1))

    def local(self, derivatives: Derivatives) -> Array:
        """H_i, shape (R, N, 1)."""
        return np.full((*derivatives.gradient.shape[:-1], 1), self.scale)


class LocalVector(Protocol):
    """A choice of the matrix in g_i."""

    order: int
    """Highest derivative of J_i that it asks for."""

    def __call__(self, curvature: Curvature, H: Array, local: Derivatives, theta: Array) -> Array:
        """g_i, shape (R, N, d), from H = H_i(theta_i) and the agent's own derivatives."""


@dataclass(frozen=True)
class SameMatrix:
    """g_i = H_i theta + grad J_i, as printed in eq. 6."""

    order = 1

    def __call__(self, curvature: Curvature, H: Array, local: Derivatives, theta: Array) -> Array:
        """g_i, shape (R, N, d)."""
        return curvature.times(H, theta) + local.gradient


@dataclass(frozen=True)
class FullHessianVector:
    """g_i = sign * Hessian theta + grad J_i, whatever H_i is inverted (Section 3.3, as read)."""

    sign: int = 1
    order = 2

    def __call__(self, curvature: Curvature, H: Array, local: Derivatives, theta: Array) -> Array:
        """g_i, shape (R, N, d)."""
        return self.sign * np.matmul(local.hessian, theta[..., np.newaxis])[..., 0] + local.gradient


def _matrices_at_least(Z: Array, floor: float) -> Flags:
    """Whether every eigenvalue of each symmetric matrix is at least `floor`, as LAPACK finds them.

    Of two rows the determinant of Z - floor I tells, unless it is so small that rounding decides.
    """
    if Z.shape[-1] != 2:
        return _eigenvalues_at_least(Z, floor)
    with np.errstate(over="ignore", invalid="ignore"):
        first, second, beside = Z[..., 0, 0] - floor, Z[..., 1, 1] - floor, Z[..., 1, 0]
        determinant, trace = first * second - beside * beside, first + second
        at_least = np.asarray((first > 0) & (determinant > 0))
        # If one eigenvalue is next to zero, the trace is the other. What is not finite is doubtful.
        doubtful = ~(np.abs(determinant) > DOUBT * (trace * trace + floor * floor))
    if doubtful.any():
        at_least[doubtful] = _eigenvalues_at_least(Z[doubtful], floor)
    return at_least


def _eigenvalues_at_least(Z: Array, floor: float) -> Flags:
    diagonal = np.diagonal(Z, axis1=-2, axis2=-1)
    # No eigenvalue exceeds the floor's bound on a diagonal entry: most matrices end here, cheaply.
    at_least = np.asarray(diagonal.min(axis=-1) >= floor)
    if at_least.any():
        at_least &= np.isfinite(Z).all(axis=(-1, -2))
        at_least[at_least] = np.linalg.eigvalsh(Z[at_least])[..., 0] >= floor
    return at_least


def _solve(H: Array, v: Array) -> Solution:
    """H^{-1} v; one matrix without an inverse must not take the others with it."""
    singular = np.zeros(H.shape[:-2], dtype=bool)
    try:
        direction = np.asarray(np.linalg.solve(H, v[..., np.newaxis])[..., 0], dtype=float)
        return Solution(direction, singular)
    except np.linalg.LinAlgError:
        pass
    direction = np.full(v.shape, np.nan)
    for where in np.ndindex(H.shape[:-2]):
        try:
            direction[where] = np.linalg.solve(H[where], v[where])
        except np.linalg.LinAlgError:
            singular[where] = True
    return Solution(direction, singular)
