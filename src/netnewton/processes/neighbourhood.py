"""*Mixing* by messages: what one agent knows of the network, and its part of *mix*."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from netnewton.arrays import Array, floats, number
from netnewton.networks.weights import TOLERANCE
from netnewton.processes.transport import Communicator, exchange

DEADLINE = 60.0


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """One agent's place in a fixed network; ``neighbourhood.mix`` is what `netnewton.run` takes.

    Parameters
    ----------
    communicator : Communicator
        Of N processes, one for each agent, such as ``MPI.COMM_WORLD``; its rank is this agent.
    row : array_like, shape (N,)
        a_i1, ..., a_iN, the agent's own row of the consensus matrix, and all it has of it. Agents
        with a_ij = 0 are no neighbours: nothing is sent to them.
    deadline : float
        Seconds that the neighbours have for an exchange of messages, their computing included.

    Raises
    ------
    ValueError
        If the row is not for as many agents as there are processes, or is no row of a stochastic
        matrix, or the deadline is not positive.
    """

    communicator: Communicator
    row: Array
    deadline: float = DEADLINE

    def __post_init__(self) -> None:
        row = floats("row", self.row)
        object.__setattr__(self, "row", row)
        if row.shape != (self.n_agents,):
            raise ValueError(
                f"a row of shape {row.shape} for {self.n_agents} processes: start one process for "
                "each agent, as by mpiexec -n N"
            )
        if row.min() < 0.0 or abs(row.sum() - 1.0) > TOLERANCE:
            raise ValueError(
                f"row {self.agent} of the weights has the least entry {row.min():g} and sums to "
                f"{row.sum():g}: give weights >= 0 that sum to 1"
            )
        if not number("deadline", self.deadline) > 0.0:
            raise ValueError(f"deadline = {self.deadline}: give a positive number of seconds")

    @property
    def agent(self) -> int:
        """i, the number of this agent."""
        return self.communicator.rank

    @property
    def n_agents(self) -> int:
        """N."""
        return self.communicator.size

    @cached_property
    def neighbours(self) -> tuple[int, ...]:
        """The others that have weight in the row, in ascending order."""
        return tuple(int(j) for j in np.flatnonzero(self.row) if j != self.agent)

    def mix(self, values: Array, iteration: int) -> Array:
        """sum_j a_ij values_j over the neighbours and the agent itself.

        Parameters
        ----------
        values : Array, shape (R, 1, ...)
            The agent's own; they are what each neighbour is sent, and nothing else is.
        iteration : int
            k, for messages of errors.

        Returns
        -------
        Array, shape (R, 1, ...)
            The same bits as the agent's row of `netnewton.networks.mixing`.

        Raises
        ------
        Unheard
            If a neighbour is late.
        ArithmeticError
            If a value is not finite: it would reach every agent.
        """
        if not np.isfinite(values).all():
            raise ArithmeticError(
                f"agent {self.agent} has a number that is not finite, in iteration {iteration}: "
                "try a smaller step size or a larger floor m"
            )
        own = np.ascontiguousarray(values).reshape(len(values), -1)
        gathered = np.zeros((len(own), self.n_agents, own.shape[1]))
        gathered[:, self.agent] = own
        incoming = {j: np.empty_like(own) for j in self.neighbours}
        exchange(self.communicator, own, incoming, iteration, self.deadline)
        for j, received in incoming.items():
            gathered[:, j] = received
        mixed = np.matmul(self._of_all, gathered)[:, self.agent]
        return np.asarray(mixed.reshape(values.shape))

    @cached_property
    def _of_all(self) -> Array:
        """The row in a matrix of zeros, (N, N): BLAS adds in another order for other shapes."""
        matrix = np.zeros((self.n_agents, self.n_agents))
        matrix[self.agent] = self.row
        return matrix
