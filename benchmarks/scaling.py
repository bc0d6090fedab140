"""Time and memory of one iteration against the number of agents, in the sparse form, d = 2 N.

    taskset -c 0 ./run python benchmarks/scaling.py

Writes benchmarks/scaling.csv, from which figures/extended/scaling is drawn; config/extended.yaml
says for how many agents, how often, and on which graphs. An iteration is what
`replication.extended.scaling` builds: derivatives, mixing and step, without setting up. A repeat
times every size and method once, each over as many iterations as make the clock's grain small; the
clock is the CPU time of this process. Memory is the most that an iteration allocates at once.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import time
import tracemalloc

import numpy as np

from replication.experiments.build import stream
from replication.experiments.files import csv_table, write_text
from replication.extended.declared import declared
from replication.extended.scaling import METHODS, TIMES, iteration
from replication.extended.worlds import PAYOFFS, graphs

AT_LEAST = 0.05  # seconds of CPU for each time taken
HEADER = ("method", "agents", "edges", "stored", "sent", "peak_bytes", "repeat", "seconds")


def seconds(work, calls):
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls


def peak(work):
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main():
    plan = declared()
    own, seed = plan.scaling, plan.seeds["trial"]
    made, facts = {}, {}
    for agents in own["agents"]:
        (graph,) = graphs(plan, own["graph"], agents, seed, 1)
        for method in METHODS:
            one = iteration(method, graph, stream(seed, 0, PAYOFFS))
            work = made[method, agents] = one.step()
            facts[method, agents] = (graph.size(), one.stored(), one.sent(), peak(work))
    calls = {key: max(1, round(AT_LEAST / seconds(work, 3))) for key, work in made.items()}
    times = {
        (*key, repeat): seconds(made[key], calls[key])
        for repeat in range(own["repeats"])
        for key in made
    }
    rows = [
        [method, agents, *facts[method, agents], repeat, f"{times[method, agents, repeat]:.6e}"]
        for method, agents in sorted(made)
        for repeat in range(own["repeats"])
    ]
    write_text(TIMES, csv_table(HEADER, rows))
    for key in sorted(made):
        middle = np.median([times[(*key, r)] for r in range(own["repeats"])])
        print(f"{key[0]}, N = {key[1]}: {1e3 * middle:.3f} ms")


if __name__ == "__main__":
    main()
