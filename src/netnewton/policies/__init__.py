"""Joint policies: how the parameters of all agents become actions (Section 2). They are products,
pi_theta(a | s) = prod_j pi_{psi_j}(a_j | s), and their parameters the agents' blocks one after
another, theta = [psi_1, ..., psi_N].

>>> from netnewton import games
>>> policy = Boltzmann.of(games.prisoners_dilemma(), logits="reference")
>>> policy.n_parameters, policy.owner.tolist()
(2, [0, 1])
>>> policy.probabilities([0.0, 0.0])[0, 0]  # of agent 0 in the only state
array([0.5, 0.5])
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
