"""The report's data, sentences and pages, from the committed report with made-up additions."""

import copy
import html
import json
import re

import jsonschema
import pytest
from made_up_atlas import make_atlas
from markdown_it import MarkdownIt

from replication.claims import errata, ledger
from replication.claims.verdicts import VERDICTS
from replication.experiments.config import ROOT, ConfigError
from replication.experiments.files import digest
from replication.experiments.made import made_with
from replication.figures.draw import FIGURES
from replication.multiverse.deciding import HEADER
from replication.multiverse.shares import shares
from replication.multiverse.universes import SOURCES
from replication.promise import tables
from replication.promise.registration import REGISTERED
from replication.report import plausibility
from replication.report.drawings import drawn_from, inline_svg
from replication.report.pages import (
    complete,
    interval,
    region,
    unit,
    write_pages,
)
from replication.report.plausibility import decided_by, held_in, holds, of_claims
from replication.report.sentences import sentences
from replication.report.terminal import entries, of_claim
from replication.report.wording import in_words, robustness

POWER = {
    "repetitions": 550,
    "verdict": "inconclusive",
    "draws": 300,
    "counts": {"inconclusive": 45, "reproduced": 255},
    "same": 0.85,
    "by_luck": True,
}


def plausible(decides=True):
    """What the universes of a figure say of a claim, made up."""

    def of(value):
        share = {"value": value, "lower": value - 0.03, "upper": value + 0.03, "n": 1000}
        return {"reproduced": share, "inconclusive": share, "contradicted": share}

    choice = {"choice": "gridworld-reward:reward", "value": 0.5, "lower": 0.4, "upper": 0.6}
    return {
        "figure": "fig1",
        "universes": 1000,
        "current": True,
        "laws": {"even": of(0.34), "printed": of(0.4), "flat": of(0.12)},
        "importances": [{**choice, "decides": decides}],
    }


@pytest.fixture
def report():
    """The committed report with everything that may be in it."""
    report = complete(json.loads((ROOT / "paper_checks/report.json").read_text(encoding="utf-8")))
    claims = {claim["id"]: claim for claim in report["claims"]}
    claims["fig1-optimum"] |= {
        "verdict": "reproduced",
        "plausible": plausible(),
        "power": POWER,
        "controls": [
            {"fault": "flag_negated", "plants": "Negates a flag.", "caught_by": "fig1-optimum"}
        ],
        "readings_swept": {
            "count": 40,
            "holds": 20,
            "counts": {"reproduced": 20, "contradicted": 20},
            "changed": [
                {"reading": f"curvature-sign=ascent,made-up={n}", "verdict": "contradicted"}
                for n in range(20)
            ],
        },
    }
    measured = {"value": -1.25, "lower": -1.5, "upper": -1.0, "n": 30}
    settings = {"curvature": "full", "curvature_sign": "printed", "step_size": 1e-5, "floor": 1e-7}
    row = {"experiment": "pd_exact", "condition": "as printed", "method": "DN", "iterations": 2000}
    report["attribution"] = [{**row, **settings, "average": measured, "final": measured}]
    effect = {"count": 1, "changed": ["fig1-optimum"]}
    report["ambiguities"][0]["options"][1]["effect"] = effect
    report["sweep"] = {"library": "ab" * 32, "current": False, "count": 61}
    report["power"] = {"made_with": "cd" * 32, "current": True}
    report["trial"] = {"current": True}
    report["errata"], report["limitations"] = errata.errata(), errata.limitations()
    return report


