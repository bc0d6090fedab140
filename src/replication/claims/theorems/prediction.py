r"""What two theories predict for the largest step size: the linearised dynamics, and the proof.

*Linearised dynamics of Algorithm 1 at the optimum theta\*.* Let C be the average of the H_i there,
U_i = H_i + hess J_i, and small letters deviations from the equilibrium, where all trackers agree.
To first order the trackers enter theta only through y_i = dg~_i - dH~_i theta\*; what agent i adds
to it is U_i theta_i, since dg_i = dH_i theta\* + (H_i + hess J_i) theta_i. With
z_i(k) = y_i(k) - U_i theta_i(k-1), whose average over the agents is zero and stays so,

    z_i(k+1)      =  sum_j a_ij [z_j(k) + U_j theta_j(k)] - U_i theta_i(k)
    theta_i(k+1)  =  (1 - epsilon) theta_i(k) + epsilon C^{-1} [z_i(k) + U_i theta_i(k-1)]

or, with current trackers, z_i(k+1) + U_i theta_i(k) in the last bracket. What is left out of the
full state (theta, g~, H~, g, H) has the eigenvalues of A, and the average of the tracking errors,
which never changes. With H_i = -hess J_i all U_i vanish, and so do derivatives of eq. 6: the
spectrum is 1 - epsilon and that of A, and the spectral radius is 1 at epsilon = 2 on every graph.

*The proof of Theorem 4*, written for -J around theta\*, with x = the mean copy, delta = the copies'
deviations from it, and h^2 = 1/N sum_i ||sum_k c_ik w_ik w_ik^T||^2, which bounds how far
hess J_i can vary. In X = sqrt(N) ||x|| and D = ||delta||:

    b_2    =  max(M / N, 1)                         the largest eigenvalue of hess V
    b_3    :  G^2/M - G D h/(m sqrt(N)) + D^2  >=  b_3 (N G^2/m^2 + D^2),   G = ||grad J(x)||
    b_4^2  :  (M X + h D)^2/m^2 + D^2          <=  b_4^2 (X^2 + D^2)

They hold over all of space; where no positive b_3 satisfies its line, nothing follows.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from netnewton.arrays import Array
from netnewton.games.concave import TeamProblem

AT_MOST = 2.0  # 1 - epsilon leaves the unit disc there, whatever else happens
_SCAN = 40


def linearised(
    weights: Array, C: Array, U: Array, step_size: float, lag: str = "previous"
) -> Array:
    """The matrix of the linearised dynamics, restricted to trackers whose averages agree.

    Parameters
    ----------
    weights : Array, shape (N, N)
        a_ij, symmetric.
    C : Array, shape (d, d)
        Average of the H_i at the optimum.
    U : Array, shape (N, d, d)
        H_i + hess J_i at the optimum.
    step_size : float
        epsilon; here it may exceed 1.
    lag : {"previous", "current"}
        Whether theta(k+1) uses the trackers of k, as printed, or of k + 1.

    Returns
    -------
    Array, shape (n, n), n = (3 N - 1) d
        Acts on (theta(k), theta(k-1), z(k) in coordinates whose average is zero).
    """
    agents, d = U.shape[:2]
    one, A = np.eye(agents * d), np.kron(weights, np.eye(d))
    local, inverse = linalg.block_diag(*U), np.kron(np.eye(agents), np.linalg.inv(C))
    zero = np.zeros_like(one)
    z_row = [A @ local - local, zero, A]
    force = [zero, local, one] if lag == "previous" else [A @ local, zero, A]
    theta_row = [step_size * inverse @ block for block in force]
    theta_row[0] = theta_row[0] + (1.0 - step_size) * one
    full = np.block([theta_row, [one, zero, zero], z_row])
    balanced = np.kron(linalg.null_space(np.ones((1, agents))), np.eye(d))
    basis = linalg.block_diag(one, one, balanced)
    return np.asarray(basis.T @ full @ basis)


def spectral_radius(matrix: Array) -> float:
    """Largest modulus of an eigenvalue."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def linear_threshold(weights: Array, C: Array, U: Array, lag: str = "previous") -> float:
    """Step size at which the spectral radius of the linearised dynamics first reaches 1.

    Shapes as for `linearised`; at most 2, found to 1e-4 of itself.
    """
    if np.abs(U).max() <= 1e-12 * np.abs(C).max():
        return AT_MOST  # the matrix is block-triangular, with 1 - epsilon and A on its diagonal

    def stable(step_size: float) -> bool:
        return spectral_radius(linearised(weights, C, U, step_size, lag)) < 1.0

    scanned = np.geomspace(1e-3, AT_MOST, _SCAN)
    first = next((i for i, step_size in enumerate(scanned) if not stable(step_size)), None)
    if first is None:
        return AT_MOST
    lower, upper = (scanned[first - 1] if first else 0.0), scanned[first]
    while upper - lower > 1e-4 * upper:
        middle = (lower + upper) / 2
        lower, upper = (middle, upper) if stable(middle) else (lower, middle)
    return float(upper)


def proof_threshold(problem: TeamProblem) -> float:
    """2 b_3 / (b_2 b_4^2) with the constants bounded as above; NaN if b_3 cannot be bounded."""
    N, m, M = problem.n_agents, float(problem.m), float(problem.M)
    h = float(np.sqrt((np.linalg.norm(problem.bending, ord=2, axis=(-2, -1)) ** 2).mean()))
    coupling = -h / (2 * m * np.sqrt(N))
    descent = np.array([[1 / M, coupling], [coupling, 1.0]])
    b_2 = max(M / N, 1.0)
    b_3 = float(linalg.eigh(descent, np.diag([N / m**2, 1.0]), eigvals_only=True)[0])
    speed = np.array([[M**2, M * h], [M * h, h**2 + m**2]]) / m**2
    b_4_squared = float(np.linalg.eigvalsh(speed)[-1])
    return 2 * b_3 / (b_2 * b_4_squared) if b_3 > 0 else float("nan")
