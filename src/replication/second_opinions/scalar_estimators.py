"""Learning from samples once more, number by number: Appendix A's estimators, and whole runs.

A second opinion, written from the paper and the ledger of ambiguities before the library's games,
policies and estimators were looked at, in loops over lists. It imports nothing of `netnewton`; the
update is `literal.Agent`, Algorithm 1 line by line. What it shares with the library by necessity
are seams: the seeds of the streams, the order in which a batch's random numbers are drawn, and the
order of states and parameters. It is slow on purpose.

The ledger left open how the constant baseline is estimated; as the library says it, it comes from
the other trajectories, weighted, and is one for each step, so that it adds no bias.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from replication.second_opinions.literal import Agent, Array, Oracle, iterate

Vector = list[float]
Matrix = list[list[float]]
SIGNS = {"printed": 1, "ascent": -1}


class Step(NamedTuple):
    """One step of a trajectory."""

    state: Any
    actions: Sequence[float]
    rewards: Sequence[float]


Batch = list[list[Step]]


class Problem(Protocol):
    """A game and the agents' policies, of whose parameters each agent owns `n_own`."""

    discount: float

    @property
    def n_own(self) -> int:
        """The number of an agent's own parameters."""

    def play(self, mu: Vector, rng: np.random.Generator, horizon: int, size: int) -> Batch:
        """L = `size` trajectories of T = `horizon` steps of the joint policy."""

    def log_density(self, agent: int, psi: Vector, state: Any, action: float) -> float:
        """Log pi(action | state) of one agent with its own parameters."""

    def score(self, agent: int, psi: Vector, state: Any, action: float) -> Vector:
        """Its gradient."""

    def score_derivative(self, agent: int, psi: Vector, state: Any, action: float) -> Matrix:
        """Its second derivative."""


@dataclass(frozen=True)
class Estimators:
    """Appendix A, with the choices that it leaves."""

    problem: Problem
    estimator: str
    """gpomdp or reinforce."""
    hessian: str
    """printed, or unbiased as in Theorem 1."""
    baseline: str
    """none, or constant: at each step the mean of what the other trajectories are credited with."""
    correction: str
    """importance (eq. 9), none, or none_at_played: neither weights nor scores of its own copy."""

    def derivatives(
        self, batch: Batch, agent: int, theta: Vector, mu: Vector
    ) -> tuple[Vector, Matrix]:
        """Estimates of the gradient, d numbers, and the Hessian, d x d, of J_i at theta_i."""
        d = len(theta)
        at = mu if self.correction == "none_at_played" else theta
        gradient, hessian = [0.0] * d, _zeros(d)
        for trajectory, factors in zip(batch, self._factors(batch, agent, theta, mu), strict=True):
            if not any(factors):
                continue
            score, outer, derivative = [0.0] * d, _zeros(d), _zeros(d)
            for step, factor in zip(trajectory, factors, strict=True):
                self._add_scores(step, at, score, outer, derivative)
                if factor == 0.0:
                    continue
                for p in range(d):
                    gradient[p] += factor * score[p] / len(batch)
                    for q in range(d):
                        square = score[p] * score[q] if self.hessian == "unbiased" else outer[p][q]
                        hessian[p][q] += factor * (square + derivative[p][q]) / len(batch)
        return gradient, hessian

    def _factors(self, batch: Batch, agent: int, theta: Vector, mu: Vector) -> Matrix:
        """For each trajectory what the scores up to each step are multiplied by."""
        weights = [self._weights(trajectory, theta, mu) for trajectory in batch]
        credits = [self._credits(trajectory, agent) for trajectory in batch]
        factors: Matrix = []
        for n, (weight, credit) in enumerate(zip(weights, credits, strict=True)):
            others = [m for m in range(len(batch)) if m != n]
            factors.append([])
            for t in range(len(credit)):
                b = 0.0
                if self.baseline == "constant":
                    b = sum(weights[m][t] * credits[m][t] for m in others) / len(others)
                factors[n].append(weight[t] * (credit[t] - b))
        return factors

    def _credits(self, trajectory: Sequence[Step], agent: int) -> Vector:
        """Each step's discounted reward, or that of all steps at the last."""
        gamma = self.problem.discount
        rewards = [gamma**t * step.rewards[agent] for t, step in enumerate(trajectory)]
        if self.estimator == "gpomdp":
            return rewards
        return [0.0] * (len(rewards) - 1) + [sum(rewards)]

    def _weights(self, trajectory: Sequence[Step], theta: Vector, mu: Vector) -> Vector:
        """The truncated importance weights of the joint policy, the last one of the whole."""
        if self.correction != "importance":
            return [1.0] * len(trajectory)
        weight, weights = 1.0, []
        for step in trajectory:
            for j, action in enumerate(step.actions):
                target, played = (
                    self.problem.log_density(j, self._own(of, j), step.state, action)
                    for of in (theta, mu)
                )
                weight *= math.exp(target - played)
            weights.append(weight)
        return weights

    def _add_scores(
        self, step: Step, at: Vector, score: Vector, outer: Matrix, derivative: Matrix
    ) -> None:
        """Add one step's score, its outer product and its derivative to the sums so far."""
        now: Vector = []
        for j, action in enumerate(step.actions):
            psi, first = self._own(at, j), len(now)
            now += self.problem.score(j, psi, step.state, action)
            block = self.problem.score_derivative(j, psi, step.state, action)
            for p, row in enumerate(block):
                for q, value in enumerate(row):
                    derivative[first + p][first + q] += value
        for p in range(len(now)):
            score[p] += now[p]
            for q in range(len(now)):
                outer[p][q] += now[p] * now[q]

    def _own(self, parameters: Vector, agent: int) -> Vector:
        n = self.problem.n_own
        return parameters[agent * n : (agent + 1) * n]


