"""What an interval comes to against a region: inside, outside or astride its edge.

Inside the region: *reproduced*. Outside: *contradicted*. Astride its edge: *inconclusive*. A claim
with several quantities is reproduced if all of them are, and contradicted if one of them is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # so that words and marks can be had without numpy
    from replication.experiments.intervals import Interval

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
NOT_TESTED = "not tested"
VERDICTS = (REPRODUCED, INCONCLUSIVE, CONTRADICTED, NOT_TESTED)

MARKS = {
    REPRODUCED: "✓",
    CONTRADICTED: "✗",
    INCONCLUSIVE: "?",
    NOT_TESTED: "–",
}

Region = Mapping[str, float]
"""Bounds under the names above, below, at_least, at_most."""


def quantity_verdict(interval: Interval, region: Region) -> str:
    """The verdict on one quantity from its interval; NaN is inconclusive."""
    inside = [_holds(interval.lower, region), _holds(interval.upper, region)]
    if all(inside):
        return REPRODUCED
    too_low = not _holds_from_below(interval.upper, region)
    too_high = not _holds_from_above(interval.lower, region)
    return CONTRADICTED if too_low or too_high else INCONCLUSIVE


def claim_verdict(verdicts: Iterable[str]) -> str:
    """The verdict on a claim from those on its quantities."""
    verdicts = list(verdicts)
    if CONTRADICTED in verdicts:
        return CONTRADICTED
    return REPRODUCED if set(verdicts) == {REPRODUCED} else INCONCLUSIVE


def _holds(value: float, region: Region) -> bool:
    return value == value and _holds_from_below(value, region) and _holds_from_above(value, region)


def _holds_from_below(value: float, region: Region) -> bool:
    """Whether `value` respects the lower bounds; NaN does not speak against them."""
    low = "above" in region and value <= region["above"]
    return not (low or ("at_least" in region and value < region["at_least"]))


def _holds_from_above(value: float, region: Region) -> bool:
    """Whether `value` respects the upper bounds; NaN does not speak against them."""
    high = "below" in region and value >= region["below"]
    return not (high or ("at_most" in region and value > region["at_most"]))
