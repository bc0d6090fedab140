"""The gridworld of Section 6 as a PettingZoo parallel environment, for the tools of that ecosystem.

The rules are those of `Gridworld.step`, called for one trajectory of one repetition. PettingZoo is
an optional extra, and nothing else in netnewton imports this module.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.games.gridworld import Gridworld, GridworldState

try:
    from gymnasium import logger, spaces
    from pettingzoo import ParallelEnv
except ModuleNotFoundError as error:
    raise ImportError(
        f"{__name__} needs {error.name}, which is not installed: "
        "pip install 'netnewton[pettingzoo]'",
        name=error.name,
    ) from None

Picture = npt.NDArray[np.uint8]

AGENTS = ("west", "east")
"""Names of the agents, at their places WEST and EAST in the arrays of `Gridworld`."""

DEFAULT = Gridworld()


class GridworldParallelEnv(ParallelEnv):
    """Two agents in a box that have to pass each other.

    An observation is a float64 array of shape (4,): an agent's own position, then the other's.
    Section 2 gives the state to every agent; own first, one policy can serve both, and its first
    half is all that `GaussianRBF` with ``sees="own"`` looks at. `state` has west first for
    everybody. Who has arrived or is stuck follows from the positions, and is also in the infos.

    An action is an array of shape (1,): an angle in radians, counter-clockwise from where angle
    zero points. The action space ends at half a turn to either side so that it can be sampled from;
    any other finite angle is accepted and means its direction.

    The episode is truncated after `horizon` steps. It terminates when no agent can ever move again,
    having arrived or being stuck for good: no reward can follow, so that the return is that of the
    full horizon, which the paper's estimators always play. Until then both agents stay and act, for
    an action of either is part of every step's joint action.

    Parameters
    ----------
    gridworld : Gridworld
        The rules.
    horizon : int
        Steps of an episode; 15 in Section 6.
    render_mode : {None, "rgb_array"}

    Raises
    ------
    ValueError
        If a value is out of range or an action is missing or no angle, naming it.
    RuntimeError
        If used before `reset`, or stepped after the end of an episode.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "netnewton_gridworld_v0",
        "render_modes": ["rgb_array"],
        "render_fps": 3,
        "is_parallelizable": True,
    }

    def __init__(
        self, gridworld: Gridworld = DEFAULT, horizon: int = 15, render_mode: str | None = None
    ) -> None:
        if horizon < 1:
            raise ValueError(f"horizon = {horizon}: give at least one step")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode = {render_mode!r}: choose None or 'rgb_array'")
        self.gridworld, self.horizon, self.render_mode = gridworld, horizon, render_mode
        self.possible_agents = list(AGENTS)
        self.agents: list[str] = []
        far_corner = np.array([gridworld.width, gridworld.height] * 2)
        self.state_space = spaces.Box(np.zeros(4), far_corner, dtype=np.float64)
        self.observation_spaces = {
            agent: spaces.Box(np.zeros(4), far_corner, dtype=np.float64) for agent in AGENTS
        }
        self.action_spaces = {
            agent: spaces.Box(-np.pi, np.pi, shape=(1,), dtype=np.float64) for agent in AGENTS
        }
        self._trail: list[GridworldState] = []

    def observation_space(self, agent: str) -> spaces.Box:
        """Two positions within the walls."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Box:
        """One angle."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Array], dict[str, dict[str, bool]]]:
        """Both agents in their corners. The seed changes nothing: only policies are random."""
        self.agents = list(AGENTS)
        self._trail = [self.gridworld.start(None, (1, 1))]
        return self._observations(), self._infos()

    def step(
        self, actions: Mapping[str, npt.ArrayLike]
    ) -> tuple[
        dict[str, Array],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, bool]],
    ]:
        """One step of `Gridworld.step`, from one angle for each agent."""
        if not self.agents:
            raise RuntimeError("there is no episode under way: call reset() first")
        angles = _angles(actions)[np.newaxis, :, np.newaxis]
        state, rewards = self.gridworld.step(self._now, angles, None)
        self._trail.append(state)
        # Where agents move on, one that is stuck at its goal goes on to earn.
        earning = self.gridworld.arrived == "moves_on" and rewards.any()
        terminated = bool((state.arrived | state.stuck).all() and not earning)
        truncated = len(self._trail) > self.horizon
        if terminated or truncated:
            self.agents = []
        return (
            self._observations(),
            dict(zip(AGENTS, rewards[0, :, 0].tolist(), strict=True)),
            dict.fromkeys(AGENTS, terminated),
            dict.fromkeys(AGENTS, truncated),
            self._infos(),
        )

    def state(self) -> Array:
        """The positions of west and east, shape (4,)."""
        return self._now.position[0, :, :, 0].flatten()

    def render(self) -> Picture | None:
        """A picture of the episode so far, shape (rows, columns, 3); None without a render mode."""
        if self.render_mode is None:
            logger.warn("render() draws nothing without a mode: give render_mode='rgb_array'")
            return None
        return _picture(self.gridworld, self._now, self._path)

    @property
    def _now(self) -> GridworldState:
        if not self._trail:
            raise RuntimeError("there is no episode under way: call reset() first")
        return self._trail[-1]

    @property
    def _path(self) -> Array:
        """The positions since the start, shape (steps + 1, 2 agents, 2 coordinates)."""
        return np.stack([state.position[0, :, :, 0] for state in self._trail])

    def _observations(self) -> dict[str, Array]:
        state = self.state()
        return {"west": state, "east": np.roll(state, 2)}

    def _infos(self) -> dict[str, dict[str, bool]]:
        now = self._now
        return {
            agent: {"arrived": bool(now.arrived[0, i, 0]), "stuck": bool(now.stuck[0, i, 0])}
            for i, agent in enumerate(AGENTS)
        }


