"""What is measured for each claim of paper_checks/claims.

A measure maps `Evidence` to the quantities its ledger entry defines, each with its interval; a
quantity that does not vary is an interval of width zero. What region would support the claim is
the ledger's business, and the verdict that of `verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from netnewton.arrays import Array
from replication.claims import ledger
from replication.experiments.config import ConfigError, changes_from_paper
from replication.experiments.intervals import Interval, bootstrap, mean_interval, normal_interval
from replication.experiments.results import Results

SEED = 2022  # of the bootstrap that is another reading of the interval; any number does


class Evidence:
    """The stored results a measure may read, and how their settings differ from the paper's.

    Parameters
    ----------
    results : Path
        The folder that holds ``<experiment>/<method>.nc``.
    confidence : float
        Of every interval.
    measured : mapping, optional
        Claims whose intervals are there already.
    readings : mapping, optional
        The option chosen of each ambiguity that is not read as usual, by its id.
    """

    def __init__(
        self,
        results: Path,
        confidence: float,
        measured: Mapping[str, Mapping[str, Interval]] | None = None,
        readings: Mapping[str, str] | None = None,
    ) -> None:
        self.confidence = confidence
        self.measured = measured or {}
        self.readings = readings or {}
        self.folder = results
        self.changes: list[str] = []
        self.method = cache(self._read)

    def reading(self, ambiguity: str, usual: str | None = None) -> str:
        """The option by which an ambiguity is read.

        Parameters
        ----------
        ambiguity : str
            Its id in paper_checks/ambiguities.
        usual : str, optional
            The option where none is chosen; the ledger's default if it is not given.
        """
        return self.readings.get(ambiguity) or usual or ledger.default_option(ambiguity)

    def mean(self, samples: Array) -> Interval:
        """The mean over repetitions, shape (R,), with its interval."""
        kind = self.reading("interval")
        if kind == "bootstrap":
            return bootstrap(samples, self.confidence, np.random.default_rng(SEED))
        return (normal_interval if kind == "normal" else mean_interval)(samples, self.confidence)

    def _read(self, experiment: str, method: str) -> Results:
        """The results of one method.

        Raises
        ------
        ConfigError
            If the file is missing or holds something else.
        """
        path = self.folder / experiment / f"{method}.nc"
        results = Results(path)
        if (results.spec.experiment, results.spec.method) != (experiment, method):
            raise ConfigError(
                f"{path} holds {results.spec.experiment}/{results.spec.method}: make it again"
            )
        self.changes += changes_from_paper(results.spec)
        return results


class NotGiven(ConfigError):
    """A measure needs a run that is not among those given."""


class GivenRuns(Evidence):
    """Evidence from the runs that are given, and from no others.

    Parameters
    ----------
    runs : sequence of Results
    confidence : float
        Of every interval.

    Raises
    ------
    ConfigError
        If two of them are of the same method.
    """

    def __init__(self, runs: Sequence[Results], confidence: float) -> None:
        super().__init__(Path(), confidence)
        self.runs = {(run.spec.experiment, run.spec.method): run for run in runs}
        if len(self.runs) < len(runs):
            raise ConfigError("two of the runs are of the same method: give one of them")

    def _read(self, experiment: str, method: str) -> Results:
        if (experiment, method) not in self.runs:
            raise NotGiven(f"{experiment}/{method} is not among the runs: give its file too")
        results = self.runs[experiment, method]
        self.changes += changes_from_paper(results.spec)
        return results


Measure = Callable[[Evidence], Mapping[str, Interval]]


def exactly(value: float, n: int = 1) -> Interval:
    """A quantity that does not vary."""
    return Interval(float(value), float(value), float(value), n)
