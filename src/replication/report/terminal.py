"""All evidence for one claim on one screen, from the report's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from replication.experiments.config import ConfigError, nearest
from replication.report.pages import complete, draws, measured, region
from replication.report.plausibility import holds
from replication.report.wording import in_words

Entry = tuple[str, str]
"""A label and a paragraph; an empty label where the one above goes on."""


def of_claim(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What the data of ``report.json`` hold on one claim.

    Raises
    ------
    ConfigError
        If there is no such claim.
    """
    claims = {claim["id"]: claim for claim in complete(report)["claims"]}
    if name not in claims:
        raise ConfigError(f"there is no claim {name!r}: {nearest(name, claims)}")
    return claims[name]


def entries(claim: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[Entry]:
    """All evidence for a claim, its sentence and its verdict first.

    Parameters
    ----------
    claim : mapping
        See `of_claim`.
    report : mapping
        The data of ``report.json``.
    """
    yield "claim", claim.get("title", claim["id"])
    yield "", claim["claim"]
    yield "verdict", in_words(claim)
    if claim.get("plausible"):
        yield "plausible", _plausible(claim)
    yield "place", f"{claim['place']} ({claim['id']})"
    if "not_tested" in claim:
        yield "reason", claim["not_tested"]
    for quantity in claim["quantities"]:
        yield "", ""
        yield from _quantity(quantity, report["confidence"])
    yield "", ""
    yield "readings", _readings(claim, report.get("sweep"))
    if claim.get("power"):
        yield "larger n", f"{draws(claim['power'])}."
    yield "control", claim["control"]
    for planted in claim.get("controls") or []:
        yield "", f"{planted['fault']}: {planted['plants']}"
    if claim["figure"]:
        yield "figure", f"figures/{claim['figure']}.svg"
    if "command" in claim:
        yield "command", claim["command"]
    yield "limitation", claim["limitation"]


def _plausible(claim: Mapping[str, Any]) -> str:
    old = "" if claim["plausible"]["current"] else " (of an earlier version of the sources)"
    return f"{holds(claim)}{old}"


def _quantity(quantity: Mapping[str, Any], confidence: float) -> Iterator[Entry]:
    yield "quantity", f"{quantity['id']}: {quantity['quantity']}"
    if "value" in quantity:
        exact = quantity["lower"] == quantity["upper"]
        at = "" if exact else f" ({100 * confidence:g} % interval)"
        yield "measured", f"{measured(quantity)}, n = {quantity['n']}{at}"
    verdict = f": {quantity['verdict']}" if "verdict" in quantity else ""
    yield "region", f"{region(quantity['region'])}{verdict}"
    yield "why", quantity["why"]


def _readings(claim: Mapping[str, Any], sweep: Mapping[str, Any] | None) -> str:
    """How many readings were tested, and which ones break the verdict."""
    swept = claim.get("readings_swept")
    if not swept:
        could = ", ".join(claim["readings"]) or "none"
        return f"not swept; ambiguities that could change the verdict: {could}"
    counts = ", ".join(f"{n} {verdict}" for verdict, n in swept["counts"].items())
    single = [row for row in swept["changed"] if "," not in row["reading"]]
    changed = "; ".join(f"{row['reading']}: {row['verdict']}" for row in single) or "none alone"
    if combined := len(swept["changed"]) - len(single):
        changed += f"; and {combined} of the combinations"
    stale = "" if sweep is None or sweep["current"] else " The sweep is of an earlier library."
    return (
        f"{swept['count']} tested, the claim holds under {swept['holds']} ({counts}). "
        f"Changed by: {changed}.{stale}"
    )
