"""What fewer of the repetitions at hand would have said."""

from __future__ import annotations

from collections import Counter
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, Flags
from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.judge import check_claim
from replication.experiments import config
from replication.experiments.results import Results

SEED = 2022  # of the draws; any number does

Indices = npt.NDArray[np.intp]


class Some(Results):
    """A view of one method's results that has only some of the repetitions.

    Parameters
    ----------
    whole : Results
    chosen : Array of int
        Counted from 0 along the first dimension, which every variable has.
    """

    def __init__(self, whole: Results, chosen: Indices) -> None:
        self._whole, self._chosen = whole, chosen
        self.spec = whole.spec

    def __getitem__(self, name: str) -> npt.NDArray:
        return self._whole[name][self._chosen]

    @cached_property
    def replaced(self) -> Array:
        """As of the whole, which computes it once."""
        return self._whole.replaced[self._chosen]

    @cached_property
    def vanished(self) -> Flags:
        """As of the whole: not every file has the variable it is computed from."""
        return self._whole.vanished[self._chosen]


class SubsampledEvidence(Evidence):
    """As many repetitions as the paper has, drawn without replacement from those of an evidence.

    Experiments of the same number of repetitions are drawn alike, so that pairs stay pairs; one
    that has no more repetitions than the paper's stays whole.

    Parameters
    ----------
    evidence : Evidence
        Whose results are shared, not read again.
    number : int
        Of the draw.
    """

    def __init__(self, evidence: Evidence, number: int) -> None:
        super().__init__(evidence.folder, evidence.confidence, readings=evidence.readings)
        printed = config.load()["experiments"]

        def method(experiment: str, name: str) -> Results:
            whole, size = evidence.method(experiment, name), printed[experiment]["repetitions"]
            n = len(whole["J"])
            return Some(whole, drawn(number, n, size)) if n > size else whole

        self.method = cache(method)


def drawn(number: int, n: int, size: int) -> Indices:
    """The repetitions of a draw of `size` from `n`, in order."""
    rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(number, n)))
    return np.sort(rng.choice(n, size, replace=False))


def verdicts(entry: ledger.Entry, evidence: Evidence, times: int) -> dict[str, int]:
    """How many of so many draws give a claim each verdict."""
    found = Counter(
        check_claim(entry, SubsampledEvidence(evidence, number))["verdict"]
        for number in range(times)
    )
    return dict(sorted(found.items()))
