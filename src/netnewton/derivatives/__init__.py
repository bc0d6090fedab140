"""Derivative sources: from the agents' parameters to returns, gradients and Hessians (`source`),
exactly (`closed_form`, `concave`) or from samples (`sampled`, by the estimates of `estimation`;
`one_shot`, the same for matrix games at a cost that does not grow with the batch).
"""

from netnewton.derivatives.closed_form import ExactDerivatives, exact
from netnewton.derivatives.concave import (
    ConcaveDerivatives,
    concave_derivatives,
    reference_optimum,
)
from netnewton.derivatives.estimation import Estimator
from netnewton.derivatives.one_shot import CountedDerivatives, counted
from netnewton.derivatives.sampled import SampledDerivatives, likelihood_ratio
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives, DerivativeSource

__all__ = [
    "NOT_COMPUTED",
    "ConcaveDerivatives",
    "CountedDerivatives",
    "DerivativeSource",
    "Derivatives",
    "Estimator",
    "ExactDerivatives",
    "SampledDerivatives",
    "concave_derivatives",
    "counted",
    "exact",
    "likelihood_ratio",
    "reference_optimum",
]
