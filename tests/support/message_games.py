"""Games whose agents exchange messages."""

from netnewton import networks
from replication.experiments.names import CURVATURES
from replication.second_opinions import audit


def random_game(rng, graph, curvature, iterations=12, **settings):
    agents = len(graph)
    return audit.Game(
        rng.normal(size=(agents, *[2] * agents)),
        rng.normal(size=(agents, 2 * agents)),
        graph,
        networks.random_weights(graph, rng),
        audit.Settings(curvature, **settings),
        iterations,
    )


CHOICES = [
    (curvature, trackers) for curvature in CURVATURES for trackers in ("previous", "current")
]
