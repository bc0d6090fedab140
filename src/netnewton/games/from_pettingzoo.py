"""Any PettingZoo parallel environment with discrete or box actions, as a game that is sampled.

R x L copies of the environment are stepped side by side, one trajectory each. What the game shows
has a row that is 1 and then the agents' observations, flattened, one after another (`sees`):
boxes as they are, a discrete one as an indicator of its value. Agents may differ in their sizes:

    game = from_pettingzoo(simple_spread_v3.parallel_env)
    policy = LinearSoftmax.of(game)
    source = likelihood_ratio(game, policy, streams, horizon=25, size=50)

*Seeds.* Each trajectory's environment is reset with a seed from the game's own chance, so that a
trajectory is a function of that seed and of the actions, whatever is played beside it. That takes
an environment which draws from nothing but what `reset(seed)` has seeded, as PettingZoo asks.

*Actions* in boxes are clipped to the box on their way into the environment. To the policy the
clipping is part of the game: scores are of what it drew, and remain exact.

*Ends.* An agent that terminates or is truncated earns zero from then on, goes on showing what it
saw last, and its actions go nowhere. The number of steps is the estimator's `horizon`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, number
from netnewton.trajectories.streams import Streams

try:
    from gymnasium import spaces
    from pettingzoo import AECEnv, ParallelEnv
except ModuleNotFoundError as error:
    raise ImportError(
        f"{__name__} needs {error.name}, which is not installed: "
        "pip install 'netnewton[pettingzoo]'",
        name=error.name,
    ) from None

Seeds = npt.NDArray[np.int64]

SEEDS = 2**31
"""Seeds lie below: some environments take no more than 31 bits."""

SIMPLE = (spaces.Box, spaces.Discrete)
FIXED = "all agents have to be there from the start, and none may come or come back later"


@dataclass(frozen=True, eq=False)
class PettingZooState:
    """Where R x L environments are; they go on in place, so only the latest can be stepped."""

    moment: tuple[int, int]
    """Which batch, and after how many steps."""
    shown: Array
    """A one and all observations, shape (R * L, F)."""
    shape: tuple[int, int]
    """(R, L)."""


@dataclass(frozen=True, eq=False)
class PettingZooGame:
    """A PettingZoo parallel environment with N agents; made by `from_pettingzoo`.

    Parameters
    ----------
    make_env : callable
        Gives a new environment.
    discount : float
        gamma in [0, 1].

    Raises
    ------
    ValueError
        If it is no parallel environment, an observation or an action is neither discrete nor a box,
        actions are of both kinds, or the set of agents is not fixed.
    RuntimeError
        If a state is stepped that is not the latest.
    """

    make_env: Callable[[], Any]
    discount: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= number("discount", self.discount) <= 1.0:
            raise ValueError(f"discount = {self.discount}: give a discount in [0, 1]")
        self._spaces.require()

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.agents)

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents' names, in the order of their numbers."""
        return tuple(self._spaces.looks)

    @property
    def sees(self) -> tuple[tuple[int, ...], ...]:
        """For each agent row 0, which is 1, and those of its own observation."""
        return tuple((0, *range(own.start, own.stop)) for own in self._spaces.rows)

    @property
    def n_actions(self) -> tuple[int, ...] | None:
        """How many actions each agent has, if they are discrete."""
        return None if self._spaces.boxed else self._spaces.sizes

    @property
    def components(self) -> tuple[int, ...] | None:
        """How many numbers make each agent's action, if they are boxes."""
        return self._spaces.sizes if self._spaces.boxed else None

    def chance(self, streams: Streams, draws: int, size: int) -> list[Seeds | None]:
        """A seed for each environment, shape (R, L), and nothing for the steps."""
        seeds = (streams.uniform(1, size)[0] * SEEDS).astype(np.int64)
        return [seeds, *[None] * (draws - 1)]

    def start(self, chance: Seeds, shape: tuple[int, int]) -> PettingZooState:
        """All environments reset, with seeds of shape (R, L)."""
        envs = self._fleet.set_out(chance.size)
        shown = np.ones((chance.size, self._spaces.rows[-1].stop))
        for env, seed, row in zip(envs, chance.ravel().tolist(), shown, strict=True):
            observations, _ = env.reset(seed=seed)
            if set(env.agents) != set(self.agents):
                raise ValueError(f"agents {env.agents} after reset, not {self.agents}: {FIXED}")
            self._spaces.show(observations, row)
        return PettingZooState(self._fleet.moment, shown, shape)

    def seen(self, state: PettingZooState) -> Array:
        """A row of ones, and then all observations, shape (R, F, L)."""
        return _trajectories_last(state.shown, state.shape)

    def step(
        self, state: PettingZooState, actions: npt.NDArray, chance: None
    ) -> tuple[PettingZooState, Array]:
        """One step of every environment that has not ended, from actions (R, N or M, L)."""
        envs = self._fleet.go_on(state)
        chosen = self._spaces.chosen(actions)
        shown, rewards = state.shown.copy(), np.zeros((len(envs), self.n_agents))
        for k, env in enumerate(envs):
            if env.agents:
                observations, earned = _stepped(env, {a: chosen[a][k] for a in env.agents})
                self._spaces.show(observations, shown[k])
                rewards[k] = [earned.get(agent, 0.0) for agent in self.agents]
        following = PettingZooState(self._fleet.moment, shown, state.shape)
        return following, _trajectories_last(rewards, state.shape)

    @cached_property
    def _fleet(self) -> _Fleet:
        return _Fleet(self.make_env)

    @cached_property
    def _spaces(self) -> _Spaces:
        return _Spaces.of(self._fleet.set_out(1)[0])


