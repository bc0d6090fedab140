"""The matrix of verdicts: what it shows of a table of readings, and that it can be drawn."""

import csv
import io
import itertools
import json

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from replication.claims.verdicts import MARKS
from replication.experiments.config import ConfigError
from replication.figures.readings_matrix import DEFAULT, FILLS, draw_readings, matrix
from replication.figures.style import themed

VERDICTS = {"a": "reproduced", "b": "contradicted", "c": "inconclusive", "d": "not tested"}


def reading(name, verdicts, product=None, **choice):
    claims = {claim: {"verdict": verdict, "quantities": {}} for claim, verdict in verdicts.items()}
    return {"id": name, "product": product, "choice": choice, "claims": claims}


READINGS = [
    reading("sign=ascent", {"a": "contradicted", "b": "contradicted"}, sign="ascent"),
    reading("lag=current", {"c": "reproduced"}, lag="current"),
    reading(DEFAULT, VERDICTS),
    reading("sign=other", {"a": "reproduced"}, sign="other"),
    reading("floor=one", {}, floor="one"),
    reading("1", {"a": "reproduced", "c": "inconclusive"}, "fig1", sign="ascent", lag="current"),
    reading("2", {"a": "contradicted"}, "fig1", sign="printed", lag="previous"),
]


@pytest.fixture
def drawing(tmp_path):
    def make(readings):
        path = tmp_path / "readings.json"
        path.write_text(json.dumps({"library": "0", "confidence": 0.98, "readings": readings}))
        return draw_readings(path)

    return make


def test_the_default_comes_first_and_the_others_by_ambiguity(drawing):
    shown = drawing(READINGS).prepare({}, 0.98)
    assert [(c.ambiguity, c.option) for c in shown.columns] == [
        (DEFAULT, ""),
        ("sign", "ascent"),
        ("sign", "other"),
        ("lag", "current"),
    ]
    assert list(shown.claims) == ["a", "b", "c"], "a claim under one reading only is left out"


def test_the_table_and_the_caption_say_what_is_drawn(drawing):
    made = drawing(READINGS)
    shown = made.prepare({}, 0.98)
    rows = list(csv.DictReader(io.StringIO(made.table(shown))))
    marks = {(r["claim"], r["reading"]): r["verdict"] for r in rows}
    assert marks["a", "sign=ascent"] == "contradicted" and ("c", "sign=ascent") not in marks
    assert not any("floor" in r["reading"] or r["reading"] in "12" for r in rows)
    caption = made.caption(shown, 0.98)
    assert "then 3 that depart" in caption and "default's: 2 of 4, in 2 of 3 claims" in caption


def test_every_mark_and_every_frame_is_drawn(drawing):
    shown = drawing(READINGS).prepare({}, 0.98)
    with themed():
        (cells,) = matrix(shown).axes
    marks = {tuple(int(x) for x in text.get_position()): text.get_text() for text in cells.texts}
    mesh = cells.collections[0]
    fills = mesh.get_facecolors().reshape(*mesh.get_array().shape, 4)
    for x, column in enumerate(shown.columns):
        for y, claim in enumerate(shown.claims):
            verdict = column.verdicts.get(claim)
            assert marks.get((x, y)) == MARKS.get(verdict)
            expected = to_rgba(FILLS[verdict]) if verdict else (0, 0, 0, 0)
            np.testing.assert_allclose(fills[y, x], expected)
    assert [box.get_xy() for box in cells.patches] == [(1.07, 0.07), (3.07, 2.07)]


def test_each_verdict_of_a_reading_has_a_fill_of_its_own_lightness():
    def lightness(color):
        return sum(
            weight * channel
            for weight, channel in zip(
                (0.2126, 0.7152, 0.0722), matplotlib.colors.to_rgb(color), strict=True
            )
        )

    light = sorted(lightness(fill) for fill in FILLS.values())
    assert set(FILLS) == set(VERDICTS.values())
    assert min(b - a for a, b in itertools.pairwise(light)) > 0.05
    by_verdict = {verdict: lightness(fill) for verdict, fill in FILLS.items()}
    assert by_verdict["reproduced"] - by_verdict["contradicted"] > 0.15


@pytest.mark.parametrize(
    ("readings", "message"),
    [
        ([READINGS[0]], "lacks the reading 'default'"),
        ([{"id": "x"}], "not a table of readings"),
        (None, "not a table of readings"),
    ],
)
def test_a_damaged_table_is_refused(drawing, readings, message):
    with pytest.raises(ConfigError, match=message):
        drawing(readings).prepare({}, 0.98)


def test_a_missing_table_is_refused_when_drawn_and_not_before(tmp_path):
    made = draw_readings(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="missing"):
        made.prepare({}, 0.98)