def pages(report, folder):
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    write_pages(folder / "report.json", ROOT / "figures", folder)
    return [(folder / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md")]


# The schema ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema():
    text = (ledger.FOLDER / "report.schema.json").read_text(encoding="utf-8")
    schema = jsonschema.Draft202012Validator(json.loads(text))
    schema.check_schema(schema.schema)
    return schema


def test_the_committed_report_and_one_with_everything_fit_the_schema(schema, report):
    committed = json.loads((ROOT / "paper_checks/report.json").read_text(encoding="utf-8"))
    schema.validate(complete(committed))
    schema.validate(report)


@pytest.mark.parametrize(
    "damage",
    [
        lambda report: report.pop("sweep"),
        lambda report: report["claims"][0].update(verdict="proven"),
        lambda report: report["claims"][0].update(plausible={"figure": "fig1"}),
        lambda report: report["claims"][0]["quantities"][0].pop("lower"),
        lambda report: report["claims"][0]["quantities"][0].update(value="large"),
        lambda report: report["sweep"].update(library="unknown"),
        lambda report: report["claims"][0].update(controls=[{"fault": "x"}]),
        lambda report: report.update(verdicts=[]),
    ],
)
def test_a_damaged_report_does_not(schema, report, damage):
    damaged = copy.deepcopy(report)
    damage(damaged)
    assert not schema.is_valid(damaged)


def test_something_else_is_refused_with_a_remedy(tmp_path):
    for text in ("[]", "{}", '{"claims": [1]}', "no json"):
        (tmp_path / "report.json").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"paper_checks/report\.json$"):
            write_pages(tmp_path / "report.json", ROOT / "figures", tmp_path)


# The sentences -------------------------------------------------------------------------------


def claim(name, verdict, group="Section 6", **more):
    blank = {"id": name, "title": f"Title of {name}.", "group": group, "quantities": []}
    return {**blank, "verdict": verdict, **more}


def test_each_sentence_follows_the_verdicts():
    made = {
        "claims": [
            claim("fig1-optimum", "reproduced"),
            claim("fig1-faster", "contradicted"),
            claim("nash", "reproduced", "Definitions"),
            claim("privacy", "not tested", "Definitions"),
        ],
        "sweep": None,
    }
    first, explored, best = sentences(made)
    assert first == ("2 of the paper's 4 claims are reproduced, 1 of the 2 on its experiments.")
    assert "not been explored" in explored
    assert "not been searched" in best


def test_our_questions_are_not_counted_among_the_papers_claims():
    cause = claim("attribution-exact", "contradicted", "Ours")
    made = {"claims": [claim("fig1-faster", "reproduced"), cause]}
    answer = sentences(made)[0]
    assert answer.startswith("1 of the paper's 1 claims are reproduced, 1 of the 1 on")
    assert answer.endswith("by the size of its steps, not by curvature.")


def test_what_was_promised_printed_and_what_it_takes_is_one_sentence():
    def said(verdict):
        dilemma = claim("promise-dilemma", "contradicted", "Ours")
        made = {"claims": [claim("promise-gridworld", verdict, "Ours"), dilemma]}
        (found,) = [one for one in sentences(made) if "promised" in one]
        return found

    assert "in the gridworld, and needs no fewer iterations" in said("reproduced")
    for verdict, faster in (
        ("reproduced", "is faster."),
        ("inconclusive", "not seen to be faster."),
    ):
        made = {"claims": [claim("promise-gridworld", verdict, "Ours")]}
        assert sentences(made)[0].endswith(faster)
    assert len({said(verdict) for verdict in VERDICTS}) == len(VERDICTS)


def test_the_sentence_on_the_plausible_space_names_shares_laws_and_what_decides():
    found = claim("fig3-faster", "contradicted", plausible=plausible())
    undecided = claim("fig1-faster", "reproduced", plausible=plausible(decides=False))
    other = claim("nash", "reproduced", "Definitions", plausible=plausible())
    made = {"claims": [found, undecided, other]}
    found["plausible"]["laws"]["even"]["reproduced"]["value"] = 0.06
    assert sentences(made)[1] == (
        "What holds depends on choices that the paper leaves open: the claims on Figures 1 to 3 "
        "hold in 6 to 34 % of all plausible sets of choices, most often “Title of fig1-faster.” "
        "The choice that decides most of them: reward (1)."
    )
    found["plausible"]["laws"]["even"]["reproduced"]["value"] = 0.34
    made["claims"][0]["plausible"]["current"] = False
    assert "earlier version of the sources" in sentences(made)[1]
    assert holds(undecided) == (
        "holds in 34 % [31, 37] of the plausible space (12 to 40 % by law); no choice alone "
        "decides it"
    )
    assert holds(found).endswith("(12 to 40 % by law); decided by reward")
    del found["plausible"]["laws"]["printed"], found["plausible"]["laws"]["flat"]
    assert held_in(found) == "34 % [31, 37] (34 % by every law)"


def test_what_is_collected_of_made_up_tables_fits_the_schema(schema, report, tmp_path):
    assert of_claims(shares(tmp_path)) == {}, "there are no tables yet"
    make_atlas("fig1", tmp_path)
    make_atlas("fig3", tmp_path, sources=digest(SOURCES))
    row = "fig3-faster,gridworld-stuck,0.9,0.8,1,32"
    (tmp_path / "fig3-deciding.csv").write_text(f"{','.join(HEADER)}\n{row}\n", encoding="utf-8")
    found = of_claims(shares(tmp_path))
    assert {entry["figure"] for entry in found.values()} == {"fig1", "fig3"}
    assert found["fig3-faster"]["current"] and not found["fig1-faster"]["current"]
    even = found["fig3-faster"]["laws"]["even"]["reproduced"]
    assert even["value"] == pytest.approx(0.5, abs=0.1) and even["lower"] < 0.5 < even["upper"]
    assert decided_by({"plausible": found["fig3-faster"]}) == "stuck"
    assert decided_by({"plausible": found["fig1-faster"]}) == "–"
    for claim in report["claims"]:
        claim["plausible"] = found.get(claim["id"])
    schema.validate(json.loads(json.dumps(report)))


def test_the_sentence_on_the_larger_n_names_what_changes_and_what_is_luck():
    power = {"verdict": "reproduced", "by_luck": False}
    made = {
        "claims": [
            claim("fig1-optimum", "reproduced", power=power),
            claim("fig1-faster", "inconclusive", power={**power, "by_luck": True}),
            claim("nash", "reproduced", power=None),
        ],
        "sweep": None,
        "power": {"current": True},
    }
    assert sentences(made)[-1] == (
        "With more repetitions, as many as a power analysis asks for, 1 of 2 verdicts change; "
        "decided by luck at 30: 1."
    )
    made["power"]["current"] = False
    assert "earlier version" in sentences(made)[-1]
    assert not any("power" in sentence for sentence in sentences({**made, "power": None}))


def test_the_sentence_on_the_best_universe_names_what_it_assumes_and_what_it_loses():
    best = {
        "held": 1,
        "assumed": {"gridworld-stuck": "move-refused", "gridworld-reward:reward": 0.05},
        "verdicts": {"a": "reproduced", "b": "contradicted", "attribution-exact": "inconclusive"},
    }
    found = {"universes": [best], "claims": ["a", "b"], "confidence": 0.98}
    found |= {"drawn": 1000, "as_many": 12, "repetitions": 200, "current": True}
    titles = {"b": "Title of b."}
    assert plausibility.best_universe(found, titles) == (
        "One set of choices shows 1 of the 2 claims on Figures 1 to 3 together: "
        "stuck = move-refused, reward = 0.05, all else by default. It does not show: "
        "“Title of b.” It was confirmed with 200 fresh repetitions. Of 1,000 universes drawn at "
        "random 12 show as many (1.2 % [0.54, 2.3]). There, too, DN is ahead of DS, which takes "
        "the same steps without curvature, in 0 of 1 comparisons."
    )
    best["verdicts"]["attribution-exact"] = "reproduced"
    old = plausibility.best_universe({**found, "current": False}, titles)
    assert "in 1 of 1 comparisons" in old and "earlier version" in old
    assert "has not been searched" in plausibility.best_universe(None, titles)


@pytest.mark.parametrize("cause", VERDICTS)
@pytest.mark.parametrize("kept", VERDICTS)
def test_the_sentence_on_the_advantage_has_words_for_every_verdict(cause, kept):
    quantities = [{"id": "kept-share", "value": 0.25, "verdict": kept}]
    made = {
        "claims": [
            claim("attribution-exact", cause, "Ours"),
            claim("attribution-sampled", "inconclusive", "Ours"),
            claim("fallback-frequency", kept, "Ours", quantities=quantities),
        ],
        "sweep": None,
    }
    answer, advantage, share, *_ = sentences(made)
    reproduced = [cause, "inconclusive"].count("reproduced")
    assert f"ahead in {reproduced} of 2 comparisons" in advantage
    assert ("25 %" in share) == (kept != "not tested")
    others = {
        sentences(
            {**made, "claims": [claim("attribution-exact", other, "Ours"), *made["claims"][1:]]}
        )[0]
        for other in VERDICTS
    }
    assert answer in others and len(others) == len(VERDICTS)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"plausible": plausible()}, "holds in 34 % of plausible choices"),
        ({"readings_swept": {"holds": 3, "count": 7}}, "holds under 3 of 7 readings"),
        ({"power": {**POWER, "by_luck": False}}, "inconclusive at n = 550"),
        ({"power": {**POWER, "verdict": "reproduced"}}, "the same at n = 550, at 30 by luck"),
        ({"power": {**POWER, "verdict": "reproduced", "by_luck": False}}, ""),
    ],
)
def test_a_verdict_in_words_is_the_default_one_and_then_how_robust(more, said):
    found = claim("fig1-optimum", "reproduced", **more)
    assert robustness(found) == said
    assert in_words(found) == "✓ reproduced" + (said and f"; {said}")


