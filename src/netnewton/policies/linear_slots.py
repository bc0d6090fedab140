r"""Where the parameters of linear policies stand, and what agents make of what they see.

Agent j has a vector of gains k_s for each of its slots s, and sees some of the rows that the game
shows, x_j: the value of the slot is k_s^T x_j. psi_j holds the gains slot by slot. All else follows
from three indices, one entry for each parameter: its owner, its slot and the row that it
multiplies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Indices, counts, reals


@dataclass(frozen=True)
class LinearSlots(ABC):
    """What both families share: who sees what, and where each parameter stands.

    M is the number of all agents' slots, F that of the rows that are looked at.
    """

    sees: Sequence[Sequence[int]]

    def __post_init__(self) -> None:
        rows = tuple(counts(f"sees[{j}]", own, least=0) for j, own in enumerate(self.sees))
        object.__setattr__(self, "sees", rows)
        for j, own in enumerate(rows):
            if len(set(own)) < len(own):
                raise ValueError(f"sees[{j}] = {own}: name each row once")
        if len(rows) != len(self.slots) or not rows:
            raise ValueError(
                f"sees has rows for {len(rows)} agents, and there are {len(self.slots)}: give a "
                "row of rows for each, as ((0, 1), (1, 2))"
            )

    @property
    @abstractmethod
    def slots(self) -> tuple[int, ...]:
        """How many slots each agent has."""

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.sees)

    @property
    def n_parameters(self) -> int:
        """D, the length of theta."""
        return len(self.owner)

    @cached_property
    def agent(self) -> Indices:
        """The agent that each slot belongs to, shape (M,)."""
        return np.repeat(np.arange(self.n_agents), self.slots)

    @cached_property
    def slot(self) -> Indices:
        """The slot that each parameter belongs to, shape (D,)."""
        return np.repeat(np.arange(len(self.agent)), [len(self.sees[j]) for j in self.agent])

    @cached_property
    def row(self) -> Indices:
        """The row that each parameter multiplies, shape (D,)."""
        return np.array([row for j in self.agent for row in self.sees[j]], dtype=np.intp)

    @cached_property
    def owner(self) -> Indices:
        """The agent that each parameter belongs to, shape (D,): psi_j is ``theta[owner == j]``."""
        return self.agent[self.slot]

    @cached_property
    def action(self) -> Indices:
        """The place of each slot among its agent's, shape (M,)."""
        return np.concatenate([np.arange(n) for n in self.slots])

    @cached_property
    def n_rows(self) -> int:
        """F: rows 0, ..., F - 1 are looked at by somebody."""
        return int(self.row.max()) + 1

    def gains(self, theta: npt.ArrayLike) -> Array:
        """All gains as a matrix, zero where an agent does not look.

        Parameters
        ----------
        theta : Array, shape (..., D)

        Returns
        -------
        Array, shape (..., M, F)
        """
        theta = reals("theta", theta)
        found = np.zeros((*theta.shape[:-1], len(self.agent), self.n_rows))
        found[..., self.slot, self.row] = theta
        return found

    def values(self, theta: Array, seen: Array) -> Array:
        """k_s^T x_j of every slot: means of actions, or logits.

        Parameters
        ----------
        theta : Array, shape (..., D)
        seen : Array, shape (..., F or more, L)
            Its leading axes broadcast against those of theta.

        Returns
        -------
        Array, shape (..., M, L)
        """
        return np.matmul(self.gains(theta), self.looked_at(seen))

    def looked_at(self, seen: Array) -> Array:
        """The first F of the rows that a game shows; a view.

        Raises
        ------
        ValueError
            If it shows fewer.
        """
        if seen.ndim < 3 or seen.shape[-2] < self.n_rows:
            raise ValueError(
                f"linear policies that look at rows 0 to {self.n_rows - 1} see shape (R, at least "
                f"{self.n_rows}, L); this game shows {seen.shape}: give it a policy that sees those"
            )
        return seen[..., : self.n_rows, :]

    def rows(self, s: int) -> Indices:
        """The rows that slot s multiplies, shape (n,)."""
        return self.row[self.slot == s]

    def place(self, matrix: Array, s: int, t: int, block: Array) -> None:
        """Write a symmetric block (..., n, n) of two slots of one agent into (..., D, D), twice."""
        one, other = np.flatnonzero(self.slot == s), np.flatnonzero(self.slot == t)
        matrix[..., one[:, np.newaxis], other] = block
        matrix[..., other[:, np.newaxis], one] = block
