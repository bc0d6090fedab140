"""Derivative sources: anything that maps the agents' parameters to `Derivatives`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NOT_COMPUTED: Array = np.empty(0)


class Derivatives(NamedTuple):
    """What each agent knows of its own return at its own copy of the parameters.

    A source need not provide what the method does not use: H_i = I needs no Hessian.
    """

    J: Array
    """J_i(theta_i), shape (R, N)."""
    gradient: Array = NOT_COMPUTED
    """Gradient of J_i at theta_i, shape (R, N, D)."""
    hessian: Array = NOT_COMPUTED
    """Hessian of J_i at theta_i, shape (R, N, D, D)."""
    effective_sample_size: Array = NOT_COMPUTED
    """How many of a batch's trajectories count for agent i, (sum w)^2 / sum w^2 with the
    importance weights w, shape (R, N); where there is a batch."""
    played: Array = NOT_COMPUTED
    """Mean return of the batch, J_i of what was played, shape (R, N); where there is a batch."""


DerivativeSource = Callable[[Array], Derivatives]
"""From theta of shape (R, N, D), agent i's copy at [:, i], to `Derivatives`."""
