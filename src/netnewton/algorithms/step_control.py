r"""How long a step may be: decided by each agent from what it sees, and agreed on by consensus.

A control keeps the logarithm of a factor in (0, 1], c_i, that multiplies agent i's step. No reward
is sent, nor anything made of one but a length that the step itself shows:

    `uncontrolled`     c_i = 0                                                     nothing is sent
    `LengthBound`      own_i = min(0, log(radius / |step_i|)),
                       c_i = min(own_i, sum_j a_ij own_j)                          one number
    `SampleSizeBound`  c_i(k) = min(0, sum_j a_ij c_j(k-1) + log(grow if n_i(k) >= fewest
                       else shrink))                                               one number

The average of logarithms is one round of *mix*; the least over the network would need as many
rounds as its diameter. n_i is the effective sample size of agent i's importance weights: a copy far
from what is played has few samples that count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netnewton.arrays import Array
from netnewton.curvature import Curvature
from netnewton.derivatives import Derivatives
from netnewton.networks import Mix


class Proposal(NamedTuple):
    """A step that is proposed, and what its agent knows of it."""

    step: Array
    """epsilon p_i, shape (R, N, d)."""
    local: Derivatives
    curvature: Curvature
    B: Array
    """The matrix that p_i was made with, in the curvature's shape."""


StepControl = Callable[[Array, Proposal, Mix, int], Array]
"""``control(c, proposal, mix, k)``: the new c_i, from those of the last iteration, (R, N, 1)."""


def uncontrolled(c: Array, proposal: Proposal, mix: Mix, k: int) -> Array:
    """Take every step as proposed."""
    return np.zeros_like(c)


def euclidean(proposal: Proposal) -> Array:
    """|step_i|, shape (R, N, 1)."""
    return np.sqrt(np.square(proposal.step).sum(axis=-1, keepdims=True))


def of_matrix(proposal: Proposal) -> Array:
    """sqrt(step . B step), shape (R, N, 1); with the Fisher matrix, sqrt(2 KL) of the policies."""
    turned = proposal.curvature.times(proposal.B, proposal.step)
    return np.sqrt(np.maximum((turned * proposal.step).sum(axis=-1, keepdims=True), 0.0))


@dataclass(frozen=True)
class LengthBound:
    """No agent's step is longer than a radius: a trust region.

    Parameters
    ----------
    radius : float
        > 0, in units of the parameters or of the metric.
    metric : callable
        `euclidean` or `of_matrix`.

    Raises
    ------
    ValueError
        If the radius is not positive.
    """

    radius: float
    metric: Callable[[Proposal], Array] = euclidean

    def __post_init__(self) -> None:
        if not 0.0 < self.radius < np.inf:
            raise ValueError(f"radius = {self.radius}: give a positive length")

    def __call__(self, c: Array, proposal: Proposal, mix: Mix, k: int) -> Array:
        """The new c_i."""
        with np.errstate(divide="ignore"):
            own = np.minimum(0.0, np.log(self.radius) - np.log(self.metric(proposal)))
        return np.minimum(own, mix(own, k))


@dataclass(frozen=True)
class SampleSizeBound:
    """Steps shrink while importance weights degenerate, and grow again when they do not.

    Parameters
    ----------
    fewest : float
        Effective sample size below which an agent wants smaller steps, > 1.
    shrink, grow : float
        Factors, shrink < 1 <= grow.

    Raises
    ------
    ValueError
        If a setting is out of range; on being called, if the source has no samples.
    """

    fewest: float
    shrink: float = 0.5
    grow: float = 1.1

    def __post_init__(self) -> None:
        if not (self.fewest > 1.0 and 0.0 < self.shrink < 1.0 <= self.grow < np.inf):
            raise ValueError(
                f"fewest = {self.fewest}, shrink = {self.shrink}, grow = {self.grow}: give more "
                "than one sample and factors with 0 < shrink < 1 <= grow"
            )

    def __call__(self, c: Array, proposal: Proposal, mix: Mix, k: int) -> Array:
        """The new c_i."""
        count = proposal.local.effective_sample_size
        if not count.size:
            raise ValueError("these derivatives have no samples: bound the length of steps instead")
        enough = count[..., np.newaxis] >= self.fewest
        change = np.where(enough, np.log(self.grow), np.log(self.shrink))
        return np.minimum(0.0, mix(c, k) + change)
