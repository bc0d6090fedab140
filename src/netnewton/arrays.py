"""Arrays as the library holds them, and the door through which they come in.

Whatever a caller passes becomes float64 here, once: lists, integers, booleans and single precision
are converted, and what is no array of real numbers is refused by name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


def reals(name: str, values: npt.ArrayLike) -> Array:
    """The values as a float64 array; the same array if it is one already.

    Raises
    ------
    ValueError
        If they are not real numbers in rows of equal length.
    """
    try:
        found = np.asarray(values)
    except ValueError:  # rows of different lengths
        found = np.empty(0, dtype=object)
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} is not an array of real numbers: give rows of equal length")
    return found.astype(np.float64, copy=False)


def floats(name: str, values: npt.ArrayLike) -> Array:
    """The values as a float64 array of finite numbers; the same array if it is one already.

    Raises
    ------
    ValueError
        If they are not real numbers in rows of equal length, or not finite.
    """
    converted = reals(name, values)
    if not _all_finite(converted):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(converted))[0])
        place = f"{name}{list(where)}" if where else name
        raise ValueError(f"{place} = {converted[where]}: every entry must be a finite number")
    return converted


def _all_finite(values: Array) -> bool:
    # Sources ask at every iteration. A finite sum of squares is the quicker answer; one that has
    # overflowed is none.
    return math.isfinite(np.vdot(values, values)) or bool(np.isfinite(values).all())


def number(name: str, value: npt.ArrayLike) -> float:
    """One real number; infinities and NaN are left for the caller to judge.

    Raises
    ------
    ValueError
        If it is not a number, or more than one.
    """
    if np.ndim(found := reals(name, value)) != 0:
        raise ValueError(f"{name} = {value!r}: give one number")
    return float(found)


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


def counts(name: str, values: Sequence[int], least: int = 1) -> tuple[int, ...]:
    """Whole numbers of things, such as the actions of each agent; at least one such number.

    Raises
    ------
    ValueError
        If one is not a whole number or below `least`, or there is none.
    """
    if np.ndim(values) != 1:
        raise ValueError(f"{name} = {values!r}: give whole numbers in a row, as (2, 2)")
    found = tuple(count(f"{name}[{place}]", value, least) for place, value in enumerate(values))
    count(f"len({name})", len(found))
    return found
