"""The joint policy that is played, put together from the agents' own blocks (Section 3.2)."""

from __future__ import annotations

import numpy as np

from netnewton.arrays import Array, Indices


def behaviour_parameters(theta: Array, owner: Indices) -> Array:
    """The policy played, mu = [psi_1, ..., psi_N], each block from its agent's copy.

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
