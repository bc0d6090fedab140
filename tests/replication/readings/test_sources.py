"""What the table of readings depends on is what its sources name."""

import ast
from pathlib import Path

import pytest

from replication.claims import ledger
from replication.experiments.config import ROOT
from replication.experiments.files import digest
from replication.power.larger import MADE_WITH
from replication.readings.sources import DATA, OF_RUNS, SOURCES

SRC = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SRC.rglob("*.py")
}


def imported(module):
    """The project's modules that one imports, inside of functions too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in MODULES else node.module for name in names)


def reached(start):
    """All modules that some modules need, themselves included."""
    found, waiting = set(), list(start)
    while waiting:
        module = waiting.pop()
        if module in MODULES and module not in found:
            found.add(module)
            waiting += imported(module)
    return found


def unnamed(start, sources):
    """What is needed, but not named; rooms' own files, which say what a room is for, aside."""
    folders = [ROOT / source for source in sources]
    return {
        module
        for module in reached(start)
        if MODULES[module].name != "__init__.py"
        and not any(MODULES[module].is_relative_to(folder) for folder in folders)
    }


CLAIMS = {module for module in MODULES if module.startswith("replication.claims")}


def test_verdicts_depend_on_nothing_that_is_not_named():
    assert unnamed(CLAIMS | {"replication.readings.enumeration"}, SOURCES) == set()
    assert "netnewton.algorithms.consensus_newton" in reached(CLAIMS)


@pytest.mark.parametrize("forgotten", [s for s in SOURCES if s != "src/replication/claims"])
def test_a_source_that_is_forgotten_is_noticed(forgotten):
    rest = [source for source in SOURCES if source != forgotten]
    assert unnamed(CLAIMS | {"replication.readings.enumeration"}, rest)


def test_the_table_at_a_larger_n_depends_on_nothing_that_is_not_named():
    """Beside what says how many processors there are, which is named too."""
    assert unnamed({"replication.power.larger"}, MADE_WITH) == set()
    rest = [source for source in MADE_WITH if source != "src/replication/power"]
    assert unnamed({"replication.power.larger"}, rest)


def test_results_depend_on_nothing_that_is_not_named():
    """Beside what says how many processors there are."""
    assert unnamed({"replication.experiments.simulate"}, OF_RUNS) == {
        "replication.experiments.machine"
    }


def test_all_that_is_named_is_there():
    assert all((ROOT / name).exists() for name in (*SOURCES, *DATA))
    assert {Path(name) for name in DATA} >= {
        Path("paper_checks/claims", f"{group}.yaml") for group in ledger.GROUPS
    }
    assert digest(SOURCES) != digest(OF_RUNS)
