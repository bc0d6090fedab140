"""Team problems that satisfy Assumptions 2 and 3, on networks, with starts of the copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import networkx as nx
import numpy as np

from netnewton import networks
from netnewton.arrays import Array, Indices
from netnewton.derivatives import reference_optimum
from netnewton.games.concave import TeamProblem, random_problem, stacked
from replication.experiments.names import GRAPHS

SEED = 2022  # of the problems, graphs and starts of Sections 2 to 4; any number does
FAMILIES = ("path", "ring", "star", "random", "complete")
SPREAD = 3.0  # standard deviation of a start's entries; the optima have entries of order 1


@dataclass(frozen=True)
class Cases:
    """R runs: a problem, an optimum, a consensus matrix and a start of the copies for each."""

    problem: TeamProblem
    optimum: Array
    """theta*, shape (R, d)."""
    weights: Array
    """a_ij, shape (R, N, N)."""
    theta: Array
    """theta(0), shape (R, N, d)."""

    def __len__(self) -> int:
        return len(self.theta)

    @property
    def gaps(self) -> Array:
        """Spectral gap of each network, shape (R,)."""
        return networks.spectral_gap(self.weights)

    def take(self, rows: Indices) -> Cases:
        """Some of the runs, or some of them several times."""
        problem = TeamProblem(
            **{f.name: getattr(self.problem, f.name)[rows] for f in fields(self.problem)}
        )
        return Cases(problem, self.optimum[rows], self.weights[rows], self.theta[rows])

    def errors(self, theta: Array) -> Array:
        """Largest distance of a copy from the optimum, shape (..., R)."""
        away = theta - self.optimum[:, np.newaxis]
        return np.linalg.norm(away, axis=-1).max(axis=-1)

    def restarted(self, starts: int, rng: np.random.Generator) -> Cases:
        """Each case `starts` times, from random unequal copies."""
        repeated = self.take(np.repeat(np.arange(len(self)), starts))
        return replace(repeated, theta=rng.normal(scale=SPREAD, size=repeated.theta.shape))


def graph(family: str, agents: int) -> nx.Graph:
    """A connected graph of one of the `FAMILIES`; a random one is a ring with random chords."""
    if family != "random":
        return GRAPHS[family](agents)
    seed = int(np.random.default_rng([SEED, agents]).integers(2**31))
    return nx.connected_watts_strogatz_graph(agents, 4, 0.3, seed=seed)


def cases(
    problems: Sequence[TeamProblem], weights: Sequence[Array] | None = None, equal: bool = False
) -> Cases:
    """One case for each problem and consensus matrix; exact averaging without matrices.

    The start is random; with `equal`, it is the same for all copies.
    """
    agents, d = problems[0].n_agents, problems[0].n_parameters
    matrices = [np.full((agents, agents), 1.0 / agents)] if weights is None else weights
    optima = [reference_optimum(problem) for problem in problems]
    rng = np.random.default_rng([SEED, len(problems), agents])
    start = rng.normal(size=(len(problems) * len(matrices), 1 if equal else agents, d))
    return Cases(
        stacked([problem for problem in problems for _ in matrices]),
        np.repeat(np.array(optima), len(matrices), axis=0),
        np.tile(np.array(matrices), (len(problems), 1, 1)),
        np.tile(start, (1, agents, 1)) if equal else start,
    )


def random_problems(
    count: int, agents: int, parameters: int, steepness: float, stream: int
) -> list[TeamProblem]:
    """Problems of `random_problem` with heterogeneous Q_i, some of them indefinite."""
    rng = np.random.default_rng([SEED, stream])
    return [random_problem(rng, agents, parameters, steepness=steepness) for _ in range(count)]
