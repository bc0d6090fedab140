r"""Means of Gaussian policies that are linear in radial basis functions (Section 6, gridworld).

Agent j's action has the mean m_j = phi_j^T psi_j. The features stand on grids that cover the box,
edges included, and sum to one over each grid. On a grid they are products of two factors,

    phi_{ab}(x, y) = u_a(x) v_b(y),   u_a(x) ~ exp(-(x - c_a)^2 / 2 w^2),   c_a = a h,

and since the normalisation cancels what does not depend on a, u_a(x) ~ q^a exp(-(a h)^2 / 2 w^2)
with q = exp(x h / w^2): one exponential for each coordinate, whatever the size of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, count, counts, number, reals


@dataclass(frozen=True)
class GaussianMeans:
    """The fields of `GaussianRBF`, which says what they are, and the features and means of it."""

    box: tuple[float, float]
    grid: tuple[int, int] = (3, 6)
    deviation: float = 0.5
    sees: Literal["own", "both"] = "own"
    width: float = 1.0
    n_agents: int = 2

    def __post_init__(self) -> None:
        self._convert()
        if not 0.0 < self.deviation < np.inf:
            raise ValueError(f"deviation = {self.deviation}: give a standard deviation above 0")
        if not (len(self.box) == 2 and all(0.0 < side < np.inf for side in self.box)):
            raise ValueError(f"box = {self.box}: give two lengths above 0")
        if len(self.grid) != 2 or min(self.grid) < 2:
            raise ValueError(f"grid = {self.grid}: give at least 2 centres along each side")
        if not 0.25 <= self.width <= 100.0:
            raise ValueError(f"width = {self.width}: give 0.25 to 100 spacings of the centres")
        if sum((n - 1) ** 2 for n in self.grid) / (2 * self.width**2) > 700.0:  # exp(710) overflows
            raise ValueError(
                f"grid = {self.grid} at width = {self.width}: give fewer centres or wider functions"
            )
        if self.sees not in ("own", "both"):
            raise ValueError(f"sees = {self.sees!r}: choose 'own' or 'both'")

    def _convert(self) -> None:
        given = {
            "box": tuple(map(float, np.atleast_1d(reals("box", self.box)))),
            "grid": counts("grid", self.grid),
            "deviation": number("deviation", self.deviation),
            "width": number("width", self.width),
            "n_agents": count("n_agents", self.n_agents),
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def n_features(self) -> int:
        """Number of an agent's features."""
        grids = self.n_agents if self.sees == "both" else 1
        return grids * self.grid[0] * self.grid[1]

    @property
    def n_parameters(self) -> int:
        """D, the length of theta."""
        return self.n_agents * self.n_features

    @cached_property
    def owner(self) -> Indices:
        """The agent that each parameter belongs to, shape (D,): psi_j is ``theta[owner == j]``."""
        return np.repeat(np.arange(self.n_agents), self.n_features)

    def features(self, positions: npt.ArrayLike) -> Array:
        """phi_j of every agent.

        Parameters
        ----------
        positions : Array, shape (..., N, 2, L)

        Returns
        -------
        Array, shape (..., N, n_features, L)
        """
        positions = reals("positions", positions)
        x, y = self._ratio(positions[..., 0, :], 0), self._ratio(positions[..., 1, :], 1)
        across = _normalised(_powers(x, self.grid[0]), self._constants[0])
        up = _normalised(_powers(y, self.grid[1]), self._constants[1])
        product = across[..., :, np.newaxis, :] * up[..., np.newaxis, :, :]
        *batch, agents, _, _, size = product.shape
        if self.sees == "own":
            return product.reshape(*batch, agents, self.n_features, size)
        both = product.reshape(*batch, 1, self.n_features, size)
        return np.broadcast_to(both, (*batch, agents, self.n_features, size))

    def means(self, theta: npt.ArrayLike, positions: Array) -> Array:
        """m_j of every agent, in radians: polynomials in the two ratios q, grid by grid.

        Parameters
        ----------
        theta : Array, shape (..., D)
        positions : Array, shape (..., N, 2, L)

        Returns
        -------
        Array, shape (..., N, L)
        """
        coefficients = self.coefficients(theta)[..., np.newaxis, :, :]
        return self.means_at(self.basis(positions), coefficients)[..., 0, :]

    @cached_property
    def _constants(self) -> tuple[Array, Array]:
        """exp(-c_a^2 / 2 w^2) for the centres along each side, counted from its middle."""
        across, up = (np.arange(n) - (n - 1) / 2 for n in self.grid)
        return np.exp(-np.square(across / self.width) / 2), np.exp(-np.square(up / self.width) / 2)

    def coefficients(self, theta: npt.ArrayLike) -> Array:
        """The weights times the constants, shape (..., N, grids, across, up)."""
        theta = reals("theta", theta)
        across, up = self._constants
        weights = theta.reshape(*theta.shape[:-1], self.n_agents, -1, *self.grid)
        return weights * (across[:, np.newaxis] * up)

    def basis(self, positions: Array) -> Basis:
        """What `means_at` needs of positions of shape (..., N, 2, L)."""
        x, y = self._ratio(positions[..., 0, :], 0), self._ratio(positions[..., 1, :], 1)
        powers = _powers(y, self.grid[1])
        scale = _horner(self._constants[0], x) * np.matmul(self._constants[1], powers)
        axis = -2 if self.sees == "own" else -3
        return Basis(np.expand_dims(x, axis), np.expand_dims(powers, axis - 1), scale)

    def means_at(self, basis: Basis, coefficients: Array) -> Array:
        """m_j of every agent under C copies, from `basis` and `coefficients`.

        Parameters
        ----------
        basis : Basis
        coefficients : Array, shape (..., N, grids, C, across, up)

        Returns
        -------
        Array, shape (..., N, C, L)
        """
        x, powers, scale = basis
        *batch, across, up = coefficients.shape
        rows = np.matmul(coefficients.reshape(*batch[:-1], batch[-1] * across, up), powers)
        rows = rows.reshape(*rows.shape[:-2], batch[-1], across, rows.shape[-1])
        value = _horner(np.moveaxis(rows, -2, 0), x[..., np.newaxis, :])
        if self.sees == "own":
            value = value[..., 0, :, :]
            value /= scale[..., np.newaxis, :]
            return value
        value /= scale[..., np.newaxis, :, np.newaxis, :]
        return np.asarray(value.sum(axis=-3))

    def _ratio(self, coordinate: Array, side: int) -> Array:
        """The ratio q of one coordinate, in the same shape."""
        rate = (self.grid[side] - 1) / (self.box[side] * self.width**2)
        ratio = coordinate * rate
        ratio -= rate * self.box[side] / 2
        return np.exp(ratio, out=ratio)


