"""The message audit: what an agent sends depends on its reward through g, H and trackers only.

An agent of a one-shot game perceives its reward, so that it has something to leak. It is run once
as it is, and once more with another reward while its g, H and trackers are held at what they were;
whatever differs between the two runs' messages has reached them by another way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from netnewton.arrays import Array
from replication.second_opinions.literal import matrix_game_oracle, matrix_game_return
from replication.second_opinions.messaging import (
    DECLARED,
    Message,
    MessagingAgent,
    Recording,
    block_name,
    run_by_messages,
)


@dataclass(frozen=True)
class Settings:
    """What all agents know."""

    curvature: str
    sign: int = -1
    projection: str = "all_or_nothing"
    trackers: str = "previous"
    epsilon: float = 0.05
    m: float = 0.1


class Player(MessagingAgent):
    """An agent of a one-shot game, which perceives its reward.

    Parameters
    ----------
    payoff : Array, shape (n_1, ..., n_N)
        Its private reward for every joint action.
    theta : Array, shape (n_1 + ... + n_N,)
    settings : Settings
    """

    mean_reward: float
    """Of the iteration, when the joint policy with parameters mu is played."""

    def __init__(self, payoff: Array, theta: Array, settings: Settings) -> None:
        super().__init__(
            matrix_game_oracle(payoff),
            theta,
            settings.curvature,
            settings.sign,
            settings.projection,
            settings.trackers,
            settings.epsilon,
            settings.m,
        )
        self.payoff = payoff
        self.past: list[list[Array]] = []

    def play(self, mu: Array) -> None:
        """Perceive the reward of the joint policy."""
        self.mean_reward = matrix_game_return(self.payoff, mu)

    def compute(self) -> None:
        """As every agent; what is computed and the trackers are remembered for `Held`."""
        super().compute()
        self.past.append([self.g, self.H, self.g_tilde, self.H_tilde])


class Held(Player):
    """A player with a reward of its own, whose g, H and trackers are another's.

    Parameters
    ----------
    payoff, theta, settings
        As for `Player`.
    past : sequence
        ``Player.past`` of the other.
    """

    def __init__(
        self, payoff: Array, theta: Array, settings: Settings, past: Sequence[list[Array]]
    ) -> None:
        super().__init__(payoff, theta, settings)
        self._held = iter(past)

    def compute(self) -> None:
        """Take the recorded values."""
        self.g, self.H, self.g_tilde, self.H_tilde = next(self._held)


@dataclass(frozen=True)
class Game:
    """A one-shot game on a network."""

    payoffs: Array
    """Shape (N, n_1, ..., n_N)."""
    theta: Array
    """theta_i(0), shape (N, d)."""
    graph: nx.Graph
    weights: Array
    settings: Settings
    iterations: int

    def record(self, make: Callable[[int], MessagingAgent]) -> Recording:
        """Run Algorithm 1 with mu broadcast, agent i being ``make(i)``."""
        n_actions = self.payoffs.shape[1:]
        owner = np.repeat(np.arange(len(n_actions)), n_actions)
        agents = [make(i) for i in range(len(n_actions))]
        return run_by_messages(agents, self.graph, self.weights, self.iterations, owner)

    def player(self, i: int) -> Player:
        """Agent i as it is."""
        return Player(self.payoffs[i], self.theta[i], self.settings)


def undeclared_dependence(game: Game, other_payoffs: Array) -> float:
    """Largest change of any number of any message, over the agents whose reward is changed.

    Parameters
    ----------
    game : Game
    other_payoffs : Array, shape (N, n_1, ..., n_N)
        What an agent's payoffs are changed to, one agent at a time.

    Returns
    -------
    float
        Infinite if a message appears, disappears or changes its form.
    """
    players: list[Player] = [game.player(i) for i in range(len(game.payoffs))]
    before = game.record(players.__getitem__)

    def changed(which: int) -> Callable[[int], MessagingAgent]:
        held = Held(other_payoffs[which], game.theta[which], game.settings, players[which].past)
        return lambda i: held if i == which else game.player(i)

    return max(
        largest_change(before.messages, game.record(changed(which)).messages)
        for which in range(len(players))
    )


def largest_change(before: Sequence[Message], after: Sequence[Message]) -> float:
    """Largest absolute difference between two records of messages; infinite if they do not match.

    Of two NaN, both bits and place alike, the difference is none.
    """
    if [_form(m) for m in before] != [_form(m) for m in after]:
        return np.inf
    largest = 0.0
    for old, new in zip(before, after, strict=True):
        for name, array in old.arrays.items():
            if array.tobytes() != new.arrays[name].tobytes():
                # A change of bits that is none of value, as of the sign of zero, is one too.
                difference = np.abs(array - new.arrays[name]).max()
                largest = max(largest, np.nextafter(0, 1), np.nan_to_num(difference, nan=np.inf))
    return float(largest)


def undeclared_fields(messages: Sequence[Message], agents: int) -> int:
    """Number of arrays, by their names, beyond those that the paper names."""
    declared = {*DECLARED, *(block_name(i) for i in range(agents))}
    return len({name for m in messages for name in m.arrays} - declared)


def _form(m: Message) -> tuple[object, ...]:
    shapes = tuple((name, array.shape) for name, array in m.arrays.items())
    return m.sender, m.receiver, m.iteration, m.round, shapes
