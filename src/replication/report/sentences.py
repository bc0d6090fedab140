"""The sentences a report opens with, made from its verdicts and the multiverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTED,
    REPRODUCED,
)
from replication.report import plausibility

Claim = Mapping[str, Any]

FIGURES = "Section 6"
"""The group of claims that the paper's figures are to show."""


def sentences(report: Mapping[str, Any]) -> list[str]:
    """What is reproduced, in how much of the plausible space, what is not, and why DN is ahead.

    Parameters
    ----------
    report : mapping
        The report's data: ``claims`` with their ``verdict`` and, where the multiverse has been
        explored, ``plausible``; ``power``.

    Returns
    -------
    list of str
        Four sentences to six: that on the larger n only where there are such verdicts, the last
        only where there is a claim it speaks of.
    """
    claims = report["claims"]
    shown = [claim for claim in claims if claim["group"] == FIGURES]
    larger = _larger(claims, report.get("power"))
    best = plausibility.best_universe(report.get("best_universe"))
    said = [_reproduced(claims), best, larger, plausibility.sentence(shown), _others(claims)]
    return [sentence for sentence in (*said, _advantage(claims)) if sentence]


def _reproduced(claims: Sequence[Claim]) -> str:
    found = _with_verdict(claims, REPRODUCED)
    shown = [claim for claim in claims if claim["group"] == FIGURES]
    text = f"By the default readings {len(found)} of {len(claims)} claims are reproduced"
    if shown:
        names = _list([claim["id"] for claim in _with_verdict(shown, REPRODUCED)])
        text += f", of the {len(shown)} on the paper's figures: {names}"
    return f"{text}."


def _larger(claims: Sequence[Claim], power: Mapping[str, Any] | None) -> str:
    taken = [claim for claim in claims if claim.get("power")]
    if not power or not taken:
        return ""
    age = "" if power["current"] else ", taken with an earlier version of the sources,"
    others = [c["id"] for c in taken if c["power"]["verdict"] != c["verdict"]]
    luck = [claim["id"] for claim in taken if claim["power"]["by_luck"]]
    return (
        f"At an n fixed by power{age} {len(others)} of {_counted(len(taken), 'verdict')} are not "
        f"those of 30 repetitions: {_list(others)}; decided by luck at n = 30: {_list(luck)}."
    )


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
