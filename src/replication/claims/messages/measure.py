"""Claims on what agents send each other and what it costs them (Sections 1, 3.1, 3.2, 3.3)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array
from netnewton.networks import random_weights
from replication.claims.evidence import Evidence, Measure, exactly
from replication.experiments.config import ROOT, ConfigError
from replication.experiments.intervals import Interval, bootstrap
from replication.second_opinions import arithmetic, audit, disclosure, messaging
from replication.second_opinions.diagonal import DiagonalAgent
from replication.second_opinions.literal import Agent, Oracle

SEED = 2022
TIMINGS = ROOT / "paper_checks" / "costs.csv"
SENT_D = (8, 16, 32, 64, 128, 256)
TIMED_D = (64, 128, 256, 512, 1024)


# The broadcast and the audit ----------------------------------------------------------------------


def broadcast(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 3.2: flooding random connected graphs of 2 to 30 agents with their blocks psi_i."""
    graphs, rng = 40, np.random.default_rng(SEED)
    excess, error = -np.inf, 0.0
    for agents in np.linspace(2, 30, graphs).astype(int):
        graph = random_connected_graph(int(agents), rng)
        blocks = [rng.normal(size=rng.integers(1, 5)) for _ in range(agents)]
        done = messaging.flood(blocks, graph)
        eccentricity = nx.eccentricity(graph)
        excess = max(excess, *(r - eccentricity[i] for i, r in enumerate(done.rounds)))
        error = max(error, *(_largest_error(blocks, held) for held in done.received))
    return {"rounds-excess": exactly(excess, graphs), "broadcast-error": exactly(error, graphs)}


def _largest_error(sent: Sequence[Array], received: Sequence[Array]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(sent, received, strict=True))


def random_connected_graph(agents: int, rng: np.random.Generator) -> nx.Graph:
    """A random tree with further edges, few or many: small and large eccentricities."""
    graph = nx.empty_graph(agents)
    graph.add_edges_from((int(rng.integers(i)), i) for i in range(1, agents))
    density = rng.uniform(0, 0.3)
    pairs = ((i, j) for j in range(agents) for i in range(j))
    graph.add_edges_from(pair for pair in pairs if rng.uniform() < density)
    return graph


