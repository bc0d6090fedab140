"""CPU time of one agent's iteration of Algorithm 1 against the number d of parameters.

    taskset -c 0 ./run python benchmarks/costs.py

Writes paper_checks/costs.csv (columns d, repeat, seconds), from which the claim cost-computation
takes its slope of time. What is timed is the library's own step with the full Hessian, for one
agent, from a state whose tracked curvature [.]_m keeps, so that its eigenvalues are computed and it
is solved with. The derivatives are there already. A repeat times every d once, each over as many
steps as make the clock's grain small; the clock is the CPU time of this process.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import time

import numpy as np

from netnewton import curvature, networks
from netnewton.algorithms import ConsensusNewton
from netnewton.derivatives import Derivatives
from replication.claims.messages.measure import SEED, TIMED_D, TIMINGS
from replication.experiments.files import write_text

REPEATS = 30
AT_LEAST = 0.05  # seconds of CPU for each time taken


def one_step(d, rng):
    """A call that makes one step of one agent with d parameters."""
    root = rng.normal(size=(1, 1, d, d)) / np.sqrt(d)
    hessian = np.eye(d) + np.matmul(root, np.swapaxes(root, -1, -2))
    theta, gradient = rng.normal(size=(2, 1, 1, d))
    local = Derivatives(np.zeros((1, 1)), gradient, hessian)
    method = ConsensusNewton(curvature.FullHessian(), step_size=0.1, floor=1.0)
    mix = networks.mixing(np.ones((1, 1)))
    # After two steps the trackers hold a positive definite curvature.
    state = method.init(theta)
    for _ in range(2):
        state = method.step(state, lambda theta: local, mix)
    assert not state.fallback.any()
    return lambda: method.step(state, lambda theta: local, mix)


def seconds(work, calls):
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls


def main():
    rng = np.random.default_rng(SEED)
    works = {d: one_step(d, rng) for d in TIMED_D}
    calls = {d: max(1, round(AT_LEAST / seconds(work, 3))) for d, work in works.items()}
    times = {(d, repeat): seconds(works[d], calls[d]) for repeat in range(REPEATS) for d in works}
    rows = [f"{d},{repeat},{times[d, repeat]:.6e}" for d, repeat in sorted(times)]
    write_text(TIMINGS, "\n".join(["d,repeat,seconds", *rows]) + "\n")
    for d in works:
        print(f"d = {d:5}: {np.median([times[d, r] for r in range(REPEATS)]) * 1e3:9.3f} ms")


if __name__ == "__main__":
    main()
