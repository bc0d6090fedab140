"""Newton-based policy search for networked multi-agent reinforcement learning.

The numerical library: arrays in, arrays out. Where to look:

- `netnewton.consensus_newton`: Algorithm 1
- `netnewton.networks`: consensus matrices and mixing
- `netnewton.games`, `netnewton.policies`: what is played, and how
- `netnewton.derivatives`: returns, gradients and Hessians of each agent
- `netnewton.curvature`: the choices of H_i and of the operator [.]_m
"""

__version__ = "0.1.0"
