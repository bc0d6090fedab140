"""The trial: every method is tuned on every task, and its winner tried on fresh seeds, twice.

What a method came to on a task is one file; files that are there already, of the same sources and
registration, are taken as they are, so that an interrupted trial goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from replication.experiments.files import write_text
from replication.experiments.made import OF_RUNS, made_with
from replication.experiments.returns import average, tenth
from replication.promise.registration import REGISTERED, Method, Registration, Task, registered
from replication.promise.search import (
    bands,
    best,
    edges,
    enclosed_at,
    neighbours,
    search,
    values,
)
from replication.promise.tasks import (
    Draw,
    Outcome,
    as_printed,
    draw,
    references,
    sent,
    sent_as_printed,
    tried,
)

PURPOSES = ("trial", "replicate")
MADE_WITH = (
    *OF_RUNS,
    *(
        f"src/replication/experiments/{name}.py"
        for name in ("files", "overrides", "recipes", "results", "returns")
    ),
    *(
        f"src/replication/promise/{name}.py"
        for name in (
            *("registration", "search", "side_by_side", "tasks", "team_problems", "trial"),
        )
    ),
    "config/paper.yaml",
)
"""What runs depend on, beside the registration."""

Row = dict[str, Any]


@dataclass
class Tuning:
    """Runs on the tuning seeds, none made twice."""

    task: Task
    method: Method
    chosen: Draw
    rows: dict[str, Row] = field(default_factory=dict)
    """What has been asked for, in that order."""
    made: dict[str, Row] = field(default_factory=dict)

    def __call__(self, numbers: Mapping[str, float]) -> float:
        """The mean return over iterations and repetitions."""
        self.ahead([numbers])
        key = json.dumps(numbers)
        self.rows[key] = self.made[key]
        return float(self.made[key]["area"])

    def scores(self, points: Sequence[Mapping[str, float]]) -> list[float]:
        """The same of several points, whose runs are made together."""
        self.ahead(points)
        return [self(numbers) for numbers in points]

    def ahead(self, points: Sequence[Mapping[str, float]]) -> None:
        """Make the runs that will be asked for, together."""
        if new := [numbers for numbers in points if json.dumps(numbers) not in self.made]:
            found = tried(self.task, self.method, new, self.chosen)
            for numbers, each in zip(new, found, strict=True):
                self.made[json.dumps(numbers)] = {**numbers, **summary(each)}


def summary(found: Outcome) -> Row:
    """What is kept of a tuning run: area, last tenth, return at the start, and who diverged."""
    return {
        "area": float(average(found.J).mean()),
        "last": float(tenth(found.J).mean()),
        "start": float(found.J[:, 0].mean()),
        "diverged": found.diverged,
    }


def conducted(registration: Registration, task: Task, method: Method) -> Row:
    """Tune a method on a task, find its bands, and try the winner on fresh seeds."""
    tuning = Tuning(task, method, draw(registration, "tuning"))
    found = search(method.tuned, registration.budget, tuning.scores)
    steps = [float(run.step) for run in found]
    top, start = best(found), next(iter(tuning.rows.values()))["start"]
    band, keeps = registration.band, registration.band["keeps"]

    def enough(numbers: Mapping[str, float]) -> bool:
        return tuning(numbers) - start >= keeps * (top.score - start)

    stride = Fraction(band["stride"])
    tuning.ahead([values(method.tuned, p) for p in neighbours(method.tuned, top.point, stride)])
    around = bands(method.tuned, top.point, enough, stride, Fraction(band["farthest"]))
    winner, enclosed = values(method.tuned, top.point), enclosed_at(method.tuned, found)
    return {
        "search": list(tuning.rows.values()),
        "steps": steps,
        "winner": winner,
        "area": top.score,
        "enclosed_at": None if enclosed is None else float(enclosed),
        "topped_by": max(row["area"] for row in tuning.rows.values()) - top.score,
        "edges": edges(method.tuned, top.point),
        "bands": [
            {name: float(x) if isinstance(x, Fraction) else x for name, x in vars(each).items()}
            for each in around
        ],
        "scalars": sent(task, method),
        "runs": _runs(
            registration,
            (1.0, *task.scales),
            lambda chosen: tried(task, method, [winner], chosen)[0],
        ),
    }


def printed(registration: Registration, task: Task, reference: str) -> Row:
    """A method as printed on fresh seeds; nothing is tuned."""
    return {
        "search": [],
        "bands": [],
        "scalars": sent_as_printed(task, reference),
        "runs": _runs(registration, (1.0,), lambda chosen: as_printed(task, reference, chosen)),
    }


def _runs(
    registration: Registration, scales: Sequence[float], run: Callable[[Draw], Outcome]
) -> list[Row]:
    """The repetitions of the trial and of its replication, at some scales of the rewards."""
    rows = []
    for purpose in PURPOSES:
        for scale in scales:
            found = run(draw(registration, purpose, scale))
            own = {"seeds": purpose, "scale": scale, "diverged": found.diverged}
            rows.append({**own, "J": found.J.tolist()})
    return rows


def conduct(
    scratch: Path,
    jobs: int,
    say: Callable[[str], None] = print,
    registered_in: Path = REGISTERED,
) -> dict[tuple[str, str], Row]:
    """Conduct the trial, and return what each method came to on each task.

    Parameters
    ----------
    scratch : Path
        The folder for what is finished.
    jobs : int
        Worker processes, at most.
    say : callable
        Told of progress.
    registered_in : Path
        The registration.

    Raises
    ------
    ConfigError
        If the library refuses a setting.
    """
    from joblib import Parallel, delayed, parallel_config

    folder = finished_in(scratch, registered_in)
    every = list(_every(registered(registered_in)))
    waiting = [names for names in every if not _path(folder, *names).exists()]
    say(f"promise: {len(every) - len(waiting)} of {len(every)} methods on tasks are there")
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        for line in parallel(delayed(_finished)(folder, registered_in, *n) for n in waiting):
            say(line)
    return {n: json.loads(_path(folder, *n).read_text(encoding="utf-8")) for n in every}


def finished_in(scratch: Path, registered_in: Path) -> Path:
    """The folder for what is finished with the sources and the registration that are here."""
    return scratch / made_with(MADE_WITH, registered_in)[:16]


def _every(registration: Registration) -> Iterator[tuple[str, str]]:
    """Every task with every method, the longest first; what is printed goes by *printed NAME*."""
    for task in sorted(registration.tasks.values(), key=lambda t: t.experiment != "gridworld"):
        for method in registration.methods.values():
            if task.name not in method.not_for:
                yield task.name, method.name
    for task in registration.tasks.values():
        for reference in references(registration, task):
            yield task.name, f"printed {reference}"


def _finished(folder: Path, registered_in: Path, task_name: str, name: str) -> str:
    """Do one method on one task and write it down; the line that says so."""
    registration, started = registered(registered_in), time.process_time()
    task = registration.tasks[task_name]
    if name in registration.methods:
        row = conducted(registration, task, registration.methods[name])
    else:
        row = printed(registration, task, name.removeprefix("printed "))
    row["seconds"] = time.process_time() - started
    write_text(_path(folder, task_name, name), json.dumps(row))
    return f"promise: {task_name}/{name}: {row['seconds']:.0f} s"


def _path(folder: Path, task: str, name: str) -> Path:
    return folder / task / f"{name.replace(' ', '_')}.json"
