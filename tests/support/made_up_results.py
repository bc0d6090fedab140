"""Something like the results of a method, from numbers made up."""

from types import SimpleNamespace

import numpy as np

from replication.experiments import config

PAPER = config.load()["experiments"]


def stored(J, game="gridworld", diverged_at=None, **arrays):
    """Something like the results of a method."""
    J = np.asarray(J, dtype=float)
    diverged_at = np.full(len(J), -1) if diverged_at is None else np.asarray(diverged_at)
    lost = (diverged_at[:, None] >= 0) & (np.arange(J.shape[1]) >= diverged_at[:, None])
    spec = SimpleNamespace(settings=PAPER[{"gridworld": "gridworld"}.get(game, "pd_sampled_is")])
    values = {"J": J, **arrays}

    class Stored(SimpleNamespace):
        def __getitem__(self, name):
            return values[name]

    return Stored(spec=spec, lost=lost, diverged=diverged_at >= 0)
