"""Algorithms, one a file: `consensus_newton` is the paper's Algorithm 1.

`algorithm` says what an algorithm is; one of your own is another class with `init` and `step`.
The others track gradients (`gradient_tracking`): `tracked_newton`, `network_giant` and
`natural_gradient`. How they solve for a direction (`directions`) and how far they go
(`step_control`) are parts to choose.
"""

from netnewton.algorithms.algorithm import Algorithm, State, scalars_sent
from netnewton.algorithms.consensus_newton import ConsensusNewton
from netnewton.algorithms.natural_gradient import NaturalGradient
from netnewton.algorithms.network_giant import NetworkGiant
from netnewton.algorithms.tracked_newton import TrackedNewton

__all__ = [
    "Algorithm",
    "ConsensusNewton",
    "NaturalGradient",
    "NetworkGiant",
    "State",
    "TrackedNewton",
    "scalars_sent",
]
