"""Counting the multiplications and additions of Algorithm 1 (Section 3.3).

A `Counted` array takes part in the transcription's own lines (`literal.Agent`) and counts what
NumPy would do there. Products, sums and the like are carried out; of the eigenvalues and the
solution of a linear system, which are the cubes, only the operations are counted and something of
the right shape is returned, so that counting costs no time: the eigenvalues come out as infinite,
so that [.]_m keeps its matrix and the solution is the right-hand side. The number of operations
depends on shapes alone.

A division counts as a multiplication, a subtraction as an addition; comparisons, copies and the
O(d) square roots of an eigenvalue decomposition are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from netnewton.arrays import Array

_tally: list[int] = []  # one for each `counting` block that is open


@contextmanager
def counting() -> Iterator[list[int]]:
    """Count the operations on `Counted` arrays within a ``with`` block, in a list of one number."""
    _tally.append(0)
    result: list[int] = []
    try:
        yield result
    finally:
        result.append(_tally.pop())


class Counted(np.ndarray[Any, np.dtype[np.float64]]):
    """An array whose arithmetic is counted; make one with ``array.view(Counted)``.

    Raises
    ------
    NotImplementedError
        When something is done to it that has no count here.
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Carry out an elementwise operation or a matrix product, and count it."""
        if method != "__call__" or ufunc not in UFUNCS or options:
            raise NotImplementedError(f"{ufunc.__name__}.{method} has no count: add it to UFUNCS")
        plain = [x.view(np.ndarray) if isinstance(x, Counted) else x for x in inputs]
        result = ufunc(*plain)
        _count(UFUNCS[ufunc](plain, result))
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Iterable[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Count a function of numpy or of numpy.linalg."""
        if func not in FUNCTIONS:
            raise NotImplementedError(f"{func.__name__} has no count: add it to FUNCTIONS")
        return FUNCTIONS[func](*args, **kwargs)


def solution_operations(d: int) -> int:
    """Solving d equations by Gaussian elimination for one right-hand side: 2 d^3/3 + O(d^2)."""
    elimination = sum(2 * n * n + n for n in range(d))  # one division a row below the pivot
    substitution = 2 * d * (d - 1) + d
    return elimination + substitution


def eigenvector_operations(d: int) -> int:
    """Eigenvalues and vectors of a symmetric matrix by the symmetric QR algorithm: about 9 d^3.

    The usual count (Golub and Van Loan, Matrix Computations, section 8.3). How many sweeps there
    are depends on the matrix, so that it is not exact.
    """
    return 9 * d**3


def _count(operations: int) -> None:
    for i in range(len(_tally)):
        _tally[i] += operations


def _elementwise(inputs: list[Any], result: Any) -> int:
    return int(np.size(result))


def _matrix_product(inputs: list[Any], result: Any) -> int:
    inner = inputs[0].shape[-1]
    return int(np.size(result)) * (2 * inner - 1)


UFUNCS: dict[np.ufunc, Callable[[list[Any], Any], int]] = {
    np.add: _elementwise,
    np.subtract: _elementwise,
    np.multiply: _elementwise,
    np.divide: _elementwise,
    np.matmul: _matrix_product,
    np.greater_equal: lambda inputs, result: 0,
    np.less: lambda inputs, result: 0,
}


def _solve(matrix: Any, right: Any) -> Counted:
    _count(solution_operations(len(matrix)))
    return np.array(right).view(Counted)


def _eigenvectors(matrix: Any) -> tuple[Array, Array]:
    _count(eigenvector_operations(len(matrix)))
    return np.full(len(matrix), np.inf), np.eye(len(matrix))


def _zeros_like(array: Any) -> Counted:
    return np.zeros(array.shape).view(Counted)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.linalg.solve: _solve,
    np.linalg.eigh: _eigenvectors,
    np.zeros_like: _zeros_like,
}
