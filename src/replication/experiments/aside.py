"""A folder of one's own runs holds the results of one set of settings: others are moved aside."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from replication.experiments.config import ConfigError, Spec
from replication.experiments.results import Results

EARLIER = "earlier"
"""The folder, beside those of the experiments, for results that were there before."""


def move_others(folder: Path, specs: Sequence[Spec]) -> list[str]:
    """Move an experiment's results that are not of these settings to ``<folder>/earlier``.

    Those that were moved there before are deleted, so that ``netnewton diff`` between the two
    folders says what the last change of settings did.

    Parameters
    ----------
    folder : Path
        It holds ``<experiment>/<method>.nc``.
    specs : sequence of Spec
        All methods of one experiment.

    Returns
    -------
    list of str
        The methods whose results were moved.
    """
    experiment = specs[0].experiment
    wanted = {spec.method: spec for spec in specs}
    found = sorted((folder / experiment).glob("*.nc"))
    others = [path.stem for path in found if _spec(path) != wanted.get(path.stem)]
    if others:
        target = folder / EARLIER / experiment
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in ("summary.csv", *(f"{m}{end}" for m in others for end in _ENDS)):
            if (folder / experiment / name).exists():
                (folder / experiment / name).replace(target / name)
    return others


_ENDS = (".nc", ".provenance.json")


def _spec(path: Path) -> Spec | None:
    """What a result is of; None for a file that holds none."""
    try:
        return Results(path).spec
    except ConfigError:
        return None
