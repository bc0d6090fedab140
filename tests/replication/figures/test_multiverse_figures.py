"""The figures of the multiverse, from made-up tables: what they show, and the same bytes."""

import csv
import io

import numpy as np
import pytest
from figure_results import make
from made_up_atlas import DECIDING, UNIVERSES, make_atlas

from replication.experiments.config import ConfigError
from replication.experiments.results import Results
from replication.figures import governing, plausible, specification
from replication.figures.rendering import pictures
from replication.multiverse.deciding import HEADER
from replication.multiverse.effects import MAIN

NOTHING = {"DN-DG": 0.2, "DN-DS": 0.1, "q": 3.9, "least_sample_size": 1.0}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """All three tables, and what decides Figure 1's claim, made up."""
    folder = tmp_path_factory.mktemp("multiverse")
    for figure in DECIDING:
        make_atlas(figure, folder)
    rows = ["DN-DG,consensus-law,0.5,0.4,0.6,32", "fig1-faster,update-lag,0.9,0.8,1.0,32"]
    rows.append("fig1-faster,interval,0.02,-0.1,0.1,32")
    text = "\n".join([",".join(HEADER), *rows]) + "\n"
    (folder / "fig1-deciding.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def drawings(tables, monkeypatch):
    """The five figures' drawings; the effects by default are made up."""
    for module in (specification, governing):
        monkeypatch.setattr(module, "by_default", lambda *_: NOTHING)
    curves = {f: specification.draw_specification(f, tables) for f in DECIDING}
    others = {"governing": governing.draw_governing(tables)}
    return curves | others | {"plausible": plausible.draw_plausible(tables)}


def rows(drawing, shown):
    return list(csv.DictReader(io.StringIO(drawing.table(shown))))


def test_every_figure_is_drawn_and_again_with_the_same_bytes(drawings, theme):
    for name in ("fig1", "fig3", "governing", "plausible"):
        drawing = drawings[name]
        shown = drawing.prepare({}, 0.98)
        first = pictures(drawing.draw(shown), name, drawing.caption(shown, 0.98))
        if name == "fig1":
            again = pictures(drawing.draw(shown), name, drawing.caption(shown, 0.98))
            assert first == again, name


@pytest.mark.parametrize("figure", DECIDING)
def test_universes_are_sorted_with_their_choices(drawings, figure):
    drawing = drawings[figure]
    shown = drawing.prepare({}, 0.98)
    made = rows(drawing, shown)
    effects = [float(row["DN-DG"]) for row in made]
    assert effects == sorted(effects) and len(made) == UNIVERSES
    holds = [row[f"{figure}-faster"] == "reproduced" for row in made]
    assert holds == [effect > 0 for effect in effects] and {*holds} == {True, False}
    caption = drawing.caption(shown, 0.98)
    assert f"above DG's in {sum(holds)} universes" in caption
    assert caption.startswith(f"Over {UNIVERSES} universes")
    assert f"reproduced in {sum(holds)}, inconclusive in 0" in caption


def test_what_matters_most_stands_first(drawings):
    assert drawings["fig1"].prepare({}, 0.98).choices[0].name == "consensus-law"
    assert drawings["fig2"].prepare({}, 0.98).choices[0].name == "curvature-sign"


def test_the_default_is_marked_on_the_curve_and_its_options_are_bold(drawings, theme):
    drawing = drawings["fig1"]
    figure = drawing.draw(drawing.prepare({}, 0.98))
    heights = [line.get_ydata()[0] for line in figure.axes[0].lines]
    assert NOTHING["DN-DG"] in heights
    labels = {t.get_text(): t.get_fontweight() for a in figure.axes for t in a.get_yticklabels()}
    assert labels["previous"] == "bold" and labels["current"] != "bold"


def test_numbers_stand_where_their_law_has_them():
    by_name = {d.name: d for figure in DECIDING for d in specification.of_figure(figure)}
    for name, d in by_name.items():
        if isinstance(d, specification.Number):
            middle = d.value(0.5)
            at = specification._place(d, np.array([d.low, middle, d.high]))
            np.testing.assert_allclose(at, [0, 0.5, 1], atol=0.02, err_msg=name)


def test_the_governing_numbers_bins_tell_where_dn_is_ahead(drawings):
    drawing = drawings["governing"]
    shown = drawing.prepare({}, 0.98)
    shares = {low: share for low, _, share in shown.bins()}
    assert shares[0.003].value == 1.0 and shares[1.0].value == 0.0
    assert sum(share.n for share in shares.values()) == UNIVERSES
    assert shares[1.0].upper > 0.1, "an interval of few universes is wide"
    assert "100 % [" in drawing.caption(shown, 0.98) and "q = 3.9" in drawing.caption(shown, 0.98)
    assert {row["what"] for row in rows(drawing, shown)} == {"universe", "running", "bin"}


def test_each_claims_shares_add_up_under_each_law_and_the_foremost_choice_is_named(drawings):
    drawing = drawings["plausible"]
    made = rows(drawing, drawing.prepare({}, 0.98))
    totals = {}
    for row in made:
        if row["verdict"]:
            key = row["claim"], row["what"]
            totals[key] = totals.get(key, 0) + float(row["value"])
    assert {what for _, what in totals} == {"even", "printed", "flat"}
    assert list(totals.values()) == pytest.approx([1.0] * len(totals), abs=1e-4)
    assert {"importance of update-lag", "importance of interval"} == {
        row["what"] for row in made if not row["verdict"]
    }


def test_the_effects_by_default_are_those_of_the_results(tmp_path):
    make(tmp_path, MAIN["fig1"], ["DN", "DG", "DS"])
    key = MAIN["fig1"]
    results = {(key, m): Results(tmp_path / key / f"{m}.nc") for m in ("DN", "DG", "DS")}
    found = specification.by_default("fig1", results, 0.98)
    gain = {m: results[key, m]["J"][:, 1:].mean() for m in ("DN", "DG")}
    assert found["DN-DG"] == pytest.approx((gain["DN"] - gain["DG"]) / 0.5, abs=1e-12)


def test_a_missing_table_is_refused_when_drawn_and_not_before(tmp_path):
    for drawing in (
        specification.draw_specification("fig1", tmp_path),
        governing.draw_governing(tmp_path),
        plausible.draw_plausible(tmp_path),
    ):
        with pytest.raises(ConfigError, match="snakemake --cores 8 multiverse"):
            drawing.prepare({}, 0.98)
