"""Communication networks: graphs (`topologies`), consensus matrices (`weights`, `sparse`,
`fastest`), mixing over them (`mixing`, `rounds`), and copies of one's neighbourhood only
(`neighbourhoods`).

>>> import networkx as nx
>>> import numpy as np
>>> weights = metropolis_weights(nx.path_graph(3))
>>> mixing(weights)(np.array([[[3.0], [0.0], [0.0]]]), 1).ravel().round(3)  # (R, N, d)
array([2., 1., 0.])
>>> float(spectral_gap(weights).round(3))
0.333
"""

from netnewton.networks.fastest import fastest_mixing_weights
from netnewton.networks.mixing import Mix, mixing, unchecked_mixing
from netnewton.networks.neighbourhoods import NeighbourhoodCopies
from netnewton.networks.rounds import repeated
from netnewton.networks.sparse import neighbour_pairs, sparse_metropolis_weights
from netnewton.networks.topologies import graph_of
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
    "NeighbourhoodCopies",
    "fastest_mixing_weights",
    "graph_of",
    "maximum_degree_weights",
    "metropolis_weights",
    "mixing",
    "neighbour_pairs",
    "random_weights",
    "repeated",
    "sinkhorn_weights",
    "sparse_metropolis_weights",
    "spectral_gap",
    "unchecked_mixing",
    "validate_weights",
]
