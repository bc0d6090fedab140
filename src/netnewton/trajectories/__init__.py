"""Batches of trajectories: the random streams they are drawn from (`streams`), what a game and a
policy must offer to be played (`protocols`), playing them (`playing`), and the sums over a batch
that estimators are made of (`scores`).

>>> import numpy as np
>>> from netnewton import games, policies
>>> game = games.prisoners_dilemma()
>>> streams = Streams([np.random.default_rng(seed) for seed in (1, 2)])
>>> batch = rollout(game, policies.Boltzmann.of(game), np.zeros((2, 4)), streams, 1, 100)
>>> batch.rewards.shape  # (T, R, N, L)
(1, 2, 2, 100)
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
