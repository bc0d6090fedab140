"""Communication networks: consensus matrices (`weights`) and mixing over them (`mixing`).

>>> import networkx as nx
>>> import numpy as np
>>> weights = metropolis_weights(nx.path_graph(3))
>>> mixing(weights)(np.array([[[3.0], [0.0], [0.0]]]), 1).ravel().round(3)  # (R, N, d)
array([2., 1., 0.])
>>> float(spectral_gap(weights).round(3))
0.333
"""

from netnewton.networks.mixing import Mix, mixing, unchecked_mixing
from netnewton.networks.weights import (
    maximum_degree_weights,
    metropolis_weights,
    random_weights,
    sinkhorn_weights,
    spectral_gap,
    validate_weights,
)

__all__ = [
    "Mix",
    "maximum_degree_weights",
    "metropolis_weights",
    "mixing",
    "random_weights",
    "sinkhorn_weights",
    "spectral_gap",
    "unchecked_mixing",
    "validate_weights",
]
