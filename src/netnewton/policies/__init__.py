"""Joint policies: how the parameters of all agents become actions (Section 2).

The joint policy is a product, pi_theta(a | s) = prod_j pi_{psi_j}(a_j | s), and its parameters
are the agents' blocks one after another, theta = [psi_1, ..., psi_N].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netnewton.policies.boltzmann import Boltzmann, JointPolicy
from netnewton.policies.gaussian import GaussianRBF

__all__ = ["Boltzmann", "GaussianRBF", "JointPolicy", "behaviour_parameters"]

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def behaviour_parameters(theta: Array, owner: Indices) -> Array:
    """The policy played, mu = [psi_1, ..., psi_N], each block from its agent's copy (Section 3.2).

    Parameters
    ----------
    theta : Array, shape (..., N, D)
        Each agent's copy of the joint parameters.
    owner : Indices, shape (D,)
        The agent each parameter belongs to.

    Returns
    -------
    Array, shape (..., D)
    """
    return theta[..., owner, np.arange(len(owner))]
