"""The sentences a report opens with, made from its verdicts and its sweep of the readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTED,
    READING_DEPENDENT,
    REPRODUCED,
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
        swept, ``readings_swept``; ``sweep``; ``power``.

    Returns
    -------
    list of str
        Three sentences to five: that on the larger n only where there are such verdicts, the last
        only where there is a claim it speaks of.
    """
    claims, sweep = report["claims"], report.get("sweep")
    larger = _larger(claims, report.get("power"))
    said = [_reproduced(claims, sweep), larger, _readings(claims, sweep), _others(claims)]
    return [sentence for sentence in (*said, _advantage(claims)) if sentence]


def _reproduced(claims: Sequence[Claim], sweep: Mapping[str, Any] | None) -> str:
    found = [claim for claim in claims if _default(claim) == REPRODUCED]
    shown = [claim for claim in claims if claim["group"] == FIGURES]
    text = f"By the default readings {len(found)} of {len(claims)} claims are reproduced"
    if shown:
        names = _list([claim["id"] for claim in shown if _default(claim) == REPRODUCED])
        text += f", of the {len(shown)} on the paper's figures: {names}"
    if sweep is not None:
        text += f"; {len(_with_verdict(claims, REPRODUCED))} hold under every reading swept"
    return f"{text}."


def _larger(claims: Sequence[Claim], power: Mapping[str, Any] | None) -> str:
    taken = [claim for claim in claims if claim.get("power")]
    if not power or not taken:
        return ""
    age = "" if power["current"] else ", taken with an earlier version of the sources,"
    others = [c["id"] for c in taken if c["power"]["verdict"] != _default(c)]
    luck = [claim["id"] for claim in taken if claim["power"]["by_luck"]]
    return (
        f"At an n fixed by power{age} {len(others)} of {_counted(len(taken), 'verdict')} are not "
        f"those of 30 repetitions: {_list(others)}; decided by luck at n = 30: {_list(luck)}."
    )


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
    most = ", ".join(name for name, _ in breaking.most_common(3))
    which = f"; most changes come from {most}" if most else ""
    names = _list([f"{claim['id']}{_held(claim)}" for claim in _foremost(dependent)])
    depend = "verdict depends" if len(dependent) == 1 else "verdicts depend"
    return f"Under the {swept} {len(dependent)} {depend} on the reading, among them {names}{which}."


def _foremost(claims: Sequence[Claim]) -> list[Claim]:
    """The claims on the paper's figures, or all if there is none."""
    return [claim for claim in claims if claim["group"] == FIGURES] or list(claims)


def _held(claim: Claim) -> str:
    swept = claim.get("readings_swept")
    return "" if swept is None else f" (holds under {swept['holds']} of {swept['count']})"


def _default(claim: Claim) -> str:
    return str(claim.get("default_verdict", claim["verdict"]))


def _others(claims: Sequence[Claim]) -> str:
    parts = [
        f"{verdict}: {_list([claim['id'] for claim in found])}"
        for verdict in (CONTRADICTED, INCONCLUSIVE, NOT_TESTED)
        if (found := _with_verdict(claims, verdict))
    ]
    text = "; ".join(parts) or "contradicted, inconclusive or not tested: none"
    return f"{text[0].upper()}{text[1:]}."


ATTRIBUTED = {
    REPRODUCED: "second order is ahead in {}",
    READING_DEPENDENT: "it depends on the reading in {}",
    CONTRADICTED: "second order is not ahead in {}",
    INCONCLUSIVE: "it is not settled in {}",
    NOT_TESTED: "it has not been tested in {}",
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
    if causes := [claim for claim in claims if claim["id"].startswith("attribution-")]:
        parts.append(_attributed(causes))
    if (kept := by_id.get("fallback-frequency")) is not None:
        parts.append(KEPT[kept["verdict"]].format(kept=_share(kept)))
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _attributed(claims: Sequence[Claim]) -> str:
    """Where second order is ahead of first-order steps of the same size, or of tuned ones."""
    found = {verdict: _with_verdict(claims, verdict) for verdict in ATTRIBUTED}
    said = [
        words.format(_list([claim["id"] for claim in found[verdict]]))
        for verdict, words in ATTRIBUTED.items()
        if found[verdict]
    ]
    against = "Against first order with steps of the same size, or tuned at equal cost,"
    return f"{against} {', '.join(said)}"


def _share(claim: Claim) -> str:
    value = claim["quantities"][0].get("value")
    return "an unknown share" if value is None else f"{100 * float(value):.3g} %"


def _with_verdict(claims: Sequence[Claim], verdict: str) -> list[Claim]:
    return [claim for claim in claims if claim["verdict"] == verdict]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