# The pages -----------------------------------------------------------------------------------


def test_the_pages_say_everything(report, tmp_path):
    page, markdown = pages(report, tmp_path)
    shown = html.unescape(re.sub(r"<[^>]*>", "", page))
    both = (
        "older than the sources",
        "holds in 34 % of plausible choices; inconclusive at n = 550",
        "300 draws of 30 of these: 15 % inconclusive, 85 % reproduced; n = 30 decides",
        "self-weights",
        "paper_checks/manifest.json",
        "holds in 34 % [31, 37] of the plausible space (12 to 40 % by law); decided by reward",
        "./run netnewton check nash",
        "hanges 1 verdict",
        "flag_negated",
    )
    for text in (shown, markdown.replace("`", "")):
        assert [wanted for wanted in both if wanted not in text] == []
    only = ("20 of 40", "and 8 more", "Negates a flag.", "full (printed)", "1000 universes")
    assert [wanted for wanted in only if wanted not in shown] == []
    assert [c["id"] for c in report["claims"] if c["limitation"] not in markdown] == []
    assert len(markdown) < 0.7 * len(shown)


def test_a_claim_without_a_title_leads_with_its_first_sentence(report):
    old = copy.deepcopy(report)
    del old["claims"][0]["title"]
    old["claims"][0]["claim"] = "One thing. Another."
    assert complete(old)["claims"][0]["title"] == "One thing."


