"""The sentences a report opens with, made from its verdicts and its sweep of the readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from replication.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTED,
    READING_DEPENDENT,
    REPRODUCED,
    VERDICTS,
)

Claim = Mapping[str, Any]

FIGURES = "Section 6"
"""The group of claims that the paper's figures are to show."""


def sentences(report: Mapping[str, Any]) -> list[str]:
    """What is reproduced, what depends on a reading, what is not, and why DN is ahead where it is.

    Parameters
    ----------
    report : mapping
        The report's data: ``claims`` with their ``verdict`` and, where the readings have been
        swept, ``readings_swept``; ``sweep``.

    Returns
    -------
    list of str
        Three sentences or four, the last only where attribution or fallback-frequency is a claim.
    """
    claims = report["claims"]
    said = [_reproduced(claims), _readings(claims, report.get("sweep")), _others(claims)]
    return [sentence for sentence in (*said, _advantage(claims)) if sentence]


def _reproduced(claims: Sequence[Claim]) -> str:
    found = _with_verdict(claims, REPRODUCED)
    shown = [claim for claim in claims if claim["group"] == FIGURES]
    opening = f"Of {len(claims)} claims {_are(len(found))} reproduced"
    if not shown:
        return f"{opening}."
    names = _list([claim["id"] for claim in _with_verdict(shown, REPRODUCED)])
    return f"{opening}; of the {len(shown)} on the paper's figures: {names}."


def _readings(claims: Sequence[Claim], sweep: Mapping[str, Any] | None) -> str:
    if sweep is None:
        return "How the verdicts change with the readings of the paper has not been swept."
    age = "" if sweep["current"] else ", measured with an earlier version of the sources,"
    dependent = _with_verdict(claims, READING_DEPENDENT)
    swept = f"{_counted(sweep['count'], 'reading')} swept{age}"
    if not dependent:
        return f"No verdict goes from reproduced to another, or back, under the {swept}."
    breaking = Counter(
        changed["reading"].split("=")[0]
        for claim in dependent
        for changed in (claim.get("readings_swept") or {}).get("changed", [])
        if "," not in changed["reading"]
    )
    verb = "depends" if len(dependent) == 1 else "depend"
    names = _list([claim["id"] for claim in dependent])
    most = ", ".join(name for name, _ in breaking.most_common(3))
    which = f"; most changes come from {most}" if most else ""
    return f"Under the {swept} {len(dependent)} {verb} on the reading: {names}{which}."


def _others(claims: Sequence[Claim]) -> str:
    parts = [
        f"{verdict}: {_list([claim['id'] for claim in found])}"
        for verdict in (CONTRADICTED, INCONCLUSIVE, NOT_TESTED)
        if (found := _with_verdict(claims, verdict))
    ]
    text = "; ".join(parts) or "contradicted, inconclusive or not tested: none"
    return f"{text[0].upper()}{text[1:]}."


ATTRIBUTED = {
    REPRODUCED: "DN's advantage remains against first-order steps of the same size and against a "
    "tuned first-order method, so that it is due to second-order information",
    CONTRADICTED: "DN has no advantage in at least one comparison with a first-order method of the "
    "same step size, or with one that is tuned as well",
    INCONCLUSIVE: "Whether DN's advantage remains against first-order steps of the same size is "
    "not settled",
    READING_DEPENDENT: "Whether DN's advantage is due to second-order information depends on how "
    "the paper is read",
    NOT_TESTED: "What DN's advantage is due to has not been tested",
}
KEPT = {
    REPRODUCED: "[·]ₘ kept the Hessian in {kept} of the steps of exact learning, so that they were "
    "mostly second-order ones",
    CONTRADICTED: "[·]ₘ kept the Hessian in {kept} of the steps of exact learning, so that they "
    "were mostly first-order steps of size 2ε/m, and any advantage there is that of their size",
    INCONCLUSIVE: "how often [·]ₘ kept the Hessian is not settled ({kept} of the steps of exact "
    "learning)",
    READING_DEPENDENT: "how often [·]ₘ kept the Hessian depends on the reading ({kept} of the "
    "steps of exact learning by default)",
    NOT_TESTED: "how often [·]ₘ kept the Hessian has not been tested",
}


def _advantage(claims: Sequence[Claim]) -> str:
    by_id = {claim["id"]: claim for claim in claims}
    parts = []
    if (cause := by_id.get("attribution")) is not None:
        parts.append(ATTRIBUTED[cause["verdict"]] + _tally(cause))
    if (kept := by_id.get("fallback-frequency")) is not None:
        parts.append(KEPT[kept["verdict"]].format(kept=_share(kept)))
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _tally(claim: Claim) -> str:
    """How many of a claim's quantities came to which verdict by default."""
    counts = Counter(q["verdict"] for q in claim["quantities"] if "verdict" in q)
    if not counts:
        return ""
    said = ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts[name])
    return f" ({_counted(counts.total(), 'comparison')}: {said})"


def _share(claim: Claim) -> str:
    value = claim["quantities"][0].get("value")
    return "an unknown share" if value is None else f"{100 * float(value):.3g} %"


def _with_verdict(claims: Sequence[Claim], verdict: str) -> list[Claim]:
    return [claim for claim in claims if claim["verdict"] == verdict]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _are(count: int) -> str:
    return f"{count} is" if count == 1 else f"{count} are"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
