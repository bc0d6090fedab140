"""Batches of trajectories: the random streams they are drawn from (`streams`), what a game and a
policy must offer to be played (`protocols`), playing them (`playing`), and the sums over a batch
that estimators are made of (`scores`).
"""

from netnewton.trajectories.playing import require_match, rollout
from netnewton.trajectories.protocols import Player, SampledGame, SampledPolicy, Trajectories
from netnewton.trajectories.scores import Scores, Sums
from netnewton.trajectories.streams import Streams

__all__ = [
    "Player",
    "SampledGame",
    "SampledPolicy",
    "Scores",
    "Streams",
    "Sums",
    "Trajectories",
    "require_match",
    "rollout",
]
