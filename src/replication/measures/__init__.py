"""What is measured for each claim of paper_checks/claims.yaml.

A measure maps `Evidence` to the quantities its ledger entry defines, each with its interval; a
quantity that does not vary is an interval of width zero. What region would support the claim is
the ledger's business, and the verdict that of `verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from replication.config import ConfigError, changes_from_paper
from replication.statistics import Interval
from replication.storage import Results


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
    """

    def __init__(
        self,
        results: Path,
        confidence: float,
        measured: Mapping[str, Mapping[str, Interval]] | None = None,
    ) -> None:
        self.confidence = confidence
        self.measured = measured or {}
        self.folder = results
        self.changes: list[str] = []
        self.method = cache(self._read)

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


Measure = Callable[[Evidence], Mapping[str, Interval]]


def exactly(value: float, n: int = 1) -> Interval:
    """A quantity that does not vary."""
    return Interval(float(value), float(value), float(value), n)


def measures() -> Mapping[str, Measure]:
    """Every claim that is measured in this version, by its id in the ledger."""
    from replication.measures import (
        attribution,
        definitions,
        estimators,
        figure1,
        figure2,
        figure3,
        variance,
    )

    return {
        "nash": definitions.nash,
        "projection-operator": definitions.projection_operator,
        "average-dynamics": definitions.average_dynamics,
        "tracking": figure1.tracking,
        "fig1-optimum": figure1.optimum,
        "fig1-faster": figure1.faster,
        "fig2-faster": figure2.faster,
        "fig2-no-is": figure2.without_importance_sampling,
        "fig2-shifted-optimum": figure2.shifted_optimum,
        "fig3-faster": figure3.faster,
        "fig3-few-iterations": figure3.few_iterations,
        **estimators.MEASURES,
        "gpomdp-variance": variance.gpomdp_variance,
        "attribution": attribution.attribution,
        "fallback-frequency": figure1.fallback_frequency,
    }
