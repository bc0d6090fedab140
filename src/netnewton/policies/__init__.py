"""Joint policies: how the parameters of all agents become actions (Section 2). They are products,
pi_theta(a | s) = prod_j pi_{psi_j}(a_j | s), and their parameters the agents' blocks one after
another, theta = [psi_1, ..., psi_N].
"""

from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.boltzmann import Boltzmann
from netnewton.policies.boltzmann_tables import JointPolicy
from netnewton.policies.gaussian import GaussianRBF
from netnewton.policies.linear import LinearGaussian, LinearSoftmax

__all__ = [
    "Boltzmann",
    "GaussianRBF",
    "JointPolicy",
    "LinearGaussian",
    "LinearSoftmax",
    "behaviour_parameters",
]
