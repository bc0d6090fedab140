"""The library: Newton-based policy search for networked agents. `run` takes one of `algorithms`,
`derivatives` (of `games` played by `policies`) and a consensus matrix (`networks`) or unreliable
`links`; `curvature` has the choices of H_i (`block_diagonal` one more) and of the operator [.]_m.

>>> import networkx as nx
>>> game = games.prisoners_dilemma()
>>> policy = policies.Boltzmann.of(game)
>>> newton = algorithms.ConsensusNewton(curvature.FullHessian(), step_size=0.01, floor=0.01)
>>> weights = networks.metropolis_weights(nx.path_graph(2))
>>> result = run(newton, derivatives.exact(game, policy), weights, iterations=200)
>>> result.J.shape, bool(result.J[-1] > result.J[0]), result.stopped
((201,), True, None)
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
    processes,
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
    "processes",
    "run",
]
