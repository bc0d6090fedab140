"""Running all of the experiments: methods are tuned, then every cell is run.

What is finished is kept in files, named by what decides it, so that an interrupted run goes on
where it was; a cell's repetitions advance together, so that the number of workers changes no byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netnewton.arrays import Array
from replication.experiments.files import kept
from replication.experiments.made import OF_RUNS, made_with
from replication.extended.cells import TUNING, Cell, every
from replication.extended.declared import DECLARED, Plan, declared
from replication.extended.outcomes import Row, share
from replication.extended.running import played, run_cell
from replication.promise.search import best, search, values

MADE_WITH = (
    *OF_RUNS,
    "src/netnewton/derivatives/polymatrix.py",
    *(f"src/netnewton/games/{name}.py" for name in ("polymatrix", "team_optimum")),
    "src/netnewton/links",
    *(
        f"src/netnewton/networks/{name}.py"
        for name in ("neighbourhoods", "rounds", "sparse", "topologies")
    ),
    "src/replication/experiments/files.py",
    "src/replication/promise/search.py",
    *(
        f"src/replication/extended/{name}.py"
        for name in ("cells", "conducting", "declared", "lossy", "outcomes", "running", "worlds")
    ),
)
"""What runs depend on, beside the declaration."""

Numbers = Mapping[tuple[str, str], Mapping[str, float]]
"""The tuned settings of every method on every game."""
Played = tuple[str, int, str]
"""What decides the games of a seed: the game, N and the graph of its payoffs."""


@dataclass(frozen=True)
class Tuned:
    """What tuning a method on a game came to."""

    game: str
    method: str
    rows: Sequence[Row]
    """Every run."""
    winner: Row


@dataclass(frozen=True)
class Found:
    """All that was run."""

    tuned: Sequence[Tuned]
    runs: Sequence[tuple[Cell, Row]]
    """In the order of the declaration."""
    optima: Mapping[Played, Array]
    """The optimum of every repetition of a game, shape (R,)."""


def conduct(
    scratch: Path,
    jobs: int,
    say: Callable[[str], None] = print,
    declared_in: Path = DECLARED,
) -> Found:
    """Tune the methods and run every cell.

    Parameters
    ----------
    scratch : Path
        The folder for what is finished.
    jobs : int
        Worker processes, at most.
    say : callable
        Told of progress.
    declared_in : Path

    Raises
    ------
    ConfigError
        If the library refuses a setting.
    """
    folder, plan = scratch / made_with(MADE_WITH, declared_in)[:16], declared(declared_in)
    tuned = _all(_tuned, ((folder, declared_in, *pair) for pair in _pairs(plan)), jobs)
    numbers = {(each.game, each.method): _numbers(plan, each) for each in tuned}
    say(f"extended: {len(tuned)} methods on games are tuned")
    cells = every(plan)
    longest = sorted(cells, key=lambda cell: -cell.agents)
    tasks = ((folder, declared_in, cell, _of(plan, numbers, cell)) for cell in longest)
    runs = dict(zip(longest, _all(_run, tasks, jobs), strict=True))
    say(f"extended: {len(cells)} runs are there")
    first = {what(cell): cell for cell in cells}
    optima = _all(_optima, ((folder, declared_in, cell) for cell in first.values()), jobs)
    return Found(
        tuned,
        [(cell, runs[cell]) for cell in cells],
        {key: np.array(each) for key, each in zip(first, optima, strict=True)},
    )


def what(cell: Cell) -> Played:
    """What decides the games of a cell."""
    return cell.game, cell.agents, cell.payoffs


def _pairs(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every game with every method that is tuned on it."""
    used = {
        (cell.game, plan.methods[cell.method].numbers_of or cell.method) for cell in every(plan)
    }
    return (pair for game in plan.games for name in plan.methods if (pair := (game, name)) in used)


def _all(work: Callable[..., Any], tasks: Iterator[tuple[Any, ...]], jobs: int) -> list[Any]:
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        return list(Parallel(n_jobs=jobs)(delayed(work)(*task) for task in tasks))


def _tuned(folder: Path, declared_in: Path, game: str, name: str) -> Tuned:
    key = json.dumps([TUNING, game, name])
    found = kept(folder, key, lambda: tune(declared(declared_in), game, name))
    return Tuned(game, name, found["rows"], found["winner"])


def tune(plan: Plan, game: str, name: str) -> dict[str, Any]:
    """Search the settings of a method on a game, on the tuning seeds; every run, and the best."""
    own, method = plan.tuning, plan.methods[name]
    cell = Cell(TUNING, game, name, own["agents"], own["graph"], own["payoffs"])
    level = np.array(played(plan, cell).optima())
    rows: list[Row] = []

    def score(numbers: Mapping[str, float]) -> float:
        found = run_cell(plan, cell, numbers)
        area = float(share(np.array(found["J"]), level)[:, 1:].mean())
        rows.append({**numbers, "area": area, "diverged": found["diverged"]})
        return area

    top = best(search(method.tuned, own["budget"], lambda points: list(map(score, points))))
    key = {"game": game, "method": name}
    return {
        "rows": [{**key, "run": number, **row} for number, row in enumerate(rows)],
        "winner": {**key, **values(method.tuned, top.point), "area": top.score},
    }


def _numbers(plan: Plan, tuned: Tuned) -> dict[str, float]:
    return {s.name: tuned.winner[s.name] for s in plan.methods[tuned.method].tuned}


def _of(plan: Plan, numbers: Numbers, cell: Cell) -> Mapping[str, float]:
    method = plan.methods[cell.method]
    return numbers[cell.game, method.numbers_of or method.name]


def _run(folder: Path, declared_in: Path, cell: Cell, numbers: Mapping[str, float]) -> Row:
    key = json.dumps([asdict(cell), numbers])
    return kept(folder, key, lambda: run_cell(declared(declared_in), cell, numbers))


def _optima(folder: Path, declared_in: Path, cell: Cell) -> list[float]:
    def found() -> dict[str, Any]:
        return {"optima": played(declared(declared_in), cell).optima()}

    optima: list[float] = kept(folder, json.dumps(["optima", what(cell)]), found)["optima"]
    return optima
