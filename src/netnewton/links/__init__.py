"""Links that are not reliable, as a *mix*: `unreliable` puts together a protocol, what links and
agents do to its messages (`effects`, `compression`, `faults`), and a `watch` for faulty agents.

>>> import networkx as nx
>>> import numpy as np
>>> graph, values = nx.cycle_graph(4), np.array([[[4.0], [0.0], [0.0], [0.0]]])  # (R, N, d)
>>> mix = unreliable(RunningSums(graph), [Losses(0.3)], [np.random.default_rng(1)])
>>> for k in range(1, 200):
...     values = mix(values, k)
>>> values.ravel().round(3)  # the mean, whatever was lost
array([1., 1., 1., 1.])
"""

from netnewton.links.compression import Compressed, FixedStep, Levels, TopK, dithered, nearest
from netnewton.links.edges import asymmetric, symmetric
from netnewton.links.effects import Bursts, Delays, Losses, Noise, SometimesActive
from netnewton.links.faults import SendsGarbage, SendsNaN, Stops
from netnewton.links.protocol import Exchange, Protocol
from netnewton.links.ratio import PushSum, RunningSums
from netnewton.links.rounds import Coding, Disturbance, Effect, LinkEffect, Round
from netnewton.links.unreliable import Links, unreliable
from netnewton.links.watch import (
    Detected,
    FaultyAgent,
    FixedBound,
    MedianBound,
    Symptom,
    Watch,
    go_on,
    stop,
)
from netnewton.links.weighted_sums import TrimmedMean, WeightedSum, varying_weights

__all__ = [
    "Bursts",
    "Coding",
    "Compressed",
    "Delays",
    "Detected",
    "Disturbance",
    "Effect",
    "Exchange",
    "FaultyAgent",
    "FixedBound",
    "FixedStep",
    "Levels",
    "LinkEffect",
    "Links",
    "Losses",
    "MedianBound",
    "Noise",
    "Protocol",
    "PushSum",
    "Round",
    "RunningSums",
    "SendsGarbage",
    "SendsNaN",
    "SometimesActive",
    "Stops",
    "Symptom",
    "TopK",
    "TrimmedMean",
    "Watch",
    "WeightedSum",
    "asymmetric",
    "dithered",
    "go_on",
    "nearest",
    "stop",
    "symmetric",
    "unreliable",
    "varying_weights",
]
