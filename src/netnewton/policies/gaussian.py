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

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.scores import Scores, Sums, sums_so_far

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


class GaussianScores(Scores):
    """Scores of a batch, from what a `GaussianPlayer` has kept.

    Parameters
    ----------
    policy : GaussianRBF
    batch : Trajectories
    asked : Indices, shape (N, C)
        Which copies' means may differ from the one that was played, for each agent.
    noise : Array, shape (T, R, N, L)
        Distances of the actions from the means that were played, in standard deviations.
    shift : Array, shape (T, R, N, C, L)
        The mean that was played less the copy's, in standard deviations.
    log_ratio : Array, shape (T, R, copies, L)
    """

    def __init__(
        self,
        policy: GaussianRBF,
        batch: Trajectories,
        asked: Indices,
        noise: Array,
        shift: Array,
        log_ratio: Array,
    ) -> None:
        self.policy, self.batch, self.log_ratio = policy, batch, log_ratio
        self.asked, self.noise, self.shift = asked, noise, shift

    def away(self, t: Indices, r: Indices, trajectory: Indices) -> Array:
        """Distances of the actions from the copies' means, in standard deviations.

        Parameters
        ----------
        t, r, trajectory : Indices
            Of steps, repetitions and trajectories, which broadcast to the shape (M).

        Returns
        -------
        Array, shape (copies, N, M)
        """
        noise = np.moveaxis(self.noise[t, r, :, trajectory], 0, -1)
        shift = np.moveaxis(self.shift[t, r, :, :, trajectory], 0, -1)
        away = np.repeat(noise[np.newaxis], self.policy.n_agents, axis=0)
        away[self.asked, np.arange(len(noise))[:, np.newaxis]] += shift
        return away

    def steps(self) -> Array:
        """The score of every step."""
        T, R, N, L = self.noise.shape
        everything = (index.ravel() for index in np.indices((T, R, L)))
        away = np.moveaxis(self.away(*everything).reshape(N, N, T, R, L), (0, 1), (2, 3))
        phi = self.policy.features(self.batch.states)[:, :, np.newaxis]
        score = phi * (away / self.policy.deviation)[..., np.newaxis, :]
        return np.moveaxis(score.reshape(T, R, N, -1, L), -1, -2)

    def derivative(self, t: int) -> Array:
        """The score's derivative at step t, the same for every copy."""
        phi = np.moveaxis(self.policy.features(self.batch.states[t]), -1, 1)
        N, D, n = self.policy.n_agents, self.policy.n_parameters, self.policy.n_features
        full = np.zeros((*phi.shape[:2], N, n, N, n))
        for j in range(N):
            outer = phi[:, :, j, :, np.newaxis] * phi[:, :, j, np.newaxis, :]
            full[:, :, j, :, j, :] = -outer / self.policy.deviation**2
        full = full.reshape(len(phi), 1, -1, D, D)
        return np.broadcast_to(full, (len(phi), N, *full.shape[2:]))

    def weighted(self, weights: Array) -> Sums:
        """Sums over the steps that have a weight: rewards are sparse, so most have none."""
        return GaussianSums(self, weights)


class GaussianSums(Sums):
    """Weighted sums over the steps that have a weight for some copy, repetition by repetition.

    How many those are differs between repetitions, hence the loops over them.
    """

    scores: GaussianScores

    def score(self) -> Array:
        """Sum of weight * score, shape (R, N, D)."""
        total = [
            np.concatenate([(weight * away[:, j]) @ phi[j].T for j in range(len(phi))], axis=-1)
            for phi, away, weight in self._steps
        ]
        return np.stack(total) / self.scores.policy.deviation

    def outer(self) -> Array:
        """Sum of weight * score score^T, shape (R, N, D, D)."""
        return self._blocks(lambda away, j, k: away[:, j] * away[:, k])

    def derivative(self) -> Array:
        """Sum of weight * derivative of the score, shape (R, N, D, D)."""
        return self._blocks(lambda away, j, k: -1.0 if j == k else None)

    def outer_and_derivative(self) -> Array:
        """The sum of `outer` and `derivative`."""
        return self._blocks(lambda away, j, k: away[:, j] * away[:, k] - (j == k))

    def outer_of_sums(self) -> Array:
        """Sum of weight * S_t S_t^T, where S_t sums the scores up to step t; (R, N, D, D)."""
        scores = self.scores
        D = scores.policy.n_parameters
        total = np.zeros((*self.weights.shape[1:3], D, D))
        for r in range(len(total)):
            chosen = np.nonzero(self.weights[:, r].any(axis=(0, 1)))[0]
            weights = self.weights[:, r][..., chosen]
            phi = scores.policy.features(scores.batch.states[:, r][..., chosen])
            steps = np.indices((len(weights), len(chosen)))
            away = scores.away(steps[0].ravel(), np.array(r), chosen[steps[1].ravel()])
            away = np.moveaxis(away.reshape(*away.shape[:2], *weights.shape[::2]), 2, 0)
            score = phi[:, np.newaxis] * away[..., np.newaxis, :]
            summed = sums_so_far(score).reshape(*weights.shape[:2], D, len(chosen))
            for copy in range(weights.shape[1]):
                t, trajectory = np.nonzero(weights[:, copy])
                vectors = summed[t, copy, :, trajectory]
                weighted = vectors * weights[t, copy, trajectory][:, np.newaxis]
                total[r, copy] = vectors.T @ weighted
        return total / scores.policy.deviation**2

    @cached_property
    def _steps(self) -> list[tuple[Array, Array, Array]]:
        """Of each repetition's steps: phi (N, n, m), away (copies, N, m), weight (copies, m)."""
        batch = self.scores.batch
        has_weight = np.logical_or.reduce(list(np.moveaxis(self.weights != 0, 2, 0)))
        r, t, trajectory = np.nonzero(np.swapaxes(has_weight, 0, 1))
        positions = np.moveaxis(batch.states[t, r, :, :, trajectory], 0, -1)
        phi = self.scores.policy.features(np.ascontiguousarray(positions))
        away = self.scores.away(t, r, trajectory)
        weight = self.weights[t, r, :, trajectory].T
        ends = np.searchsorted(r, np.arange(self.weights.shape[1] + 1))
        slices = [slice(*pair) for pair in itertools.pairwise(ends)]
        return [(phi[..., s], away[..., s], weight[..., s]) for s in slices]

    def _blocks(self, coefficient: Callable[[Array, int, int], Array | float | None]) -> Array:
        """Sum of weight * coefficient(j, k) * phi_j phi_k^T, block by block of agents j and k."""
        policy = self.scores.policy
        N, n = policy.n_agents, policy.n_features
        total = np.zeros((*self.weights.shape[1:3], N, n, N, n))
        for block, (phi, away, weight) in zip(total, self._steps, strict=True):
            if weight.size == 0:
                continue
            for j, k in itertools.combinations_with_replacement(range(N), 2):
                if (factor := coefficient(away, j, k)) is None:
                    continue
                left = (weight * factor)[:, np.newaxis] * phi[j]
                product = left.reshape(len(left) * n, left.shape[-1]) @ phi[k].T
                block[:, j, :, k] = product.reshape(-1, n, n)
                if j != k:
                    block[:, k, :, j] = np.swapaxes(block[:, j, :, k], -1, -2)
        D = policy.n_parameters
        return total.reshape(*total.shape[:2], D, D) / policy.deviation**2
