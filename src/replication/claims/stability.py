"""How firmly a verdict stands: without one repetition, under other intervals, with more of them.

It concerns the claims measured on repetitions of experiments. All others come from computations
that have no repetition to leave out.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from netnewton.arrays import Array, Flags
from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.verdicts import INCONCLUSIVE, Region, claim_verdict, quantity_verdict
from replication.experiments.config import load
from replication.experiments.intervals import Interval, share_interval
from replication.experiments.results import Results

INTERVALS = ("student-t", "normal", "bootstrap")
POWER = 0.8
MOST_REPETITIONS = 10**9
"""Where the search for the repetitions needed gives up."""

MOST_SHARES = 100
"""The same for shares, as a multiple of the present number."""

FEWEST = 3
"""Repetitions from which one can be left out: a spread needs two."""


class WithoutRepetition(Results):
    """A view of one method's results that lacks one repetition.

    Parameters
    ----------
    whole : Results
    left_out : int
        Counted from 0 along the first dimension, which every variable has.
    """

    def __init__(self, whole: Results, left_out: int) -> None:
        self._whole, self._left_out = whole, left_out
        self.spec = whole.spec

    def __getitem__(self, name: str) -> npt.NDArray:
        return self._rest(self._whole[name])

    @cached_property
    def replaced(self) -> Array:
        """As of the whole, which computes it once."""
        return self._rest(self._whole.replaced)

    @cached_property
    def vanished(self) -> Flags:
        """As of the whole: not every file has the variable it is computed from."""
        return self._rest(self._whole.vanished)

    def _rest(self, values: npt.NDArray) -> npt.NDArray:
        return np.delete(values, self._left_out, axis=0)


View = Callable[[Results], Results]


class Viewed(Evidence):
    """The same stored results, seen differently or read differently.

    Parameters
    ----------
    evidence : Evidence
        Whose results are shared, not read again.
    view : callable
        From a method's results to what is seen of them.
    interval : str, optional
        An option of the ambiguity ``interval``.
    """

    def __init__(
        self, evidence: Evidence, view: View = lambda results: results, interval: str | None = None
    ) -> None:
        chosen = {} if interval is None else {"interval": interval}
        readings = {**evidence.readings, **chosen}
        super().__init__(evidence.folder, evidence.confidence, readings=readings)
        self.seen: dict[tuple[str, str], int] = {}

        def method(experiment: str, name: str) -> Results:
            results = evidence.method(experiment, name)
            self.seen[experiment, name] = len(results["J"])
            return view(results)

        self.method = cache(method)


def stability(entry: ledger.Entry, evidence: Evidence) -> dict[str, Any] | None:
    """How firmly the verdict on one claim stands.

    Parameters
    ----------
    entry : mapping
        The claim's entry of the ledger.
    evidence : Evidence

    Returns
    -------
    dict or None
        None for a claim that is measured on no stored repetition. Otherwise ``repetitions``;
        ``leave_one_out`` (None below three repetitions; else how many removals change the
        verdict, which, and to what); ``intervals`` (the verdict under each kind of interval of a
        mean); ``quantities`` (see `margin`).

    Raises
    ------
    ConfigError
        If a result that the claim needs has not been made.
    """
    apart = entry["id"] not in measures() or entry["id"] in evidence.measured
    if apart or not set(entry["experiments"]) & set(load()["experiments"]):
        return None
    whole = Viewed(evidence, interval=INTERVALS[0])
    measured = measures()[entry["id"]](whole)
    if not whole.seen:
        return None
    repetitions = max(whole.seen.values())
    return {
        "repetitions": repetitions,
        "leave_one_out": _leave_one_out(entry, evidence, repetitions),
        "intervals": {kind: _verdict(entry, Viewed(evidence, interval=kind)) for kind in INTERVALS},
        "quantities": [
            _margin(q, measured[q["id"]], evidence.confidence) for q in entry["quantities"]
        ],
    }


def _margin(quantity: ledger.Entry, interval: Interval, confidence: float) -> dict[str, Any]:
    """The `margin` of one quantity; no effect is told apart from what is rounding alone."""
    found = margin(interval, quantity["region"], confidence)
    effect = None if quantity.get("rounding") else found["smallest_effect"]
    return {"id": quantity["id"], **found, "smallest_effect": effect}


def margin(interval: Interval, region: Region, confidence: float) -> dict[str, Any]:
    """What the repetitions could have seen of one quantity, and how many more it would take.

    Parameters
    ----------
    interval : Interval
        By Student t where it is that of a mean.
    region : mapping
    confidence : float

    Returns
    -------
    dict
        ``kind`` ("mean", "share", "other" or "constant"); ``smallest_effect``, in the quantity's
        unit, for means only; ``needed``, the repetitions at which the interval would leave the
        region's edge with mean and spread (or share) as they are, for quantities that are
        inconclusive; ``reason``, why there is no such number, or None.
    """
    kind = _kind(interval, confidence)
    inconclusive = quantity_verdict(interval, region) == INCONCLUSIVE
    needed, reason = _needed(kind, interval, region, confidence) if inconclusive else (None, None)
    effect = smallest_effect(interval, confidence) if kind == "mean" else None
    return {"kind": kind, "smallest_effect": effect, "needed": needed, "reason": reason}


def smallest_effect(interval: Interval, confidence: float, power: float = POWER) -> float:
    """Distance of a mean from the region's edge that n repetitions see with the given power.

    The interval leaves the edge at a distance D if (mean - edge) sqrt(n) / s exceeds t, the
    quantile (1 + confidence) / 2 of Student's law with n - 1 degrees of freedom. That ratio has
    the noncentral t law with noncentrality D sqrt(n) / sigma, so that D = lambda s / sqrt(n) with
    P(T(n - 1, lambda) > t) = power; the measured s stands for sigma. Johnson and Welch,
    *Applications of the non-central t-distribution*, Biometrika 31 (1940).

    Parameters
    ----------
    interval : Interval
        Student-t interval of the mean of n >= 2 repetitions.
    confidence, power : float
    """
    quantile = _quantile(np.array(interval.n), confidence)
    noncentrality = special.nctdtrinc(interval.n - 1, 1 - power, quantile)
    return float(noncentrality * (interval.upper - interval.value) / quantile)


def repetitions_for_mean(interval: Interval, region: Region, confidence: float) -> int | None:
    """Smallest n whose Student-t interval leaves the nearest edge, mean and spread unchanged."""
    spread = (interval.upper - interval.value) * np.sqrt(interval.n)
    spread /= _quantile(np.array(interval.n), confidence)
    distance = min(abs(interval.value - edge) for edge in region.values())

    def decides(n: int) -> bool:
        return bool(_quantile(np.array(n), confidence) * spread / np.sqrt(n) < distance)

    candidates = range(2, MOST_REPETITIONS)  # the width falls as n grows
    found = bisect.bisect_left(candidates, True, key=decides)
    return candidates[found] if found < len(candidates) else None


def repetitions_for_share(interval: Interval, region: Region, confidence: float) -> int | None:
    """Smallest n above the present one at which the Clopper-Pearson interval decides.

    The share is kept up to rounding to whole repetitions.
    """
    for n in range(interval.n + 1, MOST_SHARES * interval.n):
        scaled = share_interval(round(interval.value * n), n, confidence)
        if quantity_verdict(scaled, region) != INCONCLUSIVE:
            return n
    return None


def _needed(
    kind: str, interval: Interval, region: Region, confidence: float
) -> tuple[int | None, str | None]:
    searches = {"mean": repetitions_for_mean, "share": repetitions_for_share}
    if kind not in searches:
        return None, "its interval is neither that of a mean nor that of a share"
    found = searches[kind](interval, region, confidence)
    return found, None if found else "it lies too near the edge of its region"


def _kind(interval: Interval, confidence: float) -> str:
    """How an interval was made, from its numbers: measures return no more than those."""
    value, lower, upper, n = interval
    if lower == upper:
        return "constant"
    if 0 <= value <= 1:
        share = share_interval(round(value * n), n, confidence)
        if np.allclose(share[:3], interval[:3], rtol=0, atol=1e-12):
            return "share"
    asymmetry = abs(upper + lower - 2 * value)
    symmetric = np.isfinite(upper - lower) and asymmetry <= 1e-9 * (upper - lower)
    return "mean" if symmetric and n > 1 else "other"


def _quantile(n: npt.NDArray, confidence: float) -> Array:
    return np.asarray(special.stdtrit(n - 1, (1 + confidence) / 2))


def _leave_one_out(
    entry: ledger.Entry, evidence: Evidence, repetitions: int
) -> dict[str, Any] | None:
    if repetitions < FEWEST:
        return None
    verdict = _verdict(entry, evidence)
    others = [
        _verdict(entry, Viewed(evidence, _without(left_out, repetitions)))
        for left_out in range(repetitions)
    ]
    changing = [r for r, other in enumerate(others) if other != verdict]
    counts = Counter(others[r] for r in changing)
    return {"changes": len(changing), "verdicts": dict(counts), "repetitions": changing}


def _without(left_out: int, repetitions: int) -> View:
    """Leave one repetition out of every experiment that is paired; others have fewer of them."""

    def view(results: Results) -> Results:
        paired = len(results["J"]) == repetitions
        return WithoutRepetition(results, left_out) if paired else results

    return view


def _verdict(entry: ledger.Entry, evidence: Evidence) -> str:
    measured: Mapping[str, Interval] = measures()[entry["id"]](evidence)
    return claim_verdict(
        quantity_verdict(measured[q["id"]], q["region"]) for q in entry["quantities"]
    )
