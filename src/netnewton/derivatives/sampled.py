"""Learning from samples: a new batch of trajectories at every call (Sections 3.2 and 4).

All agents learn from one batch, played with mu, which is made of all agents' own blocks; agent i
estimates the derivatives of its own return at its own copy, as `estimation` has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from netnewton.arrays import Array, count
from netnewton.derivatives import estimation
from netnewton.derivatives.estimation import Estimator, no_baseline
from netnewton.derivatives.source import Derivatives, SampledSource
from netnewton.policies.behaviour import behaviour_parameters
from netnewton.trajectories.playing import rollout
from netnewton.trajectories.protocols import SampledGame, SampledPolicy, Trajectories
from netnewton.trajectories.scores import Scores
from netnewton.trajectories.streams import Streams

APPENDIX_A = Estimator()


@dataclass(frozen=True, eq=False)
class SampledDerivatives(SampledSource):
    """Likelihood-ratio estimates of each agent's derivatives at its own copy.

    Called with theta of shape (R, N, D), it plays a new batch and gives `Derivatives` with the
    effective sample size and the mean return played.

    Parameters
    ----------
    game : SampledGame
    policy : SampledPolicy
        For this game.
    streams : Streams
        One generator for each of the R repetitions.
    horizon : int
        T >= 1, the number of steps of a trajectory.
    size : int
        L >= 1, the number of trajectories of a batch.
    estimator : Estimator
        Appendix A's by default.
    order : {0, 1, 2}
        Highest derivative that is estimated.

    Raises
    ------
    ValueError
        If the policy is not for this game, theta is not for its agents and parameters or for as
        many repetitions as there are generators, or there is no step, no trajectory, or too few of
        them for the baseline.
    """

    game: SampledGame
    policy: SampledPolicy
    streams: Streams
    horizon: int
    size: int
    estimator: Estimator = APPENDIX_A
    order: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.order, self.estimator.hessian)
        count("horizon", self.horizon)
        fewest = 1 if self.estimator.baseline is no_baseline else 2
        if count("batch size", self.size) < fewest:
            raise ValueError(
                f"batch size {self.size}: give at least {fewest} for an estimate with a baseline"
            )

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """Play a batch, and estimate J, gradients and Hessians at the copies."""
        copies = self._copies(theta)
        mu = behaviour_parameters(copies, self.owner)
        player = self.policy.player(mu, self.estimator.evaluated_at(copies, mu))
        batch = rollout(self.game, self.policy, mu, self.streams, self.horizon, self.size, player)
        found = self._estimate(batch, player.scores(batch), self.order)

        def elsewhere(others: Array) -> Array:
            at = self.estimator.evaluated_at(others, mu)
            return self._estimate(batch, self.policy.scores(at, mu, batch), order=1).gradient

        return found._replace(elsewhere=elsewhere)

    def _estimate(self, batch: Trajectories, scores: Scores, order: int) -> Derivatives:
        return estimation.estimate(batch, scores, self.game.discount, self.estimator, order)


def likelihood_ratio(
    game: SampledGame,
    policy: SampledPolicy,
    streams: Streams,
    horizon: int,
    size: int,
    estimator: Estimator = APPENDIX_A,
    order: int = 2,
) -> SampledDerivatives:
    """Each agent's derivatives at its own copy, from samples: see `SampledDerivatives`."""
    return SampledDerivatives(game, policy, streams, horizon, size, estimator, order)
