"""The continuous gridworld of Section 6 and its Gaussian policies, number by number.

A second opinion, written from the paper and the ledger of ambiguities; see `scalar_estimators`.

Neither says which comes first if in one step an agent arrives and is too close to the other. As in
the library it has arrived then, and if those who have arrived yield, nobody gets stuck. Where the
library differs from the letter of the ledger, this does not follow it: an agent that is stuck at
its goal spends its steps there, and a step that is refused is refused to both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from replication.second_opinions.scalar_estimators import Batch, Matrix, Step, Vector

Point = tuple[float, float]


class World(NamedTuple):
    """Where the two agents are, and which of them have arrived; whether they are stuck for good."""

    positions: Sequence[Point]
    arrived: Sequence[bool]
    stuck: bool


@dataclass(frozen=True)
class Gridworld:
    """The box, its rules, and policies with angles around linear functions of RBFs."""

    width: float
    height: float
    step_length: float
    goal_radius: float
    reward: float
    distance: float
    discount: float
    stuck: str
    arrived: str
    zero: str
    first: str
    deviation: float
    sees: str
    centres: tuple[int, int]
    spread: float
    """The widths of the RBFs, in distances between centres."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Gridworld:
        """From an experiment's settings."""
        game = {name: value for name, value in settings["game"].items() if name != "name"}
        policy = settings["policy"]
        columns, rows = policy["centres"]
        return cls(
            **game,
            deviation=policy["deviation"],
            sees=policy["sees"],
            centres=(columns, rows),
            spread=policy["width"],
        )

    @property
    def n_own(self) -> int:
        """As many weights as features."""
        return self.centres[0] * self.centres[1] * (2 if self.sees == "both" else 1)

    # The game ---------------------------------------------------------------------------------

    def starts(self) -> list[Point]:
        """The lower corners."""
        return [(0.0, 0.0), (self.width, 0.0)]

    def goals(self) -> list[Point]:
        """The opposite upper corners."""
        return [(self.width, self.height), (0.0, self.height)]

    def step(self, world: World, angles: Sequence[float]) -> tuple[World, list[float]]:
        """The next world, and each agent's reward."""
        moved = [self._moved(world, i, angles[i]) for i in range(2)]
        arriving = [self.first == "arrival" and self._there(moved[i], i) for i in range(2)]
        resting = [world.arrived[i] or arriving[i] for i in range(2)]
        obstacles = self.arrived != "yields" or not any(resting)
        too_close = obstacles and math.dist(*moved) < self.distance
        if too_close and self.stuck == "move_refused":
            moved = list(world.positions)
        rewards, arrived = [], []
        for i in range(2):
            there = self._there(moved[i], i)
            if too_close and self.first == "collision" and self.arrived != "moves_on":
                there = there and world.arrived[i]
            earns = there and (self.arrived == "moves_on" or not world.arrived[i])
            rewards.append(self.reward if earns else 0.0)
            arrived.append(there or world.arrived[i])
        stuck = world.stuck or (too_close and self.stuck == "for_good")
        return World(moved, arrived, stuck), rewards

    def _moved(self, world: World, agent: int, angle: float) -> Point:
        x, y = world.positions[agent]
        if world.stuck or (world.arrived[agent] and self.arrived != "moves_on"):
            return x, y
        direction = self._direction_of_zero(agent) + angle
        x += self.step_length * math.cos(direction)
        y += self.step_length * math.sin(direction)
        return min(max(x, 0.0), self.width), min(max(y, 0.0), self.height)

    def _there(self, position: Point, agent: int) -> bool:
        return math.dist(position, self.goals()[agent]) <= self.goal_radius

    def _direction_of_zero(self, agent: int) -> float:
        """Against the horizontal axis."""
        if self.zero == "axis":
            return 0.0
        if self.zero == "up":
            return math.pi / 2
        (x, y), (goal_x, goal_y) = self.starts()[agent], self.goals()[agent]
        return math.atan2(goal_y - y, goal_x - x)

    # The policies -----------------------------------------------------------------------------

    def play(self, mu: Vector, rng: np.random.Generator, horizon: int, size: int) -> Batch:
        """Each agent's angle is its mean angle and a normal number."""
        numbers = rng.standard_normal((horizon, 2, size)).tolist()  # a seam: in this order
        return [
            self._trajectory(mu, [[numbers[t][j][n] for j in range(2)] for t in range(horizon)])
            for n in range(size)
        ]

    def _trajectory(self, mu: Vector, numbers: Sequence[Sequence[float]]) -> list[Step]:
        world, steps = World(self.starts(), [False, False], False), []
        for now in numbers:
            seen = [self.features(j, world.positions) for j in range(2)]
            angles = [
                self._mean(j, mu[j * self.n_own : (j + 1) * self.n_own], seen)
                + self.deviation * now[j]
                for j in range(2)
            ]
            world, rewards = self.step(world, angles)
            steps.append(Step(seen, angles, rewards))
        return steps

    def log_density(self, agent: int, psi: Vector, seen: Sequence[Vector], action: float) -> float:
        """Of the normal distribution."""
        error = (action - self._mean(agent, psi, seen)) / self.deviation
        return -error * error / 2 - math.log(self.deviation * math.sqrt(2 * math.pi))

    def score(self, agent: int, psi: Vector, seen: Sequence[Vector], action: float) -> Vector:
        """(a - psi . phi) phi / sigma^2."""
        error = action - self._mean(agent, psi, seen)
        return [error * f / self.deviation**2 for f in seen[agent]]

    def score_derivative(
        self, agent: int, psi: Vector, seen: Sequence[Vector], action: float
    ) -> Matrix:
        """-phi phi^T / sigma^2."""
        return [[-f * g / self.deviation**2 for g in seen[agent]] for f in seen[agent]]

    def _mean(self, agent: int, psi: Vector, seen: Sequence[Vector]) -> float:
        total = 0.0
        for weight, feature in zip(psi, seen[agent], strict=True):
            total += weight * feature
        return total

    def features(self, agent: int, positions: Sequence[Point]) -> Vector:
        """RBFs of the agent's own position, or of both; those of one position sum to 1."""
        if self.sees == "own":
            return self._grid(positions[agent])
        return self._grid(positions[0]) + self._grid(positions[1])

    def _grid(self, point: Point) -> Vector:
        columns, rows = self.centres
        apart = self.width / (columns - 1), self.height / (rows - 1)
        values = []
        for column in range(columns):
            for row in range(rows):
                u = (point[0] - column * apart[0]) / (self.spread * apart[0])
                v = (point[1] - row * apart[1]) / (self.spread * apart[1])
                values.append(math.exp(-(u * u + v * v) / 2))
        total = sum(values)
        return [value / total for value in values]
