"""The claim that [.]_m makes Newton's method end at a local maximum (Section 2, eq. 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netnewton.arrays import Array
from netnewton.curvature import FullHessian
from replication.claims.evidence import Evidence, exactly
from replication.experiments.intervals import Interval
from replication.experiments.names import CURVATURE_SIGNS, PROJECTIONS

SEED = 2022  # of the functions and starts; any number does
FUNCTIONS, WAVES = 100, 6
STEP, ITERATIONS = 0.1, 2000
FLOORS = {"share-small-step": 0.2, "share-large-step": 0.01}
"""m, for which 2 epsilon / m is 1 and 20."""
FLAT = 1e-4  # a gradient's norm below which a run has ended


@dataclass(frozen=True)
class Waves:
    """R functions J(x) = sum_j a_j cos(k_j . x + phi_j) of the plane, with curvatures within 1."""

    amplitude: Array
    """a_j > 0, shape (R, J); those of a function times |k_j|^2 sum to 1."""
    wave: Array
    """k_j, shape (R, J, 2)."""
    phase: Array
    """phi_j, shape (R, J)."""

    def gradient(self, x: Array) -> Array:
        """Shape (R, 2), at x of that shape."""
        return np.einsum("rj,rjd->rd", -self.amplitude * np.sin(self._angle(x)), self.wave)

    def hessian(self, x: Array) -> Array:
        """Shape (R, 2, 2)."""
        cosine = -self.amplitude * np.cos(self._angle(x))
        return np.asarray(np.swapaxes(cosine[..., np.newaxis] * self.wave, 1, 2) @ self.wave)

    def _angle(self, x: Array) -> Array:
        return np.einsum("rjd,rd->rj", self.wave, x) + self.phase


def local_maximum(evidence: Evidence) -> Mapping[str, Interval]:
    """Eq. 2 with [.]_m from random starts, with a small and with a large step where it replaces."""
    rng = np.random.default_rng([SEED, 1])
    functions, start = random_waves(rng), rng.uniform(-np.pi, np.pi, size=(FUNCTIONS, 2))
    return {
        name: exactly(arrived(functions, start, floor, evidence), FUNCTIONS)
        for name, floor in FLOORS.items()
    }


def random_waves(rng: np.random.Generator) -> Waves:
    """Waves with wave numbers from -3 to 3, none of them constant."""
    wave = rng.integers(-3, 4, size=(FUNCTIONS, WAVES, 2)).astype(float)
    wave[(wave == 0).all(axis=-1)] = 1.0
    amplitude = rng.uniform(0.5, 1.5, size=(FUNCTIONS, WAVES))
    bound = (amplitude * np.square(wave).sum(axis=-1)).sum(axis=1, keepdims=True)
    return Waves(amplitude / bound, wave, rng.uniform(0, 2 * np.pi, size=(FUNCTIONS, WAVES)))


def arrived(functions: Waves, x: Array, floor: float, evidence: Evidence) -> float:
    """Share of the runs that end where J is flat and no direction curves upwards."""
    operator = FullHessian(CURVATURE_SIGNS[evidence.reading("curvature-sign")])
    projection = PROJECTIONS[evidence.reading("projection").replace("-", "_")]
    for _ in range(ITERATIONS):
        H = operator.sign * functions.hessian(x)[:, np.newaxis]
        projected = operator.project(H, projection, floor / 2)
        direction, _ = operator.solve(projected, functions.gradient(x)[:, np.newaxis])
        x = x + STEP * direction[:, 0]
    flat = np.linalg.norm(functions.gradient(x), axis=-1) < FLAT
    return float((flat & (np.linalg.eigvalsh(functions.hessian(x))[:, -1] <= 0)).mean())
