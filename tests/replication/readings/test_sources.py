"""What the table of readings depends on is what its sources name."""

import ast
from pathlib import Path

import pytest

from replication.claims import ledger
from replication.experiments.config import ROOT
from replication.experiments.files import digest
from replication.extended import conducting, written
from replication.multiverse.universes import SOURCES as OF_UNIVERSES
from replication.power.larger import MADE_WITH
from replication.promise import tables, trial
from replication.readings.sources import DATA, OF_RUNS, SOURCES

SRC = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SRC.rglob("*.py")
}


def imported(module):
    """The project's modules that one imports, inside of functions too.

    Of a room that hands a name on it is the module that has the name; of a room that is imported
    itself, those of the names that are used.
    """
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found = named(node.module, alias.name)
                yield found
                if is_room(found):
                    known_as = alias.asname or alias.name
                    yield from (named(found, name) for name in attributes(tree, known_as))


def is_room(module):
    return module in MODULES and MODULES[module].name == "__init__.py"


def attributes(tree, known_as):
    """The names that are looked up in what is known by a name."""
    looked_up = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return [n.attr for n in looked_up if isinstance(n.value, ast.Name) and n.value.id == known_as]


def named(module, name):
    """The module that has a name, which a room may hand on."""
    if f"{module}.{name}" in MODULES:
        return f"{module}.{name}"
    if is_room(module):
        for node in ast.parse(MODULES[module].read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and name in {a.name for a in node.names}:
                return named(node.module, name)
    return module


def reached(start):
    """All modules that some modules need, themselves included."""
    found, waiting = set(), list(start)
    while waiting:
        module = waiting.pop()
        if module in MODULES and module not in found:
            found.add(module)
            waiting += () if is_room(module) else imported(module)
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


LISTS = {"replication.readings.sources", "replication.experiments.made"}
CLAIMS = {module for module in MODULES if module.startswith("replication.claims")}


def test_verdicts_depend_on_nothing_that_is_not_named():
    assert unnamed(CLAIMS | {"replication.readings.enumeration"}, SOURCES) == set()
    assert "netnewton.algorithms.consensus_newton" in reached(CLAIMS)


@pytest.mark.parametrize("forgotten", [s for s in SOURCES if s != "src/replication/claims"])
def test_a_source_that_is_forgotten_is_noticed(forgotten):
    rest = [source for source in SOURCES if source != forgotten]
    assert unnamed(CLAIMS | {"replication.readings.enumeration"}, rest)


def test_the_table_at_a_larger_n_depends_on_nothing_that_is_not_named():
    """Beside the lists of sources: what changes in them changes what is named."""
    assert unnamed({"replication.power.larger"}, MADE_WITH) == LISTS
    rest = [source for source in MADE_WITH if source != "src/replication/power"]
    assert unnamed({"replication.power.larger"}, rest) > LISTS


@pytest.mark.parametrize(
    ("start", "made_with"),
    [
        ("replication.promise.trial", trial.MADE_WITH),
        ("replication.promise.tables", tables.ROOM),
        ("replication.extended.conducting", conducting.MADE_WITH),
        ("replication.extended.written", written.ROOM),
    ],
)
def test_trials_depend_on_nothing_that_is_not_named(start, made_with):
    aside = {"replication.experiments.made", "replication.experiments.machine"}
    assert unnamed({start}, made_with) - aside == set()


def test_universes_depend_on_nothing_that_is_not_named():
    """Beside tables, what a worker is told, and how a report words verdicts."""
    aside = {"replication.experiments.machine"}
    assert unnamed({"replication.experiments.stacked"}, OF_UNIVERSES) - aside == set()
    assert unnamed({"replication.experiments.stacked"}, SOURCES) >= {
        "netnewton.derivatives.counting",
        "netnewton.derivatives.one_shot",
    }


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
