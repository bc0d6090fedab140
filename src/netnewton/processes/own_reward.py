"""Games as one agent holds them: its own reward, and zeros in place of all others'."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import singledispatch
from typing import Any

import numpy as np

from netnewton.arrays import Array, count
from netnewton.games.concave import TeamProblem
from netnewton.games.finite import FiniteGame
from netnewton.trajectories.protocols import SampledGame


@singledispatch
def own_reward(game: Any, agent: int) -> Any:
    """A game with one agent's reward; all others are paid nothing.

    Parameters
    ----------
    game : FiniteGame or SampledGame
        What happens in it stays as it is.
    agent : int
        Whose reward is kept.

    Raises
    ------
    ValueError
        If there is no such agent.
    """
    return OwnReward(game, agent)


@own_reward.register
def _(game: FiniteGame, agent: int) -> FiniteGame:
    """The table itself, so that no other payoff stays in memory."""
    return replace(game, rewards=_own(game.rewards, agent, axis=0))


@dataclass(frozen=True, eq=False)
class OwnReward:
    """A sampled game whose `step` pays one agent only: see `own_reward`."""

    game: SampledGame
    agent: int

    def __post_init__(self) -> None:
        _own(np.zeros(self.game.n_agents), self.agent, axis=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    @property
    def least_rewards(self) -> Array:
        """The least that `step` may pay each agent, shape (N,), where the game knows it."""
        known: Array = self.game.least_rewards  # type: ignore[attr-defined]
        return _own(known, self.agent, axis=0)

    def step(self, state: Any, actions: Any, chance: Any) -> tuple[Any, Array]:
        """Play one step; rewards of shape (R, N, L)."""
        state, rewards = self.game.step(state, actions, chance)
        return state, _own(rewards, self.agent, axis=1)


def own_term(problem: TeamProblem, agent: int) -> TeamProblem:
    """A team problem with one agent's term; parabolas that say nothing stand in for the others.

    They are steep enough for the average of the Q_i to be positive definite, as `TeamProblem`
    wants it: Q_j = c I with a c that the agent finds from its own Q_i.

    Parameters
    ----------
    problem : TeamProblem
    agent : int
        Whose J_i is kept.

    Raises
    ------
    ValueError
        If there is no such agent.
    """
    axis = problem.linear.ndim - 2
    own = {f.name: _own(getattr(problem, f.name), agent, axis) for f in fields(problem)}
    steep = 1.0 + problem.n_agents * np.abs(own["quadratic"]).sum()
    others = np.arange(problem.n_agents) != agent
    own["quadratic"][..., others, :, :] = steep * np.eye(problem.n_parameters)
    return TeamProblem(**own)


def _own(values: Array, agent: int, axis: int) -> Array:
    """Zeros but for the agent's own entries along an axis."""
    N = values.shape[axis]
    if count("agent", agent, least=0) >= N:
        raise ValueError(f"agent = {agent}: there are {N}, from 0 to {N - 1}")
    mine = (slice(None),) * axis + (agent,)
    kept = np.zeros_like(values)
    kept[mine] = values[mine]
    return kept
