"""From a method's settings to its algorithm: which settings go with which, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.algorithms import Algorithm, ConsensusNewton, NaturalGradient
from netnewton.algorithms.directions import CubicRegularised, Floored, Solver
from netnewton.algorithms.step_control import StepControl, uncontrolled
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import Curvature
from netnewton.damping import Damped
from replication.experiments import names
from replication.experiments.problems import only

Settings = Mapping[str, Any]
Owner = npt.NDArray[np.intp]


def algorithm(settings: Settings, owner: Owner) -> Algorithm[Any]:
    """The algorithm of a method, `consensus_newton` if it names none.

    Parameters
    ----------
    settings : mapping
        As config/schema.json has them.
    owner : ndarray, shape (d,)
        The agent that each parameter belongs to.

    Raises
    ------
    ValueError
        If a setting does not belong to this algorithm, lacks another, or is refused by the library.
    """
    kind = settings.get("algorithm", "consensus_newton")
    only("method", {**settings, "algorithm": kind}, "algorithm", names.METHOD_KEYS)
    if kind == "consensus_newton":
        return _consensus_newton(settings, owner)
    parts = {
        "curvature": _tracked(settings, owner),
        "step_size": settings["step_size"],
        "direction": _direction(settings),
        "control": _control(settings),
    }
    if kind == "natural_gradient":
        return NaturalGradient(**parts, momentum=settings["momentum"])
    return names.TRACKING[kind](**parts)


def _consensus_newton(settings: Settings, owner: Owner) -> ConsensusNewton:
    sign = names.CURVATURE_SIGNS[settings["curvature_sign"]]
    return ConsensusNewton(
        curvature=_curvature(settings, sign, settings["floor"], owner),
        step_size=settings["step_size"],
        floor=settings["floor"],
        projection=names.PROJECTIONS[settings["projection"]],
        trackers=names.TRACKERS[settings["trackers"]],
        vector=names.LOCAL_VECTORS[settings.get("local_vector", "same_matrix")](sign),
    )


def _tracked(settings: Settings, owner: Owner) -> Curvature:
    """C_i, with the sign that makes its matrix positive."""
    sign = 1 if settings.get("matrix") == "fisher" else -1
    if settings["curvature"] == "floor_identity":
        raise ValueError(
            "method.curvature = floor_identity goes with method.algorithm="
            "consensus_newton only: choose identity, and its step_size"
        )
    return _curvature(settings, sign, 1.0, owner)


def _curvature(settings: Settings, sign: int, floor: float, owner: Owner) -> Curvature:
    if settings["curvature"] == "blocks":
        found: Curvature = BlockDiagonal(owner, sign)
    else:
        found = names.CURVATURES[settings["curvature"]](sign, floor)
    return Damped(found, settings["damping"]) if "damping" in settings else found


def _direction(settings: Settings) -> Solver:
    given = {"penalty", "projection", "floor"} & settings.keys()
    if given == {"penalty"}:
        return CubicRegularised(settings["penalty"])
    if given == {"projection", "floor"}:
        return Floored(settings["floor"], names.PROJECTIONS[settings["projection"]])
    raise ValueError(f"method has {sorted(given)}: give projection and floor, or a penalty alone")


def _control(settings: Settings) -> StepControl:
    kind = settings.get("control", "none")
    if (kind == "none") == ("bound" in settings):
        raise ValueError("method.bound and a method.control other than none go together")
    return uncontrolled if kind == "none" else names.CONTROLS[kind](settings["bound"])
