"""Derivative sources: from parameters to returns, gradients and Hessians (`source`), exactly
(`closed_form`, `concave`, `linear_quadratic`; on graphs `polymatrix`, `neighbourhoods`) or from
samples (`sampled`, by `estimation` and `second_order`; `one_shot`, for matrix games at any batch).

>>> import numpy as np
>>> from netnewton import games, policies
>>> game = games.prisoners_dilemma()
>>> source = exact(game, policies.Boltzmann.of(game, logits="reference"))
>>> source(np.zeros((1, 2, 2))).gradient[0]  # of each agent's own return, at its own copy
array([[-0.25,  0.5 ],
       [ 0.5 , -0.25]])
"""

from netnewton.derivatives.closed_form import ExactDerivatives, exact
from netnewton.derivatives.concave import (
    ConcaveDerivatives,
    concave_derivatives,
    reference_optimum,
)
from netnewton.derivatives.estimation import Estimator
from netnewton.derivatives.linear_quadratic import LinearQuadraticDerivatives, linear_quadratic
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
    "LinearQuadraticDerivatives",
    "NeighbourhoodDerivatives",
    "PairwiseDerivatives",
    "SampledDerivatives",
    "concave_derivatives",
    "counted",
    "exact",
    "fisher",
    "gauss_newton",
    "likelihood_ratio",
    "linear_quadratic",
    "neighbourhood_source",
    "pairwise",
    "reference_optimum",
]
