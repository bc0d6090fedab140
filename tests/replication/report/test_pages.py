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
from replication.multiverse.deciding import HEADER
from replication.multiverse.shares import shares
from replication.multiverse.universes import SOURCES
from replication.report import plausibility
from replication.report.pages import (
    complete,
    inline_svg,
    interval,
    write_pages,
)
from replication.report.plausibility import decided_by, held_in, holds, of_claims
from replication.report.sentences import sentences
from replication.report.terminal import entries, of_claim

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
    return {"id": name, "group": group, "verdict": verdict, "quantities": [], **more}


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
    first, best, second, third = sentences(made)
    assert first == (
        "By the default readings 2 of 4 claims are reproduced, of the 2 on the paper's figures: "
        "fig1-optimum."
    )
    assert "not been searched" in best
    assert "not been explored" in second
    assert third == "Contradicted: fig1-faster; not tested: privacy."


def test_the_sentence_on_the_plausible_space_names_shares_laws_and_what_decides():
    found = claim("fig3-faster", "contradicted", plausible=plausible())
    undecided = claim("fig1-faster", "reproduced", plausible=plausible(decides=False))
    other = claim("nash", "reproduced", "Definitions", plausible=plausible())
    made = {"claims": [found, undecided, other]}
    assert sentences(made)[2] == (
        "Of the plausible space: fig3-faster holds in 34 % [31, 37] (12 to 40 % by law), decided "
        "by reward; fig1-faster holds in 34 % [31, 37] (12 to 40 % by law)."
    )
    made["claims"][0]["plausible"]["current"] = False
    assert "earlier version of the sources" in sentences(made)[2]
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
    assert sentences(made)[2] == (
        "At an n fixed by power 1 of 2 verdicts are not those of 30 repetitions: fig1-faster; "
        "decided by luck at n = 30: fig1-faster."
    )
    made["power"]["current"] = False
    assert "earlier version" in sentences(made)[2]
    assert not any("by power" in sentence for sentence in sentences({**made, "power": None}))


def test_the_sentence_on_the_best_universe_names_what_it_assumes_and_what_it_loses():
    best = {
        "held": 1,
        "assumed": {"gridworld-stuck": "move-refused", "gridworld-reward:reward": 0.05},
        "verdicts": {"a": "reproduced", "b": "contradicted", "attribution-exact": "inconclusive"},
    }
    found = {"universes": [best], "claims": ["a", "b"], "confidence": 0.98}
    found |= {"drawn": 1000, "as_many": 12, "repetitions": 200, "current": True}
    said = plausibility.best_universe(found)
    assert said == (
        "1 of the 2 claims on Figures 1 to 3 hold together, all but b, in the universe that "
        "assumes stuck = move-refused, reward = 0.05 and has all else by default, confirmed with "
        "200 fresh repetitions; 12 of 1,000 drawn universes have as many in their 10 or 30 "
        "repetitions (1.2 % [0.54, 2.3]). "
        "Against DS, which takes its steps there without curvature, DN is ahead in nothing, and "
        "not in attribution-exact."
    )
    best["verdicts"]["attribution-exact"] = "reproduced"
    assert "ahead in attribution-exact, and not in nothing." in plausibility.best_universe(
        {**found, "current": False}
    )
    assert "earlier version" in plausibility.best_universe({**found, "current": False})
    assert "has not been searched" in plausibility.best_universe(None)


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
    last = sentences(made)[-1]
    assert "attribution-exact" in last and "attribution-sampled" in last and last.endswith(".")
    assert ("25 %" in last) == (kept != "not tested")
    others = {
        sentences({**made, "claims": [claim("attribution-exact", other), *made["claims"][1:]]})[-1]
        for other in VERDICTS
    }
    assert len(others) == len(VERDICTS)


# The pages -----------------------------------------------------------------------------------


def test_both_pages_say_everything(report, tmp_path):
    page, markdown = pages(report, tmp_path)
    shown = html.unescape(re.sub(r"<[^>]*>", "", page))
    for text in (shown, markdown.replace("`", "")):
        for wanted in (
            "older than the sources",
            "20 of 40",
            "and 8 more",
            "inconclusive (n = 550; by luck at 30)",
            "300 draws of 30 of these: 15 % inconclusive, 85 % reproduced; n = 30 decides",
            "Negates a flag.",
            "self-weights",
            "paper_checks/manifest.json",
            "full (printed)",
            "holds in 34 % [31, 37] of the plausible space (12 to 40 % by law); decided by reward",
            "34 % [31, 37] (12 to 40 % by law)",
            "./run netnewton check nash",
            "hanges 1 verdict",
        ):
            assert wanted in text, wanted
        missing = [c["id"] for c in report["claims"] if c["limitation"] not in text]
        assert missing == []


def test_a_current_sweep_is_not_called_old(report, tmp_path):
    report["sweep"]["current"] = True
    report["summary"] = []
    for page in pages(report, tmp_path):
        assert "older than the sources" not in page and "no longer current" not in page


def test_what_is_text_stays_text(report, tmp_path):
    """A ledger's text cannot become part of the page's structure."""
    report["claims"][0]["limitation"] = "<script>alert(1)</script> a|b"
    report["limitations"] = ["<b>`x`</b>"]
    page, _ = pages(report, tmp_path)
    assert "<script>alert" not in page and "&lt;b&gt;<code>x</code>&lt;/b&gt;" in page


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


def test_coordinates_are_rounded_and_scales_are_not(tmp_path):
    (tmp_path / "a.svg").write_text(
        '<?xml version="1.0"?>\n<svg><path d="M 1.23456 -7.0001 L 10 2.5"/>\n'
        '  <use x="3.999999" transform="scale(0.015625)"/></svg>',
        encoding="utf-8",
    )
    drawn = inline_svg(tmp_path / "a.svg", "a")
    assert 'd="M 1.23 -7 L 10 2.5"' in drawn and 'x="4"' in drawn and "scale(0.015625)" in drawn
