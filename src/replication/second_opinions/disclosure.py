"""What a neighbour can infer from the messages of Algorithm 1, though none contains a reward.

A neighbour that keeps to the protocol and remembers what it was sent knows, of agent j:

- theta_j(k) at every iteration. The trackers of agent j, which it is sent, and what all agents know
  (theta(0), epsilon, m) are all that the update of theta_j depends on: `replayed_parameters`.
- the gradient of J_j at theta_j, g_j - H_j theta_j (eq. 6), and with the full Hessian H_j itself.
- in a one-shot game, what these say of agent j's payoffs, in which they are linear:
  `inferred_payoffs`. The payoffs' mean is not identifiable, since it changes no derivative; nor is
  anything more to be had where the policies are saturated and the derivatives vanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from replication.second_opinions.literal import Agent, matrix_game_oracle
from replication.second_opinions.messaging import STRUCTURES, Message


@dataclass(frozen=True)
class Inferred:
    """Payoffs as far as they can be inferred."""

    payoffs: Array
    """Agent j's payoffs up to what is not identifiable: least in norm, hence of mean zero."""
    rank: int
    """How many numbers of them are determined; at most one less than there are."""


def heard(messages: Sequence[Message], sender: int, receiver: int) -> list[Message]:
    """What one agent gathered from another in Algorithm 1, in the order of the iterations."""
    gathered = [m for m in messages if (m.sender, m.receiver, m.round) == (sender, receiver, 0)]
    return sorted(gathered, key=lambda m: m.iteration)


def replayed_parameters(messages: Sequence[Message], public: Agent) -> Array:
    """The sender's theta_j(0), ..., theta_j(K - 1), by the messages of its K iterations.

    Parameters
    ----------
    messages : sequence of Message
        From `heard`.
    public : Agent
        An agent as everyone knows it at the start: theta(0), the choice of H_i, epsilon, m. It is
        not changed.

    Returns
    -------
    Array, shape (K, d)
        Iteration k is computed with theta_j(k - 1), at index k - 1.
    """
    path = [public.theta]
    used = messages[:-1] if public.trackers == "previous" else messages[1:]
    for m in used:
        step = np.linalg.solve(public.operator(_matrix(m, "H_tilde", public)), m.arrays["g_tilde"])
        path.append((1 - public.epsilon) * path[-1] + public.epsilon * step)
    return np.array(path)


def inferred_gradient(message: Message, theta: Array, public: Agent) -> Array:
    """The gradient of the sender's J_j at theta_j, shape (d,): g_j - H_j theta_j (eq. 6)."""
    return np.asarray(message.arrays["g"] - _matrix(message, "H", public) @ theta)


def inferred_payoffs(
    messages: Sequence[Message], path: Array, public: Agent, shape: tuple[int, ...]
) -> Inferred:
    """The sender's payoffs in a one-shot game between agents with one logit for each action.

    The gradient and the Hessian of J_j are linear in the payoffs; their coefficients follow from
    the policies, which the neighbour knows.

    Parameters
    ----------
    messages : sequence of Message
        From `heard`.
    path : Array, shape (K, d)
        The sender's copies, from `replayed_parameters`; or mu, where the copies agree.
    public : Agent
    shape : tuple of int
        Numbers of actions (n_1, ..., n_N).
    """
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    rows, values = [], []
    for m, theta in zip(messages, path, strict=True):
        unit = [matrix_game_oracle(payoff)(theta) for payoff in units]
        rows.append(np.column_stack([gradient for gradient, _ in unit]))
        values.append(inferred_gradient(m, theta, public))
        if "H" in m.arrays:
            sent = [_sent(public.sign * hessian, public).ravel() for _, hessian in unit]
            rows.append(np.column_stack(sent))
            values.append(m.arrays["H"].ravel())
    system = np.concatenate(rows)
    payoffs, _, rank, _ = np.linalg.lstsq(system, np.concatenate(values), rcond=1e-9)
    return Inferred(np.asarray(payoffs, dtype=float).reshape(shape), int(rank))


def _sent(hessian: Array, public: Agent) -> Array:
    packed = STRUCTURES[public.curvature].packed
    assert packed is not None  # or the message would hold no H
    return packed(hessian)


def _matrix(message: Message, name: str, public: Agent) -> Array:
    """A matrix of a message, or what the choice of H_i makes of it where none is sent."""
    if name in message.arrays:
        return STRUCTURES[public.curvature].unpacked(message.arrays[name])
    scale = 1.0 if public.curvature == "identity" else public.m / 2
    first = name == "H_tilde" and message.iteration == 1  # trackers start from zero
    return (0.0 if first else scale) * np.eye(len(public.theta))
