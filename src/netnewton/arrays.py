"""Arrays as the library holds them, and the door through which they come in.

Whatever a caller passes becomes float64 here, once: lists, integers, booleans and single precision
are converted, and what is no array of real numbers is refused by name.
"""

from __future__ import annotations

import operator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


def floats(name: str, values: npt.ArrayLike) -> Array:
    """The values as a float64 array; the same array if it is one already.

    Raises
    ------
    ValueError
        If they are not real numbers in rows of equal length, or not finite.
    """
    try:
        found = np.asarray(values)
    except ValueError:  # rows of different lengths
        found = np.empty(0, dtype=object)
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} is not an array of real numbers: give rows of equal length")
    converted = found.astype(np.float64, copy=False)
    if not np.isfinite(converted).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(converted))[0])
        place = f"{name}{list(where)}" if where else name
        raise ValueError(f"{place} = {converted[where]}: every entry must be a finite number")
    return converted


def count(name: str, value: int, least: int = 1) -> int:
    """A whole number of things, such as agents, steps or trajectories.

    Raises
    ------
    ValueError
        If it is not a whole number, or below `least`.
    """
    try:
        whole = operator.index(value)
    except TypeError:
        whole = least - 1
    if isinstance(value, bool | np.bool_) or whole < least:
        raise ValueError(f"{name} = {value!r}: give a whole number, at least {least}")
    return whole
