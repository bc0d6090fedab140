"""Why Algorithm 1 as printed is not Newton's method: each cause removed alone, all, and all but it.

The response is the paired difference in average return between DN and DS, which takes first-order
steps with the same switches: what is left of it is what curvature does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from netnewton.arrays import Array
from netnewton.curvature import FullHessian, ScaledIdentity, absolute_eigenvalues, all_or_nothing
from replication.experiments import config
from replication.experiments.build import build
from replication.experiments.config import Settings, Spec
from replication.experiments.intervals import mean_interval
from replication.experiments.returns import average, lowest
from replication.promise import switches
from replication.promise.registration import Method, Registration, Task
from replication.promise.side_by_side import side_by_side
from replication.promise.switches import Switched
from replication.promise.tasks import Draw, spec

Row = dict[str, Any]

CAUSES: Mapping[str, str] = {
    "sign": "H_i = -Hessian, so that theta climbs along p where J is concave",
    "operator": "[·]ₘ takes absolute eigenvalues, and floors them, in place of all or nothing",
    "lag": "a step uses the current trackers, with the agent's own news",
    "vector": "p = B^-1 y with y the tracked gradient alone, and theta moves along p",
    "copies": "agents average their copies",
    "estimator": "the Hessian's estimator is Theorem 1's",
    "logits": "one logit less for each agent, so that no Hessian is singular by construction",
}
"""What is done about each cause, when it is removed."""
OF_CURVATURE = {"sign", "operator", "estimator"}
"""Those without a meaning for DS."""


class Cell(NamedTuple):
    """One run: a task, its step size and floor, which causes are removed, and DN or DS."""

    task: str
    step_size: float
    floor: float
    removed: frozenset[str]
    curved: bool


@dataclass(frozen=True)
class Response:
    """What a run came to, repetition by repetition."""

    area: Array
    kept: Array
    """The share of steps in which [.]_m kept the matrix."""
    diverged: int


def causes(registration: Registration, jobs: int, confidence: float) -> list[Row]:
    """The table of causes.

    Parameters
    ----------
    registration : Registration
    jobs : int
        Worker processes, at most.
    confidence : float

    Returns
    -------
    list of dict
        A row for each task, steps as printed and safe, and set of causes removed: DN's and DS's
        average return, their paired difference with its interval, and the share of kept matrices.
    """
    from joblib import Parallel, delayed, parallel_config

    rows = list(_planned(registration))
    cells = list(dict.fromkeys(cell for _, pair in rows for cell in pair))
    cells.sort(key=lambda cell: registration.tasks[cell.task].experiment != "gridworld")
    with parallel_config(backend="loky", inner_max_num_threads=1):
        found = Parallel(n_jobs=jobs)(delayed(respond)(registration, cell) for cell in cells)
    of_cell = dict(zip(cells, found, strict=True))
    return [{**row, **_compared(of_cell[dn], of_cell[ds], confidence)} for row, (dn, ds) in rows]


def _planned(registration: Registration) -> Iterator[tuple[Row, tuple[Cell, Cell]]]:
    for name in registration.causes["tasks"]:
        printed = _printed(registration.tasks[name])
        for steps, numbers in (("printed", printed), ("safe", registration.causes["safe"])):
            own = float(numbers["step_size"]), float(numbers["floor"])
            for label, removed in combinations(applicable(registration.tasks[name])):
                cells = (
                    Cell(name, *own, removed, curved=True),
                    Cell(name, *own, removed - OF_CURVATURE, curved=False),
                )
                yield {"task": name, "steps": steps, "removed": label}, cells


def combinations(names: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """None removed, each alone, all but each, and all; with what a table calls them."""
    yield "none", frozenset()
    for name in names:
        yield name, frozenset([name])
    for name in names:
        yield f"all but {name}", frozenset(names) - {name}
    yield "all", frozenset(names)


def applicable(task: Task) -> list[str]:
    """The causes that there are on a task."""
    settings = _of_experiment(task)
    learning = settings["derivatives"]
    without = set()
    if learning["kind"] == "exact" or learning["horizon"] == 1:
        without.add("estimator")  # with one step it is Theorem 1's already
    if settings["policy"]["family"] != "boltzmann":
        without.add("logits")
    return [name for name in CAUSES if name not in without]


def respond(registration: Registration, cell: Cell) -> Response:
    """Run one cell."""
    chosen = _spec(registration, cell)
    made = build(chosen, range(chosen.settings["repetitions"]))
    own = [replace(made, algorithm=algorithm(cell))]
    (found,) = side_by_side(own, chosen.settings["iterations"])
    J = np.nan_to_num(found.J, nan=lowest(chosen.settings["game"]))
    kept = 1.0 - found.fallback[:, 1:].mean(axis=(1, 2))
    return Response(average(J), kept, int((found.diverged_at >= 0).sum()))


def algorithm(cell: Cell) -> Switched:
    """Algorithm 1 without some of the causes, with the Hessian or (m/2) I."""
    removed, half = cell.removed, cell.floor / 2
    hessian = FullHessian(-1 if "sign" in removed else 1)
    alone = "vector" in removed
    return Switched(
        curvature=hessian if cell.curved else ScaledIdentity(half),
        step_size=cell.step_size,
        floor=cell.floor,
        projection=absolute_eigenvalues if "operator" in removed else all_or_nothing,
        vector=switches.gradient_alone if alone else switches.with_own_matrix,
        tracking=switches.at_once if "lag" in removed else switches.delayed,
        move=switches.along if alone else switches.towards,
        copies=switches.averaged if "copies" in removed else switches.kept_apart,
    )


def _spec(registration: Registration, cell: Cell) -> Spec:
    task, own = registration.tasks[cell.task], registration.causes
    base = _of_experiment(task)["methods"]["DN" if cell.curved else "DS"]
    learning = {"hessian": "unbiased"} if "estimator" in cell.removed else {}
    method = Method("DN" if cell.curved else "DS", "", "", base, derivatives=learning)
    if "logits" in cell.removed:
        task = replace(task, set={**task.set, "policy.logits": "reference"})
    numbers = {"step_size": cell.step_size, "floor": cell.floor}
    return spec(task, method, numbers, Draw(own["seed"], own["repetitions"], cheap=True))


def _of_experiment(task: Task) -> Settings:
    found: Settings = config.load()["experiments"][task.experiment]
    return found


def _printed(task: Task) -> Settings:
    found: Settings = _of_experiment(task)["methods"]["DN"]
    return found


def _compared(dn: Response, ds: Response, confidence: float) -> Row:
    difference = mean_interval(dn.area - ds.area, confidence)
    return {
        "DN": float(dn.area.mean()),
        "DS": float(ds.area.mean()),
        "difference": difference.value,
        "lower": difference.lower,
        "upper": difference.upper,
        "kept": float(dn.kept.mean()),
        "diverged_DN": dn.diverged,
        "diverged_DS": ds.diverged,
    }
