"""What is measured for the claims of Theorem 1, Section 4 (consistency) and Appendix A."""

from __future__ import annotations

from collections.abc import Mapping

from replication.claims.estimators.bias import (
    consistency,
    gpomdp_gradient,
    importance_sampling,
    no_correction_bias,
    printed_hessian,
    reinforce_gradient,
    theorem_1,
)
from replication.claims.estimators.variance import gpomdp_variance
from replication.claims.evidence import Measure

MEASURES: Mapping[str, Measure] = {
    "theorem-1": theorem_1,
    "consistency": consistency,
    "reinforce-gradient": reinforce_gradient,
    "gpomdp-gradient": gpomdp_gradient,
    "gpomdp-variance": gpomdp_variance,
    "printed-hessian": printed_hessian,
    "importance-sampling": importance_sampling,
    "no-correction-bias": no_correction_bias,
}
