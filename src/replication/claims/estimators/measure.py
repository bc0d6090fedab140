"""What is measured for the claims of Appendix A."""

from __future__ import annotations

from collections.abc import Mapping

from replication.claims.estimators.bias import (
    gpomdp_gradient,
    importance_sampling,
    no_correction_bias,
    printed_hessian,
    reinforce_gradient,
)
from replication.claims.estimators.variance import gpomdp_variance
from replication.claims.evidence import Measure

MEASURES: Mapping[str, Measure] = {
    "reinforce-gradient": reinforce_gradient,
    "gpomdp-gradient": gpomdp_gradient,
    "gpomdp-variance": gpomdp_variance,
    "printed-hessian": printed_hessian,
    "importance-sampling": importance_sampling,
    "no-correction-bias": no_correction_bias,
}
