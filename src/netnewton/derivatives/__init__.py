"""Derivative sources: from parameters to returns, gradients and Hessians (`source`), exactly
(`closed_form`, `concave`; on graphs `polymatrix`, `neighbourhoods`) or from samples (`sampled`, by
`estimation` and `second_order`; `one_shot`, at a cost that does not grow with the batch).
"""

from netnewton.derivatives.closed_form import ExactDerivatives, exact
from netnewton.derivatives.concave import (
    ConcaveDerivatives,
    concave_derivatives,
    reference_optimum,
)
from netnewton.derivatives.estimation import Estimator
from netnewton.derivatives.neighbourhoods import NeighbourhoodDerivatives, neighbourhood_source
from netnewton.derivatives.one_shot import CountedDerivatives, counted
from netnewton.derivatives.polymatrix import PairwiseDerivatives, pairwise
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
    "NeighbourhoodDerivatives",
    "PairwiseDerivatives",
    "SampledDerivatives",
    "concave_derivatives",
    "counted",
    "exact",
    "fisher",
    "gauss_newton",
    "likelihood_ratio",
    "neighbourhood_source",
    "pairwise",
    "reference_optimum",
]
