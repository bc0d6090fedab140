"""Communication networks: consensus matrices (`weights`) and mixing over them (`mixing`)."""

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
