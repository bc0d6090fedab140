r"""Gaussian policies, played and scored step by step (Section 6, gridworld).

Agent j's action is a_j = m_j + sigma * noise with the mean m_j of `gaussian_means`. The score of
psi_j is phi_j (a_j - m_j) / sigma^2, its derivative -phi_j phi_j^T / sigma^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, reals
from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.gaussian_means import GaussianMeans
from netnewton.policies.gaussian_scores import GaussianScores
from netnewton.trajectories.protocols import Trajectories
from netnewton.trajectories.scores import Scores
from netnewton.trajectories.streams import Streams


class Boxed(Protocol):
    """A game of agents in a planar box."""

    @property
    def box(self) -> tuple[float, float]:
        """Width and height."""

    @property
    def n_agents(self) -> int:
        """N."""


@dataclass(frozen=True)
class GaussianRBF(GaussianMeans):
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

    @classmethod
    def of(cls, game: Boxed, **choices: Any) -> GaussianRBF:
        """The policies for a game in a box, such as ``GaussianRBF.of(Gridworld(), sees="both")``.

        Parameters
        ----------
        game : Boxed
            Gives `box` and `n_agents`.
        **choices
            The other parameters: `grid`, `deviation`, `sees`, `width`.
        """
        return cls(box=game.box, n_agents=game.n_agents, **choices)

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

    def saturated_share(self, mu: npt.ArrayLike) -> Array:
        """Share of the weights, shape (...), beyond half a turn.

        A mean angle is an average of weights; beyond half a turn it has wrapped around.
        """
        return np.asarray((np.abs(reals("mu", mu)) > np.pi).mean(axis=-1))


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
        if positions.ndim != 4 or positions.shape[1:3] != (self.policy.n_agents, 2):
            raise ValueError(
                f"Gaussian policies of {self.policy.n_agents} agents see coordinates, shape (R, "
                f"{self.policy.n_agents}, 2, L); this game shows {positions.shape}: give it a "
                "policy that sees those"
            )
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
