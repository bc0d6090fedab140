"""Processor time of every method of the trial on every task, and to 90 % of the best level.

    ./run python benchmarks/promise_time.py

Prints two tables in Markdown, for benchmarks/README.md. The settings are the winners' of
paper_checks/promise/winners.csv, the printed methods' are those of config/paper.yaml. What is timed
is the trial's own run of 30 repetitions, with returns taken from the training batches, where
evaluating would cost more than learning. The time of an iteration is the difference between a long
run and a short one, each the fastest of `TIMES`, so that what is done once is not in it; the clock
is the processor time of this process.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import math
import time
from dataclasses import replace

from replication.claims.promise.committed import table
from replication.promise.registration import registered
from replication.promise.tasks import Draw, as_printed, references, tried

TIMES, REPETITIONS = 5, 30
SHORT, LONG = 3, {True: 15, False: 103}  # iterations, in gridworlds and elsewhere
PLAN = registered()
CHOSEN = Draw(PLAN.seeds["tuning"], REPETITIONS, cheap=True)
TUNED = ("step_size", "floor", "bound", "damping")
HEADS = {
    "dilemma_exact": "dilemma, exact",
    "dilemma_sampled": "dilemma, samples",
    "gridworld": "gridworld",
    "gridworld_attainable": "gridworld, attainable",
    "weak_link": "three on a path",
    "team_problems": "team problems",
}


def shortened(task, iterations):
    """The task with so many iterations."""
    if task.team_problem is not None:
        return replace(task, team_problem={**task.team_problem, "iterations": iterations})
    return replace(task, set={**task.set, "iterations": iterations})


def works(task):
    """Calls that run each method on a task, for some iterations, by the name it has in scores."""
    for row in table("winners"):
        if row["task"] == task.name:
            numbers = {key: row[key] for key in TUNED if not math.isnan(row[key])}
            method = PLAN.methods[row["method"]]
            yield (
                method.name,
                lambda k, m=method, n=numbers: tried(shortened(task, k), m, [n], CHOSEN),
            )
    for name in references(PLAN, task):
        yield f"printed {name}", lambda k, n=name: as_printed(shortened(task, k), n, CHOSEN)


def seconds(work, iterations):
    started = time.process_time()
    work(iterations)
    return time.process_time() - started


def milliseconds(work, last):
    """Of an iteration and repetition."""
    work(SHORT)
    taken = [[seconds(work, k) for k in (SHORT, last)] for _ in range(TIMES)]
    short, long = map(min, zip(*taken, strict=True))
    return 1e3 * (long - short) / (last - SHORT) / REPETITIONS


def ninety():
    """Median iterations to 90 % on the trial's seeds, by task and method."""
    return {
        (row["task"], row["method"]): row["ninety"]
        for row in table("scores")
        if (row["seeds"], row["scale"]) == ("trial", 1.0)
    }


def shown(value):
    if value is None:
        return ""
    return f"{value:.2g}" if math.isfinite(value) else "never"


def print_table(cells):
    """Methods in rows, tasks in columns."""
    print(f"| method | {' | '.join(HEADS.values())} |\n|---|{'---|' * len(HEADS)}")
    for name in dict.fromkeys(name for _, name in cells):
        print(f"| {name} | {' | '.join(shown(cells.get((task, name))) for task in HEADS)} |")


def main():
    each = {
        (task.name, name): milliseconds(work, LONG[task.experiment == "gridworld"])
        for task in map(PLAN.tasks.__getitem__, HEADS)
        for name, work in works(task)
    }
    iterations = ninety()
    print("Milliseconds of an iteration of one repetition:\n")
    print_table(each)
    print("\nMilliseconds of one repetition to 90 % of the best level:\n")
    print_table({key: each[key] * iterations[key] for key in each})


if __name__ == "__main__":
    main()
