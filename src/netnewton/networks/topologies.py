"""Communication graphs by the names and the parameters of networkx' generators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from netnewton.arrays import count

if TYPE_CHECKING:
    import networkx as nx

FIXED = (
    "balanced_tree",
    "barbell_graph",
    "circulant_graph",
    "complete_bipartite_graph",
    "complete_graph",
    "cycle_graph",
    "grid_2d_graph",
    "hypercube_graph",
    "ladder_graph",
    "lollipop_graph",
    "path_graph",
    "petersen_graph",
    "star_graph",
    "wheel_graph",
)
"""What is the same graph every time."""

RANDOM = (
    "barabasi_albert_graph",
    "erdos_renyi_graph",
    "gnm_random_graph",
    "newman_watts_strogatz_graph",
    "powerlaw_cluster_graph",
    "random_geometric_graph",
    "random_labeled_tree",
    "random_regular_graph",
    "stochastic_block_model",
    "watts_strogatz_graph",
)
"""What is drawn with a seed."""

TRIES = 100


def graph_of(
    description: Mapping[str, Any], rng: np.random.Generator, tries: int = TRIES
) -> nx.Graph:
    """A connected graph, such as ``{"graph": "watts_strogatz_graph", "n": 50, "k": 4, "p": 0.1}``.

    A random graph is drawn again until it is connected: its law is the generator's, given that.

    Parameters
    ----------
    description : mapping
        ``graph``, a name of `FIXED` or `RANDOM`, and the parameters that networkx calls so; no
        seed.
    rng : numpy.random.Generator
        For a random graph, the seeds of all tries are drawn at once, however many are used.
    tries : int
        How often a random graph is drawn at most.

    Returns
    -------
    networkx.Graph
        Its nodes are 0, ..., N - 1, in the generator's order.

    Raises
    ------
    ValueError
        If the name or its parameters are not known or out of range, or no graph was connected.
    """
    count("tries", tries)
    parameters = dict(description)
    name = parameters.pop("graph", None)
    if name in FIXED:
        seeds: list[dict[str, int]] = [{}]
    elif name in RANDOM and "seed" not in parameters:
        seeds = [{"seed": int(seed)} for seed in rng.integers(2**31, size=tries)]
    else:
        raise ValueError(
            f"graph = {name!r} with {sorted(parameters)}: choose one of {(*FIXED, *RANDOM)}, and "
            "leave its seed to the generator that is passed"
        )
    for seed in seeds:
        graph = _drawn(name, {**parameters, **seed})
        if graph is not None:
            return graph
    raise ValueError(
        f"no {name} with {parameters} was connected, of {len(seeds)}: choose parameters that make "
        "it denser"
    )


def _drawn(name: str, parameters: Mapping[str, Any]) -> nx.Graph | None:
    """One graph; None if it is not connected."""
    import networkx as nx

    try:
        graph = nx.Graph(getattr(nx, name)(**parameters))
        joined = nx.is_connected(graph)
    except (TypeError, ValueError, nx.NetworkXException) as refused:
        given = {key: value for key, value in parameters.items() if key != "seed"}
        raise ValueError(f"{name} with {given}: {refused}") from None
    if not joined:
        return None
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return nx.convert_node_labels_to_integers(graph)
