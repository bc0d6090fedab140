"""One message if an agent ends too soon, whatever ends it.

An agent that is killed can say nothing, and mpiexec kills the others as soon as it notices. So each
agent has a *witness*, a child process that holds open what mpiexec watches. When its agent has
ended, the witness says why, unless the witness of another agent has been first; only then does it
leave, and mpiexec notices.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NoReturn

from replication.agents.parts import last_iteration, part

SAID = "ended.txt"
"""The message, in the folder of what was recorded; who creates it is the first."""
NOTHING = b"\0"
"""What an agent leaves to say that ends as it should."""


class Witness:
    """The process that speaks for an agent; made before MPI begins, so that it is no part of it.

    Parameters
    ----------
    folder : Path
        Where the agents record.
    agent : int
    """

    def __init__(self, folder: Path, agent: int) -> None:
        hears, self._tells = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(self._tells)
            _bear(hears, folder, agent)
        os.close(hears)

    def tell(self, message: str) -> None:
        """Leave a message; the witness says its first line, and keeps all of it."""
        self._leave(message.encode())

    def dismiss(self) -> None:
        """Leave without a message."""
        self._leave(NOTHING)

    def _leave(self, words: bytes) -> None:
        os.write(self._tells, words)
        os.close(self._tells)
        os.waitpid(self._process, 0)


def _bear(hears: int, folder: Path, agent: int) -> NoReturn:
    try:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        words = b"".join(iter(lambda: os.read(hears, 4096), b""))
        if words != NOTHING:
            _say(folder, words.decode() or _killed(folder, agent))
    finally:
        os._exit(0)


def _killed(folder: Path, agent: int) -> str:
    if (last := last_iteration(part(folder, agent))) < 0:
        return f"agent {agent} was killed before its first record"
    return f"agent {agent} was killed in iteration {last + 1}"


def _say(folder: Path, message: str) -> None:
    try:
        with (folder / SAID).open("x", encoding="utf-8") as file:
            file.write(f"{message}\n")
    except FileExistsError:
        return
    first = message.partition("\n")[0]
    os.write(2, f"netnewton: failed: {first}; what was recorded is in {folder}\n".encode())
