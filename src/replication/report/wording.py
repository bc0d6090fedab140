"""One wording of a verdict for terminal, page and README: the default verdict, then how robust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replication.claims.verdicts import MARKS, REPRODUCED

MAIN_LAW = "even"  # universes are drawn by it, so that its interval is the narrowest


def verdict(claim: Mapping[str, Any]) -> str:
    """The verdict by default, with its mark."""
    return f"{MARKS[claim['verdict']]} {claim['verdict']}"


def robustness(claim: Mapping[str, Any]) -> str:
    """In how much of the plausible space a claim holds, and what a larger n says where it differs.

    Parameters
    ----------
    claim : mapping
        A claim of the report's data, with ``plausible``, ``readings_swept`` and ``power`` where
        they were taken. Readings are counted where the plausible space was not explored.

    Returns
    -------
    str
        Empty where none was taken, or nothing is to be added.
    """
    said = []
    if (found := claim.get("plausible")) is not None:
        share = found["laws"][MAIN_LAW][REPRODUCED]["value"]
        said.append(f"holds in {round(100 * share)} % of plausible choices")
    elif (swept := claim.get("readings_swept")) is not None:
        said.append(f"holds under {swept['holds']} of {swept['count']} readings")
    if (power := claim.get("power")) is not None:
        if power["verdict"] != claim["verdict"]:
            said.append(f"{power['verdict']} at n = {power['repetitions']}")
        elif power["by_luck"]:
            said.append(f"the same at n = {power['repetitions']}, at 30 by luck")
    return "; ".join(said)


def in_words(claim: Mapping[str, Any]) -> str:
    """The verdict by default, then how robust it is."""
    robust = robustness(claim)
    return f"{verdict(claim)}; {robust}" if robust else verdict(claim)
