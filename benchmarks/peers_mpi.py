"""Gradient tracking with one process an agent, by us and by disropt; and by us in one process.

    uv venv --python 3.11 ../peers-mpi
    uv pip install --python ../peers-mpi/bin/python disropt==0.1.9 mpi4py mpich .
    ../peers-mpi/bin/mpiexec -n 8 ../peers-mpi/bin/python benchmarks/peers_mpi.py

disropt's step is not mixed, x(k+1) = sum_j a_ij x_j(k) - alpha d_i(k), where `TrackedNewton` mixes
it. So its update is written for us as well, and must give its iterates to rounding before anything
is timed; with `TrackedNewton` beside it, iterations to the same accuracy can be compared. All
processes of both are in one run, and take turns.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before numpy

import time
from dataclasses import dataclass, replace
from statistics import median

import networkx as nx
import numpy as np
from disropt.agents import Agent
from disropt.algorithms.gradient_tracking import GradientTracking
from disropt.functions import QuadraticForm, Variable
from disropt.problems import Problem
from mpi4py import MPI

import netnewton
from netnewton import algorithms, curvature, derivatives, games, networks, processes
from netnewton.processes.transport import late

STEP, CLOSE, PAIRS, K, D = 0.05, 1e-8, 7, 1000, 5
WORLD = MPI.COMM_WORLD


@dataclass(frozen=True)
class Unmixed(algorithms.TrackedNewton):
    """disropt's update: each agent takes its step after mixing."""

    def move(self, state, local, y, B, mix):
        k = state.iteration + 1
        theta = mix(state.theta, k) + self.step_size * y
        return replace(state, theta=theta, g_mean=y, iteration=k)


def problem_of(agents):
    """Concave quadratics J_i with averages that are better conditioned than each."""
    rng = np.random.default_rng([1, agents])
    roots = rng.normal(size=(agents, D, D))
    quadratic = roots @ np.swapaxes(roots, 1, 2) / D + 0.2 * np.eye(D)
    linear = rng.normal(size=(agents, D))
    none = np.zeros((agents, 0)), np.zeros((agents, 0, D)), np.zeros((agents, 0))
    graph = nx.connected_watts_strogatz_graph(agents, min(4, agents), 0.3, seed=1)
    return games.TeamProblem(quadratic, linear, *none), networks.metropolis_weights(graph)


def timed(learn):
    """What all processes have learned, shape (K, N, d), and seconds."""
    WORLD.Barrier()
    start = time.perf_counter()
    mine = learn()
    WORLD.Barrier()
    seconds = time.perf_counter() - start
    return np.stack(WORLD.allgather(mine), axis=1), seconds


def theirs(problem, weights):
    """disropt in this process: Python objects, serialised for every message."""
    i = WORLD.rank
    neighbours = [int(j) for j in np.flatnonzero(weights[i]) if j != i]
    agent = Agent(in_neighbors=neighbours, in_weights=weights[i].tolist(), auto_local=False)
    linear = -problem.linear[i][:, np.newaxis]
    agent.set_problem(Problem(QuadraticForm(Variable(D), problem.quadratic[i] / 2, linear)))
    tracking = GradientTracking(agent, np.zeros((D, 1)), enable_log=True)
    return tracking.run(iterations=K, stepsize=STEP)[..., 0]


def ours(method, problem, weights):
    """The same in this process, with its own term alone."""
    neighbourhood = processes.Neighbourhood(WORLD, weights[WORLD.rank])
    term = derivatives.concave_derivatives(processes.own_term(problem, WORLD.rank))
    source = processes.OwnDerivatives(term, neighbourhood)
    result = netnewton.run(method, source, neighbourhood.mix, K, np.zeros((1, 1, D)))
    return result.trace["theta"][1:, 0, 0]


def simulated(method, problem, weights):
    """All agents in one process: copies, shape (K, N, d), and seconds."""
    source = derivatives.concave_derivatives(problem)
    start = time.perf_counter()
    result = netnewton.run(method, source, weights, K)
    return result.trace["theta"][1:], time.perf_counter() - start


def until_close(problem, trace):
    """The first iteration from which every copy is within CLOSE of the optimum, relatively."""
    best = derivatives.reference_optimum(problem)
    close = np.abs(trace - best).max(axis=(1, 2)) / np.abs(best).max() < CLOSE
    return 1 + int(np.argmax(np.flip(np.logical_and.accumulate(np.flip(close)))))


def main():
    problem, weights = problem_of(WORLD.size)
    unmixed, tracked = (
        method(curvature.ScaledIdentity(), STEP) for method in (Unmixed, algorithms.TrackedNewton)
    )

    def pair():
        return (
            timed(lambda: ours(unmixed, problem, weights)),
            timed(lambda: theirs(problem, weights)),
        )

    (mine, _), (other, _) = pair()
    np.testing.assert_allclose(mine, other, rtol=0, atol=1e-10 * np.abs(mine).max())
    seconds = [[each for _, each in pair()] for _ in range(PAIRS)]
    if WORLD.rank == 0:
        alone = [simulated(unmixed, problem, weights)[1] for _ in range(PAIRS)]
        mixed, _ = simulated(tracked, problem, weights)
    late({"all": WORLD.Ibarrier()}, 600.0)  # asleep: MPI's own waiting would keep processors busy
    if WORLD.rank:
        return
    needed = [until_close(problem, trace) for trace in (mine, other, mixed)]
    each = [1e3 * median(found) / K for found in (*zip(*seconds, strict=True), alone)]
    ratios = sorted(b / a for a, b in seconds)
    print(f"{WORLD.size} agents, d = {D}; largest difference {np.abs(mine - other).max():.1e}")
    print(f"iterations to {CLOSE}: {needed[0]} and {needed[1]}; step mixed too: {needed[2]}")
    print("ms an iteration: ours {:.3f}, disropt {:.3f}, ours in one process {:.4f}".format(*each))
    print(f"disropt / ours {median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")


if __name__ == "__main__":
    main()
