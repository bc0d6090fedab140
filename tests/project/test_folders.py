"""Each folder of the sources says in at most three lines what it is for, before any example."""

import ast

import pytest
from project_copy import ROOT

FOLDERS = sorted({path.parent for path in (ROOT / "src").rglob("*.py")})


def lines_said(source):
    said = ast.get_docstring(ast.parse(source)) or ""
    return len([line for line in said.partition(">>>")[0].splitlines() if line])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_folder_says_in_three_lines_what_it_is_for(folder):
    assert 1 <= lines_said((folder / "__init__.py").read_text(encoding="utf-8")) <= 3


@pytest.mark.parametrize(
    ("said", "count"), [("", 0), ("One.\n\nTwo.\n3\n4.", 4), ("1\n\n>>> 2", 1)]
)
def test_silence_and_chatter_are_noticed(said, count):
    assert lines_said(f"'''{said}'''") == count
