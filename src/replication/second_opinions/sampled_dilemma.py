"""The sampled Prisoner's Dilemma of Section 6 and its Boltzmann policies, number by number.

A second opinion, written from the paper and the ledger of ambiguities; see `scalar_estimators`.
That a repeated game starts in a state of its own, with nothing to remember, is the library's.
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
    """One play, or plays that remember the one before; a logit for each action, or one alone."""

    repeated: bool
    reference: bool
    """Whether defection has no logit of its own, but 0."""
    discount: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Dilemma:
        """From an experiment's settings."""
        game = settings["game"]
        repeated = game["horizon"] == "repeated"
        reference = settings["policy"]["logits"] == "reference"
        return cls(repeated, reference, game["discount"] if repeated else 1.0)

    @property
    def n_logits(self) -> int:
        """In each state."""
        return 1 if self.reference else 2

    @property
    def n_own(self) -> int:
        """Logits in every state: nothing played yet, and each joint action that may be remembered.

        A seam: the states come in this order, and in each the logits of the actions.
        """
        return self.n_logits * (5 if self.repeated else 1)

    def play(self, mu: Vector, rng: np.random.Generator, horizon: int, size: int) -> Batch:
        """Each agent cooperates if its uniform number is below the probability of it."""
        numbers = rng.random((horizon, 2, size)).tolist()  # a seam: in this order
        if self.repeated:
            rng.random((horizon + 1, size))  # a seam: for the next states, of which one is certain
        return [
            self._trajectory(mu, [[numbers[t][j][n] for j in range(2)] for t in range(horizon)])
            for n in range(size)
        ]

    def _trajectory(self, mu: Vector, numbers: Sequence[Sequence[float]]) -> list[Step]:
        state, steps = 0, []
        for now in numbers:
            actions = [self._action(mu, j, state, number) for j, number in enumerate(now)]
            rewards = PAYOFFS[actions[0], actions[1]]
            if self.repeated:  # returns are normalised
                rewards = (1 - self.discount) * rewards[0], (1 - self.discount) * rewards[1]
            steps.append(Step(state, actions, rewards))
            state = 1 + 2 * actions[0] + actions[1] if self.repeated else 0
        return steps

    def _action(self, mu: Vector, agent: int, state: int, number: float) -> int:
        psi = mu[agent * self.n_own : (agent + 1) * self.n_own]
        return COOPERATE if number < self._probabilities(psi, state)[COOPERATE] else DEFECT

    def log_density(self, agent: int, psi: Vector, state: int, action: float) -> float:
        """Log of the softmax."""
        return math.log(self._probabilities(psi, state)[int(action)])

    def score(self, agent: int, psi: Vector, state: int, action: float) -> Vector:
        """1 - pi for the logit of the action taken, -pi for the other; 0 in other states."""
        pi, score = self._probabilities(psi, state), [0.0] * self.n_own
        for b in range(self.n_logits):
            score[state * self.n_logits + b] = (b == action) - pi[b]
        return score

    def score_derivative(self, agent: int, psi: Vector, state: int, action: float) -> Matrix:
        """-pi_b (1[b = c] - pi_c), whatever was played; 0 in other states."""
        pi, first = self._probabilities(psi, state), state * self.n_logits
        derivative = [[0.0] * self.n_own for _ in range(self.n_own)]
        for b in range(self.n_logits):
            for c in range(self.n_logits):
                derivative[first + b][first + c] = -pi[b] * ((b == c) - pi[c])
        return derivative

    def _probabilities(self, psi: Vector, state: int) -> Vector:
        logits = psi[state * self.n_logits : (state + 1) * self.n_logits]
        if self.reference:
            logits = [*logits, 0.0]
        weights = [math.exp(logit - max(logits)) for logit in logits]
        return [weight / sum(weights) for weight in weights]
