"""The card on which the workflow ends: verdicts, and the paper's figures, a line or two each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.verdicts import MARKS
from replication.report.wording import in_words, verdict

Claim = Mapping[str, Any]

FIRST_CLAIMS = {figure: f"fig{figure}-faster" for figure in (1, 2, 3)}
"""What the paper says with each of its figures first: that DN is faster than DG."""


def rows(report: Mapping[str, Any], compared: str) -> list[tuple[str, str]]:
    """What the card says, each line or two with its label.

    Parameters
    ----------
    report : mapping
        The report's data.
    compared : str
        What the comparison with the committed bytes says.
    """
    claims = {claim["id"]: claim for claim in report["claims"]}
    said = [("Verdicts", _counts(report))]
    said += [(f"Figure {n}", _figure(claims[name], claims)) for n, name in FIRST_CLAIMS.items()]
    if changes := report["changes"]:
        said.append(("Settings", f"not the paper's: {_first(changes)}"))
    return [*said, *(("Bytes", line) for line in compared.splitlines())]


def _counts(report: Mapping[str, Any]) -> str:
    counts = {name: n for name, n in report["counts"].items() if n}
    said = " · ".join(f"{n} {verdict({'verdict': name})}" for name, n in counts.items())
    return f"{said}, of {sum(counts.values())} claims"


def _figure(claim: Claim, claims: Mapping[str, Claim]) -> str:
    """A headline, what came out, and the marks of the figure's other claims."""
    figure = claim["id"].partition("-")[0]
    others = [c for name, c in claims.items() if name.startswith(f"{figure}-") and c is not claim]
    marks = " ".join(MARKS[other["verdict"]] for other in others)
    title = claim["title"].removesuffix(".")
    more = f" ({len(others)} more: {marks})" if others else ""
    return f"{title} → {in_words(claim)}{more}"


def _first(changes: Sequence[str]) -> str:
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0]}{more}"
