"""Newton-based policy search for networked multi-agent reinforcement learning.

The numerical library: arrays in, arrays out. Where to look:

- `netnewton.run`: runs an algorithm
- `netnewton.algorithms`: Algorithm 1, and what an algorithm is
- `netnewton.curvature`: the choices of H_i and of the operator [.]_m
- `netnewton.networks`: consensus matrices and mixing
- `netnewton.games`, `netnewton.policies`: what is played, and how
- `netnewton.derivatives`: returns, gradients and Hessians of each agent
"""

from netnewton import algorithms, curvature, derivatives, games, networks, policies
from netnewton.loop import run
from netnewton.outcome import Cause, Run, Stop

__version__ = "0.1.0"

__all__ = [
    "Cause",
    "Run",
    "Stop",
    "algorithms",
    "curvature",
    "derivatives",
    "games",
    "networks",
    "policies",
    "run",
]
