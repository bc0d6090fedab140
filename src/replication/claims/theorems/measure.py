"""What is measured for the claims of Section 4."""

from __future__ import annotations

from collections.abc import Mapping

from replication.claims.evidence import Measure
from replication.claims.theorems.consistency import consistency, theorem_1
from replication.claims.theorems.convergence import theorem_4, theorem_5
from replication.claims.theorems.perturbed import theorem_7

MEASURES: Mapping[str, Measure] = {
    "theorem-1": theorem_1,
    "theorem-4": theorem_4,
    "theorem-5": theorem_5,
    "theorem-7": theorem_7,
    "consistency": consistency,
}
