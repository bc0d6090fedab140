"""Scores of Gaussian policies and their weighted sums, for likelihood-ratio estimates.

The score of psi_j is phi_j (a_j - m_j) / sigma^2, its derivative -phi_j phi_j^T / sigma^2. Rewards
are sparse, so that most steps have no weight: sums are over those that have one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cached_property

import numpy as np

from netnewton.arrays import Array, Indices
from netnewton.policies.gaussian_means import GaussianMeans
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores, Sums, sums_so_far


class GaussianScores(Scores):
    """Scores of a batch, from what a `GaussianPlayer` has kept.

    Parameters
    ----------
    policy : GaussianMeans
    batch : Trajectories
    asked : Indices, shape (N, C)
        Which copies' means may differ from the one that was played, for each agent.
    noise : Array, shape (T, R, N, L)
        Distances of the actions from the means that were played, in standard deviations.
    shift : Array, shape (T, R, N, C, L)
        The mean that was played less the copy's, in standard deviations.
    log_ratio : Array, shape (T, R, copies, L)
    """

    free_of_action = True

    def __init__(
        self,
        policy: GaussianMeans,
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
        """The sum of `outer` and `derivative`, shape (R, N, D, D)."""
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
