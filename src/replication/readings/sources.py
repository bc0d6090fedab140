"""What the table of readings depends on, as paths below the project's."""

from __future__ import annotations

from replication.claims.ledger import FOLDER
from replication.experiments.config import ROOT
from replication.experiments.tune import TABLES

COUNTED = ("src/netnewton/derivatives/counting.py", "src/netnewton/derivatives/one_shot.py")
"""What draws batches of a matrix game at once: the multiverse's alone."""

NOT_OF_THE_PAPER = (
    *COUNTED,
    "src/netnewton/algorithms/local_rate.py",
    *(
        f"src/netnewton/derivatives/{name}.py"
        for name in ("linear_quadratic", "neighbourhoods", "polymatrix")
    ),
    *(
        f"src/netnewton/games/{name}.py"
        for name in (
            *("from_pettingzoo", "gridworld_pettingzoo", "linear_quadratic", "polymatrix"),
            "team_optimum",
        )
    ),
    "src/netnewton/links",
    "src/netnewton/neighbour_blocks.py",
    *(
        f"src/netnewton/networks/{name}.py"
        for name in ("fastest", "neighbourhoods", "rounds", "sparse", "topologies")
    ),
    *(f"src/netnewton/policies/{name}.py" for name in ("linear", "linear_scores", "linear_slots")),
    "src/netnewton/processes",
)
"""Modules and rooms of the library that no run of the paper's experiments uses. Rooms' own files
only hand names on."""

OF_RUNS = (
    *(
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "src/netnewton").rglob("*.py"))
        if path.name != "__init__.py"
        and not any(path.is_relative_to(ROOT / name) for name in NOT_OF_THE_PAPER)
    ),
    *(
        f"src/replication/experiments/{name}.py"
        for name in ("build", "config", "hints", "methods", "names", "problems", "simulate")
    ),
)
"""What results depend on, file by file, so that tables outlive what is added beside it."""

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
