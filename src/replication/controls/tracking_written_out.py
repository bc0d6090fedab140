"""The methods that track gradients, written out in loops: a second opinion on each of them.

Every C_i is a full matrix here, whatever its structure, and nothing is mixed but by a sum over
neighbours. New copies come first, then what they track.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from netnewton import networks, run
from netnewton.algorithms import NaturalGradient, NetworkGiant, TrackedNewton
from netnewton.algorithms.directions import Floored
from netnewton.algorithms.step_control import LengthBound, uncontrolled
from netnewton.arrays import Array
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import (
    Curvature,
    DiagonalHessian,
    FullHessian,
    ScaledIdentity,
    absolute_eigenvalues,
    floor_eigenvalues,
)
from netnewton.damping import Damped
from netnewton.derivatives import Derivatives

AGENTS, D, ITERATIONS = 4, 3, 20
EPSILON, FLOOR, DELTA, RADIUS, BETA = 0.3, 0.1, 0.2, 0.05, 0.3
OWNER = (0, 1, 1)

CURVATURES: Mapping[str, Curvature] = {
    "identity": ScaledIdentity(),
    "full": FullHessian(-1),
    "diagonal": DiagonalHessian(-1),
    "blocks": BlockDiagonal(OWNER, -1),
}
METHODS: Mapping[str, Any] = {
    "tracked": TrackedNewton,
    "giant": NetworkGiant,
    "natural": NaturalGradient,
}


@dataclass(frozen=True)
class Choice:
    """A method, and what of it is chosen."""

    method: str
    curvature: str
    damped: bool = False
    absolute: bool = False
    """Whether directions are of absolute eigenvalues."""
    bounded: bool = False
    """Whether the length of steps is."""

    def algorithm(self) -> Any:
        """By the library."""
        chosen = CURVATURES[self.curvature]
        return METHODS[self.method](
            Damped(chosen, DELTA) if self.damped else chosen,
            EPSILON,
            Floored(FLOOR, absolute_eigenvalues if self.absolute else floor_eigenvalues),
            LengthBound(RADIUS) if self.bounded else uncontrolled,
            **({"momentum": BETA} if self.method == "natural" else {}),
        )

    def written_out(self, H: Array) -> Array:
        """C_i with all of its entries."""
        kept = {
            "full": np.ones((D, D)),
            "diagonal": np.eye(D),
            "blocks": np.equal.outer(OWNER, OWNER),
        }
        C = np.eye(D) if self.curvature == "identity" else -H * kept[self.curvature]
        share = DELTA * sum(C[a, a] for a in range(D)) / D if self.damped else 0.0
        return np.asarray(C + share * np.eye(D))

    def direction(self, B: Array, y: Array) -> Array:
        """B^{-1} y, eigenvalues below FLOOR of their root mean square raised to it."""
        values, vectors = np.linalg.eigh(B)
        size = (sum(value**2 for value in values) / D) ** 0.5
        p = np.zeros(D)
        for value, vector in zip(values, vectors.T, strict=True):
            along = abs(value) if self.absolute else value
            p = p + vector * (vector @ y) / (max(along / size, FLOOR) * size)
        return p


class Bumps:
    """J_i = c exp(-s^2) - |theta|^2 / 2 with s = w . theta, and batches that add a linear term."""

    def __init__(self, seed: int = 1, noise: float = 0.3) -> None:
        rng = np.random.default_rng(seed)
        self.w, self.c = rng.normal(size=(AGENTS, D)), rng.normal(size=AGENTS)
        self.batches = noise * rng.normal(size=(ITERATIONS + 1, AGENTS, D))
        self.calls = 0

    def gradient(self, i: int, theta: Array, batch: int) -> Array:
        """Agent i's estimate from a batch."""
        s = self.w[i] @ theta
        tilt = self.batches[batch][i] * (1 + theta @ theta)
        return np.asarray(-2 * s * self.c[i] * np.exp(-(s**2)) * self.w[i] - theta + tilt)

    def hessian(self, i: int, theta: Array) -> Array:
        """Agent i's, without noise; of either sign where agents are far apart."""
        s = self.w[i] @ theta
        bump = (4 * s**2 - 2) * self.c[i] * np.exp(-(s**2))
        return np.asarray(bump * np.outer(self.w[i], self.w[i]) - np.eye(D))

    def __call__(self, theta: Array) -> Derivatives:
        """As a source: each call is a batch."""
        batch, self.calls = self.calls, self.calls + 1
        each = [(r, i) for r in range(len(theta)) for i in range(AGENTS)]

        def at(copies: Array) -> Array:
            found = [self.gradient(i, copies[r, i], batch) for r, i in each]
            return np.reshape(found, copies.shape)

        hessian = np.reshape([self.hessian(i, theta[r, i]) for r, i in each], (*theta.shape, D))
        return Derivatives(np.zeros(theta.shape[:2]), at(theta), hessian, elsewhere=at)


def literally(choice: Choice, problem: Bumps, W: Array, theta: Array) -> Array:
    """theta(k) of all copies, shape (ITERATIONS + 1, N, d)."""
    agents = range(AGENTS)
    v = [problem.gradient(i, theta[i], 0) for i in agents]
    C = [choice.written_out(problem.hessian(i, theta[i])) for i in agents]
    y, B, path = v, C, [theta]
    for k in range(1, ITERATIONS + 1):
        used = B if choice.method == "tracked" else C
        steps = [EPSILON * choice.direction(used[i], y[i]) for i in agents]
        factors = _agreed(W, steps) if choice.bounded else [1.0] * AGENTS
        moved = [theta[i] + factors[i] * steps[i] for i in agents]
        new = np.array([sum(W[i, j] * moved[j] for j in agents) for i in agents])
        v_new = [problem.gradient(i, new[i], k) for i in agents]
        if choice.method == "natural":
            again = [problem.gradient(i, theta[i], k) for i in agents]
            v_new = [BETA * v_new[i] + (1 - BETA) * (v[i] + v_new[i] - again[i]) for i in agents]
        C_new = [choice.written_out(problem.hessian(i, new[i])) for i in agents]
        y = [sum(W[i, j] * y[j] for j in agents) + v_new[i] - v[i] for i in agents]
        B = [sum(W[i, j] * B[j] for j in agents) + C_new[i] - C[i] for i in agents]
        theta, v, C = new, v_new, C_new
        path.append(theta)
    return np.array(path)


def _agreed(W: Array, steps: Sequence[Array]) -> list[float]:
    """What each agent's step is shortened by: its own wish, or the neighbours' if that is less."""
    own = [min(1.0, RADIUS / float(np.linalg.norm(step))) for step in steps]
    agreed = [np.prod([own[j] ** W[i, j] for j in range(AGENTS)]) for i in range(AGENTS)]
    return [float(min(pair)) for pair in zip(own, agreed, strict=True)]


def network_and_start(seed: int = 3) -> tuple[Array, Array]:
    """A ring with random weights, shape (N, N), and theta(0), shape (N, d)."""
    rng = np.random.default_rng(seed)
    return networks.random_weights(nx.cycle_graph(AGENTS), rng), rng.normal(size=(AGENTS, D))


def distance(choice: Choice) -> float:
    """How far the library's copies are from those written out, relative to the largest."""
    W, theta = network_and_start()
    fast = run(choice.algorithm(), Bumps(), W, ITERATIONS, theta).trace["theta"]
    slow = literally(choice, Bumps(), W, theta)
    return float(np.abs(fast - slow).max() / np.abs(slow).max())
