"""What mpiexec says to a process, and MPI without a network."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from replication.experiments.config import ConfigError

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

SHARED_MEMORY = {"MPIR_CVAR_CH4_NETMOD": "ucx", "UCX_TLS": "self,sm"}
"""What MPICH is told on Linux: messages pass through shared memory, and no agent listens."""


class Launched(NamedTuple):
    """One of several processes."""

    rank: int
    size: int


def launched() -> Launched:
    """Which process this is, as MPICH's mpiexec tells it before MPI begins; else the only one."""
    rank, size = (os.environ.get(name, "") for name in ("PMI_RANK", "PMI_SIZE"))
    return Launched(int(rank), int(size)) if rank and size else Launched(0, 1)


def require_mpi() -> None:
    """Refuse to go on without mpi4py.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    if find_spec("mpi4py") is None:
        raise ConfigError("mpi4py is missing: ./run installs it, or pip install 'netnewton[mpi]'")


def world() -> Intracomm:
    """Begin MPI; all processes.

    Raises
    ------
    RuntimeError
        If MPI and mpiexec do not belong together.
    """
    if sys.platform == "linux":
        os.environ.update(SHARED_MEMORY)
    from mpi4py import MPI

    found = MPI.COMM_WORLD
    if (found.rank, found.size) != launched():
        raise RuntimeError(
            f"mpiexec has started {launched().size} processes, MPI sees {found.size}: use the "
            "mpiexec that came with the MPI, ./run mpiexec"
        )
    return found
