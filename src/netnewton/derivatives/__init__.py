"""From parameters to returns, gradients and Hessians (`source`): exactly (`closed_form`, `concave`,
`linear_quadratic`), or from samples (`sampled`, by the estimates of `estimation` and
`second_order`; `one_shot` for matrix games, at a cost that does not grow with the batch).
"""

from netnewton.derivatives.closed_form import ExactDerivatives, exact
from netnewton.derivatives.concave import (
    ConcaveDerivatives,
    concave_derivatives,
    reference_optimum,
)
from netnewton.derivatives.estimation import Estimator
from netnewton.derivatives.linear_quadratic import LinearQuadraticDerivatives, linear_quadratic
from netnewton.derivatives.one_shot import CountedDerivatives, counted
from netnewton.derivatives.sampled import SampledDerivatives, likelihood_ratio
from netnewton.derivatives.second_order import GaussNewton, fisher, gauss_newton
from netnewton.derivatives.source import NOT_COMPUTED, Derivatives, DerivativeSource

__all__ = [
    "NOT_COMPUTED",
    "ConcaveDerivatives",
    "CountedDerivatives",
    "DerivativeSource",
    "Derivatives",
    "Estimator",
    "ExactDerivatives",
    "GaussNewton",
    "LinearQuadraticDerivatives",
    "SampledDerivatives",
    "concave_derivatives",
    "counted",
    "exact",
    "fisher",
    "gauss_newton",
    "likelihood_ratio",
    "linear_quadratic",
    "reference_optimum",
]
