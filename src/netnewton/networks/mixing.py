"""*Mixing*, the one primitive by which agents communicate.

``mix(values, iteration)`` replaces agent i's array by sum_j a_ij values_j. Algorithm 1 is written
against it alone, so anything with that signature will do: a dense or sparse product, a network
that changes with the iteration, or processes that exchange messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netnewton.arrays import Array, floats
from netnewton.networks.weights import is_sparse, validate_weights

if TYPE_CHECKING:
    import scipy.sparse as sp

Mix = Callable[[Array, int], Array]


def mixing(weights: npt.ArrayLike | sp.sparray) -> Mix:
    """The primitive *mix* of a fixed network: each agent's weighted sum of its neighbours' arrays.

    Parameters
    ----------
    weights : array_like of shape (N, N) or (R, N, N), or scipy sparse array of shape (N, N)

    Returns
    -------
    Callable
        ``mix(values, iteration)`` for values of shape (R, N, ...); the iteration is ignored.

    Raises
    ------
    ValueError
        As `validate_weights`.
    """
    if not is_sparse(weights):
        weights = floats("weights", weights)
    validate_weights(weights)
    return unchecked_mixing(weights)


def unchecked_mixing(weights: Array | sp.sparray) -> Mix:
    """`mixing` without the checks, for networks that break the paper's assumptions on purpose."""
    if is_sparse(weights):
        matrix = weights.tocsr()

        def mix_sparse(values: Array, iteration: int) -> Array:
            _check_sizes(matrix.shape, values.shape)
            columns = np.moveaxis(values, 1, 0)
            mixed = matrix @ columns.reshape(columns.shape[0], -1)
            return np.ascontiguousarray(np.moveaxis(mixed.reshape(columns.shape), 0, 1))

        return mix_sparse

    def mix_dense(values: Array, iteration: int) -> Array:
        _check_sizes(weights.shape, values.shape)
        flat = values.reshape(*values.shape[:2], -1)
        return np.matmul(weights, flat).reshape(values.shape)

    return mix_dense


def _check_sizes(weights: tuple[int, ...], values: tuple[int, ...]) -> None:
    if weights[-1] != values[1]:
        raise ValueError(
            f"weights for {weights[-1]} agents, values of {values[1]}: give one row for each agent"
        )
    if len(weights) == 3 and weights[0] != values[0]:
        raise ValueError(
            f"{weights[0]} consensus matrices for {values[0]} repetitions: give one for each, or "
            "one for all"
        )