def mean_return(batch: Batch, agent: int, discount: float) -> float:
    """The mean discounted return of one agent."""
    total = 0.0
    for trajectory in batch:
        for t, step in enumerate(trajectory):
            total += discount**t * step.rewards[agent]
    return total / len(batch)


class Transcribed(NamedTuple):
    """One repetition of a run of K iterations."""

    theta: Array
    """The copies after the last iteration, shape (N, d)."""
    J_local: Array
    """Mean discounted return at each iteration, shape (K + 1, N): of the batch that is learnt from,
    or of another one where the evaluation is sampled."""


def repeat(problem: Problem, settings: Mapping[str, Any], repetition: int) -> Transcribed:
    """Run Algorithm 1 on samples for one repetition of an experiment with a given matrix.

    Parameters
    ----------
    problem : Problem
    settings : mapping
        Those of an experiment and one method, as in ``config/paper.yaml``.
    repetition : int
        Its number, which with the experiment's seed makes its stream.
    """
    learning, weights = settings["derivatives"], np.array(settings["network"]["weights"])
    names = "estimator", "hessian", "baseline", "correction"
    estimators = Estimators(problem, **{name: learning[name] for name in names})
    agents = [_agent(problem, settings, len(weights)) for _ in weights]
    training, evaluating = _stream(settings, repetition, 1), _stream(settings, repetition, 2)
    returns = []
    for k in range(settings["iterations"] + 1):
        mu = _behaviour(agents, problem.n_own)
        batch = shown = problem.play(mu, training, learning["horizon"], learning["batch_size"])
        if settings["evaluation"]["kind"] == "sampled":
            size = settings["evaluation"]["batch_size"]
            shown = problem.play(mu, evaluating, learning["horizon"], size)
        returns.append([mean_return(shown, i, problem.discount) for i in range(len(agents))])
        if k == settings["iterations"]:
            break
        for i, agent in enumerate(agents):
            agent.oracle = _oracle(estimators, batch, i, mu)
        iterate(agents, weights)
    return Transcribed(np.array([agent.theta for agent in agents]), np.array(returns))


def _stream(settings: Mapping[str, Any], repetition: int, purpose: int) -> np.random.Generator:
    """A seam: the child (repetition, purpose) of the root seed; 1 to learn from, 2 to evaluate."""
    seeds = np.random.SeedSequence(settings["seed"], spawn_key=(repetition, purpose))
    return np.random.default_rng(seeds)


def _agent(problem: Problem, settings: Mapping[str, Any], n_agents: int) -> Agent:
    method = settings["method"]
    return Agent(
        lambda theta: (theta, theta),  # until there is a batch
        np.full(n_agents * problem.n_own, settings["start"]),
        method["curvature"],
        SIGNS[method["curvature_sign"]],
        method["projection"],
        method["trackers"],
        method["step_size"],
        method["floor"],
    )


def _behaviour(agents: Sequence[Agent], n_own: int) -> Vector:
    """The joint policy that is played: each agent's own block of its own copy (Section 3.2)."""
    mu: Vector = []
    for i, agent in enumerate(agents):
        mu += agent.theta[i * n_own : (i + 1) * n_own].tolist()
    return mu


def _oracle(estimators: Estimators, batch: Batch, agent: int, mu: Vector) -> Oracle:
    def estimated(theta: Array) -> tuple[Array, Array]:
        gradient, hessian = estimators.derivatives(batch, agent, theta.tolist(), mu)
        return np.array(gradient), np.array(hessian)

    return estimated


def _zeros(d: int) -> Matrix:
    return [[0.0] * d for _ in range(d)]
