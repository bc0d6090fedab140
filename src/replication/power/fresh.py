"""Evidence at the readings by default, from another seed and with other repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replication.experiments import config
from replication.experiments.config import Spec
from replication.experiments.overrides import override
from replication.experiments.simulate import Variables, simulate
from replication.readings.enumeration import Reading
from replication.readings.sweep import SweptEvidence

CHUNK = 30
"""Repetitions advanced together: what is recorded of more of them takes too much memory."""


class FreshEvidence(SweptEvidence):
    """Evidence from runs that are made when they are asked for.

    Parameters
    ----------
    seed : int
        The root seed of every experiment.
    repetitions : mapping
        How many of an experiment, by its name; the configuration's where it is not named.
    runs : Path
        The folder for results, named by what they were made with.
    confidence : float
    jobs : int
        Worker processes, at most.
    """

    def __init__(
        self,
        seed: int,
        repetitions: Mapping[str, int],
        runs: Path,
        confidence: float,
        jobs: int = 1,
    ) -> None:
        super().__init__(Reading((), ()), runs, confidence)
        self.seed, self.repetitions, self.jobs = seed, repetitions, jobs

    def spec(self, experiment: str, method: str) -> Spec:
        """The method as in the configuration, but for seed and repetitions."""
        changed = [f"seed={self.seed}"]
        if experiment in self.repetitions:
            changed.append(f"repetitions={self.repetitions[experiment]}")
        settings = override(config.load(), experiment, [method], changed)
        return config.spec(settings, experiment, method)

    def simulated(self, chosen: Spec) -> Variables:
        """The run of a spec, its repetitions shared out among the workers."""
        return simulate(chosen, jobs=self.jobs, chunk=CHUNK)
