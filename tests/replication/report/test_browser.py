"""The page in a real browser, without a network: it loads, filters, links and fits a phone.

A probe is added to a copy of the page. It drives the controls as a reader would and tells what it
sees to a page around it, which writes that into an attribute of its body; this is read from the DOM
that the browser dumps. The copy is in a frame because a window cannot be as narrow as a phone.
"""

import html
import json
import os
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from project_copy import ROOT

from replication.report.pages import complete, write_pages

pytestmark = pytest.mark.end_to_end

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

PROBE = """
(function () {
  function all(selector) { return Array.from(document.querySelectorAll(selector)); }
  function visible(element) { return element.getClientRects().length > 0; }
  function ids() { return all("details.claim").filter(visible).map(function (c) { return c.id; }); }
  function set(id, value) {
    var control = document.getElementById(id);
    control.value = value;
    control.dispatchEvent(new Event("input", {bubbles: true}));
    return {rows: ids(), said: document.getElementById("shown").textContent, at: location.hash};
  }
  function then(action, next) { action(); setTimeout(next, 80); }
  var form = document.getElementById("filters");
  var controls = Array.from(form.querySelectorAll("select, input, button"));
  var links = Array.from(document.querySelectorAll("a, use"), function (a) {
    return a.getAttribute("href") || a.getAttribute("xlink:href");
  });
  var claims = all("details.claim");
  var seen = {
    width: innerWidth,
    loaded: performance.getEntriesByType("resource").map(function (r) { return r.name; }),
    form: visible(form),
    all: ids(),
    folded: !claims.some(function (claim) { return claim.open; }),
    unreachable: controls.filter(function (c) { return c.tabIndex < 0 || c.disabled; }).length,
    unlabelled: controls.filter(function (c) {
      return !(c.labels && c.labels.length) && !c.textContent.trim();
    }).length,
    live: document.getElementById("shown").getAttribute("aria-live"),
    carrying: links.filter(function (link) { return link.startsWith("#claims&verdict="); }).length,
    outside: links.filter(function (link) { return link[0] !== "#"; }).length,
    broken: links.filter(function (link) {
      return !document.getElementById(link.slice(1).split("&")[0]);
    }),
    repeated: document.querySelectorAll("[id]").length -
      new Set(Array.from(document.querySelectorAll("[id]"), function (e) { return e.id; })).size
  };
  function tell() {
    all("details").forEach(function (part) { part.open = true; });
    seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    seen.cut = all(".wide").filter(function (wide) {
      return wide.scrollWidth > wide.clientWidth && wide.tabIndex < 0;
    }).concat(all(".drawing").filter(function (drawing) {
      return drawing.scrollWidth > drawing.clientWidth;
    })).length;
    parent.postMessage(JSON.stringify(seen), "*");
  }
  if (!seen.form) { tell(); return; }
  seen.verdict = set("by-verdict", "contradicted");
  seen.both = set("by-text", "figure 3");
  seen.nothing = set("by-part", "appendix-a");
  seen.message = visible(document.getElementById("none"));
  then(function () { location.hash = "#nash"; }, function () {
    seen.opened = document.getElementById("nash").open && ids().includes("nash");
    then(function () { location.hash = "#claims&verdict=contradicted"; }, function () {
      seen.linked = ids();
      then(function () { history.back(); }, function () {
        seen.back = location.hash;
        then(function () { form.reset(); }, function () {
          seen.reset = ids();
          seen.part = set("by-part", "appendix-a").rows;
          seen.paper = set("by-part", "paper").rows;
          tell();
        });
      });
    });
  });
})();
"""

