"""What is committed - manifest, README, ledgers - fits together, and is what a fresh run gives.

A run overwrites results, figures and report, but never the manifest: that is asked what is
committed. Where it says that bytes must be equal, they are; on another machine verdicts are, and
numbers are close.
"""

import re
import subprocess

import pytest
from markdown_it import MarkdownIt
from project_copy import ROOT

from replication.claims import ledger
from replication.report.collect import with_tables
from replication.report.headlines import headline_table
from replication.review import manifest

pytestmark = pytest.mark.end_to_end


def test_a_fresh_run_is_what_is_committed(finished):
    found = manifest.compare(finished.folder)
    assert found.n_files and not found.incomparable
    assert found.verdicts == [] and [number for number in found.numbers if number.strays] == []
    if not found.elsewhere:
        assert list(found.all_lines()) == [f"all {found.n_files} files are the committed bytes"]
    assert next(found.lines()) in finished.output


def test_every_output_is_in_the_manifest(finished):
    assert list(manifest.read_manifest(ROOT)["files"]) == manifest.output_names(finished.folder)


def test_the_manifest_has_the_claims_and_quantities_of_the_ledger():
    committed = manifest.read_manifest(ROOT)["claims"]
    assert [claim["id"] for claim in committed] == [entry["id"] for entry in ledger.claims()]
    for claim, entry in zip(committed, ledger.claims(), strict=True):
        if claim["verdict"] != "not tested":
            assert [q["id"] for q in claim["quantities"]] == [q["id"] for q in entry["quantities"]]


def test_the_readme_shows_the_committed_verdicts_on_the_headline_claims():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.split("<!-- verdicts -->")[1].strip() == headline_table(committed())


def committed():
    """The committed verdicts, and how robust they are."""
    verdicts = {claim["id"]: claim["verdict"] for claim in manifest.read_manifest(ROOT)["claims"]}
    claims = [{**entry, "verdict": verdicts[entry["id"]]} for entry in ledger.claims()]
    return {"claims": with_tables(claims, [])}


def test_the_committed_files_are_those_of_the_manifest():
    """Those in git's index: what lies in the folder may be of a later run."""
    found = {name: in_index(name) for name in manifest.read_manifest(ROOT)["files"]}
    found = {name: content for name, content in found.items() if content is not None}
    listed = manifest.read_manifest(ROOT)["files"]
    assert [name for name, data in found.items() if manifest.sha256(data) != listed[name]] == []


def in_index(name):
    """A file's content as committed or about to be, None without git or if it is not tracked."""
    if not (ROOT / ".git").exists():  # a surrounding repository is not ours
        return None
    command = ["git", "-C", str(ROOT), "cat-file", "blob", f":{name}"]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def test_the_html_page_stands_alone(finished):
    page = (finished.folder / "paper_checks/report.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#|data:)', page), "it refers to something outside"
    assert "<svg" in page and "@import" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids


def test_the_markdown_page_renders_and_its_links_resolve(finished):
    text = (finished.folder / "paper_checks/report.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = re.findall(r"<tr>.*?</tr>", html, flags=re.DOTALL)
    columns = {len(re.findall("<t[dh]", row)) for row in rows}
    assert columns <= {4, 6, 7, 8, 9, 11} and len(rows) > 60
    headings = {re.sub("<.*?>", "", h) for h in re.findall(r"<h3>(.*?)</h3>", html)}
    assert set(re.findall(r'href="#([^"]+)"', html)) <= headings
    for link in re.findall(r'(?:src|href)="(\.\./[^"]+)"', html):
        assert (finished.folder / "paper_checks" / link).exists(), link
