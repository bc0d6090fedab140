"""Plays of the gridworld's policies: sampled again, with noise that nothing was learned from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.games.gridworld import Gridworld
from netnewton.policies import GaussianRBF
from netnewton.trajectories import Streams, rollout
from replication.experiments import problems
from replication.experiments.build import stream
from replication.experiments.config import ConfigError, Spec
from replication.figures.style import Array

TRAJECTORIES = 25
PATHS_STREAM = 3  # beside the purposes in `experiments`: what is drawn was not learned from


class Play(NamedTuple):
    """L trajectories of T steps, the state after the last one included."""

    position: Array
    """Shape (T + 1, 2 agents, 2 coordinates, L)."""
    arrived: npt.NDArray[np.bool_]
    """Shape (T + 1, 2, L)."""
    stuck: npt.NDArray[np.bool_]
    """Shape (T + 1, 2, L)."""

    def path(self, agent: int, trajectory: int) -> Array:
        """An agent's positions up to the one it comes to rest at, shape (steps, 2)."""
        position = self.position[:, agent, :, trajectory]
        moved = (position[1:] != position[:-1]).any(axis=1)
        return position[: int(np.flatnonzero(moved).max(initial=-1)) + 2]

    def until(self, step: int) -> Play:
        """The first steps."""
        end = step + 1
        return Play(self.position[:end], self.arrived[:end], self.stuck[:end])


def median_repetition(final: Array) -> int | None:
    """The repetition with the (lower) median return of those that have not diverged."""
    left = np.flatnonzero(np.isfinite(final))
    if not len(left):
        return None
    ranked = left[np.argsort(final[left], kind="stable")]
    return int(ranked[(len(ranked) - 1) // 2])


def sample(spec: Spec, mu: Array) -> Play:
    """Trajectories of the policy with parameters mu, shape (D,), with noise of its own."""
    game, policy = problem(spec)
    streams = Streams([stream(spec.settings["seed"], 0, PATHS_STREAM)])
    horizon = spec.settings["derivatives"]["horizon"]
    batch = rollout(game, policy, mu[np.newaxis], streams, horizon, TRAJECTORIES)
    return replay(game, batch.actions)


def replay(game: Gridworld, actions: Array) -> Play:
    """Every state that actions of shape (T, 1, 2, L) lead to; a rollout leaves out the last."""
    states = [game.start(None, (1, actions.shape[-1]))]
    for action in actions:
        states.append(game.step(states[-1], action, None)[0])
    return Play(
        np.stack([state.position[0] for state in states]),
        np.stack([state.arrived[0] for state in states]),
        np.stack([state.stuck[0] for state in states]),
    )


def problem(spec: Spec) -> tuple[Gridworld, GaussianRBF]:
    """The game and the policy of an experiment in the gridworld."""
    game = problems.game(spec.settings["game"])
    policy = problems.policy(spec.settings["policy"], game)
    if not (isinstance(game, Gridworld) and isinstance(policy, GaussianRBF)):
        raise ConfigError(f"{spec.experiment}/{spec.method} is not played in a gridworld")
    return game, policy
