r"""Learning from samples in one-shot finite games, at a cost that does not grow with the batch.

With one state and one step, all that a batch of L plays says is how often each joint action a was
played. These counts n(a) are multinomial, with L trials and the probabilities pi_mu(a), and the
estimates of Theorem 1, eq. 9 and Appendix A are sums over joint actions:

    gradient  =  1/L sum_a n(a) c(a) s(a)                        c(a) = w(a) (R_i(a) - b)
    Hessian   =  1/L sum_a n(a) c(a) (s(a) s(a)^T + ds(a))       w(a) = pi_{theta_i}(a) / pi_mu(a)

with the score s and its derivative ds at agent i's copy theta_i. In distribution they are those of
`likelihood_ratio` with a horizon of one; given the counts of its plays, they are the same numbers
up to rounding. With one step both forms of the Hessian are equal, and so are REINFORCE and
G(PO)MDP.

Differs from the paper as `estimation` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, counts
from netnewton.derivatives.counting import BASELINES, Counts, effective_sample_size, log_joint
from netnewton.derivatives.estimation import (
    Estimator,
    gpomdp,
    no_baseline,
    printed_hessian,
    reinforce,
    unbiased_hessian,
)
from netnewton.derivatives.sampled import APPENDIX_A
from netnewton.derivatives.second_order import PolicyCurvature
from netnewton.derivatives.source import Derivatives, SampledSource
from netnewton.games.finite import FiniteGame
from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.boltzmann import Boltzmann
from netnewton.trajectories.streams import Streams

MOST_JOINT_ACTIONS = 4096


@dataclass(frozen=True, eq=False)
class CountedDerivatives(SampledSource):
    """Likelihood-ratio estimates of each agent's derivatives at its own copy, from counts.

    Called with theta of shape (R, N, D), it draws a new batch and gives `Derivatives` with the
    effective sample size and the mean return played.

    Parameters
    ----------
    game : FiniteGame
        With one state; played for one step.
    policy : Boltzmann
        For this game.
    streams : Streams
        For R repetitions; those of a group share a generator.
    batch_sizes : int or sequence of int, shape (R,)
        L >= 1, the number of plays of a batch: of all repetitions, or of each.
    estimator : Estimator
        Appendix A's by default. Its weights and where it is evaluated may be any; its baseline
        must be one of `estimation`'s, or None.
    order : {0, 1, 2}
        Highest derivative that is estimated.

    Raises
    ------
    ValueError
        If the game has more than one state or too many joint actions, the policy is not for it,
        theta is not for its agents and parameters or for as many repetitions as there are streams,
        a batch is too small, or the estimator needs single plays.
    """

    game: FiniteGame
    policy: Boltzmann
    streams: Streams
    batch_sizes: int | Sequence[int] | Indices
    estimator: Estimator = APPENDIX_A
    order: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.order, self.estimator.hessian)
        _require_one_shot(self.game, self.policy)
        _require_known(self.estimator)
        self._sizes  # noqa: B018 - refuses what is no size of a batch

    @cached_property
    def _sizes(self) -> Indices:
        """L of every repetition, shape (R,)."""
        fewest = 1 if self.estimator.baseline is no_baseline else 2
        given = counts("batch_sizes", np.atleast_1d(self.batch_sizes).tolist(), fewest)
        if len(given) not in (1, self.repetitions):
            raise ValueError(
                f"{len(given)} batch sizes for {self.repetitions} repetitions: give one for each, "
                "or one for all"
            )
        return np.broadcast_to(given, self.repetitions)

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """Draw a batch, and estimate J, gradients and Hessians at the copies."""
        copies = self._copies(theta)
        tables = self._log_tables(copies)
        drawn = self.streams.multinomial(self._sizes, np.exp(tables[1][:, 0]))
        return self._estimate(*tables, drawn)

    def from_counts(self, theta: Array, drawn: Indices) -> Derivatives:
        """The estimates from given counts.

        Parameters
        ----------
        theta : Array, shape (R, N, D)
        drawn : Indices, shape (R, A)
            How often each joint action, in the order of enumeration, was played with
            mu = [psi_1, ..., psi_N]; the last axis sums to `batch_sizes`.
        """
        return self._estimate(*self._log_tables(theta), drawn)

    def _log_tables(self, theta: Array) -> tuple[Array, Array]:
        """Logarithms of each agent's and of the joint probabilities, of mu and of the copies.

        Shapes (R, 1 + N, 1, N, most actions) and (R, 1 + N, A).
        """
        mu = behaviour_parameters(theta, self.owner)
        at = self.estimator.evaluated_at(theta, mu)
        single = self.policy.log_probabilities(np.concatenate([mu[:, np.newaxis], at], axis=1))
        return single, log_joint(self.policy, single[:, :, 0])

    def _estimate(self, log_single: Array, log_pi: Array, drawn: Indices) -> Derivatives:
        log_weight = log_pi[:, 1:] - log_pi[:, :1]
        batch = self._batch(drawn, log_weight)
        found = Derivatives(
            batch.mean(batch.weight * batch.reward),
            effective_sample_size=effective_sample_size(log_weight, batch.drawn),
            played=batch.mean(batch.reward),
        )
        if self.order == 0:
            return found
        table = self.policy.tabulated(np.exp(log_single[:, 1:]))
        kind, estimated = self.estimator.hessian, BASELINES[self.estimator.baseline]
        if self.order == 2 and isinstance(kind, PolicyCurvature):
            gradient, _ = estimated(batch, table, 1)
            multiple = batch.mean(kind.of_plays(batch.weight, batch.reward))
            hessian = multiple[..., np.newaxis, np.newaxis] * table.score_derivative[:, :, 0]
        else:
            gradient, hessian = estimated(batch, table, self.order)
        return found._replace(gradient=gradient, hessian=hessian)

    def _batch(self, drawn: Indices, log_weight: Array) -> Counts:
        played, reward = drawn[:, np.newaxis] > 0, self._reward
        bounded = isinstance(self.estimator.hessian, PolicyCurvature)
        sparse = self.estimator.baseline is no_baseline and not bounded
        weight = self.estimator.weights(log_weight, played & (reward != 0) if sparse else played)
        size = self._sizes[:, np.newaxis].astype(float)
        return Counts(drawn[:, np.newaxis].astype(float), size, reward, weight)

    @cached_property
    def _reward(self) -> Array:
        """What each agent is paid for each joint action, shape (N, A)."""
        game = self.game
        return game.joint_rewards[:, 0] * (1.0 - game.discount if game.normalised else 1.0)


def counted(
    game: FiniteGame,
    policy: Boltzmann,
    streams: Streams,
    batch_sizes: int | Sequence[int] | Indices,
    estimator: Estimator = APPENDIX_A,
    order: int = 2,
) -> CountedDerivatives:
    """Each agent's derivatives at its own copy, from counts: see `CountedDerivatives`."""
    return CountedDerivatives(game, policy, streams, batch_sizes, estimator, order)


def _require_one_shot(game: FiniteGame, policy: Boltzmann) -> None:
    if game.n_states != 1:
        raise ValueError(
            f"a game with {game.n_states} states: only plays of a game with one state can be "
            "counted; sample it with likelihood_ratio"
        )
    if policy.n_joint_actions > MOST_JOINT_ACTIONS:
        raise ValueError(
            f"{policy.n_joint_actions:,} joint actions, more than {MOST_JOINT_ACTIONS:,}: sample "
            "with likelihood_ratio, which enumerates none"
        )


def _require_known(estimator: Estimator) -> None:
    known = {
        "credit": (gpomdp, reinforce),
        "hessian": (printed_hessian, unbiased_hessian),
        "baseline": tuple(BASELINES),
    }
    for name, choices in known.items():
        chosen = getattr(estimator, name)
        if chosen not in choices and not isinstance(chosen, PolicyCurvature):
            raise ValueError(
                f"{name} = {chosen!r} is made for single plays: choose one of those of "
                "derivatives.estimation, or sample with likelihood_ratio"
            )
