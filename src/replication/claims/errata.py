"""Reading paper_checks/errata.yaml and limitations.yaml, written by hand.

An erratum is a misprint, contradiction, gap or open point of the paper, with the checks that show
it. A limitation is one of this replication.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from replication.claims import ledger
from replication.experiments.config import ROOT

FOLDER = ledger.FOLDER


def errata() -> list[ledger.Entry]:
    """Every erratum of the paper, in the paper's order."""
    return ledger.load(FOLDER / "errata.yaml", "errata")


def limitations() -> list[str]:
    """What this replication does not establish, a sentence or a few each."""
    entries = ledger.load(FOLDER / "limitations.yaml", "limitations")
    return [str(entry["text"]) for entry in entries]


def unresolved(entries: Iterable[ledger.Entry]) -> list[str]:
    """The references of `shown_by` that lead nowhere, each as ``erratum: reference``."""
    known = _claims() | _readings()
    return [
        f"{entry['id']}: {name}"
        for entry in entries
        for name in entry["shown_by"]
        if name not in known and not _is_test(name)
    ]


def _claims() -> set[str]:
    """Claims, and their quantities as ``claim/quantity``."""
    claims = ledger.claims()
    quantities = {f"{c['id']}/{q['id']}" for c in claims for q in c["quantities"]}
    return quantities | {c["id"] for c in claims}


def _readings() -> set[str]:
    """Ambiguities, and their options as ``ambiguity=option``."""
    ambiguities = ledger.ambiguities()
    options = {f"{a['id']}={o['name']}" for a in ambiguities for o in a["options"]}
    return options | {a["id"] for a in ambiguities}


def _is_test(name: str) -> bool:
    """Whether ``file::function`` names a test of this project."""
    file, _, function = name.partition("::")
    path = ROOT / file
    if not function or not path.is_file():
        return False
    pattern = rf"^def {re.escape(function)}\("
    return re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE) is not None