def privacy(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 3.1: random one-shot games of two to four agents, for three choices of H_i."""
    rng = np.random.default_rng(SEED)
    games = _random_games(rng)
    dependence = max(
        audit.undeclared_dependence(game, rng.normal(size=game.payoffs.shape)) for game in games
    )
    fields = max(
        audit.undeclared_fields(game.record(game.player).messages, len(game.payoffs))
        for game in games
    )
    return {
        "undeclared-dependence": exactly(dependence, len(games)),
        "undeclared-fields": exactly(fields, len(games)),
    }


def privacy_compliant(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 1: the same games, played from theta = 0 by neighbours who remember."""
    games = _random_games(np.random.default_rng(SEED))
    played = [replace(game, theta=0.0 * game.theta, iterations=12) for game in games]
    errors = [recovery_error(game) for game in played]
    return {"recovery-error": exactly(max(errors), len(errors))}


def recovery_error(game: audit.Game) -> float:
    """Error of agent 0's payoffs as its first neighbour infers them, relative; means left out."""
    neighbour = min(game.graph[0])
    heard = disclosure.heard(game.record(game.player).messages, 0, neighbour)
    shape = game.payoffs.shape[1:]
    public = audit.Player(np.zeros(shape), game.theta[0], game.settings)
    path = disclosure.replayed_parameters(heard, public)
    inferred = disclosure.inferred_payoffs(heard, path, public, shape).payoffs
    true = game.payoffs[0] - game.payoffs[0].mean()
    return float(np.linalg.norm(inferred - true) / np.linalg.norm(true))


def _random_games(rng: np.random.Generator) -> list[audit.Game]:
    return [
        _random_game(agents, curvature, rng)
        for agents in (2, 3, 4)
        for curvature in ("full", "diagonal", "identity")
    ]


def _random_game(agents: int, curvature: str, rng: np.random.Generator) -> audit.Game:
    graph = random_connected_graph(agents, rng)
    return audit.Game(
        payoffs=rng.normal(size=(agents, *[2] * agents)),
        theta=rng.normal(size=(agents, 2 * agents)),
        graph=graph,
        weights=random_weights(graph, rng),
        settings=audit.Settings(curvature),
        iterations=4,
    )


# Communication ------------------------------------------------------------------------------------


def cost_communication(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 3.3: scalars per edge, direction and iteration, counted in recorded messages."""
    recorded = {
        curvature: [_recorded(d, curvature) for d in SENT_D]
        for curvature in ("full", "diagonal", "identity")
    }
    slopes = {
        f"slope-{curvature}": exactly(slope(SENT_D, [scalars_per_edge(r) for r in runs]))
        for curvature, runs in recorded.items()
    }
    matrices = max(_matrix_scalars(run) for run in recorded["identity"])
    return {**slopes, "identity-curvature-scalars": exactly(matrices)}


def _recorded(d: int, curvature: str) -> Sequence[messaging.Message]:
    """The messages of three agents on a path, in two iterations with quadratic returns."""
    graph, rng = nx.path_graph(3), np.random.default_rng(SEED)
    agents = [
        messaging.MessagingAgent(
            quadratic_oracle(d, rng),
            rng.normal(size=d),
            curvature,
            -1,
            "all_or_nothing",
            "previous",
            0.1,
            0.1,
        )
        for _ in graph
    ]
    return messaging.run_by_messages(agents, graph, random_weights(graph, rng), 2).messages


def quadratic_oracle(d: int, rng: np.random.Generator) -> Oracle:
    """J_i = -(theta - c)^T B (theta - c) / 2 with random c and a random B >= I."""
    root, centre = rng.normal(size=(d, d)) / np.sqrt(d), rng.normal(size=d)
    B = np.eye(d) + root @ root.T
    return lambda theta: (-(B @ (theta - centre)), -B)


def scalars_per_edge(sent: Sequence[messaging.Message]) -> int:
    """Scalars per edge, direction and iteration, the most of all."""
    total: dict[tuple[int, int, int], int] = {}
    for m in sent:
        key = (m.sender, m.receiver, m.iteration)
        total[key] = total.get(key, 0) + m.scalars
    return max(total.values())


def _matrix_scalars(sent: Sequence[messaging.Message]) -> int:
    """Scalars of H_i and its tracker in one message, the most of all."""
    return max(sum(m.arrays[n].size for n in ("H", "H_tilde") if n in m.arrays) for m in sent)


def slope(x: Sequence[int], y: Sequence[float]) -> float:
    """Least-squares slope of log y against log x."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


# Computation --------------------------------------------------------------------------------------


def cost_computation(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 3.3: one agent's operations, counted, and its time, from `TIMINGS`."""
    counts = [operations(d, np.eye(d)) for d in TIMED_D]
    return {
        "count-slope": exactly(slope(TIMED_D, counts)),
        "time-slope": time_slope(read_timings(TIMINGS), evidence.confidence),
    }


def cost_computation_diagonal(evidence: Evidence) -> Mapping[str, Interval]:
    """Section 3.3: one agent's operations with the diagonal of the Hessian, counted."""
    counts = [operations(d, np.ones(d), DiagonalAgent) for d in TIMED_D]
    return {"count-slope": exactly(slope(TIMED_D, counts))}


def operations(d: int, hessian: Array, kind: type[Agent] = Agent, neighbours: int = 2) -> int:
    """Operations of one agent's iteration, its derivatives being given."""
    agent = one_agent(arithmetic.Counted, np.zeros(d), hessian, kind)
    with arithmetic.counting() as counted:
        iterate(agent, neighbours)
    return counted[0]


def one_agent(
    arrays: type[npt.NDArray], theta: Array, hessian: Array, kind: type[Agent] = Agent
) -> Agent:
    """An agent of the transcription whose arrays are of some kind."""
    vector, matrix = theta.view(arrays), hessian.view(arrays)
    agent = kind(
        lambda theta: (vector, matrix), vector, "full", 1, "all_or_nothing", "previous", 0.1, 0.1
    )
    agent.g_tilde, agent.H_tilde = vector, matrix
    agent.g_before, agent.H_before = vector, matrix
    return agent


def iterate(agent: Agent, neighbours: int) -> None:
    """One iteration; all neighbours send what the agent itself would."""
    agent.compute()
    agent.update([(1 / (neighbours + 1), agent.message())] * (neighbours + 1))


def time_slope(seconds: Array, confidence: float) -> Interval:
    """Slope of log(seconds) against log(d), with a bootstrap interval over repeats.

    Parameters
    ----------
    seconds : Array, shape (repeats, len(TIMED_D))
    confidence : float
    """
    x = np.log(TIMED_D) - np.log(TIMED_D).mean()
    rng = np.random.default_rng(SEED)
    return bootstrap(np.log(seconds), confidence, rng, statistic=lambda y: y @ x / (x @ x))


def read_timings(path: Path) -> Array:
    """The table that benchmarks/costs.py writes, shape (repeats, len(TIMED_D)).

    Raises
    ------
    ConfigError
        If it is missing, damaged, or holds other sizes.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = {
                (int(r["d"]), int(r["repeat"])): float(r["seconds"]) for r in csv.DictReader(file)
            }
        repeats = sorted({repeat for _, repeat in rows})
        seconds = np.array([[rows.pop((d, repeat)) for d in TIMED_D] for repeat in repeats])
    except (OSError, ValueError, KeyError, TypeError):
        rows, seconds = {}, np.empty(0)
    if rows or len(seconds) < 2 or not (np.isfinite(seconds) & (seconds > 0)).all():
        raise ConfigError(
            f"{path} is missing, damaged or of other sizes than {TIMED_D}: "
            "make it with ./run python benchmarks/costs.py"
        )
    return seconds


MEASURES: Mapping[str, Measure] = {
    "broadcast": broadcast,
    "privacy": privacy,
    "privacy-compliant": privacy_compliant,
    "cost-communication": cost_communication,
    "cost-computation": cost_computation,
    "cost-computation-diagonal": cost_computation_diagonal,
}
