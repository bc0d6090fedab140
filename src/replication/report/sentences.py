"""The sentences a report opens with, made from its verdicts and the multiverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTED,
    REPRODUCED,
    VERDICTS,
)
from replication.report import plausibility

Claim = Mapping[str, Any]

FIGURES = "Section 6"
"""The group of claims that the paper's figures are to show."""

OURS = "Ours"
"""The group of claims that are not the paper's, but what would explain them."""

WHY = {
    REPRODUCED: "curvature is what makes DN fast in exact learning",
    CONTRADICTED: "DN is fast in exact learning by the size of its steps, not by curvature",
    INCONCLUSIVE: "whether curvature makes DN fast in exact learning is not settled",
    NOT_TESTED: "whether curvature makes DN fast in exact learning has not been tested",
}
KEPT = {
    REPRODUCED: "[·]ₘ keeps the Hessian in {kept} of DN's steps in exact learning: most of them "
    "are second-order steps.",
    CONTRADICTED: "[·]ₘ keeps the Hessian in {kept} of DN's steps in exact learning: the others "
    "are first-order steps of size 2ε/m.",
    INCONCLUSIVE: "How often [·]ₘ keeps the Hessian in exact learning is not settled ({kept} of "
    "DN's steps).",
    NOT_TESTED: "How often [·]ₘ keeps the Hessian has not been tested.",
}

FASTER = {
    True: "a method that uses curvature, tuned as well as first order, is faster",
    False: "methods that use curvature, tuned as well as first order, are not seen to be faster",
}
PROMISE = {
    REPRODUCED: "needs fewer iterations than all first-order ones in {}",
    CONTRADICTED: "needs no fewer iterations than the best first-order one in {}",
    INCONCLUSIVE: "is not told apart from the best first-order one in {}",
    NOT_TESTED: "has not been tried in {}",
}
PROMISED = {"promise-gridworld": "the gridworld", "promise-dilemma": "the exact dilemma"}


def sentences(report: Mapping[str, Any]) -> list[str]:
    """The answer in one sentence, then what it rests on.

    Parameters
    ----------
    report : mapping
        The report's data: ``claims`` with their ``title``, ``verdict`` and, where the multiverse
        has been explored, ``plausible``; ``power``; ``trial``; ``best_universe``.

    Returns
    -------
    list of str
        The answer first. A sentence on something that was not measured is left out, but for the
        multiverse, of which it is said that it has not been explored.
    """
    claims = report["claims"]
    shown = [claim for claim in claims if claim["group"] == FIGURES]
    titles = {claim["id"]: claim["title"] for claim in claims}
    said = [
        _answer(claims, shown),
        _advantage(claims),
        _kept(claims),
        _promise(claims, report.get("trial")),
        plausibility.sentence(shown),
        plausibility.best_universe(report.get("best_universe"), titles),
        _larger(claims, report.get("power")),
    ]
    return [sentence for sentence in said if sentence]


def counted(claims: Sequence[Claim]) -> dict[str, int]:
    """How many claims have each verdict, without verdicts that none has."""
    verdicts = [claim["verdict"] for claim in claims]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS if verdict in verdicts}


def of_the_paper(claims: Sequence[Claim]) -> list[Claim]:
    """The claims that are the paper's own."""
    return [claim for claim in claims if claim["group"] != OURS]


def _answer(claims: Sequence[Claim], shown: Sequence[Claim]) -> str:
    paper = of_the_paper(claims)
    text = f"{_reproduced(paper)} of the paper's {len(paper)} claims are reproduced"
    if shown:
        text += f", {_reproduced(shown)} of the {len(shown)} on its experiments"
    why = {claim["id"]: WHY[claim["verdict"]] for claim in claims}.get("attribution-exact")
    tried = [claim["verdict"] for claim in claims if claim["id"] in PROMISED]
    said = [text, why, FASTER[REPRODUCED in tried] if tried else None]
    return f"{'; '.join(part for part in said if part)}."


def _advantage(claims: Sequence[Claim]) -> str:
    """Where DN is ahead of first-order steps of the same size, or of tuned ones."""
    causes = [claim for claim in claims if claim["id"].startswith("attribution-")]
    if not causes:
        return ""
    found = ", ".join(f"{n} {verdict}" for verdict, n in counted(causes).items())
    return (
        "Second order against first order with steps of the same size, or tuned at equal cost: it "
        f"is ahead in {_reproduced(causes)} of {len(causes)} comparisons ({found})."
    )


def _kept(claims: Sequence[Claim]) -> str:
    return "".join(
        KEPT[claim["verdict"]].format(kept=_share(claim))
        for claim in claims
        if claim["id"] == "fallback-frequency"
    )


def _promise(claims: Sequence[Claim], trial: Mapping[str, Any] | None) -> str:
    """What was promised, what was printed, and what it takes."""
    found = {claim["id"]: claim["verdict"] for claim in claims}
    said = [PROMISE[found[name]].format(where) for name, where in PROMISED.items() if name in found]
    if not said:
        return ""
    age = "" if trial is None or trial["current"] else ", with an earlier version of the sources"
    return (
        "Second-order speed is promised and first-order steps are printed. Of second-order "
        f"methods, ours and the printed one, tuned at equal cost{age}, the best "
        f"{', and '.join(said)}."
    )


def _share(claim: Claim) -> str:
    value = claim["quantities"][0].get("value")
    return "an unknown share" if value is None else f"{100 * float(value):.3g} %"


def _larger(claims: Sequence[Claim], power: Mapping[str, Any] | None) -> str:
    taken = [claim for claim in claims if claim.get("power")]
    if not power or not taken:
        return ""
    age = "" if power["current"] else " (taken with an earlier version of the sources)"
    changed = sum(claim["power"]["verdict"] != claim["verdict"] for claim in taken)
    luck = sum(claim["power"]["by_luck"] for claim in taken)
    return (
        f"With more repetitions, as many as a power analysis asks for{age}, {changed} of "
        f"{len(taken)} verdicts change; decided by luck at 30: {luck}."
    )


def _reproduced(claims: Sequence[Claim]) -> int:
    return counted(claims).get(REPRODUCED, 0)
