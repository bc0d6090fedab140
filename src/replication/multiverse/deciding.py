"""Which choices decide an outcome: permutation importance of a forest, on held-out universes.

A forest learns the outcome from the choices in four fifths of the universes and predicts it in the
rest, five times. A choice's *importance* is how much the squared error rises when its column is
shuffled among the held-out universes, as a share of the outcome's variance: 0 for what has no
effect, up to twice the share that it explains for what has, interactions included. Its interval is
Student's over universes, the forests held fixed. Breiman, *Random Forests*, Machine Learning 45
(2001); Fisher, Rudin and Dominici, JMLR 20 (2019).

SALib's given-data indices do not serve: first-order ones are blind to two options that matter
only together, which a test plants, and its bins do not follow the options.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netnewton.arrays import Array
from replication.experiments.config import ConfigError
from replication.experiments.files import csv_table, write_text
from replication.experiments.intervals import mean_interval
from replication.multiverse.atlas import FOLDER, Atlas, read_atlas, remaking
from replication.multiverse.space import Dimension, Options, of_figure

FOLDS, TREES, LEAF, SHUFFLES = 5, 100, 5, 3
SEED = 20221207
NOTICEABLE = 0.05
"""The least importance of a choice that decides; what plays no part stays below it (tests)."""

EFFECTS = ("DN-DG", "DN-DS")
HEADER = ("outcome", "choice", "value", "lower", "upper", "universes")


@dataclass(frozen=True)
class Importance:
    """How much a choice matters to an outcome, as a share of the outcome's variance."""

    choice: str
    value: float
    lower: float
    upper: float

    @property
    def decides(self) -> bool:
        """Whether it is more than noise can be."""
        return self.lower > NOTICEABLE


def importances(
    choices: Mapping[str, Array], outcome: Array, confidence: float
) -> list[Importance]:
    """The importance of every choice, the largest first.

    Parameters
    ----------
    choices : mapping
        By name, shape (U,); options as whole numbers.
    outcome : Array, shape (U,)
        Without spread nothing matters.
    confidence : float
    """
    variance = float(np.var(outcome))
    names, x = list(choices), np.column_stack(list(choices.values()))
    if variance == 0 or len(outcome) < 2 * FOLDS:
        return [Importance(name, 0.0, 0.0, 0.0) for name in names]
    rises = _rises(x, outcome) / variance
    found = [mean_interval(column, confidence) for column in rises.T]
    order = np.argsort([-f.value for f in found], kind="stable")
    return [Importance(names[i], *found[i][:3]) for i in order]


def _rises(x: Array, y: Array) -> Array:
    """How much each universe's squared error rises when each choice is shuffled, shape (U, D)."""
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(SEED)
    rises = np.empty(x.shape)
    for held_out in np.array_split(rng.permutation(len(x)), FOLDS):
        others = np.setdiff1d(np.arange(len(x)), held_out)
        forest = RandomForestRegressor(
            TREES, min_samples_leaf=LEAF, max_features=1 / 3, random_state=SEED, n_jobs=1
        ).fit(x[others], y[others])
        shuffled = forest.predict(_shuffled(x[held_out], rng).reshape(-1, x.shape[1]))
        errors = (shuffled.reshape(x.shape[1], SHUFFLES, -1) - y[held_out]) ** 2
        before = (forest.predict(x[held_out]) - y[held_out]) ** 2
        rises[held_out] = (errors.mean(axis=1) - before).T
    return rises


def _shuffled(x: Array, rng: np.random.Generator) -> Array:
    """The universes with each choice shuffled in turn, shape (D, SHUFFLES, U, D)."""
    copies = np.tile(x, (x.shape[1], SHUFFLES, 1, 1))
    for choice, times in np.ndindex(copies.shape[:2]):
        copies[choice, times, :, choice] = rng.permutation(x[:, choice])
    return copies


def outcomes(atlas: Atlas) -> dict[str, Array]:
    """What may be decided in a figure's universes: effects, and 1 where a claim is reproduced."""
    effects = {name: np.asarray(atlas.columns[name]) for name in EFFECTS}
    return effects | {claim: atlas.holds(claim).astype(float) for claim in atlas.claims}


def coded(atlas: Atlas) -> dict[str, Array]:
    """A figure's choices as numbers, by name: options by their place in the ledger."""
    return {d.name: _codes(d, atlas) for d in of_figure(atlas.figure) if d.name in atlas.columns}


def _codes(d: Dimension, atlas: Atlas) -> Array:
    chosen = atlas.columns[d.name]
    if not isinstance(d, Options):
        return np.asarray(chosen, dtype=float)
    return np.array([float(d.options.index(option)) for option in chosen])


def write_deciding(figure: str, folder: Path) -> None:
    """Write ``<figure>-deciding.csv`` beside a figure's table: every choice, for every outcome.

    Raises
    ------
    ConfigError
        If the folder has no table of the figure.
    """
    if (atlas := read_atlas(figure, folder)) is None:
        raise ConfigError(
            f"{folder / figure}.csv is missing: make it with {remaking(figure, folder)}"
        )
    write_text(folder / f"{figure}-deciding.csv", csv_table(HEADER, _rows(atlas)))


def _rows(atlas: Atlas) -> Iterator[Sequence[object]]:
    choices = coded(atlas)
    for outcome, values in outcomes(atlas).items():
        for i in importances(choices, values, atlas.made["confidence"]):
            yield outcome, i.choice, *(f"{v:.4g}" for v in (i.value, i.lower, i.upper)), len(atlas)


def read_deciding(figure: str, folder: Path = FOLDER) -> dict[str, list[Importance]]:
    """The importances of every outcome of a figure; empty if there are none yet.

    Raises
    ------
    ConfigError
        If the table is damaged.
    """
    path = folder / f"{figure}-deciding.csv"
    found: dict[str, list[Importance]] = {}
    if not path.exists():
        return found
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                numbers = (float(row[key]) for key in HEADER[2:5])
                found.setdefault(row["outcome"], []).append(Importance(row["choice"], *numbers))
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{path} is damaged: make it again with {remaking(figure, folder)}"
        ) from None
    return found


def deciding(found: Sequence[Importance], most: int = 3) -> list[Importance]:
    """Those that decide, the foremost few."""
    return [importance for importance in found if importance.decides][:most]