@pytest.mark.parametrize("current", [True, False])
def test_a_trial_made_with_other_sources_is_called_old_and_only_that(report, tmp_path, current):
    report["trial"], report["sweep"]["current"] = {"current": current}, True
    report["summary"] = sentences(report)
    (said,) = (one for one in report["summary"] if "promised" in one)
    assert ("an earlier version of the sources" in said) is not current
    for page in pages(report, tmp_path):
        assert ("trial of second-order methods is older than the sources" in page) is not current
        assert ("./run snakemake promise --cores 2" in page) is not current


def test_tables_of_the_trial_are_current_if_made_with_these_sources(tmp_path):
    for stamp, current in ((made_with(tables.ROOM, REGISTERED), True), ("ab" * 32, False)):
        (tmp_path / "made.json").write_text(json.dumps({"made_with": stamp}), encoding="utf-8")
        assert tables.is_current(tmp_path) is current


def test_a_current_sweep_is_not_called_old(report, tmp_path):
    report["sweep"]["current"] = True
    report["summary"] = ["The answer."]
    for page in pages(report, tmp_path):
        assert "older than the sources" not in page and "no longer current" not in page


def test_what_is_text_stays_text(report, tmp_path):
    """A ledger's text cannot become part of the page's structure."""
    report["claims"][0]["limitation"] = "<script>alert(1)</script> a|b"
    report["limitations"] = ["<b>`x`</b>"]
    page, _ = pages(report, tmp_path)
    assert "<script>alert" not in page and "&lt;b&gt;<code>x</code>&lt;/b&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; a|b" in page


def test_every_row_of_the_markdown_tables_has_its_columns(report, tmp_path):
    _, text = pages(report, tmp_path)
    rendered = MarkdownIt("commonmark").enable("table").render(text)
    tables = re.findall(r"<table>.*?</table>", rendered, flags=re.DOTALL)
    assert len(tables) > len(report["claims"])
    for table in tables:
        rows = re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL)
        assert len({len(re.findall("<t[dh]", row)) for row in rows}) == 1
    # Cells beyond the header's are dropped silently, so that the source is counted too.
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1, block[:200]
    headings = {re.sub("<.*?>", "", h) for h in re.findall(r"<h3>(.*?)</h3>", rendered)}
    assert set(re.findall(r'href="#([^"]+)"', rendered)) <= headings


