"""The committed tables of the multiverse, paper_checks/multiverse/<figure>.csv: one row a universe.

Columns: ``universe``; ``weight/<law>``; one for each choice; the effects ``DN-DG`` and ``DN-DS``
(with ``/lower`` and ``/upper``), ``<method>/rise``, for Figure 3 ``q`` and ``least_sample_size``;
for each claim its verdict under its id, and ``<claim>/<quantity>`` with ``/lower`` and ``/upper``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from netnewton.arrays import Array, Flags
from replication.claims.verdicts import REPRODUCED
from replication.experiments.config import ROOT, ConfigError
from replication.experiments.files import digest
from replication.experiments.intervals import Interval
from replication.multiverse.universes import SOURCES

FOLDER = ROOT / "paper_checks" / "multiverse"


@dataclass(frozen=True)
class Atlas:
    """The universes of a figure that have been run."""

    figure: str
    columns: Mapping[str, npt.NDArray[Any]]
    """Numbers where all entries are numbers, text elsewhere; each of shape (U,)."""
    made: Mapping[str, Any]
    """``sources``, ``universes`` and ``confidence``."""

    def __len__(self) -> int:
        """U."""
        return int(self.made["universes"])

    @cached_property
    def current(self) -> bool:
        """Whether it was made with the sources that are here."""
        return bool(self.made["sources"] == digest(SOURCES))

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """The claims that were judged."""
        return tuple(
            {
                name.partition("/")[0]: 0
                for name in self.columns
                if "/lower" in name and name.count("/") == 2
            }
        )

    def holds(self, claim: str) -> Flags:
        """In which universes a claim is reproduced, shape (U,)."""
        return np.asarray(self.columns[claim] == REPRODUCED)

    def share(self, inside: Flags, law: str) -> Interval:
        """Share of the plausible space, with its interval.

        Parameters
        ----------
        inside : Flags, shape (U,)
        law : str
            Of paper_checks/multiverse.yaml.
        """
        return weighted_share(inside, self.columns[f"weight/{law}"], self.made["confidence"])


def weighted_share(inside: Flags, weights: Array, confidence: float) -> Interval:
    """Share of weighted draws, with its Clopper-Pearson interval at Kish's effective sample size.

    Parameters
    ----------
    inside : Flags, shape (U,)
    weights : Array, shape (U,)
        Above 0.
    confidence : float

    Returns
    -------
    Interval
        Its n is the effective sample size, (sum w)^2 / sum w^2.
    """
    n = weights.sum() ** 2 / np.square(weights).sum()
    share, tail = float(weights[inside].sum() / weights.sum()), (1 - confidence) / 2
    found = share * n
    lower = special.betaincinv(found, n - found + 1, tail) if inside.any() else 0.0
    upper = special.betaincinv(found + 1, n - found, 1 - tail) if not inside.all() else 1.0
    return Interval(share, float(lower), float(upper), round(n))


def remaking(figure: str, folder: Path) -> str:
    """The command that makes a figure's tables in a folder."""
    return f"./run netnewton multiverse {figure} --out {folder}"


def read_atlas(figure: str, folder: Path = FOLDER) -> Atlas | None:
    """The committed table of a figure; None if there is none yet.

    Raises
    ------
    ConfigError
        If it is damaged.
    """
    path = folder / f"{figure}.csv"
    if not path.exists():
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        made = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
        return Atlas(figure, columns, {k: made[k] for k in ("sources", "universes", "confidence")})
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise ConfigError(
            f"{path} is damaged: make it again with {remaking(figure, folder)}"
        ) from None


def _column(values: list[str]) -> npt.NDArray[Any]:
    try:
        return np.array([float(value) for value in values])
    except ValueError:
        return np.array(values)
