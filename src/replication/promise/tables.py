"""The tables of the trial, paper_checks/promise: what is committed, and what they were made with.

- ``search.csv``: every tuning run
- ``winners.csv``: the best of each search; ``enclosed_at``, the step in decades at which the search
  tried all of its neighbours, empty if its budget ended before; ``topped_by``, how much better a
  run for its bands is, which tries all neighbours half a decade away; ``at_edge``, the settings
  that are the smallest or largest of all that were tried and stand at no edge of the domain
  (``domain_edges``), and ``at_edge_of_search``, the same of the search's runs alone
- ``bands.csv``: how far a setting can be moved from the winner
- ``levels.csv``: the return at the start and the best level of each task
- ``scores.csv``: each method on each task, at each scale of the rewards, on both sets of seeds
- ``repetitions.csv``: the same for each repetition; ``curves.csv``: mean return with its band
- ``causes.csv``: see `causes`; ``rates.csv``: see `rates`; ``made.json``: what all were made with
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netnewton.arrays import Array
from replication.claims.promise.committed import FOLDER
from replication.experiments.files import csv_table, write_text
from replication.experiments.intervals import mean_interval, median_interval, student_t
from replication.experiments.made import made_with, read_made
from replication.experiments.returns import average, tenth
from replication.promise.rates import PLAN, Plan, rates
from replication.promise.registration import FIRST_ORDER, PRINTED, REGISTERED, registered
from replication.promise.scores import Levels, arrival, improvement_interval
from replication.promise.trial import MADE_WITH, PURPOSES, Row, conduct

ROOM = (
    *MADE_WITH,
    "src/replication/experiments/intervals.py",
    "src/replication/promise",
    *(
        f"src/replication/claims/{name}.py"
        for name in ("promise/committed", "concave", "evidence", "ledger", "team_cases")
    ),
    "src/netnewton/algorithms/local_rate.py",
)
"""What the tables depend on, beside the registration."""

SHARES = {"half": 0.5, "ninety": 0.9}
COMMAND = "snakemake --cores 2 promise"
FIRST, POINTS = 20, 60  # iterations of a curve that are all kept, and at most so many altogether
SEED = 450500  # of the bootstrap

Outcomes = Mapping[tuple[str, str], Row]


def promise(
    out: Path,
    scratch: Path,
    jobs: int,
    confidence: float,
    say: Callable[[str], None] = print,
    registered_in: Path = REGISTERED,
    plan: Plan = PLAN,
) -> None:
    """Conduct the trial and write its tables; as `trial.conduct`, and `plan` is that of `rates`."""
    from replication.promise.causes import causes

    beside = {"causes": causes(registered(registered_in), jobs, confidence)}
    beside["rates"] = rates(jobs, plan)
    for name, rows in beside.items():
        say(f"promise: {name}, {len(rows)} rows")
    outcomes = conduct(scratch, jobs, say, registered_in)
    tables = {**beside, **tables_of(outcomes, registered_in, confidence)}
    for name, table in tables.items():
        header = list(dict.fromkeys(key for row in table for key in row))
        lines = ([_shown(row.get(key)) for key in header] for row in table)
        write_text(out / f"{name}.csv", csv_table(header, lines))
    made = {"made_with": made_with(ROOM, registered_in), "confidence": confidence}
    write_text(out / "made.json", json.dumps(made, indent=1) + "\n")


def is_current(folder: Path = FOLDER) -> bool:
    """Whether tables were made with the sources and the registration here."""
    made = read_made(folder / "made.json", lambda document: document["made_with"], COMMAND)
    return bool(made == made_with(ROOM, REGISTERED))


def tables_of(
    outcomes: Outcomes, registered_in: Path, confidence: float
) -> dict[str, Sequence[Row]]:
    """All tables but that of causes, by name."""
    methods = registered(registered_in).methods
    families = {name: method.family for name, method in methods.items()}
    tuned = list(dict.fromkeys(s.name for method in methods.values() for s in method.tuned))
    levels = {task: _levels(task, outcomes) for task in dict.fromkeys(t for t, _ in outcomes)}
    return {
        "search": list(_search(outcomes, tuned)),
        "winners": list(_winners(outcomes, tuned, families, levels)),
        "bands": [
            {"task": task, "method": name, **band}
            for (task, name), found in outcomes.items()
            for band in found["bands"]
        ],
        "levels": [
            {"task": task, **vars(level), "iterations": _iterations(task, outcomes)}
            for task, level in levels.items()
        ],
        "scores": list(_scores(outcomes, families, levels, confidence)),
        "repetitions": list(_repetitions(outcomes, levels)),
        "curves": list(_curves(outcomes, confidence)),
    }


def _levels(task: str, outcomes: Outcomes) -> Levels:
    runs = [row for (t, _), found in outcomes.items() if t == task for row in found["search"]]
    return Levels(runs[0]["start"], max(row["last"] for row in runs))


def _iterations(task: str, outcomes: Outcomes) -> int:
    found = next(found for (t, _), found in outcomes.items() if t == task)
    return len(found["runs"][0]["J"][0]) - 1


def _search(outcomes: Outcomes, tuned: Sequence[str]) -> Iterator[Row]:
    for (task, name), found in outcomes.items():
        for number, row in enumerate(found["search"]):
            step = found["steps"][number] if number < len(found["steps"]) else None
            own = {"task": task, "method": name, "run": number, "step": step}
            numbers = {key: row.get(key) for key in tuned}
            kept = {key: row[key] for key in ("area", "last", "diverged")}
            yield {**own, "for": "band" if step is None else "search", **numbers, **kept}


def _winners(
    outcomes: Outcomes,
    tuned: Sequence[str],
    families: Mapping[str, str],
    levels: Mapping[str, Levels],
) -> Iterator[Row]:
    for (task, name), found in outcomes.items():
        if not found["search"]:
            continue
        winner = found["winner"]
        numbers = {key: winner.get(key) for key in tuned}
        yield {
            "task": task,
            "method": name,
            "family": families[name],
            **numbers,
            "area": found["area"],
            "share": float(levels[task].share(np.array(found["area"]))),
            "enclosed_at": found["enclosed_at"],
            "topped_by": found["topped_by"],
            **_edges(found),
            "runs": len(found["steps"]),
            "scalars": found["scalars"],
        }


def _edges(found: Row) -> Row:
    """The winner's settings beyond which nothing was tried, and those beyond which nothing can."""
    domain, runs = found["edges"], found["search"]
    tried = {"at_edge": runs, "at_edge_of_search": runs[: len(found["steps"])]}
    inside = [name for name in found["winner"] if name not in domain]
    return {
        "domain_edges": " ".join(domain),
        **{key: " ".join(_outermost(found["winner"], inside, rows)) for key, rows in tried.items()},
    }


