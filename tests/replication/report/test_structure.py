"""The page for those who read it with a keyboard, a screen reader, or in the dark."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from replication.experiments.config import ROOT
from replication.report.pages import write_pages

VOID = {"meta", "input", "br", "col", "wbr"}
LEAST_CONTRAST = 4.5  # WCAG 2.1, 1.4.3, for text of any size


class Elements(HTMLParser):
    """The start tags of a page with their attributes, and the text of headings."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, *tags):
        return [attrs for tag, attrs in self.found if tag in tags]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_pages(ROOT / "paper_checks/report.json", ROOT / "figures", folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def faults(page):
    """What keeps somebody from reading a page, each by a name."""
    elements = Elements(page)
    ids = {attrs["id"] for _, attrs in elements.found if "id" in attrs}
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch("h[1-6]", tag)]
    labels = {attrs.get("for") for attrs in elements.named("label")}
    pointed = [
        name
        for _, attrs in elements.found
        for key in ("aria-labelledby", "aria-describedby")
        for name in attrs.get(key, "").split()
    ]
    first = elements.named("a")[0]
    drawn = [a for a in elements.named("svg") if a.get("aria-hidden") != "true"]
    wide = [a for a in elements.named("div") if a.get("class") == "wide"]
    checks = {
        "language": elements.named("html")[0].get("lang") == "en",
        "headings": levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels)),
        "one title": levels.count(1) == 1 and len(elements.named("main")) == 1,
        "skip link": first.get("class") == "skip" and first["href"][1:] in ids,
        "contents": "contents" in ids and "position: sticky" in page,
        "names": set(pointed) <= ids,
        "fields": all(a["id"] in labels for a in elements.named("select", "input")),
        "pictures": drawn != [] and all("aria-labelledby" in a for a in drawn),
        "folds": len(elements.named("details")) == len(elements.named("summary")),
        "wide": wide != [] and all(a.get("tabindex") == "0" and a["aria-label"] for a in wide),
        "columns": all("scope" in a for a in elements.named("th")),
    }
    return [name for name, holds in checks.items() if not holds]


def test_the_page_can_be_read_without_eyes_and_mouse(page):
    assert faults(page) == []


@pytest.mark.parametrize(
    ("of", "to", "fault"),
    [
        (' lang="en"', "", "language"),
        ("<h2 ", "<h5 ", "headings"),
        ('href="#summary">Skip', 'href="#top">Skip', "skip link"),
        ('for="by-text"', "", "fields"),
        (' aria-labelledby="title-fig1 caption-fig1"', "", "pictures"),
        ('id="caption-fig2"', "", "names"),
        ('class="wide" tabindex="0"', 'class="wide"', "wide"),
        ('<th scope="row">', "<th>", "columns"),
    ],
)
def test_planted_faults_are_noticed(page, of, to, fault):
    assert of in page
    assert fault in faults(page.replace(of, to, 1))


def luminance(colour):
    """The relative luminance of #rrggbb, as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_in_the_light_and_in_the_dark(page):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in palettes(page))
    assert light.keys() == dark.keys() and light["paper"] != dark["paper"]
    for colours in (light, dark):
        for ink in ("ink", "faint", "link", "good", "bad", "open"):
            for paper in ("paper", "soft"):
                assert contrast(colours[ink], colours[paper]) >= LEAST_CONTRAST, (ink, paper)
        assert contrast(colours["border"], colours["paper"]) >= 3


def palettes(page):
    """The blocks of the page's variables, light and dark."""
    return [block for block in re.findall(r":root \{(.*?)\}", page, re.DOTALL) if "--ink" in block]


def test_units_and_mathematics_are_not_raw(page):
    shown = re.sub(
        r"<script>.*?</script>|<style.*?</style>|<code.*?</code>|<svg.*?</svg>",
        "",
        page,
        flags=re.DOTALL,
    )
    assert "<math>" in page and "]_m" not in shown and "(1)</th>" not in shown
