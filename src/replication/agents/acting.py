"""One process, one agent: it learns from its own reward and from what its neighbours send.

The algorithm, its loop and its derivatives are the library's; only *mix* differs from a simulation.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from netnewton import run
from netnewton.algorithms import Algorithm, State
from netnewton.arrays import Flags
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix
from netnewton.processes import Neighbourhood, OwnDerivatives, Unheard
from netnewton.processes.transport import late
from replication.agents import launcher, parts
from replication.agents.assignments import Assignment
from replication.agents.last_words import SAID, Witness
from replication.experiments.config import ConfigError
from replication.experiments.files import require_writable

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

INTERRUPTED = 130
SECONDS_TO_START = 60.0  # from the first process that is there to the last


def act(assignment: Assignment, out: Path, deadline: float) -> None:
    """Be the agent that this process was started as, record it, and as the first one sum up.

    Parameters
    ----------
    assignment : Assignment
    out : Path
        Records go to <out>/<experiment>/<method>/agent-<i>.csv.
    deadline : float
        Seconds within which an agent has to hear from its neighbours.

    Raises
    ------
    ConfigError
        If there is not one process for each agent; nothing has been computed then.
    OSError
        If the folder cannot be written to.
    """
    me = launcher.launched()
    if me.size != assignment.n_agents:
        raise ConfigError(
            f"{me.size} process{'' if me.size == 1 else 'es'} for the {assignment.n_agents} agents "
            f"of {assignment.name}: ./run mpiexec -n {assignment.n_agents} netnewton agent ..."
        )
    launcher.require_mpi()
    folder = out / assignment.name
    require_writable(folder)
    if me.rank == 0:
        _clear(folder)
    witness = Witness(folder, me.rank)
    try:
        _learn(assignment, folder, deadline)
    except KeyboardInterrupt:
        witness.dismiss()
        _leave(INTERRUPTED)
    except Exception as error:
        witness.tell(_reason(error, me.rank))
        _leave(1)
    witness.dismiss()


def _clear(folder: Path) -> None:
    """Remove what an earlier run has recorded: it may have had more agents, or have ended."""
    for path in [*folder.glob("agent-*.csv"), folder / SAID]:
        path.unlink(missing_ok=True)


def _reason(error: Exception, agent: int) -> str:
    """What is known already in its own words; anything else in one line, above where it arose."""
    if isinstance(error, Unheard | ArithmeticError):
        return str(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return f"agent {agent} has failed: {said}\n{traceback.format_exc()}"


def _leave(status: int) -> NoReturn:
    """End without MPI's goodbye, which would wait for all others."""
    sys.stdout.flush()
    os._exit(status)


def _learn(assignment: Assignment, folder: Path, deadline: float) -> None:
    world = launcher.world()
    _wait_for_all(world, SECONDS_TO_START)
    neighbourhood = Neighbourhood(world, assignment.weights[world.rank], deadline)
    source = OwnDerivatives(assignment.source(world.rank), neighbourhood)
    record = parts.Part(parts.part(folder, world.rank), assignment.start.shape[1])
    algorithm = _Recorded(assignment.algorithm, source, record, world.rank)
    start = assignment.start[np.newaxis, [world.rank]]
    began = time.perf_counter()
    run(algorithm, source, neighbourhood.mix, assignment.iterations, start, _nothing)
    _wait_for_all(world, deadline)
    if world.rank == 0:
        print(_summary(assignment, folder, time.perf_counter() - began), flush=True)


def _nothing(states: State) -> dict[str, npt.NDArray[Any]]:
    """What `run` need not keep, as the file has it."""
    return {}


def _wait_for_all(world: Intracomm, deadline: float) -> None:
    if late({"all": world.Ibarrier()}, deadline):
        raise Unheard(f"agent {world.rank} has waited for all others for {deadline:g} s")


def _summary(assignment: Assignment, folder: Path, seconds: float) -> str:
    read = [parts.read(parts.part(folder, agent)) for agent in range(assignment.n_agents)]
    copies = np.stack([theta[-1] for theta, _ in read])
    rounds = int(max(of_all.max() for _, of_all in read))
    said = [
        f"{assignment.name}: {assignment.n_agents} agents, {assignment.iterations} iterations in "
        f"{seconds:.1f} s",
        f"copies differ by {np.ptp(copies, axis=0).max():.2g}",
        f"recorded in {folder}",
    ]
    if assignment.returns is not None:
        with np.errstate(over="ignore"):
            said.insert(1, f"J = {assignment.returns(copies).mean():.6g}")
    if rounds:
        said.insert(-1, f"policies reached all in {rounds} round{'' if rounds == 1 else 's'}")
    return "; ".join(said)


@dataclass(frozen=True)
class _Recorded(Algorithm[State]):
    """An algorithm whose every state is recorded, and which ends when it diverges.

    A simulation sets a repetition that diverges to zero and goes on with the others; here there are
    no others, and neighbours that are sent zeros would go on as if nothing had happened.
    """

    algorithm: Algorithm[Any]
    source: OwnDerivatives
    record: parts.Part
    agent: int

    @property
    def order(self) -> int:
        """That of the algorithm."""
        return self.algorithm.order

    def init(self, theta: npt.ArrayLike) -> State:
        """The algorithm's."""
        return self._recorded(self.algorithm.init(theta))

    def step(self, state: State, derivatives: DerivativeSource, mix: Mix) -> State:
        """The algorithm's.

        Raises
        ------
        ArithmeticError
            If the new state is not finite.
        """
        new: State = self.algorithm.step(state, derivatives, mix)
        if new.not_finite().any():
            raise ArithmeticError(
                f"agent {self.agent} has diverged in iteration {new.iteration}: a number is not "
                "finite; try a smaller step size or a larger floor m"
            )
        return self._recorded(new)

    def singular(self, state: State) -> Flags:
        """The algorithm's."""
        return self.algorithm.singular(state)

    def _recorded(self, state: State) -> State:
        self.record.add(state.iteration, self.source.rounds, state.theta[0, 0])
        return state
