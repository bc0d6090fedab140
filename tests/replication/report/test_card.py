"""The card on which the workflow ends, from made-up data."""

import pytest

from replication.claims import ledger
from replication.report.card import FIRST_CLAIMS, rows


def claim(name, verdict="reproduced", **more):
    return {"id": name, "title": f"The title of {name}.", "verdict": verdict, **more}


def report(changes=(), **verdicts):
    ids = [*FIRST_CLAIMS.values(), "fig2-other", "fig2-another", "attribution-exact"]
    claims = [claim(name, verdicts.get(name.replace("-", "_"), "reproduced")) for name in ids]
    found = [c["verdict"] for c in claims]
    counts = {v: found.count(v) for v in ("reproduced", "inconclusive", "contradicted")}
    return {"claims": claims, "counts": counts, "changes": list(changes)}


def test_the_card_counts_verdicts_and_says_what_came_out_of_each_figure():
    data = report(fig2_faster="inconclusive", fig2_other="contradicted")
    assert rows(data, "all 3 files are the committed bytes\n") == [
        ("Verdicts", "4 ✓ reproduced · 1 ? inconclusive · 1 ✗ contradicted, of 6 claims"),
        ("Figure 1", "The title of fig1-faster → ✓ reproduced"),
        ("Figure 2", "The title of fig2-faster → ? inconclusive (2 more: ✗ ✓)"),
        ("Figure 3", "The title of fig3-faster → ✓ reproduced"),
        ("Bytes", "all 3 files are the committed bytes"),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["a = 1 (paper: 2)"], "not the paper's: a = 1 (paper: 2)"),
        (["a = 1", "b = 2", "c = 3"], "not the paper's: a = 1, and 2 more"),
    ],
)
def test_other_settings_are_named(changes, said):
    assert dict(rows(report(changes), "other"))["Settings"] == said


def test_every_verdict_that_differs_has_a_line():
    said = rows(report(), "2 of 3 files differ\n!!! nash: verdict changed\n")
    bytes_said = [text for label, text in said if label == "Bytes"]
    assert bytes_said == ["2 of 3 files differ", "!!! nash: verdict changed"]


def test_the_headlines_are_claims_of_the_ledger():
    assert set(FIRST_CLAIMS.values()) <= {claim["id"] for claim in ledger.claims()}
