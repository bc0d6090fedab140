"""What agents know of their returns, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, floats
from netnewton.derivatives.second_order import PolicyCurvature
from netnewton.trajectories.playing import require_match
from netnewton.trajectories.streams import Streams

NOT_COMPUTED: Array = np.empty(0)


class Derivatives(NamedTuple):
    """What each agent knows of its own return at its own copy of the parameters.

    A source need not provide what the method does not use: H_i = I needs no Hessian.
    """

    J: Array
    """J_i(theta_i), shape (R, N)."""
    gradient: Array = NOT_COMPUTED
    """Gradient of J_i at theta_i, shape (R, N, D)."""
    hessian: Array = NOT_COMPUTED
    """Hessian of J_i at theta_i, or what the source was told to give in its place, shape
    (R, N, D, D)."""
    effective_sample_size: Array = NOT_COMPUTED
    """How many of a batch's trajectories count for agent i, (sum w)^2 / sum w^2 with the
    importance weights w, shape (R, N); where there is a batch."""
    played: Array = NOT_COMPUTED
    """Mean return of the batch, J_i of what was played, shape (R, N); where there is a batch."""
    elsewhere: Callable[[Array], Array] | None = None
    """From other copies, shape (R, N, D), to estimates of the gradient there from the same batch,
    (R, N, D); None if the source has none to give."""


DerivativeSource = Callable[[Array], Derivatives]
"""From theta of shape (R, N, D), agent i's copy at [:, i], to `Derivatives`.

Any function is one. Those of this package also say what they are for: `n_agents` N, `n_parameters`
D, `order` (the highest derivative they compute), `repetitions` (the only R they serve; None for
any), and, unless all agents share all parameters, `owner` (the agent that each parameter belongs
to, shape (D,)).
"""


@dataclass(frozen=True, eq=False)
class PolicySource:
    """What all sources for a game and a policy say of themselves, and refuse."""

    game: Any
    policy: Any

    def __post_init__(self) -> None:
        require_match(self.game, self.policy)

    @property
    def n_agents(self) -> int:
        """N."""
        found: int = self.game.n_agents
        return found

    @property
    def n_parameters(self) -> int:
        """D."""
        return len(self.policy.owner)

    @property
    def owner(self) -> Indices:
        """The agent that each parameter belongs to, shape (D,)."""
        found: Indices = self.policy.owner
        return found

    def _require(self, order: int, hessian: object) -> None:
        """Refuse an order that no source computes, or a matrix that is not for these agents."""
        if order not in (0, 1, 2):
            raise ValueError(f"order = {order!r}: choose 0 (J), 1 (gradient) or 2 (Hessian)")
        if isinstance(hessian, PolicyCurvature):
            hessian.require(self.n_agents)


@dataclass(frozen=True, eq=False)
class SampledSource(PolicySource):
    """What sources have in common that learn from a new batch at every call."""

    streams: Streams

    @property
    def repetitions(self) -> int:
        """R, for how many there are streams."""
        return len(self.streams)

    def _copies(self, theta: npt.ArrayLike) -> Array:
        """The copies, shape (R, N, D), one repetition for each stream."""
        copies = as_copies(theta, self.n_agents, self.n_parameters)
        if copies.ndim != 3 or len(copies) != self.repetitions:
            raise ValueError(
                f"theta of shape {copies.shape}: give (R, N, D) with the R = {self.repetitions} "
                "repetitions of the streams"
            )
        return copies


def as_copies(theta: npt.ArrayLike, n_agents: int, n_parameters: int) -> Array:
    """The agents' copies as float64, shape (..., N, D), of which there is at least one.

    Raises
    ------
    ValueError
        If they are not finite numbers, or not for so many agents and parameters.
    """
    copies = floats("theta", theta)
    if copies.shape[-2:] != (n_agents, n_parameters) or copies.size == 0:
        raise ValueError(
            f"theta of shape {copies.shape}: for {n_agents} agents, each with its copy of "
            f"{n_parameters} parameters, give (R, {n_agents}, {n_parameters}) with R >= 1"
        )
    return copies


def as_parameters(name: str, values: npt.ArrayLike, n_parameters: int) -> Array:
    """Joint parameters as float64, shape (..., D), of which there is at least one.

    Raises
    ------
    ValueError
        If they are not finite numbers, or not so many.
    """
    parameters = floats(name, values)
    if parameters.shape[-1:] != (n_parameters,) or parameters.size == 0:
        raise ValueError(
            f"{name} of shape {parameters.shape}: give (..., {n_parameters}), for "
            f"{n_parameters} parameters"
        )
    return parameters
