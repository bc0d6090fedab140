"""Which differences between two reports, tables or documents count."""

import copy

from replication.review.changes import (
    Change,
    changes,
    claim_changes,
    close,
    table_changes,
)


def claim(name="fig1-faster", experiment="pd_exact", quantity="ratio", **numbers):
    measured = {"value": 0.5, "lower": 0.25, "upper": 0.75, "n": 30, "verdict": "reproduced"}
    return {
        "id": name,
        "verdict": "reproduced",
        "experiments": [experiment],
        "quantities": [{"id": quantity, **measured, **numbers}],
    }


def changed(before, after):
    return [str(x) for x in claim_changes([before] if before else [], [after] if after else [])]


def test_close_numbers():
    assert close(1.0, 1.0 + 9e-7) and not close(1.0, 1.0 + 2e-6)
    assert close(1e6, 1e6 + 0.9) and not close(1e6, 1e6 + 2.0), "relative to those above one"
    assert close(1.0, 1.4, slack=0.5) and close(float("inf"), float("inf"))
    assert close("inf", "inf") and not close("inf", 1.0)


def test_equal_claims_have_no_changes():
    assert changed(claim(), claim(value=0.5 + 1e-8)) == []


def test_a_number_and_a_verdict_that_changed():
    after = claim(upper=0.76)
    after["verdict"] = "contradicted"
    assert changed(claim(), after) == [
        "fig1-faster: verdict reproduced -> contradicted",
        "fig1-faster/ratio: upper 0.75 -> 0.76",
    ]


def test_claims_and_quantities_that_only_one_report_has():
    assert changed(claim(), None) == ["fig1-faster: claim present -> absent"]
    assert changed(claim(), claim(quantity="other")) == [
        "fig1-faster/ratio: quantity present -> absent",
        "fig1-faster/other: quantity absent -> present",
    ]


def test_documents_are_compared_to_the_leaves():
    before = {"claims": [claim()], "counts": {"reproduced": 1}, "old": 1}
    after = copy.deepcopy(before)
    after["claims"][0]["quantities"][0]["n"] = 29
    after["new"] = after.pop("old")
    assert list(changes(before, after, "report")) == [
        Change("report/claims/fig1-faster/quantities/ratio", "n", 30, 29),
        Change("report", "old", 1, "absent"),
        Change("report", "new", "absent", 1),
    ]


def test_cells_of_a_table():
    before = "k,J\n1,0.5\n2,nan\n"
    assert table_changes(before, "k,J\n1,0.50000000001\n2,nan\n") == []
    assert list(map(str, table_changes(before, "k,J\n1,0.6\n2,0\n"))) == [
        "row 2: J 0.5 -> 0.6",
        "row 3: J nan -> 0",
    ]
    assert list(map(str, table_changes(before, "k,J\n1,0.5\n"))) == ["table: rows 3 -> 2"]
    assert list(map(str, table_changes(before, "k\n1\n2\n"))) != []
