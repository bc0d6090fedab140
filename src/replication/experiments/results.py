"""Reading and writing results: labelled netCDF files, provenance, and files that appear whole.

``results/<experiment>/<method>.nc`` holds data only - nothing of time, host or workers - so that
two runs on one machine agree byte for byte. It is netCDF 3 (64-bit offsets), which xarray, R and
everything else that knows netCDF can open; the exact configuration travels in its attributes.
Repetitions, iterations and agents are numbered by coordinates, and variables have a short name for
an axis (``long_name``), what they are exactly (``comment``) and, unless pure numbers, ``units``, so
that ``xarray.open_dataset(path).J.mean("repetition").plot()`` labels its axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netnewton import Cause
from netnewton.arrays import Array, Flags
from replication.experiments.config import ConfigError, Spec
from replication.experiments.files import write_whole
from replication.experiments.recipes import Missing

if TYPE_CHECKING:
    from scipy.io import netcdf_file


@dataclass(frozen=True)
class Variable:
    """How a variable is labelled."""

    dimensions: tuple[str, ...]
    long_name: str
    """A few words, for the axis of a plot."""
    comment: str
    """What exactly it is."""
    units: str = ""
    """In words; none for a pure number."""


VARIABLES: Mapping[str, Variable] = {
    "J": Variable(
        ("repetition", "iteration"),
        "average return",
        "of the joint policy played, J(mu); entry 0 is at theta(0)",
        "reward",
    ),
    "J_local": Variable(
        ("repetition", "iteration", "agent"),
        "agent's return",
        "of each agent under the joint policy played, J_i(mu)",
        "reward",
    ),
    "disagreement": Variable(
        ("repetition", "iteration"),
        "disagreement of the copies",
        "largest Euclidean distance of an agent's copy from the mean copy",
    ),
    "tracking_error": Variable(
        ("repetition", "iteration"),
        "relative tracking error",
        "largest entry of mean tracker minus mean local quantity, relative to the largest yet",
    ),
    "fallback": Variable(
        ("repetition", "iteration", "agent"),
        "curvature replaced",
        "1 if [.]_m replaced the tracked curvature in the step to this iteration",
    ),
    "effective_sample_size": Variable(
        ("repetition", "iteration", "agent"),
        "effective sample size",
        "(sum w)^2 / sum w^2 over the batch of this iteration, w the weights of whole trajectories",
        "trajectories",
    ),
    "saturated": Variable(
        ("repetition", "iteration"),
        "saturated share of the policy",
        "of the policy played: action probabilities above 0.999, or mean angles beyond half a turn",
    ),
    "weights": Variable(("repetition", "agent", "neighbour"), "consensus weight", "a_ij"),
    "theta": Variable(
        ("repetition", "agent", "parameter"),
        "policy parameter",
        "each agent's copy at the last iteration",
    ),
    "diverged_at": Variable(
        ("repetition",),
        "iteration of divergence",
        "the first that was not finite, -1 if there was none",
    ),
    "cause": Variable(
        ("repetition",),
        "cause of divergence",
        ", ".join(f"{cause.value} {cause.meaning}" for cause in Cause),
    ),
}
COORDINATES = ("repetition", "iteration", "agent")
"""Dimensions that are numbered in the file, from 0."""


class Results:
    """One method's results.

    Parameters
    ----------
    path : Path
        A file that `write_results` made.

    Raises
    ------
    Missing
        If there is no such file, with the command that makes it.
    ConfigError
        If it is damaged.
    """

    def __init__(self, path: Path) -> None:
        from scipy.io import netcdf_file

        if not path.exists():
            raise Missing(path, _beside(path))
        try:
            with netcdf_file(path, "r", mmap=False) as file:
                held = file.variables.items()
                self._values = {name: v[:].copy() for name, v in held if name in VARIABLES}
                self.spec = Spec.from_json(file.configuration.decode())
        except (TypeError, ValueError, AttributeError, OSError, IndexError, KeyError):
            raise ConfigError(
                f"{path} is not a result file, or it is damaged: delete it and make it again"
            ) from None

    def __getitem__(self, name: str) -> npt.NDArray:
        return self._values[name]

    @cached_property
    def lost(self) -> Flags:
        """Whether each repetition has diverged by each iteration, shape (R, K + 1)."""
        iteration = np.arange(self["J"].shape[1])
        return self.diverged[:, np.newaxis] & (iteration >= self["diverged_at"][:, np.newaxis])

    @cached_property
    def replaced(self) -> Array:
        """Share of agents and iterations 1..K whose curvature [.]_m did not keep, shape (R,).

        What a diverged repetition would have kept is not known, and counts as not kept.
        """
        not_kept = (self["fallback"] != 0) | self.lost[..., np.newaxis]
        return not_kept[:, 1:].reshape(len(not_kept), -1).mean(axis=1)

    @cached_property
    def vanished(self) -> Flags:
        """Whether for some agent fewer than two trajectories of a batch count, shape (R, K + 1)."""
        if "effective_sample_size" not in self._values:
            return np.zeros(self["J"].shape, dtype=bool)
        return np.asarray((self["effective_sample_size"] < 2.0).any(axis=-1))

    @cached_property
    def saturated(self) -> Flags:
        """Whether more than half of the policy is saturated, shape (R, K + 1)."""
        return self["saturated"] > 0.5

    @cached_property
    def diverged(self) -> Flags:
        """Whether each repetition diverged, shape (R,)."""
        return self["diverged_at"] >= 0


def write_results(path: Path, spec: Spec, variables: Mapping[str, npt.NDArray]) -> None:
    """Write ``<method>.nc``, whole or not at all."""
    from scipy.io import netcdf_file

    def write(temporary: Path) -> None:
        with netcdf_file(temporary, "w", version=2) as file:
            file.title = f"{spec.experiment}/{spec.method}"
            file.configuration = spec.to_json()
            for name, values in variables.items():
                label = VARIABLES[name]
                for dimension, size in zip(label.dimensions, values.shape, strict=True):
                    _number(file, dimension, size)
                variable = file.createVariable(name, values.dtype, label.dimensions)
                variable[:] = values
                variable.long_name, variable.comment = label.long_name, label.comment
                if label.units:
                    variable.units = label.units

    write_whole(path, write)


def _number(file: netcdf_file, dimension: str, size: int) -> None:
    """Create a dimension that is not there yet, with its coordinate if it has one."""
    if dimension in file.dimensions:
        return
    file.createDimension(dimension, size)
    if dimension in COORDINATES:
        coordinate = file.createVariable(dimension, np.dtype(np.int32), (dimension,))
        coordinate[:] = np.arange(size)
        coordinate.long_name = dimension


def _beside(path: Path) -> list[Spec]:
    """What the other results of an experiment in a folder are of."""
    return [Results(other).spec for other in sorted(path.parent.glob("*.nc"))]
