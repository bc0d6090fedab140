"""All evidence for one claim on one screen, from the report's data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from replication.experiments.config import ConfigError, nearest
from replication.report.pages import complete, draws, measured, region
from replication.report.plausibility import holds
from replication.report.wording import in_words

WIDTH = 79
LABEL = 12


def claim_screen(report: Mapping[str, Any], name: str) -> str:
    """What the report holds on one claim, as text of at most `WIDTH` columns.

    Parameters
    ----------
    report : mapping
        The data of ``report.json``.
    name : str
        The claim's id.

    Raises
    ------
    ConfigError
        If the report has no such claim.
    """
    claims = {claim["id"]: claim for claim in complete(report)["claims"]}
    if name not in claims:
        raise ConfigError(f"there is no claim {name!r}: {nearest(name, claims)}")
    return "\n".join(_lines(claims[name], report))


def _lines(claim: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    yield from textwrap.wrap(claim["title"], WIDTH)
    yield from _entry(claim["id"], claim["place"])
    yield from _entry("claim", claim["claim"])
    yield from _entry("verdict", in_words(claim))
    if claim.get("plausible"):
        yield from _entry("", _plausible(claim))
    if "not_tested" in claim:
        yield from _entry("reason", claim["not_tested"])
    for quantity in claim["quantities"]:
        yield ""
        yield from _quantity(quantity, report["confidence"])
    yield ""
    yield from _entry("readings", _readings(claim, report.get("sweep")))
    if claim.get("power"):
        yield from _entry("larger n", f"{draws(claim['power'])}.")
    yield from _entry("control", claim["control"])
    for planted in claim.get("controls") or []:
        yield from _entry("", f"{planted['fault']}: {planted['plants']}")
    if claim["figure"]:
        yield from _entry("figure", f"figures/{claim['figure']}.svg")
    if "command" in claim:
        yield from _entry("command", claim["command"])
    yield from _entry("limitation", claim["limitation"])


def _entry(label: str, text: str) -> Iterator[str]:
    """A labelled paragraph; a label that is too long has a line of its own."""
    body = textwrap.wrap(
        " ".join(text.split()), WIDTH - LABEL, break_long_words=False, break_on_hyphens=False
    )
    if len(label) >= LABEL:
        yield label
        label = ""
    for row in body:
        yield f"{label:{LABEL}}{row}"
        label = ""


def _plausible(claim: Mapping[str, Any]) -> str:
    old = "" if claim["plausible"]["current"] else " (of an earlier version of the sources)"
    return f"{holds(claim)}{old}"


def _quantity(quantity: Mapping[str, Any], confidence: float) -> Iterator[str]:
    yield from _entry("quantity", f"{quantity['id']}: {quantity['quantity']}")
    if "value" in quantity:
        exact = quantity["lower"] == quantity["upper"]
        at = "" if exact else f" ({100 * confidence:g} % interval)"
        yield from _entry("measured", f"{measured(quantity)}, n = {quantity['n']}{at}")
    verdict = f": {quantity['verdict']}" if "verdict" in quantity else ""
    yield from _entry("region", f"{region(quantity['region'])}{verdict}")
    yield from _entry("why", quantity["why"])


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
