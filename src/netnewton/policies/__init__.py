"""Joint policies: how the parameters of all agents become actions (Section 2).

The joint policy is a product, pi_theta(a | s) = prod_j pi_{psi_j}(a_j | s), and its parameters
are the agents' blocks one after another, theta = [psi_1, ..., psi_N].
"""

from netnewton.policies.behaviour import behaviour_parameters
from netnewton.policies.boltzmann import Boltzmann, JointPolicy
from netnewton.policies.gaussian import GaussianRBF

__all__ = ["Boltzmann", "GaussianRBF", "JointPolicy", "behaviour_parameters"]
