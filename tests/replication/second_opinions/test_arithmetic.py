"""Operations counted on arrays, and on numbers that count themselves."""

import math

import numpy as np
import pytest

from replication.claims.messages import measure as measured
from replication.second_opinions import arithmetic


class Scalar:
    """A number that counts its multiplications and additions."""

    operations = 0

    def __init__(self, value):
        self.value = float(value)

    def _do(self, other, f):
        Scalar.operations += 1
        return Scalar(f(self.value, float(other)))

    __add__ = __radd__ = lambda self, other: self._do(other, lambda a, b: a + b)
    __mul__ = __rmul__ = lambda self, other: self._do(other, lambda a, b: a * b)
    __sub__ = lambda self, other: self._do(other, lambda a, b: a - b)  # noqa: E731
    __truediv__ = lambda self, other: self._do(other, lambda a, b: a / b)  # noqa: E731
    __float__ = lambda self: self.value  # noqa: E731
    __abs__ = lambda self: Scalar(abs(self.value))  # noqa: E731
    __lt__ = lambda self, other: self.value < float(other)  # noqa: E731
    __ge__ = lambda self, other: self.value >= float(other)  # noqa: E731


scalars = np.vectorize(Scalar, otypes=[object])


def gaussian_elimination(matrix, right):
    A, x, d = [list(row) for row in matrix], list(right), len(right)
    for k in range(d):
        pivot = max(range(k, d), key=lambda i: abs(float(A[i][k])))
        A[k], A[pivot], x[k], x[pivot] = A[pivot], A[k], x[pivot], x[k]
        for i in range(k + 1, d):
            factor = A[i][k] / A[k][k]
            for j in range(k + 1, d):
                A[i][j] = A[i][j] - factor * A[k][j]
            x[i] = x[i] - factor * x[k]
    for k in reversed(range(d)):
        for j in range(k + 1, d):
            x[k] = x[k] - A[k][j] * x[j]
        x[k] = x[k] / A[k][k]
    return np.array(x, dtype=object)


def dot(u, v):
    total = u[0] * v[0]
    for a, b in zip(u[1:], v[1:], strict=True):
        total = total + a * b
    return total


def tridiagonalise(A):
    """Householder: diagonal, off-diagonal and Q, for A overwritten in its lower triangle."""
    d, reflectors = len(A), []
    for k in range(d - 2):
        v = [A[i][k] for i in range(k + 1, d)]
        norm = math.sqrt(float(dot(v, v)))
        alpha = -math.copysign(norm, float(v[0]))
        v[0] = v[0] - alpha
        beta = Scalar(2) / dot(v, v)
        full = [[A[max(i, j)][min(i, j)] for j in range(k + 1, d)] for i in range(k + 1, d)]
        p = [beta * dot(row, v) for row in full]
        half = beta * dot(p, v) * 0.5
        w = [a - half * b for a, b in zip(p, v, strict=True)]
        for i in range(d - k - 1):
            for j in range(i + 1):
                A[k + 1 + i][k + 1 + j] = A[k + 1 + i][k + 1 + j] - (v[i] * w[j] + w[i] * v[j])
        A[k + 1][k] = Scalar(alpha)
        reflectors.append((v, beta))
    Q = [[Scalar(i == j) for j in range(d)] for i in range(d)]
    for k in reversed(range(d - 2)):
        v, beta = reflectors[k]
        for j in range(k + 1, d):
            column = [Q[i][j] for i in range(k + 1, d)]
            s = beta * dot(v, column)
            for i in range(k + 1, d):
                Q[i][j] = Q[i][j] - s * v[i - k - 1]
    return [A[i][i] for i in range(d)], [A[i + 1][i] for i in range(d - 1)], Q


