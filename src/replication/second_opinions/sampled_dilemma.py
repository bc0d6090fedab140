"""The sampled Prisoner's Dilemma of Section 6 and its Boltzmann policies, number by number.

A second opinion, written from the paper and the ledger of ambiguities; see `scalar_estimators`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from replication.second_opinions.scalar_estimators import Batch, Matrix, Step, Vector

COOPERATE, DEFECT = 0, 1
PAYOFFS = {  # Section 6: what the two agents gain
    (COOPERATE, COOPERATE): (-1.0, -1.0),
    (COOPERATE, DEFECT): (-3.0, 0.0),
    (DEFECT, COOPERATE): (0.0, -3.0),
    (DEFECT, DEFECT): (-2.0, -2.0),
}


@dataclass(frozen=True)
class Dilemma:
    """One play, with a logit for each action or one against a reference at zero."""

    reference: bool
    discount: float = 1.0  # without effect: there is one step, and it is not discounted

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Dilemma:
        """From an experiment's settings."""
        return cls(settings["policy"]["logits"] == "reference")

    @property
    def n_own(self) -> int:
        """One logit or two."""
        return 1 if self.reference else 2

    def play(self, mu: Vector, rng: np.random.Generator, horizon: int, size: int) -> Batch:
        """Each agent cooperates if its uniform number is below the probability of it."""
        numbers = rng.random((horizon, 2, size)).tolist()  # a seam: in this order
        return [
            [self._step(mu, [numbers[t][j][n] for j in range(2)]) for t in range(horizon)]
            for n in range(size)
        ]

    def _step(self, mu: Vector, numbers: Sequence[float]) -> Step:
        actions = []
        for j, number in enumerate(numbers):
            cooperation = self._probabilities(mu[j * self.n_own : (j + 1) * self.n_own])[COOPERATE]
            actions.append(COOPERATE if number < cooperation else DEFECT)
        return Step(None, actions, PAYOFFS[actions[0], actions[1]])

    def log_density(self, agent: int, psi: Vector, state: None, action: float) -> float:
        """Log of the softmax."""
        return math.log(self._probabilities(psi)[int(action)])

    def score(self, agent: int, psi: Vector, state: None, action: float) -> Vector:
        """1 - pi for the logit of the action taken, -pi for the other."""
        probabilities = self._probabilities(psi)
        return [(b == action) - probabilities[b] for b in range(self.n_own)]

    def score_derivative(self, agent: int, psi: Vector, state: None, action: float) -> Matrix:
        """-pi_b (1[b = c] - pi_c), whatever was played."""
        pi = self._probabilities(psi)
        return [[-pi[b] * ((b == c) - pi[c]) for c in range(self.n_own)] for b in range(self.n_own)]

    def _probabilities(self, psi: Vector) -> Vector:
        logits = [psi[0], 0.0] if self.reference else psi
        weights = [math.exp(logit - max(logits)) for logit in logits]
        return [weight / sum(weights) for weight in weights]
