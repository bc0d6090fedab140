"""What one agent learns from: any source of derivatives, asked for this agent's row alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from netnewton.arrays import Array
from netnewton.derivatives import Derivatives, DerivativeSource
from netnewton.derivatives.source import SampledSource
from netnewton.processes.flooding import broadcast
from netnewton.processes.neighbourhood import Neighbourhood

ARRAYS = tuple(name for name in Derivatives._fields if name != "elsewhere")


class OwnDerivatives:
    """One agent's derivatives of its own return at its own copy.

    Called with theta of shape (R, 1, D), it gives `Derivatives` with one agent. The source is asked
    at N copies, this agent's and stand-ins, because an agent's numbers come out the same, to the
    last bit, in arrays of the same shape only; what it says of the stand-ins is dropped.

    A source that learns from samples plays mu, which is made of all agents' blocks. They come by
    `broadcast`, one flood for each call. Every process plays the whole batch itself: with streams
    from the same seed it is one batch, common to all, of which each sees its own rewards.

    Parameters
    ----------
    source : callable
        For N agents. Build it from `own_reward(game, i)` or `own_term(problem, i)`, and from
        streams with the same seed in every process.
    neighbourhood : Neighbourhood
        Of this agent.

    Attributes
    ----------
    rounds : int
        Of the last broadcast, until this agent had all blocks; 0 if nothing has been played.
    """

    n_agents = 1
    """How many it serves."""

    def __init__(self, source: DerivativeSource, neighbourhood: Neighbourhood) -> None:
        self.source: Any = source
        self.neighbourhood = neighbourhood
        self.calls, self.rounds = 0, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("n_parameters", "owner", "repetitions", "order"):
            return getattr(self.source, name)
        raise AttributeError(name)

    def __call__(self, theta: Array) -> Derivatives:
        """The derivatives, shapes (R, 1, ...)."""
        self.calls += 1
        copies = self._copies(theta)
        if isinstance(self.source, SampledSource):
            owner = self.source.owner
            flooded = broadcast(self.neighbourhood, theta[:, 0], owner, self.calls)
            self.rounds = flooded.rounds
            copies[:, owner, np.arange(len(owner))] = flooded.parameters
        local = self.source(copies)
        found: dict[str, Any] = {name: self._own(getattr(local, name)) for name in ARRAYS}
        if (estimates := local.elsewhere) is not None:
            found["elsewhere"] = lambda others: self._own(estimates(self._copies(others)))
        return Derivatives(**found)

    def _copies(self, theta: Array) -> Array:
        """N times the agent's copy, shape (R, N, D)."""
        return np.repeat(theta, self.neighbourhood.n_agents, axis=1)

    def _own(self, values: Any) -> Array:
        """The agent's row of values for N, shape (R, 1, ...); nothing, where there is nothing."""
        i = self.neighbourhood.agent
        return np.asarray(values[:, i : i + 1] if values.size else values)
