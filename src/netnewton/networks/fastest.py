"""Fastest mixing weights (Boyd, Diaconis, Xiao 2004), by the extra package ``mixingmatrix``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from netnewton.arrays import Array
from netnewton.networks.weights import _validated_degrees

if TYPE_CHECKING:
    import networkx as nx

TOLERANCE = 1e-6
CERTAIN = 1e-3  # how far from the least modulus a solution may be, of which one is looked for


def fastest_mixing_weights(graph: nx.Graph) -> Array:
    """The symmetric stochastic weights on the edges whose spectral gap is the largest.

    Entries are not negative; one may be zero, also on the diagonal. They are an iterative solver's,
    and may not be the only ones.

    Graphs and shape as for `metropolis_weights`; up to some hundreds of agents.

    Raises
    ------
    ValueError
        If the graph is unfit, or the solver did not come within `CERTAIN` of the optimum.
    ImportError
        If mixingmatrix is not installed.
    """
    agents = len(_validated_degrees(graph))
    try:
        import mixingmatrix
    except ModuleNotFoundError as error:
        raise ImportError(
            f"fastest mixing weights need {error.name}, which is not installed: pip install "
            "'netnewton[mixing]', or choose metropolis_weights",
            name=error.name,
        ) from None
    if agents == 1:
        return np.ones((1, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what is refused below
        found = mixingmatrix.solve(graph, tol=TOLERANCE)
    if found.status != "optimal" or not found.certified_gap <= CERTAIN:
        raise ValueError(
            f"mixingmatrix ended with status {found.status!r}, within {found.certified_gap} of the "
            "fastest: choose metropolis_weights"
        )
    weights = np.maximum(found.weights.toarray(), 0.0)
    weights = (weights + weights.T) / 2
    np.fill_diagonal(weights, 0.0)
    np.fill_diagonal(weights, np.maximum(1.0 - weights.sum(axis=1), 0.0))
    return weights
