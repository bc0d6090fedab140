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
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.games.finite import FiniteGame
from netnewton.policies import Boltzmann, JointPolicy

Array = npt.NDArray[np.float64]


def exact_derivatives(game: FiniteGame, policy: Boltzmann, order: int = 2) -> DerivativeSource:
    """The oracle of exact learning: each agent's derivatives at its own copy, with its own reward.

    Parameters
    ----------
    game : FiniteGame
        N agents, S states.
    policy : Boltzmann
        For the same states and actions; D parameters.
    order : {0, 1, 2}
        Highest derivative that is computed.

    Returns
    -------
    DerivativeSource
        From theta of shape (R, N, D) to J of shape (R, N), gradients (R, N, D) and Hessians
        (R, N, D, D); those above `order` are `NOT_COMPUTED`.

    Raises
    ------
    ValueError
        If the policy is not for this game's states and actions.
    """
    if (policy.n_states, policy.n_actions) != (game.n_states, game.n_actions):
        raise ValueError(
            f"the policy has {policy.n_states} states and actions {policy.n_actions}, the game "
            f"{game.n_states} and {game.n_actions}: build the policy from the game's sizes"
        )
    rewards, transitions, gamma = game.joint_rewards, game.joint_transitions, game.discount
    start = game.initial * (1.0 - gamma if game.normalised else 1.0)
    # Sums below run state by state; position[u] is where theta's entry u stands in that order.
    position = np.argsort(policy.parameters.ravel())
    moved = bool((position != np.arange(len(position))).any())

    def derivatives(theta: Array) -> Derivatives:
        pi = policy.joint(theta)
        V = np.einsum("...a,...a->...", pi.probability, rewards)
        x, Q = start, rewards
        if gamma > 0:
            resolvent = _resolvent(pi.probability, transitions, gamma)
            V = np.matmul(resolvent, V[..., np.newaxis])[..., 0]
            x, Q = start @ resolvent, rewards + gamma * np.einsum("sat,...t->...sa", transitions, V)
        J = V @ start
        if order == 0:
            return Derivatives(J)

        gain = Q - V[..., np.newaxis]
        advantage = x[..., np.newaxis] * pi.probability * gain
        slope = np.matmul(advantage, policy.taken)
        gradient = slope.reshape(theta.shape)
        if moved:
            gradient = gradient[..., position]
        if order == 1:
            return Derivatives(J, gradient)

        hessian = _within_states(policy, pi.free, advantage, slope)
        if gamma > 0:
            hessian += _across_states(pi, x, gain, transitions, gamma * resolvent)
        hessian = hessian.reshape(*theta.shape, theta.shape[-1])
        if moved:
            hessian = hessian[..., position[:, np.newaxis], position]
        return Derivatives(J, gradient, hessian)

    return derivatives


def _resolvent(probability: Array, transitions: Array, gamma: float) -> Array:
    """(I - gamma P_pi)^{-1}, shape (..., S, S)."""
    identity = np.eye(len(transitions))
    moves = np.matmul(probability[..., np.newaxis, :], transitions)[..., 0, :]
    return np.linalg.solve(identity - gamma * moves, identity)


def _within_states(policy: Boltzmann, p: Array, advantage: Array, slope: Array) -> Array:
    """x_s sum_a (d2 pi(a|s)/dudv) Q(s, a), u and v in the same state; shape (..., S, K, S, K).

    `advantage` and its `slope` have the factor x_s already.
    """
    *batch, n_states, n_slots = p.shape
    curved = np.matmul(advantage, policy.taken_together).reshape(*batch, n_states, n_slots, n_slots)
    outer = p[..., :, np.newaxis] * slope[..., np.newaxis, :]
    curved = curved - outer - np.swapaxes(outer, -1, -2)
    if n_states == 1:
        return curved[..., np.newaxis, :]
    hessian = np.zeros((*batch, n_states, n_slots, n_states, n_slots))
    for s in range(n_states):
        hessian[..., s, :, s, :] = curved[..., s, :, :]
    return hessian


def _across_states(
    pi: JointPolicy, x: Array, gain: Array, transitions: Array, resolvent: Array
) -> Array:
    """The terms through dP_pi/du dV/dv and their transposes; shape (..., S, K, S, K)."""
    moves = np.matmul(np.swapaxes(pi.probability[..., np.newaxis] * pi.score, -1, -2), transitions)
    carried = np.matmul(x[..., np.newaxis, np.newaxis] * moves, resolvent[..., np.newaxis, :, :])
    slope = np.matmul(pi.probability * gain, pi.policy.taken)
    cross = carried[..., np.newaxis] * slope[..., np.newaxis, np.newaxis, :, :]
    return cross + np.moveaxis(cross, (-4, -3), (-2, -1))
