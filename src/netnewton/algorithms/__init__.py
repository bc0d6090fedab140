"""Algorithms, one a file: `consensus_newton` is the paper's Algorithm 1; others track gradients.

`algorithm` says what one is: a class with `init` and `step`; the other files hold parts to choose.

>>> import numpy as np
>>> from netnewton import curvature, derivatives, games, policies
>>> game = games.prisoners_dilemma()
>>> source = derivatives.exact(game, policies.Boltzmann.of(game))
>>> tracking = TrackedNewton(curvature.ScaledIdentity(), step_size=0.1)
>>> scalars_sent(tracking, source, np.zeros((1, 2, 4)))
9
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