def implicit_qr(a, b, Q):
    """Implicit QL sweeps with Wilkinson's shift on a tridiagonal matrix, rotating Q along."""
    d = len(a)
    b = [*b, Scalar(0)]
    for low in range(d):
        while True:
            top = low
            while top < d - 1 and abs(float(b[top])) > 1e-15 * (
                abs(float(a[top])) + abs(float(a[top + 1]))
            ):
                top += 1
            if top == low:
                break
            g = (a[low + 1] - a[low]) / (b[low] * 2.0)
            r = math.hypot(float(g), 1.0)
            g = a[top] - a[low] + b[low] / (g + math.copysign(r, float(g)))
            s, c, p = Scalar(1), Scalar(1), Scalar(0)
            for i in reversed(range(low, top)):
                f, h = s * b[i], c * b[i]
                length = Scalar(math.sqrt(float(f * f + g * g)))
                b[i + 1] = length
                s, c = f / length, g / length
                g = a[i + 1] - p
                r = (a[i] - g) * s + c * h * 2.0
                p = s * r
                a[i + 1] = g + p
                g = c * r - h
                for row in Q:
                    row[i + 1], row[i] = s * row[i] + c * row[i + 1], c * row[i] - s * row[i + 1]
            a[low], b[low], b[top] = a[low] - p, g, Scalar(0)
    return a, Q


def symmetric_qr(matrix):
    return implicit_qr(*tridiagonalise([list(row) for row in matrix]))


def test_the_scalar_routines_are_right(rng):
    root, right = rng.normal(size=(9, 9)), rng.normal(size=9)
    A = root + root.T
    solution = gaussian_elimination(scalars(A), scalars(right)).astype(float)
    np.testing.assert_allclose(solution, np.linalg.solve(A, right), rtol=1e-8)
    values, Q = symmetric_qr(scalars(A))
    Q, values = np.array(Q).astype(float), np.array(values).astype(float)
    np.testing.assert_allclose(Q * values @ Q.T, A, atol=1e-10)


def iteration_by_scalars(d, rng, monkeypatch):
    """Operations of one agent's iteration, and those of the eigenvalue decomposition within it."""
    root = rng.normal(size=(d, d)) / np.sqrt(d)
    agent = measured.one_agent(
        np.ndarray, scalars(rng.normal(size=d)), scalars(np.eye(d) + root @ root.T)
    )
    of_eigenvalues = []

    def eigh(matrix):
        before = Scalar.operations
        values, vectors = symmetric_qr(matrix)
        of_eigenvalues.append(Scalar.operations - before)
        return values, np.array(vectors)

    with monkeypatch.context() as patch:
        patch.setattr(np.linalg, "eigh", eigh)
        patch.setattr(np.linalg, "solve", gaussian_elimination)
        Scalar.operations = 0
        measured.iterate(agent, neighbours=2)
    return Scalar.operations, of_eigenvalues[0]


def test_counts_agree_with_scalars_that_count_themselves(rng, monkeypatch):
    """The same lines of the transcription, run on numbers one by one."""
    totals = []
    for d in (4, 8, 16, 32):
        total, of_eigenvalues = iteration_by_scalars(d, rng, monkeypatch)
        nominal = arithmetic.eigenvector_operations(d)
        assert total - of_eigenvalues == measured.operations(d, np.eye(d)) - nominal
        if d >= 16:
            assert 0.75 < of_eigenvalues / nominal < 1.5
        totals.append(total)
    assert 2.7 < measured.slope((16, 32), totals[-2:]) < 3.05


def test_what_has_no_count_is_not_passed_over():
    array = np.ones(3).view(arithmetic.Counted)
    with pytest.raises(NotImplementedError, match=r"exp.__call__ has no count"):
        np.exp(array)
    with pytest.raises(NotImplementedError, match="concatenate has no count"):
        np.concatenate([array, array])


def test_counted_by_hand():
    with arithmetic.counting() as counted:
        vector, matrix = np.ones(3).view(arithmetic.Counted), np.eye(3).view(arithmetic.Counted)
        2.0 * (matrix @ vector) + vector
    assert counted == [15 + 3 + 3]
    # [[a, b], [c, d]] x = y: c/a; d - (c/a) b; y2 - (c/a) y1; x2 = ./.; y1 - b x2; ./a
    assert arithmetic.solution_operations(2) == 1 + 2 + 2 + 1 + 2 + 1
