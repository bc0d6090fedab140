"""What is committed - figures, report, README - is what a fresh run gives.

Verdicts must be equal and numbers close; between machines the last bits may differ.
"""

import csv
import json
import re

import numpy as np
import pytest
from markdown_it import MarkdownIt
from matplotlib.testing.compare import compare_images

from conftest import ROOT
from replication.report import verdict_table

# Numbers that measure rounding itself: they must stay in their region, no more.
ROUNDING = {"distance-to-newton", "disagreement", "tracking-error"}
TOLERANCE = 1e-6


def close(a, b):
    """Numbers within the tolerance, infinite ones and everything else equal."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return abs(a - b) <= TOLERANCE * max(1.0, abs(a))
    return a == b


def differences(committed, fresh):
    """Ids of the quantities and claims that differ."""
    assert [c["id"] for c in committed["claims"]] == [c["id"] for c in fresh["claims"]]
    found = []
    for old, new in zip(committed["claims"], fresh["claims"], strict=True):
        if old["verdict"] != new["verdict"]:
            found.append(old["id"])
        for p, q in zip(old["quantities"], new["quantities"], strict=True):
            changing = {"value", "lower", "upper"} if p["id"] in ROUNDING else set()
            if any(not close(p[key], q[key]) for key in p if key not in changing):
                found.append(f"{old['id']}/{p['id']}")
    return found


@pytest.fixture(scope="module")
def reports(finished):
    def load(folder):
        return json.loads((folder / "paper_checks/report.json").read_text(encoding="utf-8"))

    return load(ROOT), load(finished.folder)


def test_verdicts_and_numbers_of_the_report(reports):
    committed, fresh = reports
    assert differences(committed, fresh) == []
    for old, new in zip(committed["runs"], fresh["runs"], strict=True):
        assert close(old["final"]["value"], new["final"]["value"])
        assert old["arrived"] == new["arrived"] and old["diverged"] == new["diverged"]


def test_a_number_that_has_drifted_is_noticed(reports):
    committed, fresh = json.loads(json.dumps(reports))
    quantity = next(c for c in fresh["claims"] if c["id"] == "fig1-faster")["quantities"][0]
    quantity["upper"] += 1e-3
    next(c for c in fresh["claims"] if c["id"] == "nash")["verdict"] = "contradicted"
    assert differences(committed, fresh) == ["nash", "fig1-faster/ratio-0.1"]


def test_ledger_and_report_agree(reports):
    """The committed report was made with the committed ledger."""
    from replication import ledger

    for entry, claim in zip(ledger.claims(), reports[0]["claims"], strict=True):
        for key, value in entry.items():
            if key != "quantities":
                assert claim[key] == value, (entry["id"], key)


def test_the_readme_shows_the_reports_verdicts(reports):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("<!-- verdicts -->")[1].strip()
    assert shown == verdict_table(reports[0])


def test_the_pages_were_written_from_the_committed_data(tmp_path, reports):
    from replication.report import write_pages

    write_pages(ROOT / "paper_checks/report.json", ROOT / "figures", tmp_path)
    for name in ("report.md", "report.html"):
        assert (tmp_path / name).read_bytes() == (ROOT / "paper_checks" / name).read_bytes()


def numbers_and_rest(svg):
    pattern = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
    return np.array([float(n) for n in pattern.findall(svg)]), pattern.sub("#", svg)


def test_the_figure_and_its_data(finished, tmp_path):
    for name in ("fig1.csv",):
        rows = [
            list(csv.reader((folder / "figures" / name).read_text().splitlines()))
            for folder in (ROOT, finished.folder)
        ]
        assert rows[0][0] == rows[1][0] and len(rows[0]) == len(rows[1])
        for old, new in zip(rows[0][1:], rows[1][1:], strict=True):
            assert old[0] == new[0]
            np.testing.assert_allclose(np.float64(old[1:]), np.float64(new[1:]), atol=TOLERANCE)
    svgs = [(f / "figures/fig1.svg").read_text("utf-8") for f in (ROOT, finished.folder)]
    (old, old_rest), (new, new_rest) = map(numbers_and_rest, svgs)
    assert old_rest == new_rest
    np.testing.assert_allclose(old, new, atol=0.01)
    png = tmp_path / "fresh.png"  # the comparison writes its difference beside it
    png.write_bytes((finished.folder / "figures/fig1.png").read_bytes())
    assert compare_images(str(ROOT / "figures/fig1.png"), str(png), tol=1) is None
    captions = [(f / "figures/fig1.txt").read_text("utf-8") for f in (ROOT, finished.folder)]
    assert captions[0] == captions[1]


def test_the_html_page_stands_alone(finished):
    page = (finished.folder / "paper_checks/report.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#)', page), "it refers to something outside"
    assert "<svg" in page and "@import" not in page and "<script" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids


def test_the_markdown_page_renders_and_its_links_resolve(finished):
    text = (finished.folder / "paper_checks/report.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = re.findall(r"<tr>.*?</tr>", html, flags=re.DOTALL)
    assert all(len(re.findall("<t[dh]", row)) in (4, 6, 9) for row in rows) and len(rows) > 60
    headings = {re.sub("<.*?>", "", h) for h in re.findall(r"<h3>(.*?)</h3>", html)}
    assert set(re.findall(r'href="#([^"]+)"', html)) <= headings
    for link in re.findall(r'(?:src|href)="(\.\./[^"]+)"', html):
        assert (finished.folder / "paper_checks" / link).exists(), link
