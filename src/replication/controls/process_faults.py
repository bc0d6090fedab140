"""Faults of agents that are processes of their own, caught by the simulation and by an audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from netnewton import curvature, derivatives, games, networks, policies, processes, run
from netnewton.algorithms import TrackedNewton
from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.games.finite import FiniteGame
from netnewton.processes import Neighbourhood, OwnDerivatives, own_source
from netnewton.trajectories import Streams
from replication.claims.planting import Control, Patch, of_check, verdict_of_check
from replication.controls.agents_in_threads import Sent, together

AGENTS, ITERATIONS, PLAYS = 3, 6, 50
PAID_OTHERWISE = 1  # the agent in the middle of a line
METHOD = TrackedNewton(curvature.FullHessian(-1), step_size=0.1)


def processes_as_simulated(folder: Path) -> str:
    """Agents that learn from samples, each with its own reward, take the simulation's path."""
    paths, _ = together(_weights(), lambda me: _learned(me, OwnDerivatives(_own(me, _game()), me)))
    simulated = run(METHOD, _source(_game()), _weights(), ITERATIONS, _start())
    return verdict_of_check(
        np.stack(paths, axis=1).tobytes() == simulated.trace["theta"][:, 0].tobytes()
    )


def own_rewards_only(folder: Path) -> str:
    """What an agent is given of a game does not depend on what others are paid."""
    game, other = _game(), _game(paid_otherwise=True)
    given = [processes.own_reward(each, 0).rewards for each in (game, other)]
    return verdict_of_check((given[0] == given[1]).all() and (game.rewards != other.rewards).any())


def no_reward_in_messages(folder: Path) -> str:
    """What is sent is the same if an agent is paid otherwise, its derivatives being what they were.

    So no message depends on a reward but by a gradient or a Hessian.
    """
    past: dict[int, list[Derivatives]] = {agent: [] for agent in range(AGENTS)}
    _, before = together(
        _weights(), lambda me: _learned(me, _Remembered(_own(me, _game()), me, past[me.agent]))
    )
    game = _game(paid_otherwise=True)
    _, after = together(
        _weights(), lambda me: _learned(me, _Held(_own(me, game), me, past[me.agent]))
    )
    return verdict_of_check(_by_link(before) == _by_link(after))


class _Remembered(OwnDerivatives):
    """Derivatives that are written down."""

    def __init__(
        self, source: DerivativeSource, me: Neighbourhood, past: list[Derivatives]
    ) -> None:
        super().__init__(source, me)
        self.past = past

    def __call__(self, theta: Array) -> Derivatives:
        self.past.append(super().__call__(theta))
        return self.past[-1]


class _Held(_Remembered):
    """Gradients and Hessians that were written down, beside what is earned now."""

    def __call__(self, theta: Array) -> Derivatives:
        found, earlier = OwnDerivatives.__call__(self, theta), self.past[self.calls - 1]
        return found._replace(gradient=earlier.gradient, hessian=earlier.hessian)


def _by_link(messages: Sequence[Sent]) -> dict[tuple[int, int], list[bytes]]:
    """What goes over each link, in order."""
    found: dict[tuple[int, int], list[bytes]] = {}
    for sender, receiver, message in messages:
        found.setdefault((sender, receiver), []).append(message.tobytes())
    return found


def _weights() -> Array:
    return networks.random_weights(nx.path_graph(AGENTS), np.random.default_rng(1))


def _game(paid_otherwise: bool = False) -> FiniteGame:
    """A game of three, in which one of them may be paid otherwise."""
    payoffs = np.random.default_rng(2).normal(size=(AGENTS, *[2] * AGENTS))
    if paid_otherwise:
        payoffs[PAID_OTHERWISE] = np.random.default_rng(6).normal(size=[2] * AGENTS)
    return games.matrix_game(payoffs)


def _source(game: FiniteGame) -> DerivativeSource:
    streams = Streams([np.random.default_rng(5)])
    policy = policies.Boltzmann.of(game)
    return derivatives.likelihood_ratio(game, policy, streams, 1, PLAYS)


def _own(me: Neighbourhood, game: FiniteGame) -> DerivativeSource:
    return _source(processes.own_reward(game, me.agent))


def _start() -> Array:
    return np.random.default_rng(4).normal(size=(1, AGENTS, 2 * AGENTS))


def _learned(me: Neighbourhood, source: OwnDerivatives) -> Array:
    """One agent's path, shape (K + 1, d)."""
    done = run(METHOD, source, me.mix, ITERATIONS, _start()[:, [me.agent]])
    return np.asarray(done.trace["theta"][:, 0, 0])


def reward_in_a_message(patch: Patch) -> None:
    """Agents send what they have earned in place of the first number of what they mix."""
    earned: dict[int, float] = {}

    def told(found: Derivatives, self: OwnDerivatives, theta: Array) -> Derivatives:
        earned[self.neighbourhood.agent] = found.J.item()
        return found

    def with_reward(self: Neighbourhood, values: Array, k: int) -> tuple[Any, ...]:
        sent = values.copy()
        sent.flat[0] = earned[self.agent]
        return self, sent, k

    patch.around(OwnDerivatives, "__call__", told)
    patch.arguments(Neighbourhood, "mix", with_reward)


def flood_one_round_short(patch: Patch) -> None:
    """The block that arrives last is missed: an agent plays its own copy of it."""

    def cut(found: Any, me: Neighbourhood, theta: Array, owner: Array, iteration: int) -> Any:
        last = AGENTS - 1 if me.agent == 0 else 0
        found.parameters[:, owner == last] = theta[:, owner == last]
        return found

    patch.around(own_source, "broadcast", cut)


def rewards_of_all_given(patch: Patch) -> None:
    """Every agent gets the whole game."""
    patch.setattr(processes, "own_reward", lambda game, agent: game)


CONTROLS: Sequence[Control] = (
    *of_check(processes_as_simulated, flood_one_round_short, reward_in_a_message),
    *of_check(own_rewards_only, rewards_of_all_given),
    *of_check(no_reward_in_messages, reward_in_a_message),
)