def parallel_env(**kwargs: Any) -> GridworldParallelEnv:
    """The environment under the name that PettingZoo's tools expect; see its parameters."""
    return GridworldParallelEnv(**kwargs)


def _angles(actions: Mapping[str, npt.ArrayLike]) -> Array:
    """The angles of west and east, shape (2,)."""
    if set(actions) != set(AGENTS):
        raise ValueError(f"actions for {sorted(actions)}: give one for each of {list(AGENTS)}")
    angles = np.empty(2)
    for i, agent in enumerate(AGENTS):
        angle = np.asarray(actions[agent], dtype=float)
        if angle.size != 1 or not np.isfinite(angle).all():
            raise ValueError(f"action of {agent} = {angle}: give one finite angle")
        angles[i] = angle.item()
    return angles


# The colours are Okabe and Ito's, told apart by the colour-blind.
COLOURS = ("#0072B2", "#D55E00")
OUTSIDE, INSIDE, WALL, STUCK = "#EEEEEE", "#FFFFFF", "#555555", "#222222"


def _picture(gridworld: Gridworld, now: GridworldState, path: Array) -> Picture:
    """Walls, goals, trails, and both agents within half the distance that they have to keep."""
    canvas = _Canvas(gridworld)
    canvas.box(gridworld.width, gridworld.height, INSIDE, WALL)
    for goal, arrived, colour in zip(gridworld.goals, now.arrived[0, :, 0], COLOURS, strict=True):
        canvas.disc(goal, gridworld.goal_radius, colour, opacity=0.45 if arrived else 0.15)
        canvas.disc(goal, gridworld.goal_radius, colour, outline=1.5)
    for trail, colour in zip(np.swapaxes(path, 0, 1), COLOURS, strict=True):
        for start, end in itertools.pairwise(trail):
            canvas.line(start, end, 1.25 * canvas.pixel, colour, opacity=0.6)
        for position in trail[:-1]:
            canvas.disc(position, 3.0 * canvas.pixel, colour)
    for here, stuck, colour in zip(path[-1], now.stuck[0, :, 0], COLOURS, strict=True):
        around = STUCK if stuck else colour
        canvas.disc(here, gridworld.distance / 2, around, opacity=0.5 if stuck else 0.3)
        canvas.disc(here, gridworld.distance / 2, around, outline=2.0)
        canvas.disc(here, 8.0 * canvas.pixel, INSIDE)
        canvas.disc(here, 6.5 * canvas.pixel, colour)
    return canvas.picture()


