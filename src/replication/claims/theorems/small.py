"""The claims on rates and theorems, measured on problems small and few enough to take seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from replication.claims.control import OfClaim, Patch
from replication.claims.rates import measure as rates
from replication.claims.theorems import convergence, perturbed
from replication.claims.theorems.convergence import Size

# 460 runs without a failure are the fewest whose interval stays above 99 %.
SMALL_EQ_5 = (Size(6, 1.0, 2, 480),)
SMALL = (Size(4, 1.0, 2, 120, ("path", "ring", "star", "complete")),)
CACHED = (
    convergence.eq_5_rows,
    convergence.algorithm_1_rows,
    rates._equal_copies,
    rates._jacobi_cases,
    rates._common_threshold,
    perturbed.shifted,
    perturbed._problems,
    perturbed._base,
)


@dataclass(frozen=True)
class Small:
    """The verdict on a claim, or on one of its quantities, measured on few and small problems."""

    claim: str
    quantity: str | None = None

    def __call__(self, folder: Path) -> str:
        """Measure and judge; nothing measured before or here is used again."""
        with Patch() as patch:
            patch.setattr(convergence, "EQ_5_SIZES", SMALL_EQ_5)
            patch.setattr(convergence, "SIZES", SMALL)
            patch.setattr(rates, "PROBLEMS", 20)
            patch.setattr(rates, "TUNING_PROBLEMS", 4)
            patch.setattr(rates, "JACOBI_STEEPNESS", (1.0,))
            patch.setattr(perturbed, "PROBLEMS", 2)
            _forget()
            try:
                return OfClaim(self.claim, self.quantity)(folder)
            finally:
                _forget()


def _forget() -> None:
    for function in CACHED:
        function.cache_clear()
