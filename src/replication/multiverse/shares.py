"""In which share of the plausible space a claim holds, and which choices decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.experiments.intervals import Interval
from replication.multiverse.atlas import FOLDER, read_atlas
from replication.multiverse.deciding import Importance, read_deciding
from replication.multiverse.universes import figures, laws

VERDICTS = (REPRODUCED, INCONCLUSIVE, CONTRADICTED)


@dataclass(frozen=True)
class Share:
    """What the universes of a figure say of a claim."""

    claim: str
    figure: str
    universes: int
    current: bool
    """Whether the table was made with the sources that are here."""
    laws: Mapping[str, Mapping[str, Interval]]
    """The share of the space with each verdict, by law."""
    importances: Sequence[Importance]
    """Of every choice for whether the claim holds, the largest first."""


def shares(folder: Path = FOLDER) -> list[Share]:
    """Every claim that has been judged in the universes of a figure, by the committed tables.

    Parameters
    ----------
    folder : Path
    """
    return [share for figure in figures() for share in _of_figure(figure, folder)]


def _of_figure(figure: str, folder: Path) -> list[Share]:
    if (atlas := read_atlas(figure, folder)) is None:
        return []
    decided = read_deciding(figure, folder)

    def by_law(claim: str, law: str) -> dict[str, Interval]:
        found = {v: np.asarray(atlas.columns[claim] == v) for v in VERDICTS}
        return {verdict: atlas.share(inside, law) for verdict, inside in found.items()}

    return [
        Share(
            claim, figure, len(atlas), atlas.current,
            {law: by_law(claim, law) for law in laws()}, decided.get(claim, []),
        )
        for claim in atlas.claims
    ]  # fmt: skip


def short(name: str) -> str:
    """A choice's name where there is little room, and none to mistake it for another."""
    name = name.replace("gridworld-", "")
    ambiguity, separator, rest = name.partition(":")
    same = rest.replace("_", "-") in ambiguity
    return ambiguity if separator and not rest.startswith(" ") and same else name