FRAME = """<!doctype html><title>frame</title><body><script>
addEventListener("message", function (event) { document.body.dataset.seen = event.data; });
</script><iframe src="copy.html" width="{width}" height="800" style="border: 0"></iframe></body>
"""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        reason = f"none of {', '.join(BROWSERS)} is installed"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI must have one: install Debian's chromium")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def report():
    """The committed report, with a sweep made up."""
    report = complete(json.loads((ROOT / "paper_checks/report.json").read_text(encoding="utf-8")))
    claim = next(claim for claim in report["claims"] if claim["id"] == "fig1-optimum")
    changed = [
        {"reading": ",".join([f"curvature-sign=ascent,made-up={n}"] * 3), "verdict": "contradicted"}
        for n in range(20)
    ]
    counts = {"reproduced": 4, "contradicted": 20}
    swept = {"count": 24, "holds": 4, "counts": counts, "changed": changed}
    claim |= {"readings_swept": swept}
    report["sweep"] = {"library": "ab" * 32, "current": False, "count": 24}
    return report


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    write_pages(folder / "report.json", ROOT / "figures", folder)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def look(browser, tmp_path):
    """Load a page at a width, and say what the probe saw and what the console said."""

    def look(page, width=1280):
        assert page.count("</body>") == 1
        probed = page.replace("</body>", f"<script>{PROBE}</script></body>")
        (tmp_path / "copy.html").write_text(probed, encoding="utf-8")
        frame = tmp_path / "frame.html"
        frame.write_text(FRAME.replace("{width}", str(width)), encoding="utf-8")
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            *("--no-first-run", "--disable-sync", "--disable-component-update"),
            *("--disable-background-networking", "--disable-quic"),
            "--window-size=1400,900",
            "--virtual-time-budget=5000",
            *("--enable-logging=stderr", "--v=0", "--dump-dom"),
            frame.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        found = re.search(r'data-seen="([^"]*)"', done.stdout)
        assert found, done.stderr[-2000:]
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return SimpleNamespace(console=console, **json.loads(html.unescape(found[1])))

    return look


def faults(seen, report):
    """What is wrong with a page that was looked at; each check of it by a name."""
    claims = report["claims"]

    def ids(keep):
        return {claim["id"] for claim in claims if keep(claim)}

    contradicted = ids(lambda claim: claim["verdict"] == "contradicted")
    figure_3 = [name for name in contradicted if name.startswith("fig3")]
    everything = {claim["id"] for claim in claims}
    at = "#claims&verdict=contradicted"
    checks = {
        "console": not seen.console,
        "network": not seen.loaded and not seen.outside,
        "links": not seen.broken and not seen.repeated and seen.carrying >= 3,
        "overflow": seen.overflow <= 0 and not seen.cut,
        "controls": not seen.unreachable and not seen.unlabelled and seen.live == "polite",
        "all rows": set(seen.all) == everything == set(seen.reset) and seen.folded,
        "by verdict": set(seen.verdict["rows"]) == contradicted and seen.verdict["at"] == at,
        "said": seen.verdict["said"] == f"{len(contradicted)} of {len(claims)} claims shown",
        "by words": figure_3 != [] and set(figure_3) <= set(seen.both["rows"]) < contradicted,
        "no match": seen.nothing["rows"] == [] and seen.message,
        "by part": set(seen.part) == ids(lambda claim: claim["group"] == "Appendix A"),
        "the paper's": set(seen.paper) == ids(lambda claim: claim["group"] != "Ours"),
        "address": seen.opened and set(seen.linked) == contradicted and seen.back == "#nash",
    }
    return [name for name, holds in checks.items() if not holds]


def test_the_page_works_with_the_network_off(look, page, report):
    assert faults(look(page), report) == []


def test_the_page_fits_a_phone(look, page, report):
    seen = look(page, width=360)
    assert seen.width == 360
    assert faults(seen, report) == []


def test_a_drawing_that_does_not_fit_a_phone_is_noticed(look, page, report):
    planted = page.replace("</style>", ".drawing svg { min-width: 34rem; }</style>", 1)
    assert faults(look(planted, width=360), report) == ["overflow"]


def test_without_its_script_it_is_a_plain_list(look, page, report):
    bare = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    seen = look(bare)
    assert not seen.form and set(seen.all) == {claim["id"] for claim in report["claims"]}
    assert seen.console == [] and seen.overflow <= 0 and seen.broken == []


def test_planted_faults_are_noticed(look, page, report):
    """A filter that keeps all, an error in the console, a dead link, something far too wide."""
    planted = (
        page.replace('if (part.tagName === "DETAILS")', "if (false)")
        .replace("claim.hidden = !matches(claim)", "claim.hidden = false")
        .replace('href="#errata"', 'href="#errata-of-the-paper"', 1)
        .replace(
            "</main>",
            '<div style="width: 3000px">x</div><a href="https://example.org">x</a></main>',
        )
        .replace("</nav>", "<script>throw new Error('planted')</script></nav>")
    )
    assert {
        "address",
        "console",
        "network",
        "links",
        "overflow",
        "by verdict",
        "by words",
        "by part",
    } <= set(faults(look(planted), report))
