"""Algorithm 1 with H_i the diagonal of the Hessian, written for d numbers in place of a matrix.

What `literal.Agent` does with matrices whose other entries are zero, an agent does here with their
diagonals alone (Section 3.3, first item): a product and a division for each parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netnewton.arrays import Array
from replication.second_opinions.literal import Agent


class DiagonalAgent(Agent):
    """An agent that holds, sends and divides by d numbers.

    Parameters are those of `Agent`, with an oracle that gives the diagonal alone; [.]_m and the
    trackers' lag are as printed.
    """

    def __init__(self, *options: Any) -> None:
        super().__init__(*options)
        self.H_tilde, self.H_before = np.zeros_like(self.theta), np.zeros_like(self.theta)

    def compute(self) -> None:
        """Compute g_i(theta_i(k-1)), H_i(theta_i(k-1))."""
        gradient, diagonal = self.oracle(self.theta)
        self.H = self.sign * diagonal
        self.g = self.H * self.theta + gradient

    def update(self, received: Sequence[tuple[float, list[Array]]]) -> None:
        """The three lines of the update."""
        g_tilde, H_tilde = np.zeros_like(self.g), np.zeros_like(self.H)
        for weight, (g_tilde_j, g_j, g_before_j, H_tilde_j, H_j, H_before_j) in received:
            g_tilde = g_tilde + weight * (g_tilde_j + g_j - g_before_j)
            H_tilde = H_tilde + weight * (H_tilde_j + H_j - H_before_j)
        direction = self.g_tilde / self.operator(self.H_tilde)
        self.theta = (1 - self.epsilon) * self.theta + self.epsilon * direction
        self.g_tilde, self.H_tilde = g_tilde, H_tilde
        self.g_before, self.H_before = self.g, self.H

    def operator(self, Z: Array) -> Array:
        """[Z]_m: the entries are the eigenvalues."""
        return Z if min(Z) >= self.m / 2 else np.full(len(Z), self.m / 2)
