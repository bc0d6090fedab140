r"""Exact returns, gradients and Hessians of a finite Markov game (eq. 1 and 4), in closed form.

With P_pi and r_i the transition matrix and the expected reward of agent i under pi_theta,
rho the initial distribution, and c = 1 - gamma for normalised returns, otherwise 1:

    V_i = (I - gamma P_pi)^{-1} r_i          Q_i(s, a) = R_i(s, a) + gamma sum_t P(t | s, a) V_i(t)
    x   = c rho^T (I - gamma P_pi)^{-1}      J_i = c rho^T V_i

    dJ_i/du    = sum_s x_s sum_a (d pi(a|s)/du) Q_i(s, a)
    d2J_i/dudv = sum_s x_s sum_a (d2 pi(a|s)/dudv) Q_i(s, a)
               + gamma sum_s x_s sum_t (dP_pi(t|s)/du) (dV_i(t)/dv)  +  the same, u and v exchanged

A parameter acts in one state only, so the first sum of the Hessian is block-diagonal over states.
For Boltzmann policies, with p_u = pi_{psi_j}(b | s) for the logit u of agent j's action b, e_u(a)
one if joint action a takes that action and zero otherwise, and A_i = pi (Q_i - V_i),

    sum_a (d pi(a|s)/du) Q_i(s, a)    = sum_a A_i(s, a) e_u(a)                            =: c_u
    sum_a (d2 pi(a|s)/dudv) Q_i(s, a) = sum_a A_i(s, a) e_u(a) e_v(a) - p_u c_v - c_u p_v

which follows from grad log pi = e - p and from hess log pi being the same for every action.

In place of the Hessian a source gives, if told so, what the estimates of `estimation` have in its
place in expectation: Appendix A's as printed is the first sum alone; Gauss-Newton and Fisher are
sums over states of hess log pi(. | s), as often as `second_order` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices
from netnewton.derivatives.estimation import printed_hessian, unbiased_hessian
from netnewton.derivatives.second_order import Credited, PolicyCurvature
from netnewton.derivatives.source import Derivatives, PolicySource, as_copies, as_parameters
from netnewton.games.finite import FiniteGame
from netnewton.policies.boltzmann import Boltzmann
from netnewton.policies.boltzmann_tables import JointPolicy

MOST_GIGABYTES = 4.0
HESSIANS = (unbiased_hessian, printed_hessian)


@dataclass(frozen=True, eq=False)
class ExactDerivatives(PolicySource):
    """The oracle of exact learning: each agent's derivatives at its own copy, with its own reward.

    Called with theta of shape (R, N, D), it gives `Derivatives`: J of shape (R, N), gradients
    (R, N, D) and Hessians (R, N, D, D); those above `order` are `NOT_COMPUTED`.

    Parameters
    ----------
    game : FiniteGame
        N agents, S states.
    policy : Boltzmann
        For the same states and actions; D parameters.
    order : {0, 1, 2}
        Highest derivative that is computed.
    most_gigabytes : float
        What would need more memory is refused before any of it is taken.
    hessian : callable
        What is given as the Hessian, as an `Estimator` has it: by default `unbiased_hessian`, of
        Theorem 1, which is exactly that. Or `printed_hessian`, `gauss_newton`, a `GaussNewton`
        with bounds, or `fisher`.

    Raises
    ------
    ValueError
        If the policy is not for this game's states and actions, theta is not for its agents and
        parameters, or too much memory would be needed.
    """

    game: FiniteGame
    policy: Boltzmann
    order: int = 2
    most_gigabytes: float = MOST_GIGABYTES
    hessian: Callable[[Credited], Array] = unbiased_hessian

    repetitions: ClassVar[None] = None
    """As many as are asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.order, self.hessian)
        if not (isinstance(self.hessian, PolicyCurvature) or self.hessian in HESSIANS):
            raise ValueError(
                f"hessian = {self.hessian!r} is made for samples: choose unbiased_hessian, "
                "printed_hessian, gauss_newton or fisher"
            )
        self._require_memory(self.game.n_agents, self.order)

    def __call__(self, theta: npt.ArrayLike) -> Derivatives:
        """J, gradients and Hessians at the copies."""
        copies = as_copies(theta, self.n_agents, self.n_parameters)
        self._require_memory(copies.size // self.n_parameters, self.order)
        single = self.policy.probabilities(copies)
        probability = self.policy.joint_probability(single)
        values = self._values(probability)
        if self.order == 0:
            return Derivatives(values.J)
        gain = self._action_values(values) - values.V[..., np.newaxis]
        advantage = values.x[..., np.newaxis] * probability * gain
        slope = np.matmul(advantage, self.policy.taken)
        gradient = self._in_order(slope.reshape(copies.shape))
        if self.order == 1:
            return Derivatives(values.J, gradient)
        if self._kind is not None:
            hessian = self._of_log_policy(self._kind, values, single)
        else:
            free = self.policy.slot_probability(single)
            hessian = _within_states(self.policy, free, advantage, slope)
            if self.game.discount > 0 and self.hessian is unbiased_hessian:
                hessian += self._across_states(values, single, gain)
        hessian = hessian.reshape(*copies.shape, self.n_parameters)
        return Derivatives(values.J, gradient, self._in_order_twice(hessian))

    @cached_property
    def _kind(self) -> PolicyCurvature | None:
        """What is made of hess log pi alone; asking for its class would take too long a call."""
        return self.hessian if isinstance(self.hessian, PolicyCurvature) else None

    def _across_states(self, values: _Values, single: Array, gain: Array) -> Array:
        pi, resolvent = self.policy.tabulated(single), self.game.discount * values.resolvent
        return _across_states(pi, values.x, gain, self.game.joint_transitions, resolvent)

    def _of_log_policy(self, kind: PolicyCurvature, values: _Values, single: Array) -> Array:
        """The sum over states of hess log pi, as often as the kind says; (..., S, K, S, K)."""
        scale, gamma = self._scale, self.game.discount
        multiple = kind.in_states(values.x / scale, scale * values.V, gamma)
        derivative = self.policy.tabulated(single).score_derivative
        return _block_diagonal(multiple[..., np.newaxis, np.newaxis] * derivative)

    def returns(self, mu: npt.ArrayLike) -> Array:
        """J_i of one joint policy for all agents, from mu of shape (..., D) to (..., N)."""
        parameters = as_parameters("mu", mu, self.n_parameters)
        self._require_memory(parameters.size // self.n_parameters, 0)
        single = self.policy.probabilities(parameters[..., np.newaxis, :])
        return self._values(self.policy.joint_probability(single)).J

    def _values(self, probability: Array) -> _Values:
        game = self.game
        V = np.einsum("...a,...a->...", probability, game.joint_rewards)
        if game.discount == 0:
            return _Values(V @ self._start, V, self._start, V)
        resolvent = _resolvent(probability, game.joint_transitions, game.discount)
        V = np.matmul(resolvent, V[..., np.newaxis])[..., 0]
        return _Values(V @ self._start, V, self._start @ resolvent, resolvent)

    def _action_values(self, values: _Values) -> Array:
        """Q_i(s, a), shape (..., N, S, A)."""
        game = self.game
        if game.discount == 0:
            return game.joint_rewards
        ahead = np.einsum("sat,...t->...sa", game.joint_transitions, values.V)
        return game.joint_rewards + game.discount * ahead

    @property
    def _scale(self) -> float:
        """c, of returns."""
        return 1.0 - self.game.discount if self.game.normalised else 1.0

    @cached_property
    def _start(self) -> Array:
        """The first state's distribution rho, times c."""
        return self.game.initial * self._scale

    @cached_property
    def _position(self) -> Indices | None:
        """Sums run state by state: where theta's entries stand in that order; None if in place."""
        position = np.argsort(self.policy.parameters.ravel())
        moved = bool((position != np.arange(len(position))).any())
        return position if moved else None

    def _in_order(self, gradient: Array) -> Array:
        return gradient if self._position is None else gradient[..., self._position]

    def _in_order_twice(self, hessian: Array) -> Array:
        position = self._position
        return hessian if position is None else hessian[..., position[:, np.newaxis], position]

    @cached_property
    def _largest_arrays(self) -> Mapping[int, tuple[int, int]]:
        """How many numbers the largest arrays of each order hold: once, and for each copy."""
        N, S, A = self.n_agents, self.game.n_states, self.policy.n_joint_actions
        D, discounted = self.n_parameters, int(self.game.discount > 0)
        K = D // S
        single = 4 * S * N * max(self.policy.n_actions)  # the agents' own tables, on the way
        values = single + 3 * S * A // 2 + 2 * discounted * S * S  # pi; I - gamma P, its inverse
        slopes = values + (2 + discounted) * S * A  # A_i, Q_i
        curved = 3 * D * D + discounted * (2 * S * A * K + 2 * S * S * K + 2 * D * D)
        slots = A * (N + K)  # the joint actions, and which slots each takes
        return {0: (0, values), 1: (slots, slopes), 2: (slots + A * K * K, slopes + curved)}

    def _require_memory(self, copies: int, order: int) -> None:
        once, each = self._largest_arrays[order]
        gigabytes = 8e-9 * (once + copies * each)
        if gigabytes > self.most_gigabytes:
            raise ValueError(
                f"exact derivatives of order {order} for N = {self.n_agents} agents with "
                f"{self.policy.n_joint_actions:,} joint actions would take {gigabytes:,.1f} GB "
                f"for {copies} copies of the parameters, more than most_gigabytes = "
                f"{self.most_gigabytes:g}: sample with likelihood_ratio, or ask for a lower order "
                "or fewer repetitions at once"
            )


def exact(
    game: FiniteGame,
    policy: Boltzmann,
    order: int = 2,
    most_gigabytes: float = MOST_GIGABYTES,
    hessian: Callable[[Credited], Array] = unbiased_hessian,
) -> ExactDerivatives:
    """Each agent's exact derivatives at its own copy: see `ExactDerivatives`."""
    return ExactDerivatives(game, policy, order, most_gigabytes, hessian)


class _Values(NamedTuple):
    """What all derivatives need; without a discount V is r, x is rho, and there is no resolvent."""

    J: Array
    V: Array
    x: Array
    resolvent: Array


def _resolvent(probability: Array, transitions: Array, gamma: float) -> Array:
    """(I - gamma P_pi)^{-1}, shape (..., S, S)."""
    identity = np.eye(len(transitions))
    moves = np.matmul(probability[..., np.newaxis, :], transitions)[..., 0, :]
    return np.linalg.solve(identity - gamma * moves, identity)


def _within_states(policy: Boltzmann, p: Array, advantage: Array, slope: Array) -> Array:
    """x_s sum_a (d2 pi(a|s)/dudv) Q(s, a), u and v in the same state; shape (..., S, K, S, K).

    `advantage` and its `slope` have the factor x_s already.
    """
    curved = np.matmul(advantage, policy.taken_together).reshape(*p.shape, p.shape[-1])
    outer = p[..., :, np.newaxis] * slope[..., np.newaxis, :]
    curved -= outer
    curved -= np.swapaxes(outer, -1, -2)
    return _block_diagonal(curved)


def _block_diagonal(blocks: Array) -> Array:
    """From a block for each state, shape (..., S, K, K), to a matrix, (..., S, K, S, K)."""
    *batch, n_states, n_slots, _ = blocks.shape
    if n_states == 1:
        return blocks[..., np.newaxis, :]
    matrix = np.zeros((*batch, n_states, n_slots, n_states, n_slots))
    for s in range(n_states):
        matrix[..., s, :, s, :] = blocks[..., s, :, :]
    return matrix


def _across_states(
    pi: JointPolicy, x: Array, gain: Array, transitions: Array, resolvent: Array
) -> Array:
    """The terms through dP_pi/du dV/dv and their transposes; shape (..., S, K, S, K)."""
    moves = np.matmul(np.swapaxes(pi.probability[..., np.newaxis] * pi.score, -1, -2), transitions)
    carried = np.matmul(x[..., np.newaxis, np.newaxis] * moves, resolvent[..., np.newaxis, :, :])
    slope = np.matmul(pi.probability * gain, pi.policy.taken)
    cross = carried[..., np.newaxis] * slope[..., np.newaxis, np.newaxis, :, :]
    return cross + np.moveaxis(cross, (-4, -3), (-2, -1))
