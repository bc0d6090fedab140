"""Algorithm 1 once more, transcribed line by line: agents are objects, messages are lists, loops.

A second opinion for tests and benchmarks. It is slow on purpose and shares no code with
`netnewton.algorithms`, `netnewton.curvature` or `netnewton.derivatives`: every H_i is a full
matrix here, whatever its structure, and derivatives are sums over joint actions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Oracle = Callable[[Array], tuple[Array, Array]]
"""From an agent's copy theta_i to the gradient and the Hessian of its own J_i."""


class Agent:
    """One agent of Algorithm 1.

    Parameters
    ----------
    oracle : Oracle
        The agent's private gradient and Hessian.
    theta : Array, shape (d,)
        theta_i(0).
    curvature : {"full", "diagonal", "identity", "floor_identity"}
    sign : {1, -1}
        H_i = sign * Hessian.
    projection : {"all_or_nothing", "floor_eigenvalues", "absolute_eigenvalues"}
    trackers : {"previous", "current"}
    epsilon, m : float
    """

    def __init__(
        self,
        oracle: Oracle,
        theta: Array,
        curvature: str,
        sign: int,
        projection: str,
        trackers: str,
        epsilon: float,
        m: float,
    ) -> None:
        d = len(theta)
        self.oracle, self.curvature, self.sign = oracle, curvature, sign
        self.projection, self.trackers, self.epsilon, self.m = projection, trackers, epsilon, m
        # Initialize: theta_i(0); gtilde_i(0) = g_i(theta_i(-1)) = 0; the same for H.
        self.theta = theta
        self.g_tilde, self.g_before = np.zeros(d), np.zeros(d)
        self.H_tilde, self.H_before = np.zeros((d, d)), np.zeros((d, d))

    def compute(self) -> None:
        """Compute g_i(theta_i(k-1)), H_i(theta_i(k-1))."""
        gradient, hessian = self.oracle(self.theta)
        d = len(self.theta)
        if self.curvature == "full":
            self.H = self.sign * hessian
        elif self.curvature == "diagonal":
            self.H = self.sign * np.diag(np.diag(hessian))
        elif self.curvature == "identity":
            self.H = np.eye(d)
        else:
            self.H = self.m / 2 * np.eye(d)
        self.g = self.H @ self.theta + gradient

    def message(self) -> list[Array]:
        """What a neighbour gathers."""
        return [self.g_tilde, self.g, self.g_before, self.H_tilde, self.H, self.H_before]

    def update(self, received: Sequence[tuple[float, list[Array]]]) -> None:
        """The three lines of the update, from (a_ij, message of j) for every neighbour j and i."""
        g_tilde, H_tilde = np.zeros_like(self.g), np.zeros_like(self.H)
        for weight, (g_tilde_j, g_j, g_before_j, H_tilde_j, H_j, H_before_j) in received:
            g_tilde = g_tilde + weight * (g_tilde_j + g_j - g_before_j)
            H_tilde = H_tilde + weight * (H_tilde_j + H_j - H_before_j)
        if self.trackers == "previous":
            g_used, H_used = self.g_tilde, self.H_tilde
        else:
            g_used, H_used = g_tilde, H_tilde
        direction = np.linalg.solve(self.operator(H_used), g_used)
        self.theta = (1 - self.epsilon) * self.theta + self.epsilon * direction
        self.g_tilde, self.H_tilde = g_tilde, H_tilde
        self.g_before, self.H_before = self.g, self.H

    def operator(self, Z: Array) -> Array:
        """[Z]_m."""
        eigenvalues, vectors = np.linalg.eigh(Z)
        # The threshold is met up to rounding: c I with c = m/2 is kept or replaced by itself.
        if min(eigenvalues) >= self.m / 2:
            return Z
        if self.projection == "all_or_nothing":
            return self.m / 2 * np.eye(len(Z))
        mended = np.zeros_like(Z)
        for value, vector in zip(eigenvalues, vectors.T, strict=True):
            size = abs(value) if self.projection == "absolute_eigenvalues" else value
            mended = mended + max(size, self.m / 2) * np.outer(vector, vector)
        return mended


def run_literally(agents: Sequence[Agent], weights: Array, iterations: int) -> Array:
    """Run Algorithm 1 and return every theta_i(k), shape (iterations + 1, N, d)."""
    path = [[agent.theta for agent in agents]]
    for _ in range(iterations):
        iterate(agents, weights)
        path.append([agent.theta for agent in agents])
    return np.array(path)


def iterate(agents: Sequence[Agent], weights: Array) -> None:
    """One iteration of every agent: compute, gather, update."""
    for agent in agents:
        agent.compute()
    messages = [agent.message() for agent in agents]
    for i, agent in enumerate(agents):
        agent.update(
            [(weights[i, j], messages[j]) for j in range(len(agents)) if weights[i, j] != 0]
        )


def matrix_game_oracle(payoff: Array) -> Oracle:
    """Gradient and Hessian of one player's return in a one-shot game, one logit for each action.

    Parameters
    ----------
    payoff : Array, shape (n_1, ..., n_N)
        The player's own reward for every joint action.
    """

    def oracle(theta: Array) -> tuple[Array, Array]:
        policies, start = _policies(payoff, theta), sum(payoff.shape)
        gradient, hessian = np.zeros(start), np.zeros((start, start))
        for joint_action in itertools.product(*(range(n) for n in payoff.shape)):
            probability, score, score_derivative = 1.0, np.zeros(start), np.zeros((start, start))
            first = 0
            for action, policy in zip(joint_action, policies, strict=True):
                probability *= policy[action]
                for b in range(len(policy)):
                    score[first + b] = (b == action) - policy[b]
                    for c in range(len(policy)):
                        score_derivative[first + b, first + c] = policy[b] * (policy[c] - (b == c))
                first += len(policy)
            value = probability * payoff[joint_action]
            gradient += value * score
            hessian += value * (np.outer(score, score) + score_derivative)
        return gradient, hessian

    return oracle


def matrix_game_return(payoff: Array, mu: Array) -> float:
    """One player's return in a one-shot game when all play the joint policy with parameters mu."""
    policies, total = _policies(payoff, mu), 0.0
    for joint_action in itertools.product(*(range(n) for n in payoff.shape)):
        probability = 1.0
        for action, policy in zip(joint_action, policies, strict=True):
            probability *= policy[action]
        total += probability * float(payoff[joint_action])
    return total


def _policies(payoff: Array, theta: Array) -> list[list[float]]:
    policies, start = [], 0
    for actions in payoff.shape:
        logits = [float(x) for x in theta[start : start + actions]]
        weights = [math.exp(x - max(logits)) for x in logits]
        policies.append([w / sum(weights) for w in weights])
        start += actions
    return policies
