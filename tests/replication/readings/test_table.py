"""What the committed table of readings tells."""

from replication.readings import table


def test_what_an_option_changed_is_told(tmp_path):
    def row(choice, **verdicts):
        claims = {c.replace("_", "-"): {"verdict": v} for c, v in verdicts.items()}
        return {"id": str(choice), "choice": choice, "product": None, "claims": claims}

    made = table.Table(
        "", [row({}, a="reproduced", b="reproduced"), row({"x": "y"}, a="contradicted")]
    )
    assert made.changed_by("x", "y") == ["a"]
    assert made.changed_by("x", "z") is None
