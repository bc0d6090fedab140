"""The library: Newton-based policy search for networked agents. `run` takes one of `algorithms`,
`derivatives` (of `games` played by `policies`) and a consensus matrix (`networks`) or unreliable
`links`; `curvature` has the choices of H_i (`block_diagonal` one more) and of the operator [.]_m.
"""

from netnewton import (
    algorithms,
    block_diagonal,
    curvature,
    derivatives,
    games,
    links,
    networks,
    policies,
)
from netnewton.loop import run
from netnewton.outcome import Cause, Run, Stop

__version__ = "0.1.0"

__all__ = [
    "Cause",
    "Run",
    "Stop",
    "algorithms",
    "block_diagonal",
    "curvature",
    "derivatives",
    "games",
    "links",
    "networks",
    "policies",
    "run",
]
