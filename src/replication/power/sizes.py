"""How many repetitions decide an effect of interest with a stated power.

Decided means that the two-sided interval of the quantity leaves the edge of its region.
"""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special


class Effect(Protocol):
    """An effect of interest: how far from its region's edge a quantity has to be told apart."""

    def repetitions(self, confidence: float, power: float) -> int:
        """The smallest n that tells it apart with the given power."""


@dataclass(frozen=True)
class OfMean:
    """A mean, by its Student-t interval.

    Parameters
    ----------
    effect : float
        Distance of the mean from the edge.
    spread : float
        Standard deviation of a repetition, in the same unit.
    """

    effect: float
    spread: float

    def repetitions(self, confidence: float, power: float) -> int:
        """The smallest n with P(T(n - 1, effect sqrt(n) / spread) > t) >= power.

        T has the noncentral t law, t is Student's quantile (1 + confidence) / 2. Johnson and Welch,
        *Applications of the non-central t-distribution*, Biometrika 31 (1940).
        """

        def decides(n: int) -> bool:
            quantile = special.stdtrit(n - 1, (1 + confidence) / 2)
            noncentrality = self.effect / self.spread * np.sqrt(n)
            return bool(special.nctdtr(n - 1, noncentrality, quantile) <= 1 - power)

        enough = next(2**k for k in itertools.count(1) if decides(2**k))  # the power rises with n
        return bisect.bisect_left(range(enough), True, lo=enough // 2, key=decides)


@dataclass(frozen=True)
class OfShare:
    """A share of the repetitions, by its Clopper-Pearson interval.

    So are medians: the interval of order statistics leaves the edge if that of the share of
    repetitions beyond the edge leaves one half.

    Parameters
    ----------
    share, edge : float
        The share to be told apart from the edge, below it.
    """

    share: float
    edge: float

    def repetitions(self, confidence: float, power: float) -> int:
        """The smallest n at which the upper end lies below the edge with the given power.

        It does up to a count k with P(Binomial(n, edge) <= k) < (1 - confidence) / 2.
        """

        def decides(n: int) -> bool:
            below = special.bdtr(np.arange(n + 1), n, self.edge) < (1 - confidence) / 2
            most = int(below.sum()) - 1
            return most >= 0 and bool(special.bdtr(most, n, self.share) >= power)

        return next(n for n in itertools.count(1) if decides(n))  # the power rises and falls a bit
