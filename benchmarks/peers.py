"""Gradient tracking on one concave team problem, by us and by decent-bench.

    uv venv --python 3.13 ../peers          # decent-bench needs Python 3.13 or newer
    uv pip install --python ../peers/bin/python decent-bench==0.3.0 .
    ../peers/bin/python benchmarks/peers.py

Both make the same updates (decent-bench: ATC_Tracking) on the same costs, graph and weights, and
must give the same iterates to rounding before anything is timed. Runs alternate, since a shared
machine's speed drifts; medians and ranges of the pairwise ratios are shown.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before numpy

import time
from statistics import median

import networkx as nx
import numpy as np
from decent_array.interoperability import from_numpy, set_backend, to_numpy
from decent_bench.agents import Agent
from decent_bench.algorithms.p2p import ATC_Tracking
from decent_bench.costs import QuadraticCost
from decent_bench.networks import P2PNetwork

import netnewton
from netnewton import algorithms, curvature, derivatives, games, networks

STEP, CLOSE, PAIRS, K = 0.05, 1e-8, 7, 2000
SIZES = ((10, 5), (30, 10))  # agents, parameters


def problem_of(agents, d):
    """Concave quadratics J_i with averages that are better conditioned than each."""
    rng = np.random.default_rng([1, agents])
    roots = rng.normal(size=(agents, d, d))
    quadratic = roots @ np.swapaxes(roots, 1, 2) / d + 0.2 * np.eye(d)
    linear = rng.normal(size=(agents, d))
    none = np.zeros((agents, 0)), np.zeros((agents, 0, d)), np.zeros((agents, 0))
    graph = nx.connected_watts_strogatz_graph(agents, 4, 0.3, seed=1)
    return games.TeamProblem(quadratic, linear, *none), graph


def ours(problem, graph, iterations):
    """Copies at every iteration, shape (K + 1, N, d), and seconds."""
    source = derivatives.concave_derivatives(problem)
    method = algorithms.TrackedNewton(curvature.ScaledIdentity(), STEP)
    start = time.perf_counter()
    result = netnewton.run(method, source, networks.metropolis_weights(graph), iterations)
    return result.trace["theta"], time.perf_counter() - start


def theirs(problem, graph, iterations):
    """The same by decent-bench, whose agents are objects that send each other messages."""
    pairs = zip(problem.quadratic, problem.linear, strict=True)
    agents = [Agent(QuadraticCost(from_numpy(Q), from_numpy(-b))) for Q, b in pairs]
    network = P2PNetwork(graph, agents)
    start = time.perf_counter()
    ATC_Tracking(step_size=STEP).run(network, iterations)
    seconds = time.perf_counter() - start
    steps = range(iterations + 1)
    trace = [[to_numpy(agent._x_history[k]) for agent in network.agents()] for k in steps]
    return np.array(trace), seconds


def until_close(problem, trace):
    """The first iteration from which every copy is within CLOSE of the optimum, relatively."""
    best = derivatives.reference_optimum(problem)
    off = np.abs(trace - best).max(axis=(1, 2)) / np.abs(best).max()
    return int(np.argmax(np.flip(np.logical_and.accumulate(np.flip(off < CLOSE)))))


def main():
    set_backend("numpy")
    print("agents parameters iterations | ms an iteration: ours, theirs | theirs / ours")
    for agents, d in SIZES:
        problem, graph = problem_of(agents, d)
        (mine, _), (other, _) = (run(problem, graph, K) for run in (ours, theirs))
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-10 * np.abs(mine).max())
        needed = [until_close(problem, trace) for trace in (mine, other)]
        pairs = [(ours(problem, graph, K)[1], theirs(problem, graph, K)[1]) for _ in range(PAIRS)]
        each = [1e3 * median(seconds) / K for seconds in zip(*pairs, strict=True)]
        ratios = sorted(theirs / ours for ours, theirs in pairs)
        print(
            f"{agents:6} {d:10} {needed[0]:5} {needed[1]:5} | {each[0]:.3f} {each[1]:.3f} | "
            f"{median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


if __name__ == "__main__":
    main()
