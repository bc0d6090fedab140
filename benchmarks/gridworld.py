"""CPU time of DN on the gridworld (30 repetitions x 60 iterations), beside a floor and JAX.

    ./run python benchmarks/gridworld.py

The programs are those of `gridworld_jax.py`; JAX is the extra `bench`, and without it the library
is timed alone. Before anything is timed, all must make the same of the same noise: the derivatives
at copies that disagree, and the first iterations of whole runs.

What is timed is Algorithm 1 with random numbers drawn and theta recorded at every iteration, on one
core in float64; compiling, building the experiment and evaluating J(mu) are not. The library also
estimates J and watches for divergence, the peers do neither. Each run has random numbers of its
own. Runs alternate, since a shared machine's speed drifts, and a ratio is that of neighbours.
Memory is that of a process that runs the library once and nothing else.

The floor is what no program of numpy calls can be below: the same random numbers, exponentials,
sines, cosines and matrix products, of arrays that are there, and nothing else.
"""

import os

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split

if hasattr(os, "sched_setaffinity"):  # not on macOS
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import importlib.util
import resource
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median

import numpy as np

import netnewton
from netnewton.networks import unchecked_mixing
from replication.experiments import config, problems
from replication.experiments.build import build

RUNS = 7
SAME_ITERATIONS = 5  # rounding grows with every iteration
TOLERANCE = 1e-10  # relative to the largest entry
NO_JAX = "no JAX, so no peers; to get it: .venv/bin/python -m pip install 'jax>=0.4.30'"


class Given:
    """Streams that hand out noise that is there already."""

    def __init__(self, batches, repetitions):
        self.batches, self.repetitions = iter(batches), repetitions

    def __len__(self):
        return self.repetitions

    def normal(self, *shape):
        return next(self.batches)


def learning_from(spec, batches):
    """The derivatives of the experiment, with given noise, shape (T, R, N, L) for each call."""
    game = problems.game(spec.settings["game"])
    policy = problems.policy(spec.settings["policy"], game)
    given = Given(batches, spec.settings["repetitions"])
    return problems.derivatives(spec.settings["derivatives"], game, policy, given, order=2)


def built(spec):
    return build(spec, range(spec.settings["repetitions"]))


def run(experiment, iterations):
    """theta after every iteration."""
    result = netnewton.run(
        experiment.algorithm,
        experiment.derivatives,
        unchecked_mixing(experiment.weights),  # `build` has checked them
        iterations,
        experiment.start,
        lambda states: {"theta": states.theta},
    )
    return result.trace["theta"][1:]


def difference(theirs, ours):
    return np.abs(np.asarray(theirs) - ours).max() / np.abs(ours).max()


def differences(spec, peers, kind):
    """How far a peer is from the library, quantity by quantity, with the same noise."""
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((peers.HORIZON, peers.REPETITIONS, 2, peers.TRAJECTORIES))
    theta = 0.1 * rng.standard_normal((peers.REPETITIONS, 2, peers.D))
    ours = learning_from(spec, [noise])(theta)
    theirs = peers.local_derivatives(kind)(theta, noise)._asdict()
    found = {name: difference(values, getattr(ours, name)) for name, values in theirs.items()}

    key = peers.jax.random.key(0)
    batches = (np.asarray(peers.noise(key, k)) for k in range(SAME_ITERATIONS))
    experiment = replace(built(spec), derivatives=learning_from(spec, batches))
    theirs, _ = peers.make(kind, SAME_ITERATIONS)(key)
    found["theta"] = difference(theirs, run(experiment, SAME_ITERATIONS))
    return found


def check(spec, peers):
    """Refuse to time programs that compute something else."""
    for kind in peers.KINDS:
        found = differences(spec, peers, kind)
        if not all(value <= TOLERANCE for value in found.values()):  # nor NaN
            sys.exit(f"{kind} and the library differ: {found}")
        print(f"{kind:12} equals the library up to {max(found.values()):.0e}")


def compiled(peers, kind):
    """A peer's run, from a seed's key to its end; calling it does not compile."""
    program = peers.make(kind).lower(peers.jax.random.key(0)).compile()
    return lambda key: peers.jax.block_until_ready(program(key))


REWARDED_STEPS = (
    115  # of a repetition's 1,500 have a weight, in a batch at random theta of scale 0.1
)


def floor(spec):
    """A run of the calls that are counted as the floor."""
    learning, repetitions = spec.settings["derivatives"], spec.settings["repetitions"]
    size, shape = learning["batch_size"], (repetitions, 2)
    streams = [np.random.default_rng(r) for r in range(repetitions)]
    noise = np.empty((repetitions, learning["horizon"], 2, size))
    coordinates = np.linspace(-2.5, 2.5, 2 * 2 * repetitions * size).reshape(*shape, 2, size)
    powers, weights = np.ones((*shape, 6, size)), np.ones((*shape, 6, 6))
    left, right = np.ones((*shape, 36, REWARDED_STEPS)), np.ones((*shape, REWARDED_STEPS, 18))
    found, other = np.empty_like(coordinates), np.empty((*shape, size))
    for _ in range(spec.settings["iterations"]):
        for stream, out in zip(streams, noise, strict=True):
            stream.standard_normal(out=out)
        for t in range(learning["horizon"]):
            np.exp(coordinates, out=found)
            np.matmul(weights, powers)
            np.sin(noise[:, t], out=other)
            np.cos(noise[:, t], out=other)
        for j in (0, 0, 1):  # the blocks of agents 0 and 0, 0 and 1, 1 and 1
            np.matmul(left[:, j], right[:, j])


def seconds(work, *arguments):
    started = time.process_time()  # of all threads; others may share the processor
    work(*arguments)
    return time.process_time() - started


def time_all(spec, peers):
    """Seconds of every run, by program."""
    programs = {kind: compiled(peers, kind) for kind in peers.KINDS} if peers else {}
    taken = {name: [] for name in ("library", "floor", *programs)}
    for seed in range(RUNS + 1):
        taken["floor"].append(seconds(floor, spec))
        taken["library"].append(seconds(run, built(spec), spec.settings["iterations"]))
        for kind, program in programs.items():
            taken[kind].append(seconds(program, peers.jax.random.key(seed)))
    return {name: values[1:] for name, values in taken.items()}  # the first warms up


def report(taken):
    print(f"{'program':12} {'seconds':>8} {'times slower':>13} {'from':>7} {'to':>7}")
    for name, values in taken.items():
        ratios = [theirs / ours for theirs, ours in zip(values, taken["library"], strict=True)]
        shown = f"{median(ratios):13.2f} {min(ratios):7.2f} {max(ratios):7.2f}"
        print(f"{name:12} {median(values):8.3f} {shown if name != 'library' else ''}".rstrip())


def peak_megabytes(spec):
    """Peak memory of this process once it has run the library."""
    run(built(spec), spec.settings["iterations"])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(arguments):
    spec = config.spec(config.load(), "gridworld", "DN")
    if arguments == ["--peak-memory"]:
        print(f"{peak_megabytes(spec):.0f}")
        return
    # First of all: Linux counts the parent's peak until now as the child's.
    command = [sys.executable, __file__, "--peak-memory"]
    peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    peers = None
    if importlib.util.find_spec("jax"):
        import gridworld_jax as peers

        check(spec, peers)
    else:
        print(NO_JAX)
    report(time_all(spec, peers))
    print(f"peak memory of the library's run: {peak} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
