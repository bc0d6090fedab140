"""Faults in what agents send and compute: broadcast, privacy and the two costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

from netnewton.arrays import Array
from replication.claims.messages import measure as measured
from replication.claims.planting import Control, Patch, of_claim
from replication.claims.verdicts import CONTRADICTED, REPRODUCED
from replication.second_opinions import arithmetic, audit, messaging
from replication.second_opinions.diagonal import DiagonalAgent
from replication.second_opinions.literal import Agent


def flooding_stopped_early(patch: Patch) -> None:
    """Flooding ends one round before the largest eccentricity."""
    patch.setattr(messaging, "round_limit", lambda graph: nx.diameter(graph) - 1)


def forwarded_a_round_late(patch: Patch) -> None:
    """An agent keeps what it receives for a round before it passes it on."""
    patch.arguments(
        messaging,
        "news",
        lambda known, now: (
            {i: (when + (when > 0), block) for i, (when, block) in known.items()},
            now,
        ),
    )
    patch.setattr(messaging, "round_limit", lambda graph: 2 * len(graph))


def relayed_in_single_precision(patch: Patch) -> None:
    """Blocks are rounded to single precision when they are passed on."""
    patch.result(
        messaging,
        "news",
        lambda news: {name: block.astype(np.float32).astype(float) for name, block in news.items()},
    )


def mean_reward_appended(patch: Patch) -> None:
    """An agent appends its mean reward of the iteration to its message."""
    real = audit.Player.outgoing

    def outgoing(agent: audit.Player) -> dict[str, Array]:
        return {**real(agent), "mean_reward": np.array([agent.mean_reward])}

    patch.setattr(audit.Player, "outgoing", outgoing)


def reward_hidden_in_g(patch: Patch) -> None:
    """An agent hides its mean reward in the last digits of the g that it sends."""
    real = audit.Player.outgoing

    def outgoing(agent: audit.Player) -> dict[str, Array]:
        arrays = real(agent)
        return {**arrays, "g": arrays["g"] + 1e-12 * agent.mean_reward}

    patch.setattr(audit.Player, "outgoing", outgoing)


def hidden_behind_noise(patch: Patch) -> None:
    """An agent adds random numbers to all that it sends."""
    real, rng = audit.Player.outgoing, np.random.default_rng(0)

    def outgoing(agent: audit.Player) -> dict[str, Array]:
        return {k: v + 10 * rng.normal(size=v.shape) for k, v in real(agent).items()}

    patch.setattr(audit.Player, "outgoing", outgoing)


def diagonal_sent_dense(patch: Patch) -> None:
    """The diagonal choice of H_i is sent as a dense matrix."""
    patch.setitem(messaging.STRUCTURES, "diagonal", messaging.STRUCTURES["full"])


def identity_sent_dense(patch: Patch) -> None:
    """The identity is sent as a dense matrix."""
    patch.setitem(messaging.STRUCTURES, "identity", messaging.STRUCTURES["full"])


def half_a_matrix_sent(patch: Patch) -> None:
    """Of the full matrix only the diagonal is sent."""
    patch.setitem(messaging.STRUCTURES, "full", messaging.STRUCTURES["diagonal"])


def factorised_for_each_parameter(patch: Patch) -> None:
    """Each of the d parameters of the direction has a factorisation of its own."""
    real = np.linalg.solve

    def solve(matrix: Any, right: Any) -> Any:
        each = [real(matrix, right)[i] for i in range(len(right))]
        return np.array(each).view(arithmetic.Counted)

    patch.setattr(np.linalg, "solve", solve)


def diagonal_solved_as_matrix(patch: Patch) -> None:
    """The diagonal is written out as a matrix, and a linear system is solved with it."""

    def operator(agent: Agent, Z: Any) -> Any:
        dense = np.zeros((len(Z), len(Z))).view(arithmetic.Counted)
        return np.linalg.solve(dense, Z)

    patch.setattr(DiagonalAgent, "operator", operator)


def timings_of_a_fourth_power(patch: Patch) -> None:
    """The table of timings grows as d to the fourth."""
    d = np.array(measured.TIMED_D)
    patch.result(measured, "read_timings", lambda table: table[:, :1] * (d / d[0]) ** 4)


CONTROLS: Sequence[Control] = (
    of_claim(flooding_stopped_early, "broadcast/broadcast-error"),
    of_claim(forwarded_a_round_late, "broadcast/rounds-excess"),
    of_claim(relayed_in_single_precision, "broadcast/broadcast-error"),
    of_claim(mean_reward_appended, "privacy/undeclared-dependence"),
    of_claim(mean_reward_appended, "privacy/undeclared-fields"),
    of_claim(reward_hidden_in_g, "privacy/undeclared-dependence"),
    of_claim(hidden_behind_noise, "privacy-compliant", (), None, CONTRADICTED, REPRODUCED),
    of_claim(diagonal_sent_dense, "cost-communication/slope-diagonal"),
    of_claim(half_a_matrix_sent, "cost-communication/slope-full"),
    of_claim(identity_sent_dense, "cost-communication/slope-identity"),
    of_claim(identity_sent_dense, "cost-communication/identity-curvature-scalars"),
    of_claim(diagonal_solved_as_matrix, "cost-computation-diagonal"),
    of_claim(factorised_for_each_parameter, "cost-computation/count-slope"),
    of_claim(timings_of_a_fourth_power, "cost-computation/time-slope"),
)