def from_pettingzoo(make_env: Callable[[], Any], discount: float = 1.0) -> PettingZooGame:
    """A PettingZoo parallel environment as a game for `likelihood_ratio`.

    Parameters
    ----------
    make_env : callable
        Gives a new one, such as ``simple_spread_v3.parallel_env``.
    discount : float
        gamma in [0, 1].

    Returns
    -------
    PettingZooGame
    """
    return PettingZooGame(make_env, discount)


class _Fleet:
    """Environments to be used again: making one takes far longer than a step."""

    def __init__(self, make_env: Callable[[], Any]) -> None:
        self.make_env, self.envs, self.size = make_env, list[Any](), 0
        self.moment = (0, 0)

    def set_out(self, size: int) -> list[Any]:
        """So many environments, for a new batch."""
        while len(self.envs) < size:
            self.envs.append(_parallel(self.make_env()))
        self.moment, self.size = (self.moment[0] + 1, 0), size
        return self.envs[:size]

    def go_on(self, state: PettingZooState) -> list[Any]:
        """Those of the batch, for a step from its latest state."""
        if state.moment != self.moment:
            raise RuntimeError(
                f"a state of (batch, steps) = {state.moment}, and the environments have gone on to "
                f"{self.moment}: step the latest state, or make a second game"
            )
        self.moment = (state.moment[0], state.moment[1] + 1)
        return self.envs[: self.size]


@dataclass(frozen=True)
class _Spaces:
    """What each agent looks at and does, by name, and both as rows of arrays."""

    looks: dict[str, Any]
    acts: dict[str, Any]

    @classmethod
    def of(cls, env: Any) -> _Spaces:
        if not getattr(env, "possible_agents", None):
            raise ValueError(f"{env} names no possible_agents: {FIXED}")
        each = (env.observation_space, env.action_space)
        return cls(*({agent: space(agent) for agent in env.possible_agents} for space in each))

    def require(self) -> None:
        for kind, each in (("observation", self.looks), ("action", self.acts)):
            for agent, space in each.items():
                if not isinstance(space, SIMPLE):
                    raise ValueError(
                        f"{kind} space of {agent} = {space}: give a Box or a Discrete one, as by a "
                        "wrapper that flattens it"
                    )
        if len({type(space) for space in self.acts.values()}) > 1:
            raise ValueError(f"action spaces {self.acts}: wrap it to have all of one kind")

    @cached_property
    def boxed(self) -> bool:
        """Whether actions are vectors."""
        return all(isinstance(space, spaces.Box) for space in self.acts.values())

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers make each agent's action, or how many actions it has."""
        return tuple(map(spaces.flatdim, self.acts.values()))

    @cached_property
    def rows(self) -> list[slice]:
        """Where each agent's observation is shown, behind the row of ones."""
        ends = accumulate(map(spaces.flatdim, self.looks.values()), initial=1)
        return [slice(*pair) for pair in pairwise(ends)]

    def show(self, observations: Mapping[str, Any], row: Array) -> None:
        """Write what agents look at into (F,); who has ended is not among them, or for the last
        time.
        """
        for (agent, space), own in zip(self.looks.items(), self.rows, strict=True):
            if agent in observations:
                row[own] = np.asarray(spaces.flatten(space, observations[agent]), dtype=float)

    def chosen(self, actions: npt.NDArray) -> dict[str, Sequence[Any]]:
        """Each agent's actions in all R * L environments, from (R, N or M, L)."""
        sizes = self.sizes if self.boxed else (1,) * len(self.acts)
        if actions.ndim != 3 or actions.shape[1] != sum(sizes):
            raise ValueError(
                f"actions of shape {actions.shape} for {self.acts}: give (R, {sum(sizes)}, L), as "
                f"{'LinearGaussian' if self.boxed else 'LinearSoftmax'}.of(game) does"
            )
        flat = np.swapaxes(actions, 1, 2).reshape(-1, sum(sizes))
        own = np.split(flat, np.cumsum(sizes)[:-1], axis=1)
        pairs = zip(self.acts.items(), own, strict=True)
        return {agent: _as_actions(space, values) for (agent, space), values in pairs}


def _as_actions(space: Any, values: npt.NDArray) -> Sequence[Any]:
    """Actions of an agent from (R * L, its numbers): clipped to a box, or counted from the first
    of a discrete space.
    """
    if isinstance(space, spaces.Discrete):
        return [int(space.start) + action for action in values[:, 0].tolist()]
    clipped = np.clip(values, space.low.ravel(), space.high.ravel()).astype(space.dtype)
    return list(clipped.reshape(-1, *space.shape))


def _stepped(env: Any, actions: dict[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, float]]:
    """Observations and rewards of a step; agents may leave, and none may come."""
    observations, rewards, *_ = env.step(actions)
    if not set(env.agents) <= set(actions):
        raise ValueError(f"agents {env.agents} after {list(actions)}: {FIXED}")
    return observations, rewards


def _parallel(env: Any) -> Any:
    """The environment, if it is a parallel one."""
    if isinstance(env, ParallelEnv):
        return env
    kind = "an AEC environment, of turns" if isinstance(env, AECEnv) else "no environment"
    raise ValueError(f"{env!r} is {kind}: give a function that makes a pettingzoo.ParallelEnv")


def _trajectories_last(values: Array, shape: tuple[int, int]) -> Array:
    """From (R * L, n) to (R, n, L)."""
    return np.ascontiguousarray(np.swapaxes(values.reshape(*shape, -1), 1, 2))
