"""Exploring the multiverse: every drawn universe is run and measured, and becomes a row."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from replication.experiments.config import Spec
from replication.experiments.files import csv_table, digest, write_text
from replication.experiments.simulate import Variables, simulate
from replication.experiments.stacked import key, simulate_stacked
from replication.multiverse import effects
from replication.multiverse.universes import MULTIVERSE, SOURCES, Universe, draw
from replication.readings.sources import DATA

LARGEST_BLOCK = 32
"""Universes of a block: their results are held until they have been measured."""


def explore(
    figure: str,
    universes: int,
    out: Path,
    scratch: Path,
    jobs: int,
    confidence: float,
    say: Callable[[str], None] = print,
) -> None:
    """Run and measure universes, and write their table, ``<figure>.csv``, and what it was made of.

    Universes that an earlier call with the same sources and ledgers has finished are taken as they
    are: an interrupted call goes on where it was, and more universes extend fewer.

    Parameters
    ----------
    figure : str
    universes : int
    out : Path
        The folder of the table.
    scratch : Path
        The folder for what is finished.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.

    Raises
    ------
    ConfigError
        If there are too few or too many universes.
    """
    from joblib import Parallel, delayed, parallel_config

    drawn, sources = draw(universes), digest(SOURCES)
    folder = scratch / digest([*SOURCES, *DATA, MULTIVERSE])[:16] / f"{figure}-{confidence:g}"
    waiting = [u for u in drawn if not _path(folder, u).exists()]
    say(f"{figure}: {len(drawn) - len(waiting)} of {len(drawn)} universes are there")
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        done = parallel(
            delayed(explored)(figure, block, folder, confidence)
            for block in blocks(figure, waiting)
        )
        for count in itertools.accumulate(done):
            say(f"{figure}: {count}/{len(waiting)}")
    rows = [json.loads(_path(folder, u).read_text(encoding="utf-8")) for u in drawn]
    header = list(rows[0])
    table = csv_table(header, ([_shown(row[name]) for name in header] for row in rows))
    made = {"sources": sources, "universes": universes, "confidence": confidence}
    write_text(out / f"{figure}.csv", table)
    write_text(out / f"{figure}.json", json.dumps(made, indent=1) + "\n")


def blocks(figure: str, universes: Sequence[Universe]) -> Iterator[list[Universe]]:
    """Universes that are run together: of one problem, and of about the same length."""
    if figure == "fig3":
        yield from ([universe] for universe in universes)
        return

    def alike(universe: Universe) -> tuple[str, int]:
        spec = universe.specs(figure)[effects.MAIN[figure], "DS"]
        return key(spec), spec.settings["iterations"]

    order = sorted((*alike(universe), universe.number, universe) for universe in universes)
    for _, group in itertools.groupby(order, key=lambda entry: entry[0]):
        of_group = [entry[-1] for entry in group]
        for first in range(0, len(of_group), LARGEST_BLOCK):
            yield of_group[first : first + LARGEST_BLOCK]


def explored(figure: str, block: Sequence[Universe], folder: Path, confidence: float) -> int:
    """Run and measure a block of universes, and keep each; how many there are."""
    specs = [universe.specs(figure) for universe in block]
    run = _each if figure == "fig3" else run_stacked
    results = {name: run([own[name] for own in specs]) for name in specs[0]}
    for position, universe in enumerate(block):
        held = {
            name: effects.Held(specs[position][name], values[position])
            for name, values in results.items()
        }
        row = effects.row(universe, figure, held, confidence)
        write_text(_path(folder, universe), json.dumps(row))
    return len(block)


def _each(specs: Sequence[Spec]) -> list[Variables]:
    return [simulate(spec) for spec in specs]


def run_stacked(specs: Sequence[Spec]) -> list[Variables]:
    """As many together as have one key."""
    keys = [key(spec) for spec in specs]
    found: dict[int, Variables] = {}
    for chosen in dict.fromkeys(keys):
        positions = [i for i, own in enumerate(keys) if own == chosen]
        found |= zip(positions, simulate_stacked([specs[i] for i in positions]), strict=True)
    return [found[i] for i in range(len(specs))]


def _path(folder: Path, universe: Universe) -> Path:
    return folder / f"{universe.number}.json"


def _shown(value: Any) -> Any:
    return f"{value:.5g}" if isinstance(value, float) else value
