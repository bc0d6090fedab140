"""Algorithms, one a file: `consensus_newton` is the paper's Algorithm 1.

`algorithm` says what an algorithm is; one of your own is another class with `init` and `step`.
"""

from netnewton.algorithms.algorithm import Algorithm, State
from netnewton.algorithms.consensus_newton import ConsensusNewton

__all__ = ["Algorithm", "ConsensusNewton", "State"]
