"""The paper's headline claims in five rows, as the README shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replication.report.wording import robustness, verdict

HEADLINES = ("fig1-faster", "fig2-faster", "fig2-no-is", "fig3-faster", "theorem-5")


def headline_table(report: Mapping[str, Any]) -> str:
    """The headline claims in Markdown: what is claimed, the verdict by default, how robust it is.

    Parameters
    ----------
    report : mapping
        The data of ``report.json``.
    """
    claims = {claim["id"]: claim for claim in report["claims"]}
    rows = ["| the paper's claim | verdict | how robust |", "|---|---|---|"]
    for claim in map(claims.__getitem__, HEADLINES):
        rows.append(f"| {claim['title']} | {verdict(claim)} | {robustness(claim) or '–'} |")
    return "\n".join(rows)
