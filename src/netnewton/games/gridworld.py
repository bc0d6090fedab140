"""The continuous gridworld of Section 6: two agents in a box that have to pass each other.

The agents start in the two lower corners, each heads for the opposite upper corner, and whoever
comes too close to the other gets stuck. An action is an angle: the direction of a step of fixed
length, counted counter-clockwise from where angle zero points. In one step

1. every agent that is free moves, and is clipped at the walls;
2. a free agent within the goal's radius has arrived and gets its reward;
3. agents closer than the forbidden distance get stuck.

Whether 2 or 3 comes first matters where an agent arrives by the step that brings it too close.

All trajectories of all repetitions are stepped at once. What the paper leaves open is a field of
`Gridworld`; the defaults are those of paper_checks/ambiguities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from netnewton.arrays import Array, Flags, number
from netnewton.trajectories.streams import Streams

WEST, EAST = 0, 1
"""The agents: WEST starts lower left and heads for the upper right, EAST the other way."""


class GridworldState(NamedTuple):
    """Where the agents are; L trajectories for each of R repetitions."""

    position: Array
    """Coordinates, shape (R, 2 agents, 2 coordinates, L)."""
    arrived: Flags
    """Whether an agent rests at its goal, shape (R, 2, L)."""
    stuck: Flags
    """Whether an agent is stuck, shape (R, 2, L)."""


@dataclass(frozen=True)
class Gridworld:
    """The gridworld and the choices that Section 6 leaves open.

    Parameters
    ----------
    width, height : float
        Sides of the box.
    step_length : float
    goal_radius : float
        How close to its corner an agent has arrived.
    reward : float
        For arriving.
    distance : float
        The distance to be kept; 0.5 in Section 6.
    discount : float
        gamma in (0, 1].
    stuck : {"for_good", "move_refused"}
        Agents that come too close stay where they are for good, or the step that has brought them
        there is not made.
    arrived : {"yields", "blocks", "moves_on"}
        An agent that has arrived rests and is no obstacle any more, rests and remains one, or
        moves on, with the reward for every step spent at the goal.
    first : {"arrival", "collision"}
        What comes first within a step: an agent that arrives has arrived, whoever it came too close
        to; or agents that come too close are stuck, and do not arrive by this step.
    zero : {"up", "goal", "axis"}
        Where angle zero points: up, from the start to the agent's own goal, or along the
        horizontal axis.

    Raises
    ------
    ValueError
        If a value is out of range, naming it.
    """

    width: float = 3.0
    height: float = 6.0
    step_length: float = 1.0
    goal_radius: float = 0.5
    reward: float = 1.0
    distance: float = 0.5
    discount: float = 0.999
    stuck: Literal["for_good", "move_refused"] = "for_good"
    arrived: Literal["yields", "blocks", "moves_on"] = "yields"
    zero: Literal["up", "goal", "axis"] = "up"
    first: Literal["arrival", "collision"] = "arrival"

    n_agents = 2

    def __post_init__(self) -> None:
        lengths = ("width", "height", "step_length", "goal_radius", "reward", "distance")
        for name in (*lengths, "discount"):
            object.__setattr__(self, name, number(f"gridworld {name}", getattr(self, name)))
        for name in lengths:
            if not 0.0 < getattr(self, name) < np.inf:
                raise ValueError(f"gridworld {name} = {getattr(self, name)}: give a length above 0")
        if not 0.0 < self.discount <= 1.0:
            raise ValueError(f"gridworld discount = {self.discount}: give a discount in (0, 1]")
        if self.width <= self.distance:
            raise ValueError(
                f"gridworld width = {self.width}: the agents must start farther apart than the "
                f"forbidden distance {self.distance}"
            )
        for name, known in (
            ("stuck", ("for_good", "move_refused")),
            ("arrived", ("yields", "blocks", "moves_on")),
            ("zero", ("up", "goal", "axis")),
            ("first", ("arrival", "collision")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"gridworld {name} = {getattr(self, name)!r}: choose one of {known}"
                )

    @property
    def box(self) -> tuple[float, float]:
        """Width and height."""
        return self.width, self.height

    @cached_property
    def least_rewards(self) -> Array:
        """The least that `step` may pay each agent, shape (2,)."""
        return np.zeros(2)

    @cached_property
    def starts(self) -> Array:
        """Where the agents start, shape (2 agents, 2 coordinates)."""
        return np.array([[0.0, 0.0], [self.width, 0.0]])

    @cached_property
    def goals(self) -> Array:
        """The opposite upper corners, shape (2 agents, 2 coordinates)."""
        return np.array([[self.width, self.height], [0.0, self.height]])

    @cached_property
    def bearing(self) -> Array:
        """Where angle zero points, in radians from the horizontal, for each agent; shape (2,)."""
        if self.zero == "goal":
            across, up = (self.goals - self.starts).T
            return np.arctan2(up, across)
        return np.full(2, math.pi / 2 if self.zero == "up" else 0.0)

    def chance(self, streams: Streams, draws: int, size: int) -> Sequence[None]:
        """Nothing: only the policies are random."""
        return [None] * draws

    def start(self, chance: None, shape: tuple[int, int]) -> GridworldState:
        """Both agents in their corners, in L trajectories for each of R repetitions."""
        repetitions, size = shape
        position = np.broadcast_to(self.starts[..., np.newaxis], (repetitions, 2, 2, size)).copy()
        nobody = np.zeros((repetitions, 2, size), dtype=bool)
        return GridworldState(position, nobody, nobody)

    def seen(self, state: GridworldState) -> Array:
        """The positions, shape (R, 2 agents, 2 coordinates, L)."""
        return state.position

    def step(
        self, state: GridworldState, actions: Array, chance: None
    ) -> tuple[GridworldState, Array]:
        """Turn angles, shape (R, 2, L), into steps."""
        direction = actions + self.bearing[:, np.newaxis]
        resting = state.arrived | state.stuck
        length = self.step_length * ~resting
        position = np.empty_like(state.position)
        np.multiply(np.cos(direction), length, out=position[:, :, 0])
        np.multiply(np.sin(direction, out=direction), length, out=position[:, :, 1])
        position += state.position
        np.maximum(position, 0.0, out=position)
        np.minimum(position, self._walls, out=position)

        there = self._at_goal(position)
        out = state.arrived
        if self.first == "arrival" and self.arrived != "moves_on":
            out = out | (there & ~state.stuck)
        close = self._too_close(position, out)
        if self.stuck == "for_good":
            stuck = state.stuck | (close & ~out)
        else:
            stuck, back = state.stuck, close & ~state.arrived
            position = np.where(back[:, :, np.newaxis], state.position, position)
            there = self._at_goal(position)
        if self.arrived == "moves_on":
            return GridworldState(position, out, stuck), np.where(there, self.reward, 0.0)
        there &= ~(state.stuck if self.first == "arrival" else stuck)
        rewards = np.where(there & ~state.arrived, self.reward, 0.0)
        return GridworldState(position, state.arrived | there, stuck), rewards

    @cached_property
    def _walls(self) -> Array:
        return np.array([[self.width], [self.height]])

    def _at_goal(self, position: Array) -> Flags:
        """Whether each agent is within the goal's radius, shape (R, 2, L)."""
        x, y = (position[:, :, side] - self.goals[:, side, np.newaxis] for side in (0, 1))
        return _squared(x, y) <= self.goal_radius**2

    def _too_close(self, position: Array, arrived: Flags) -> Flags:
        """Whether the agents are closer than they may be, shape (R, 1, L)."""
        offset = position[:, WEST] - position[:, EAST]
        close = _squared(offset[:, 0], offset[:, 1]) < self.distance**2
        if self.arrived == "yields":
            close &= ~arrived.any(axis=1)
        return close[:, np.newaxis]


def _squared(x: Array, y: Array) -> Array:
    """Squared lengths of vectors with coordinates x and y."""
    squared = x * x
    squared += y * y
    return squared