class _Canvas:
    """A picture of the box and a margin around it, at most 400 pixels wide and 1200 high.

    A shape covers a pixel by how far the pixel's centre lies inside of its edge, which smooths the
    edge over one pixel.
    """

    def __init__(self, gridworld: Gridworld) -> None:
        margin = 0.1 * gridworld.width + max(gridworld.goal_radius, gridworld.distance / 2)
        width, height = gridworld.width + 2 * margin, gridworld.height + 2 * margin
        self.pixel = max(width / 400, height / 1200)
        columns, rows = max(round(width / self.pixel), 1), max(round(height / self.pixel), 1)
        self.x = (np.arange(columns) + 0.5) * self.pixel - margin
        self.y = ((rows - 0.5 - np.arange(rows)) * self.pixel - margin)[:, np.newaxis]
        self.colours = np.empty((rows, columns, 3))
        self.colours[:] = _rgb(OUTSIDE)

    def box(self, width: float, height: float, inside: str, edge: str) -> None:
        """The rectangle from the origin to (width, height)."""
        beyond = np.maximum(np.abs(self.x - width / 2) - width / 2, -self.y)
        beyond = np.maximum(beyond, self.y - height)
        everything = (slice(None), slice(None))
        self._paint(everything, beyond, inside, 1.0)
        self._paint(everything, np.abs(beyond) - self.pixel, edge, 1.0)

    def disc(
        self,
        centre: Array,
        radius: float,
        colour: str,
        opacity: float = 1.0,
        outline: float | None = None,
    ) -> None:
        """A disc, or its outline of so many pixels."""
        self.line(centre, centre, radius, colour, opacity, outline)

    def line(
        self,
        start: Array,
        end: Array,
        radius: float,
        colour: str,
        opacity: float = 1.0,
        outline: float | None = None,
    ) -> None:
        """All within the radius of a segment, or its outline of so many pixels."""
        where = self._around(start, end, radius)
        x, y = self.x[where[1]] - start[0], self.y[where[0]] - start[1]
        along = end - start
        share = (x * along[0] + y * along[1]) / max(along @ along, np.finfo(float).tiny)
        nearest = np.clip(share, 0.0, 1.0)
        beyond = np.hypot(x - nearest * along[0], y - nearest * along[1]) - radius
        if outline is not None:
            beyond = np.abs(beyond) - outline * self.pixel / 2
        self._paint(where, beyond, colour, opacity)

    def picture(self) -> Picture:
        """Shape (rows, columns, 3), from the top."""
        return np.round(self.colours).astype(np.uint8)

    def _around(self, start: Array, end: Array, radius: float) -> tuple[slice, slice]:
        """The rows and columns that a segment's surroundings can touch."""
        reach = radius + 3 * self.pixel
        (left, low), (right, high) = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        rows = np.searchsorted(-self.y[:, 0], [-high, -low])
        columns = np.searchsorted(self.x, [left, right])
        return slice(*rows), slice(*columns)

    def _paint(
        self, where: tuple[slice, slice], beyond: Array, colour: str, opacity: float
    ) -> None:
        """Paint where `beyond`, the distance outwards from the shape's edge, is negative."""
        cover = opacity * np.clip(0.5 - beyond / self.pixel, 0.0, 1.0)[..., np.newaxis]
        self.colours[where] += cover * (_rgb(colour) - self.colours[where])


def _rgb(colour: str) -> Array:
    """Red, green and blue of a colour written #RRGGBB."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=float)
