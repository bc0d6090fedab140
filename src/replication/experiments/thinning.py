"""Which iterations of a long run are worth a point in a curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def drawn_iterations(last: int) -> npt.NDArray[np.int64]:
    """All of the first iterations, then ever fewer, evenly on both axes; the last one included."""
    even = np.linspace(0, last, 201)
    geometric = np.geomspace(1, max(last, 1), 121)
    chosen = np.concatenate([np.arange(min(last, 20) + 1), even, geometric])
    return np.unique(np.rint(chosen).astype(np.int64))
