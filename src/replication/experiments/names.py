"""The one registry of names: what a word in the configuration stands for.

config/schema.json lists the same words; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import networkx as nx

from netnewton import curvature
from netnewton.algorithms import (
    Algorithm,
    NetworkGiant,
    TrackedNewton,
    consensus_newton,
    step_control,
)
from netnewton.derivatives import GaussNewton, estimation, fisher
from netnewton.games.gridworld import Gridworld

CURVATURES: Mapping[str, Callable[[int, float], curvature.Curvature]] = {
    "full": lambda sign, floor: curvature.FullHessian(sign),
    "diagonal": lambda sign, floor: curvature.DiagonalHessian(sign),
    "identity": lambda sign, floor: curvature.ScaledIdentity(1.0),
    "floor_identity": lambda sign, floor: curvature.ScaledIdentity(floor / 2),
}
CURVATURE_SIGNS = {"printed": 1, "ascent": -1}
PROJECTIONS: Mapping[str, curvature.Projection] = {
    "all_or_nothing": curvature.all_or_nothing,
    "floor_eigenvalues": curvature.floor_eigenvalues,
    "absolute_eigenvalues": curvature.absolute_eigenvalues,
}
TRACKERS = {
    "previous": consensus_newton.previous_trackers,
    "current": consensus_newton.current_trackers,
}
METHOD = {"step_size", "curvature", "matrix", "damping", "projection", "floor"}
TRACKING_METHOD = METHOD | {"penalty", "control", "bound"}
METHOD_KEYS = {
    "consensus_newton": METHOD | {"curvature_sign", "trackers", "local_vector"},
    "tracked_newton": TRACKING_METHOD,
    "network_giant": TRACKING_METHOD,
    "natural_gradient": TRACKING_METHOD | {"momentum"},
}
TRACKING: Mapping[str, Callable[..., Algorithm[Any]]] = {
    "tracked_newton": TrackedNewton,
    "network_giant": NetworkGiant,
}
CONTROLS: Mapping[str, Callable[[float], step_control.StepControl]] = {
    "length": step_control.LengthBound,
    "length_of_matrix": lambda radius: step_control.LengthBound(radius, step_control.of_matrix),
    "sample_size": step_control.SampleSizeBound,
}
MATRICES: Mapping[str, Callable[[Any], Any]] = {
    "gauss_newton": GaussNewton.of,
    "fisher": lambda game: fisher,
}
"""What stands in place of the Hessian; Gauss-Newton's bound is each agent's least reward."""
GRAPHS: Mapping[str, Callable[[int], nx.Graph]] = {
    "complete": nx.complete_graph,
    "path": nx.path_graph,
    "ring": nx.cycle_graph,
    "star": lambda agents: nx.star_graph(agents - 1),
}
LOCAL_VECTORS: Mapping[str, Callable[[int], curvature.LocalVector]] = {
    "same_matrix": lambda sign: curvature.SameMatrix(),
    "full_hessian": curvature.FullHessianVector,
}

BOX = {field.name for field in fields(Gridworld)}
GAME_KEYS = {
    "prisoners_dilemma": {"horizon", "discount"},
    "matrix_game": {"horizon", "payoffs"},
    "gridworld": BOX,
}
POLICY_KEYS = {"boltzmann": {"logits"}, "gaussian_rbf": {"deviation", "sees", "centres", "width"}}
SAMPLING_KEYS = {"horizon", "batch_size", "estimator", "hessian", "baseline", "correction"}
EVALUATION_KEYS: Mapping[str, set[str]] = {
    "exact": set(),
    "sampled": {"batch_size"},
    "training": set(),
}

CREDITS = {"gpomdp": estimation.gpomdp, "reinforce": estimation.reinforce}
HESSIANS = {
    "printed": estimation.printed_hessian,
    "unbiased": estimation.unbiased_hessian,
}
BASELINES = {
    "none": estimation.no_baseline,
    "constant": estimation.constant_baseline,
    "variance_minimising": None,
}
CORRECTIONS = {
    "importance": (estimation.importance_weights, estimation.own_copies),
    "none": (estimation.no_weights, estimation.own_copies),
    "none_at_played": (estimation.no_weights, estimation.what_is_played),
}