def _outermost(winner: Row, names: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """The settings of a winner that are the smallest or largest of all rows."""
    ends = {name: [end(row[name] for row in rows) for end in (min, max)] for name in names}
    return [name for name in names if winner[name] in ends[name]]


def _each(outcomes: Outcomes) -> Iterator[tuple[str, str, Row, Row, Array]]:
    """Every run on fresh seeds: task, method, what the method came to, the run and its J."""
    for (task, name), found in outcomes.items():
        for run in found["runs"]:
            yield task, name, found, run, np.array(run["J"])


def _key(task: str, name: str, run: Row) -> Row:
    return {"task": task, "scale": run["scale"], "seeds": run["seeds"], "method": name}


def _times(J: Array, level: Levels) -> dict[str, Array]:
    return {name: arrival(J, level.at(share)) for name, share in SHARES.items()}


def _repetitions(outcomes: Outcomes, levels: Mapping[str, Levels]) -> Iterator[Row]:
    for task, name, _, run, J in _each(outcomes):
        level = levels[task]
        columns = {"share": level.share(average(J)), "last": tenth(J), **_times(J, level)}
        for r in range(len(J)):
            yield {
                **_key(task, name, run),
                "repetition": r,
                **{column: float(x[r]) for column, x in columns.items()},
            }


def _scores(
    outcomes: Outcomes,
    families: Mapping[str, str],
    levels: Mapping[str, Levels],
    confidence: float,
) -> Iterator[Row]:
    rng_of = np.random.SeedSequence(SEED)
    for number, (task, name, found, run, J) in enumerate(_each(outcomes)):
        level, area = levels[task], average(J)
        rival = np.array(_rival(outcomes, families, task, run)["J"])
        rng = np.random.default_rng(np.random.SeedSequence(rng_of.entropy, spawn_key=(number,)))
        wins = improvement_interval(area, average(rival), confidence, rng)
        yield {
            **_key(task, name, run),
            "family": families.get(name, PRINTED),
            **_named("area", mean_interval(area, confidence)),
            "share": float(level.share(area).mean()),
            **{
                key: value
                for time, x in _times(J, level).items()
                for key, value in _named(
                    time, median_interval(_bounded(x, J), x, confidence)
                ).items()
            },
            "last": float(tenth(J).mean()),
            "worst": float(level.share(area).min()),
            **_named("improvement", wins),
            "scalars": found["scalars"],
            "ninety_scalars": float(np.median(_times(J, level)["ninety"]) * found["scalars"]),
            "diverged": run["diverged"],
            "repetitions": len(J),
        }


def _bounded(times: Array, J: Array) -> Array:
    """The lower bounds of times: what was not seen took longer than the run."""
    return np.where(np.isfinite(times), times, J.shape[1])


def _rival(outcomes: Outcomes, families: Mapping[str, str], task: str, run: Row) -> Row:
    """The same run of the first-order method with the best tuned area."""
    first = [
        found
        for (t, name), found in outcomes.items()
        if t == task and families.get(name) == FIRST_ORDER
    ]
    chosen = max(first, key=lambda found: float(found["area"]))
    return next(
        r for r in chosen["runs"] if (r["seeds"], r["scale"]) == (run["seeds"], run["scale"])
    )


def _named(name: str, interval: Any) -> Row:
    return {
        name: interval.value,
        f"{name}_lower": interval.lower,
        f"{name}_upper": interval.upper,
    }


def _curves(outcomes: Outcomes, confidence: float) -> Iterator[Row]:
    """The mean return of the trial's first set of seeds, thinned evenly."""
    for task, name, _, run, J in _each(outcomes):
        if (run["seeds"], run["scale"]) != (PURPOSES[0], 1.0):
            continue
        mean, lower, upper = student_t(J, confidence)
        for k in kept(J.shape[1] - 1):
            numbers = {"mean": mean[k], "lower": lower[k], "upper": upper[k]}
            yield {"task": task, "method": name, "iteration": int(k), **numbers}


def kept(last: int) -> list[int]:
    """The iterations of a curve that are kept: all of the first ones, then ever fewer."""
    later = np.geomspace(FIRST, max(last, FIRST), POINTS - FIRST)
    return sorted(
        {*range(min(FIRST, last) + 1), *np.rint(later[later <= last]).astype(int).tolist(), last}
    )


def _shown(value: Any) -> Any:
    """A cell: numbers to eight digits, nothing for None."""
    if value is None:
        return ""
    return f"{float(value):.8g}" if isinstance(value, float) else value