class Basis(NamedTuple):
    """Positions as a policy sees them, one grid over each; S is N, 1 or 1, N by whose they are."""

    x: Array
    """q across, shape (..., S, L)."""
    powers: Array
    """Powers of q up, shape (..., S, centres up, L)."""
    scale: Array
    """What the features are divided by to sum one, for each position, shape (..., N, L)."""


def _powers(ratio: Array, n: int) -> Array:
    """Powers 0, ..., n - 1 of numbers of shape (..., L), shape (..., n, L)."""
    powers = np.empty((*ratio.shape[:-1], n, ratio.shape[-1]))
    powers[..., 0, :] = 1.0
    powers[..., 1, :] = power = ratio
    for k in range(2, n):
        powers[..., k, :] = power = power * ratio
    return powers


def _normalised(powers: Array, constants: Array) -> Array:
    """Powers times constants, to sum one over the axis before the last."""
    terms = powers * constants[:, np.newaxis]
    terms /= terms.sum(axis=-2, keepdims=True)
    return terms


def _horner(coefficients: Array, x: Array) -> Array:
    """The polynomial with coefficients (n, ...), the constant first."""
    value = coefficients[-1] * x
    for coefficient in coefficients[-2:0:-1]:
        value += coefficient
        value *= x
    value += coefficients[0]
    return np.asarray(value)
