"""Progress for people: plain lines that read well on a terminal and in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Prints how many repetitions are done and how much time is left, at most once a second.

    Parameters
    ----------
    label : str
        Whose progress it is; several jobs may share a terminal.
    total : int
        Repetitions to be done.
    stream : TextIO
        Standard error by default.
    """

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self.label, self.total, self.done = label, total, 0.0
        self.stream = stream or sys.stderr
        self.started = self.last = time.perf_counter()

    def __call__(self, repetitions: float) -> None:
        """Add to the work done, in repetitions' worth of iterations."""
        self.done += repetitions
        now = time.perf_counter()
        if now - self.last >= 1.0:
            self.last = now
            left = (now - self.started) * (self.total - self.done) / self.done
            # A chunk's repetitions advance together, so that none is done before all are.
            self._say(f"{self.done:.0f} of {self.total} repetitions' work done, {left:.0f} s left")

    def start(self) -> None:
        """Say that work begins."""
        self._say(f"{self.total} repetitions started")

    def finish(self) -> None:
        """Say that everything is done, and how long it took."""
        self._say(f"{self.total} repetitions done in {time.perf_counter() - self.started:.1f} s")

    def _say(self, text: str) -> None:
        print(f"{self.label}: {text}", file=self.stream, flush=True)
