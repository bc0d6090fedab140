"""The house rules that a machine can check: layers, circles, names."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from replication.claims.ledger import GROUPS

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(sources):
    """The output of the import linter on some sources, and whether all contracts are kept."""
    done = subprocess.run(
        [LINTER, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources)},
        capture_output=True,
        text=True,
    )
    return done.stdout, done.returncode == 0


def test_the_contracts_of_the_layers_are_kept():
    output, kept = lint(ROOT / "src")
    assert kept, output


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        ("netnewton/arrays.py", "import replication.claims.ledger", "The library never reaches"),
        (
            "replication/claims/ledger.py",
            "import replication.readings.table",
            "the way of the data",
        ),
        ("replication/claims/verdicts.py", "import replication.claims.judge", "in circles"),
        (
            "replication/claims/verdicts.py",
            "def later():\n    import replication.claims.figure_1.measure",
            "in circles",
        ),
    ],
)
def test_an_import_against_the_layers_is_noticed(tmp_path, module, planted, broken):
    """A planted fault, in a copy of the sources."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "src" / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{planted}\n", encoding="utf-8")
    output, kept = lint(tmp_path / "src")
    assert not kept
    assert any(broken in line for line in output.splitlines() if line.endswith("BROKEN")), output


def shared(paths):
    """Names of modules that stand for several things: only parts of a group may share theirs."""
    counted = Counter(
        path.stem
        for path in paths
        if not path.stem.startswith("__") and path.parent.name not in GROUPS
    )
    parts = {path.stem for path in paths if path.parent.name in GROUPS} - {"__init__"}
    return {name for name, count in counted.items() if count > 1} | (parts & counted.keys())


def test_no_two_modules_of_the_harness_share_a_name():
    paths = sorted((ROOT / "src" / "replication").rglob("*.py"))
    assert len(paths) > 60 and shared(paths) == set()
    room = ROOT / "src" / "replication" / "review"
    assert shared([*paths, room / "judge.py", room / "measure.py"]) == {"judge", "measure"}


def test_every_group_of_claims_has_the_same_parts():
    claims = ROOT / "src" / "replication" / "claims"
    for group in GROUPS:
        names = {path.name for path in (claims / group).glob("*.py")}
        assert {"__init__.py", "measure.py", "faults.py"} <= names, group
