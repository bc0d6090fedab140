"""What the table of readings depends on, as paths below the project's."""

from __future__ import annotations

from replication.claims.ledger import FOLDER
from replication.experiments.config import ROOT
from replication.experiments.made import COUNTED, OF_RUNS
from replication.experiments.tune import TABLES

__all__ = ["COUNTED", "DATA", "SOURCES"]

SOURCES = (
    *OF_RUNS,
    *(
        f"src/replication/experiments/{name}.py"
        for name in (
            *("files", "intervals", "machine", "overrides", "recipes", "results", "returns"),
            "tune",
        )
    ),
    "src/replication/claims",
    "src/replication/second_opinions",
    "src/replication/readings/enumeration.py",
)
"""What verdicts depend on; the rest of the harness writes and draws them."""

DATA = (
    "config/paper.yaml",
    "paper_checks/costs.csv",
    *(
        path.relative_to(ROOT).as_posix()
        for path in sorted([*FOLDER.glob("claims/*.yaml"), *FOLDER.glob("ambiguities/*.yaml")])
    ),
    *(path.relative_to(ROOT).as_posix() for path in sorted(TABLES.glob("*.csv"))),
)
"""What a row of the table depends on beside the sources."""
