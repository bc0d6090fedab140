"""Newton-based policy search for networked multi-agent reinforcement learning.

The library: arrays in, arrays out. Each module is there after ``import netnewton``, and imported
when it is first used: `consensus_newton` is Algorithm 1, the others are what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "consensus_newton",
    "curvature",
    "derivatives",
    "games",
    "networks",
    "policies",
    "trajectories",
]

if TYPE_CHECKING:
    from netnewton import (
        consensus_newton,
        curvature,
        derivatives,
        games,
        networks,
        policies,
        trajectories,
    )
else:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module 'netnewton' has no attribute {name!r}")
        from importlib import import_module

        return import_module(f"netnewton.{name}")

    def __dir__():
        return [*globals(), *__all__]
