"""What the README and docs/ say can be done, can be: programs run, commands and links exist."""

import re
import shlex

import numpy as np
import pytest
from matplotlib import rc_context
from project_copy import ROOT

from netnewton import derivatives
from replication.cli import main
from replication.figures.style import themed

pytestmark = pytest.mark.end_to_end

MOST_WORDS = 900
PAGES = {path.name: path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


def text(page):
    return PAGES[page].read_text(encoding="utf-8")


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", text(page), flags=re.DOTALL)


def names_of(page):
    """What the page's programs have defined, one after another."""
    names = {}
    for program in blocks(page, "python"):
        exec(compile(program, page, "exec"), names)
    return names


def test_the_readme_is_short():
    assert len(text("README.md").split()) <= MOST_WORDS


def test_the_readmes_agents_agree():
    theta = names_of("README.md")["result"].theta
    assert theta.shape == (3, 3) and np.ptp(theta, axis=0).max() < 1e-6


def test_the_librarys_estimates_are_near_the_exact_derivatives():
    names = names_of("library.md")
    exact = derivatives.exact(names["game"], names["policy"])(np.zeros((1, 3, 3)))
    np.testing.assert_allclose(names["estimate"].gradient, exact.gradient, atol=0.05)
    np.testing.assert_allclose(names["estimate"].effective_sample_size, 10_000)


@pytest.mark.parametrize("page", sorted(name for name in PAGES if name.startswith("own_")))
def test_a_page_on_something_of_ones_own_makes_its_picture(page, tmp_path, monkeypatch):
    """To renew it: copy the file that the failure names to docs/pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    with themed(), rc_context({"svg.hashsalt": page}):
        names_of(page)
    made = tmp_path / f"{page.removesuffix('.md')}.svg"
    committed = ROOT / "docs" / "pictures" / made.name
    assert committed.exists() and made.read_bytes() == committed.read_bytes(), str(made)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(page))
    missing = [x for x in links if "://" not in x and not (PAGES[page].parent / x).exists()]
    assert missing == []


def test_the_successor_climbs():
    result = names_of("newton.md")["result"]
    assert result.J[-1] > result.J[0] + 0.5


def netnewton_commands():
    """The arguments of each, from shell blocks and from tables."""
    for page in PAGES:
        shown = [line for block in blocks(page, "sh") for line in block.splitlines()]
        shown += re.findall(r"`(\./run [^`]+)`", text(page))
        for line in shown:
            words = shlex.split(line.split("#")[0])
            if words[:2] == ["./run", "netnewton"]:
                yield tuple(words[2:])


@pytest.mark.parametrize("words", sorted(set(netnewton_commands())), ids=" ".join)
def test_the_netnewton_commands_are_accepted(words, project):
    main.parse(words)
    if words[0] == "run":
        words = [*words, "--set", "iterations=5"]
    if words[0] in ("list", "run"):  # the others need results, and have tests of their own
        done = project.netnewton(*words)
        assert done.returncode == 0, done.stderr