def rounded(value, **region):
    numbers = {"value": value, "lower": value, "upper": value}
    return {**numbers, "rounding": True, "region": region, "verdict": "reproduced"}


def test_what_measures_rounding_is_shown_against_its_bound():
    assert interval(rounded(4.96e-16, at_most=1e-10)) == "< 10⁻¹⁰"
    assert interval(rounded(4.96e-16, at_most=2.5e-9)) == "< 2.5·10⁻⁹"
    drift = rounded(-2e-14, at_least=-0.001, at_most=0.001) | {"upper": 1e-14}
    assert interval(drift) == "within ±0.001"


def test_what_leaves_its_bound_and_what_is_no_rounding_is_shown_by_its_digits():
    too_large = rounded(3.25e-7, at_most=1e-8) | {"verdict": "contradicted"}
    assert interval(too_large) == "3.25·10⁻⁷"
    undecided = rounded(5e-9, at_most=1e-8) | {"upper": 2e-8, "verdict": "inconclusive"}
    assert interval(undecided) == "5·10⁻⁹ [5·10⁻⁹, 2·10⁻⁸]"
    plain = {key: v for key, v in rounded(5e-9, at_most=1e-8).items() if key != "rounding"}
    assert interval(plain) == "5·10⁻⁹"


def test_no_page_shows_the_digits_of_rounding(report, tmp_path):
    """The digits change from machine to machine; before, they were shown."""
    tracking = next(claim for claim in report["claims"] if claim["id"] == "tracking")
    (quantity,) = tracking["quantities"]
    quantity |= {"value": 7.654321e-14, "lower": 7.654321e-14, "upper": 7.654321e-14}
    for rounding, shown in ((False, "7.654·10⁻¹⁴"), (True, "< 10⁻⁹")):
        quantity["rounding"] = rounding
        shown_on = [*pages(report, tmp_path)]
        shown_on.append(str([*entries(of_claim(report, "tracking"), report)]))
        for page in shown_on:
            assert shown in html.unescape(page)
            assert ("7.654" in page) == (not rounding)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"at_least": -2.000000000001, "at_most": -1.999999999999}, "= −2 up to rounding (10⁻¹²)"),
        ({"at_least": -1.01, "at_most": -0.999999999}, "≥ −1.01 and ≤ −1 up to rounding (10⁻⁹)"),
        ({"at_least": 0.999999}, "≥ 1 up to rounding (10⁻⁶)"),
        ({"at_least": -0.001, "at_most": 0.001}, "within ±0.001"),
        ({"above": 0.001, "below": 0.1}, "> 0.001 and < 0.1"),
        ({"at_most": 1e-8}, "≤ 10⁻⁸"),
        ({"at_least": 0.0}, "≥ 0"),
        ({"at_most": 0.99}, "≤ 0.99"),
    ],
)
def test_a_region_tells_room_for_rounding_from_what_is_meant(bounds, said):
    assert region(bounds) == said


def test_no_region_and_no_unit_of_the_ledger_is_hard_to_read():
    quantities = [q for entry in ledger.claims() for q in entry["quantities"]]
    for quantity in quantities:
        assert not re.search(r"0{4}|9{4}", region(quantity["region"])), quantity["id"]
        assert not re.search(r"\d|/", unit(quantity["unit"])), quantity["id"]


def test_a_figure_on_the_page_keeps_its_text_and_loses_its_size(tmp_path):
    (tmp_path / "a.svg").write_text(
        '<?xml version="1.0"?>\n<svg width="9pt" height="9pt" viewBox="0 0 9 9"><metadata>m'
        '</metadata><title>t</title>\n  <!-- DN --> <text id="n1" x="1">DN, $H$</text>'
        '<use href="#n1"/></svg>',
        encoding="utf-8",
    )
    drawn = inline_svg(tmp_path / "a.svg", "a")
    assert '<text id="a-n1" x="1">DN, $H$</text>' in drawn and 'href="#a-n1"' in drawn
    assert not re.search(r"9pt|metadata|title>|<!--", drawn)
    assert 'role="img" aria-labelledby="title-a caption-a"' in drawn


def test_every_figure_says_what_it_is_drawn_from():
    assert [name for name in FIGURES if not drawn_from(name)] == []
    for place in {place for name in FIGURES for place in drawn_from(name)}:
        assert place.startswith("results/") or list(ROOT.glob(place)), place
    assert drawn_from("of-somebody-else") == []
