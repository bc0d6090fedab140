r"""Gaussian policies with a mean that is linear in radial basis functions (Section 6, gridworld).

Agent j's action is a_j = m_j + sigma * noise with m_j = phi_j^T psi_j. The features stand on grids
that cover the box, edges included, and sum to one over each grid. On a grid they are products of
two factors,

    phi_{ab}(x, y) = u_a(x) v_b(y),   u_a(x) ~ exp(-(x - c_a)^2 / 2 w^2),   c_a = a h,

and since the normalisation cancels what does not depend on a, u_a(x) ~ q^a exp(-(a h)^2 / 2 w^2)
with q = exp(x h / w^2): one exponential for each coordinate, whatever the size of the grid.

The score of psi_j is phi_j (a_j - m_j) / sigma^2, its derivative -phi_j phi_j^T / sigma^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.gaussian_scores import GaussianScores
from netnewton.policies.scores import Scores

if TYPE_CHECKING:
    from netnewton.trajectories import Streams, Trajectories

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class GaussianRBF:
    """Gaussian policies of agents in a planar box.

    psi_j holds agent j's weights, grid by grid, each in C order over (horizontal, vertical).

    Parameters
    ----------
    box : tuple of float
        Width and height; centres run from edge to edge.
    grid : tuple of int
        Number of centres along each side, at least 2.
    deviation : float
        sigma, in radians.
    sees : {"own", "both"}
        Whether an agent's features are a grid over its own position, or one over each agent's.
    width : float
        Width w of the functions, in spacings h of the centres.
    n_agents : int

    Raises
    ------
    ValueError
        If a value is out of range, naming it.
    """

    box: tuple[float, float]
    grid: tuple[int, int] = (3, 6)
    deviation: float = 0.5
    sees: Literal["own", "both"] = "own"
    width: float = 1.0
    n_agents: int = 2

    def __post_init__(self) -> None:
        if not 0.0 < self.deviation < np.inf:
            raise ValueError(f"deviation = {self.deviation}: give a standard deviation above 0")
        for side in self.box:
            if not 0.0 < side < np.inf:
                raise ValueError(f"box = {self.box}: give two lengths above 0")
        if min(self.grid) < 2:
            raise ValueError(f"grid = {self.grid}: give at least 2 centres along each side")
        if not 0.25 <= self.width <= 100.0:
            raise ValueError(f"width = {self.width}: give 0.25 to 100 spacings of the centres")
        if sum((n - 1) ** 2 for n in self.grid) / (2 * self.width**2) > 700.0:  # exp(710) overflows
            raise ValueError(
                f"grid = {self.grid} at width = {self.width}: give fewer centres or wider functions"
            )
        if self.sees not in ("own", "both"):
            raise ValueError(f"sees = {self.sees!r}: choose 'own' or 'both'")

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

    def features(self, positions: Array) -> Array:
        """phi_j of every agent.

        Parameters
        ----------
        positions : Array, shape (..., N, 2, L)

        Returns
        -------
        Array, shape (..., N, n_features, L)
        """
        x, y = self._ratio(positions[..., 0, :], 0), self._ratio(positions[..., 1, :], 1)
        across = _normalised(_powers(x, self.grid[0]), self._constants[0])
        up = _normalised(_powers(y, self.grid[1]), self._constants[1])
        product = across[..., :, np.newaxis, :] * up[..., np.newaxis, :, :]
        *batch, agents, _, _, size = product.shape
        if self.sees == "own":
            return product.reshape(*batch, agents, self.n_features, size)
        both = product.reshape(*batch, 1, self.n_features, size)
        return np.broadcast_to(both, (*batch, agents, self.n_features, size))

    def means(self, theta: Array, positions: Array) -> Array:
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

    def noise(self, streams: Streams, horizon: int, size: int) -> Array:
        """One standard normal number for each action, shape (T, R, N, L)."""
        return streams.normal(horizon, self.n_agents, size)

    def player(self, mu: Array, copies: Array | None = None) -> GaussianPlayer:
        """Play mu, shape (R, D), before copies of the parameters, shape (R, N, D)."""
        return GaussianPlayer(self, mu, copies)

    def scores(self, theta: Array, mu: Array, batch: Trajectories) -> Scores:
        """What each copy theta_i, shape (R, N, D), makes of a batch that mu (R, D) has played."""
        player = self.player(mu, theta)
        for positions, actions in zip(batch.states, batch.actions, strict=True):
            player.watch(positions, actions)
        return player.scores(batch)

    def saturated_share(self, mu: Array) -> Array:
        """Share of the weights, shape (...), beyond half a turn.

        A mean angle is an average of weights; beyond half a turn it has wrapped around.
        """
        return np.asarray((np.abs(mu) > np.pi).mean(axis=-1))

    @cached_property
    def _constants(self) -> tuple[Array, Array]:
        """exp(-c_a^2 / 2 w^2) for the centres along each side, counted from its middle."""
        across, up = (np.arange(n) - (n - 1) / 2 for n in self.grid)
        return np.exp(-np.square(across / self.width) / 2), np.exp(-np.square(up / self.width) / 2)

    def coefficients(self, theta: Array) -> Array:
        """The weights times the constants, shape (..., N, grids, across, up)."""
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


class GaussianPlayer:
    """A policy at play: from positions (R, N, 2, L) and noise (R, N, L) to angles (R, N, L).

    What the copies make of it is found on the way, while a step's arrays are in the cache.

    Parameters
    ----------
    policy : GaussianRBF
    mu : Array, shape (R, D)
        The parameters that are played.
    copies : Array, shape (R, N, D), optional
        Those that watch.
    """

    def __init__(self, policy: GaussianRBF, mu: Array, copies: Array | None = None) -> None:
        self.policy, self.watched = policy, copies is not None
        self.asked = np.empty((policy.n_agents, 0), dtype=np.intp)
        self.coefficients = policy.coefficients(mu)[:, :, :, np.newaxis]
        if copies is not None:
            self.asked = _asked(policy, mu, copies)
            agents = np.arange(policy.n_agents)[:, np.newaxis]
            others = np.moveaxis(policy.coefficients(copies)[:, self.asked, agents], 2, 3)
            self.coefficients = np.concatenate([self.coefficients, others], axis=3)
        self._noise: list[Array] = []
        self._shift: list[Array] = []
        self._log_ratio: list[Array] = []

    def __call__(self, positions: Array, noise: Array) -> Array:
        """Take a step."""
        means = self._means(positions)
        angles = self.policy.deviation * noise
        angles += means[:, :, 0]
        self._keep(means, noise)
        return angles

    def watch(self, positions: Array, actions: Array) -> None:
        """See a step that was taken before."""
        means = self._means(positions)
        self._keep(means, (actions - means[:, :, 0]) / self.policy.deviation)

    def scores(self, batch: Trajectories) -> Scores:
        """What the copies make of the batch, all of whose steps have been taken or seen."""
        if not self.watched:
            raise ValueError("no copies were named that watch: give them to GaussianRBF.player")
        noise, shift = np.stack(self._noise), np.stack(self._shift)
        return GaussianScores(
            self.policy, batch, self.asked, noise, shift, np.stack(self._log_ratio)
        )

    def _means(self, positions: Array) -> Array:
        """m_j under mu and under the copies that are asked, shape (R, N, 1 + C, L)."""
        return self.policy.means_at(self.policy.basis(positions), self.coefficients)

    def _keep(self, means: Array, noise: Array) -> None:
        if not self.watched:
            return
        shift = means[:, :, :1] - means[:, :, 1:]
        shift /= self.policy.deviation
        loss = shift / 2
        loss += noise[:, :, np.newaxis]
        loss *= shift
        log_ratio = np.zeros_like(noise)
        for (agent, column), copy in np.ndenumerate(self.asked):
            log_ratio[:, copy] -= loss[:, agent, column]
        self._noise.append(noise)
        self._shift.append(shift)
        self._log_ratio.append(log_ratio)


def _asked(policy: GaussianRBF, mu: Array, copies: Array) -> Indices:
    """For each agent's block, the copies that may have it otherwise than it is played; (N, C).

    Usually all copies but the agent's own: that one need not be asked for its mean again.
    """
    N = policy.n_agents
    if np.array_equal(behaviour_parameters(copies, policy.owner), mu):
        return np.array([[i for i in range(N) if i != j] for j in range(N)], dtype=np.intp)
    return np.tile(np.arange(N), (N, 1))
