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
from project_copy import ROOT

from replication.report.pages import limitation_list, verdict_table
from replication.review.changes import AMPLIFYING, TOLERANCE, close, differences

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def reports(finished):
    def load(folder):
        return json.loads((folder / "paper_checks/report.json").read_text(encoding="utf-8"))

    return load(ROOT), load(finished.folder)


def test_verdicts_and_numbers_of_the_report(reports):
    committed, fresh = reports
    assert differences(committed, fresh) == []
    for old, new in zip(committed["runs"], fresh["runs"], strict=True):
        amplified = old["experiment"] in AMPLIFYING
        width = old["final"]["upper"] - old["final"]["lower"] if amplified else 0.0
        assert close(old["final"]["value"], new["final"]["value"], width)
        assert old["diverged"] == new["diverged"]
        if not amplified:
            assert old["arrived"] == new["arrived"] and old["saturated"] == new["saturated"]


def test_a_number_that_has_drifted_is_noticed(reports):
    committed, fresh = json.loads(json.dumps(reports))
    quantity = next(c for c in fresh["claims"] if c["id"] == "fig1-faster")["quantities"][0]
    quantity["upper"] += 1e-3
    next(c for c in fresh["claims"] if c["id"] == "nash")["verdict"] = "contradicted"
    assert differences(committed, fresh) == ["nash", "fig1-faster/ratio-0.1"]


def test_ledger_and_report_agree(reports):
    """The committed report was made with the committed ledger."""
    from replication.claims import ledger

    for entry, claim in zip(ledger.claims(), reports[0]["claims"], strict=True):
        for key, value in entry.items():
            if key != "quantities":
                assert claim[key] == value, (entry["id"], key)


def test_the_readme_shows_the_reports_verdicts_and_limitations(reports):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("<!-- verdicts -->")[1].strip()
    assert shown == verdict_table(reports[0])
    assert readme.split("<!-- limitations -->")[1].strip() == limitation_list(reports[0])


def test_the_pages_were_written_from_the_committed_data(tmp_path, reports):
    from replication.report.pages import write_pages

    write_pages(ROOT / "paper_checks/report.json", ROOT / "figures", tmp_path)
    for name in ("report.md", "report.html"):
        assert (tmp_path / name).read_bytes() == (ROOT / "paper_checks" / name).read_bytes()


def numbers_and_rest(svg):
    pattern = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
    return np.array([float(n) for n in pattern.findall(svg)]), pattern.sub("#", svg)


def table(path):
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["fig1", "fig2", "gridworld_sweep"])
def test_a_figure_and_its_data(finished, tmp_path, name):
    rows = [table(folder / f"figures/{name}.csv") for folder in (ROOT, finished.folder)]
    assert len(rows[0]) == len(rows[1])
    for old, new in zip(*rows, strict=True):
        assert [is_number(x) or x for x in old] == [is_number(x) or x for x in new]
        numbers = [[float(x) for x in row if is_number(x)] for row in (old, new)]
        np.testing.assert_allclose(*numbers, atol=TOLERANCE)
    svgs = [(f / f"figures/{name}.svg").read_text("utf-8") for f in (ROOT, finished.folder)]
    (old, old_rest), (new, new_rest) = map(numbers_and_rest, svgs)
    assert old_rest == new_rest
    np.testing.assert_allclose(old, new, atol=0.01)
    png = tmp_path / "fresh.png"  # the comparison writes its difference beside it
    png.write_bytes((finished.folder / f"figures/{name}.png").read_bytes())
    assert compare_images(str(ROOT / f"figures/{name}.png"), str(png), tol=1) is None
    captions = [(f / f"figures/{name}.txt").read_text("utf-8") for f in (ROOT, finished.folder)]
    assert captions[0] == captions[1]


def test_figure_3_is_the_fresh_one_within_its_bands(finished):
    """Its curves; the paths are of single repetitions, whose captions alone can be compared."""
    committed, fresh = (table(f / "figures/fig3.csv") for f in (ROOT, finished.folder))
    assert committed[0] == fresh[0] and len(committed) == len(fresh)
    header = committed[0]
    for old, new in zip(committed[1:], fresh[1:], strict=True):
        (a, b) = (dict(zip(header, row, strict=True)) for row in (old, new))
        assert [a[k] for k in ("experiment", "method", "iteration")] == [
            b[k] for k in ("experiment", "method", "iteration")
        ]
        width = float(a["upper"]) - float(a["lower"])
        assert abs(float(a["mean"]) - float(b["mean"])) <= width + 0.02  # a band may have no width
    for name in ("fig3", "gridworld_paths"):
        captions = [(f / f"figures/{name}.txt").read_text("utf-8") for f in (ROOT, finished.folder)]
        assert numbers_and_rest(captions[0])[1] == numbers_and_rest(captions[1])[1]


def test_the_html_page_stands_alone(finished):
    page = (finished.folder / "paper_checks/report.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#)', page), "it refers to something outside"
    assert "<svg" in page and "@import" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids


def test_the_markdown_page_renders_and_its_links_resolve(finished):
    text = (finished.folder / "paper_checks/report.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = re.findall(r"<tr>.*?</tr>", html, flags=re.DOTALL)
    assert (
        all(len(re.findall("<t[dh]", row)) in (4, 6, 8, 9, 11) for row in rows) and len(rows) > 60
    )
    headings = {re.sub("<.*?>", "", h) for h in re.findall(r"<h3>(.*?)</h3>", html)}
    assert set(re.findall(r'href="#([^"]+)"', html)) <= headings
    for link in re.findall(r'(?:src|href)="(\.\./[^"]+)"', html):
        assert (finished.folder / "paper_checks" / link).exists(), link
