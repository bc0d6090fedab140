"""Recomputing one repetition alone, and comparing it with the stored trace bit for bit.

What a repetition computes depends on its configuration, which travels in the result file, and on
its own random streams only; so it can be had without the others (the seed is spawned for each).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from replication.claims.evidence import Evidence
from replication.experiments.config import ConfigError, nearest
from replication.experiments.files import library_digest
from replication.experiments.results import VARIABLES, Results
from replication.experiments.simulate import simulate

EXAMPLE = "pd_sampled_is/DN/17"


@dataclass(frozen=True)
class Deviation:
    """Where a variable of one repetition differs, and by how much."""

    variable: str
    iteration: int | None
    """None for a variable without an iteration axis."""
    size: float
    """The largest absolute difference there; infinite where only one side is a number."""

    def __str__(self) -> str:
        at = "" if self.iteration is None else f"at iteration {self.iteration} "
        return f"{at}in {self.variable}, by {self.size:.3g}"


@dataclass(frozen=True)
class Difference:
    """How a recomputed repetition differs from the stored one."""

    first: Deviation
    """At the smallest iteration; variables without iterations come last."""
    largest: Deviation
    variables: tuple[str, ...]
    """All that differ."""

    def __str__(self) -> str:
        return (
            f"differs, first {self.first}; most {self.largest}; "
            f"variables: {', '.join(self.variables)}"
        )


def replay(name: str, results: Path) -> Difference | None:
    """Recompute one repetition and compare every variable with the stored one.

    Parameters
    ----------
    name : str
        ``experiment/method/repetition``.
    results : Path
        The folder that holds ``<experiment>/<method>.nc``.

    Returns
    -------
    Difference or None
        None if they are identical, NaN being equal to NaN.

    Raises
    ------
    ConfigError
        If the name names no stored repetition, or the file is damaged.
    """
    experiment, method, repetition = _parse(name, results)
    stored = _stored(results, experiment, method)
    count = len(stored["J"])
    if repetition >= count:
        raise ConfigError(
            f"{name}: {experiment}/{method} has {count} repetitions: "
            f"give a number from 0 to {count - 1}"
        )
    again = simulate(stored.spec, [repetition])
    recomputed = {variable: values[0] for variable, values in again.items()}
    try:
        kept = {variable: stored[variable][repetition] for variable in recomputed}
        return difference(kept, recomputed)
    except (KeyError, ValueError):
        raise ConfigError(
            f"{results / experiment / method}.nc does not hold the variables of this version: "
            "make it again"
        ) from None


def difference(
    before: Mapping[str, npt.NDArray], after: Mapping[str, npt.NDArray]
) -> Difference | None:
    """How two traces of one repetition differ, None if they do not.

    Parameters
    ----------
    before, after : mapping
        Variables of `storage.VARIABLES` without their repetition axis.

    Raises
    ------
    ValueError
        If they do not hold the same variables, or shapes differ.
    """
    if before.keys() != after.keys():
        raise ValueError(f"{sorted(before)} and {sorted(after)}")
    found = []
    for name, values in before.items():
        a, b = _native(values), _native(after[name])
        unequal = _unequal(a, b)
        if unequal.any():
            found.append((name, _sizes(a, b, unequal)))
    if not found:
        return None
    first = min((_first(name, sizes) for name, sizes in found), key=_when)
    largest = max((_largest(name, sizes) for name, sizes in found), key=lambda d: d.size)
    return Difference(first, largest, tuple(name for name, _ in found))


def made_elsewhere(name: str, results: Path) -> list[str]:
    """What the provenance of a stored result says was not as it is here; it may explain much."""
    path = results.joinpath(*name.split("/")[:2]).with_suffix(".provenance.json")
    try:
        digest = json.loads(path.read_text(encoding="utf-8"))["library_digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return ["nothing says by which sources it was made"]
    same = digest == library_digest()
    return [] if same else [f"it was made by other sources, of digest {digest[:12]}"]


def _parse(name: str, results: Path) -> tuple[str, str, int]:
    parts = name.split("/")
    if len(parts) != 3 or not (parts[2].isascii() and parts[2].isdigit()):
        raise ConfigError(
            f"{name!r} does not name a repetition: write experiment/method/repetition, "
            f"for example {EXAMPLE}"
        )
    experiment, method, repetition = parts
    files = sorted(results.glob("*/*.nc"))
    if not files:
        raise ConfigError(
            f"{results} holds no results: name a folder that does, or make the paper's with "
            "./run snakemake --cores 2"
        )
    experiments = dict.fromkeys(path.parent.name for path in files)
    if experiment not in experiments:
        remedy = nearest(experiment, experiments)
        raise ConfigError(f"there is no experiment {experiment!r} in {results}: {remedy}")
    methods = [path.stem for path in files if path.parent.name == experiment]
    if method not in methods:
        raise ConfigError(
            f"there is no method {method!r} in {results / experiment}: {nearest(method, methods)}"
        )
    return experiment, method, int(repetition)


def _stored(results: Path, experiment: str, method: str) -> Results:
    return Evidence(results, confidence=0.0).method(experiment, method)  # no intervals are made


def _native(values: npt.NDArray) -> npt.NDArray:
    """In this machine's byte order: the files are big-endian."""
    values = np.asarray(values)
    return np.atleast_1d(values.astype(values.dtype.newbyteorder("="), copy=False))


def _unequal(a: npt.NDArray, b: npt.NDArray) -> npt.NDArray[np.bool_]:
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"{a.dtype} of shape {a.shape} and {b.dtype} of shape {b.shape}")
    if a.dtype.kind != "f":
        return np.asarray(a != b)
    bits = np.dtype(f"u{a.dtype.itemsize}")
    other = np.ascontiguousarray(a).view(bits) != np.ascontiguousarray(b).view(bits)
    return np.asarray(other & ~(np.isnan(a) & np.isnan(b)))


def _sizes(a: npt.NDArray, b: npt.NDArray, unequal: npt.NDArray[np.bool_]) -> npt.NDArray:
    """Absolute differences where the bits are not equal, NaN elsewhere."""
    with np.errstate(invalid="ignore"):
        size = np.abs(a.astype(float) - b.astype(float))
    return np.where(unequal, np.where(np.isnan(size), np.inf, size), np.nan)


def _first(name: str, sizes: npt.NDArray) -> Deviation:
    if "iteration" not in VARIABLES[name].dimensions:
        return Deviation(name, None, float(np.nanmax(sizes)))
    differing = ~np.isnan(sizes).reshape(len(sizes), -1).all(axis=1)
    k = int(np.argmax(differing))
    return Deviation(name, k, float(np.nanmax(sizes[k])))


def _largest(name: str, sizes: npt.NDArray) -> Deviation:
    flat = int(np.nanargmax(sizes))
    iterated = "iteration" in VARIABLES[name].dimensions
    k = int(np.unravel_index(flat, sizes.shape)[0]) if iterated else None
    return Deviation(name, k, float(sizes.flat[flat]))


def _when(deviation: Deviation) -> float:
    return float("inf") if deviation.iteration is None else deviation.iteration
