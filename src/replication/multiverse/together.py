"""The paper's universe: where the claims on all three figures hold together, if anywhere.

Candidates are the drawn universes in which most claims hold, the default one, and crosses of the
two: everything by default but what concerns Figure 3 alone. Each is run again with other random
numbers, the best ones also in the environments of Figure 3 that were known before. They are brought
as near to the default as they go without losing a claim, choice by choice, so that what is left is
what had to be assumed; and confirmed with fresh random numbers and more repetitions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from netnewton.arrays import Indices
from replication.claims import ledger
from replication.claims.groups import measures
from replication.claims.verdicts import REPRODUCED
from replication.experiments.simulate import simulate
from replication.multiverse import effects
from replication.multiverse.atlas import Atlas
from replication.multiverse.explore import run_stacked
from replication.multiverse.space import dimensions, of_figure
from replication.multiverse.universes import Universe, default, draw

FIGURES = ("fig1", "fig2", "fig3")
CANDIDATES = 12  # of each kind
FINALISTS = 4
# Numbers of universes, so that seeds are fresh.
SEARCHING, EXCHANGING, CONFIRMING = 20_000_000, 25_000_000, 30_000_000
REPETITIONS = 200  # to confirm with


@dataclass(frozen=True)
class Outcome:
    """What came of a universe."""

    universe: Universe
    verdicts: Mapping[str, str]
    """By claim, those on the figures and those on what DN's advantage is due to."""

    @property
    def held(self) -> int:
        """How many claims on the figures are reproduced."""
        return sum(self.verdicts[claim] == REPRODUCED for claim in figure_claims())

    @property
    def assumed(self) -> dict[str, Any]:
        """The choices that are not the default's, by the dimensions' names."""
        usual = default(0).coordinates
        own = self.universe.coordinates
        return {
            d.name: d.value(own[d.name])
            for d in dimensions()
            if d.value(own[d.name]) != d.value(usual[d.name])
        }


def figure_claims() -> list[str]:
    """The claims on Figures 1 to 3."""
    found = [c["id"] for figure in FIGURES for c in ledger.claims_of(effects.GROUP[figure])]
    return [claim for claim in found if claim in measures()]


def run(
    universe: Universe, repetitions: int | None = None, figures: Sequence[str] = FIGURES
) -> dict[str, dict[effects.Key, effects.Held]]:
    """What a universe's experiments give, by figure, experiment and method."""
    found: dict[str, dict[effects.Key, effects.Held]] = {}
    for figure in figures:
        specs = universe.specs(figure, repetitions)
        own = (
            [simulate(s) for s in specs.values()]
            if figure == "fig3"
            else run_stacked([*specs.values()])
        )
        found[figure] = {
            name: effects.Held(spec, values)
            for (name, spec), values in zip(specs.items(), own, strict=True)
        }
    return found


def outcome(
    universe: Universe,
    confidence: float,
    repetitions: int | None = None,
    figures: Sequence[str] = FIGURES,
) -> Outcome:
    """Run a universe and judge its claims."""
    verdicts: dict[str, str] = {}
    for figure, runs in run(universe, repetitions, figures).items():
        row = effects.row(universe, figure, runs, confidence)
        verdicts |= {claim: row[claim] for claim in effects.claims(figure)}
    return Outcome(universe, verdicts)


def search(
    atlases: Mapping[str, Atlas], jobs: int, confidence: float, say: Callable[[str], None] = print
) -> list[Outcome]:
    """The best universes, each as near to the default as it goes, with fresh random numbers.

    In the order of the search: what confirms them does not choose between them.

    Parameters
    ----------
    atlases : mapping
        The tables of all figures, of the same universes.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.
    """
    found = _all(candidates(atlases), jobs, confidence, say, "candidates")
    nearer = _best_simplified(found, jobs, confidence)
    exchanged = [
        Universe(EXCHANGING + i, crossed(result.universe.coordinates, known))
        for i, (result, known) in enumerate(itertools.product(nearer, known_environments()))
    ]
    found = [*nearer, *_all(exchanged, jobs, confidence, say, "with known environments")]
    nearer = _best_simplified(found, jobs, confidence)
    fresh = [
        Universe(CONFIRMING + i, result.universe.coordinates) for i, result in enumerate(nearer)
    ]
    return _all(fresh, jobs, confidence, say, "finalists", REPETITIONS)


def _best_simplified(found: Sequence[Outcome], jobs: int, confidence: float) -> list[Outcome]:
    best = sorted(found, key=_rank)[:FINALISTS]
    return _parallel(partial(simplified, confidence=confidence), best, jobs)


def _rank(result: Outcome) -> tuple[int, int]:
    return -result.held, len(result.assumed)


def _all(
    universes: Iterable[Universe],
    jobs: int,
    confidence: float,
    say: Callable[[str], None],
    what: str,
    repetitions: int | None = None,
) -> list[Outcome]:
    found = _parallel(
        partial(outcome, confidence=confidence, repetitions=repetitions), [*universes], jobs
    )
    total = len(figure_claims())
    say(f"{what}: {len(found)} run, at most {max(r.held for r in found)} of {total} claims hold")
    return found


def _parallel(task: Callable[[Any], Outcome], over: Sequence[Any], jobs: int) -> list[Outcome]:
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        return list(Parallel(n_jobs=jobs)(delayed(task)(item) for item in over))


def held(atlases: Mapping[str, Atlas], figures: Sequence[str] = FIGURES) -> Indices:
    """How many claims on some figures are reproduced in each drawn universe, shape (U,)."""
    drawn = min(len(atlas) for atlas in atlases.values())
    holding = [
        atlases[figure].holds(claim)[:drawn]
        for figure in figures
        for claim in figure_claims()
        if claim in effects.claims(figure)
    ]
    return np.sum(holding, axis=0, dtype=np.intp)


def candidates(atlases: Mapping[str, Atlas]) -> list[Universe]:
    """Universes worth another look, with numbers of their own."""
    drawn = draw(min(len(atlas) for atlas in atlases.values()))

    def best(figures: Sequence[str]) -> list[Universe]:
        order = np.argsort(-held(atlases, figures), kind="stable")
        return [drawn[number] for number in order[:CANDIDATES]]

    usual = default(0).coordinates
    found = [
        usual,
        *(u.coordinates for u in best(FIGURES)),
        *(crossed(usual, u.coordinates) for u in best(["fig3"])),
        *(
            crossed(u.coordinates, v.coordinates)
            for u, v in zip(best(["fig1", "fig2"]), best(["fig3"]), strict=True)
        ),
    ]
    return [Universe(SEARCHING + i, coordinates) for i, coordinates in enumerate(found)]


def known_environments() -> list[dict[str, float]]:
    """The environments of Figure 3 that were known before, as universes that are default else."""
    usual = default(0).coordinates
    by_name: dict[str, Any] = {d.name: d for d in dimensions()}
    return [
        {
            **usual,
            **{
                name: replace(by_name[name], default=x).usual
                for name, x in known["choices"].items()
            },
        }
        for known in ledger.multiverse()["known"]
    ]


def crossed(first: Mapping[str, float], third: Mapping[str, float]) -> dict[str, float]:
    """One universe's choices, with another's in what concerns Figure 3 alone."""
    shared = {d.name for figure in ("fig1", "fig2") for d in of_figure(figure)}
    alone = {d.name for d in of_figure("fig3")} - shared
    return {name: third[name] if name in alone else u for name, u in first.items()}


def simplified(result: Outcome, confidence: float) -> Outcome:
    """The universe with every choice put back to its default that no claim depends on."""
    usual = default(0).coordinates
    for name in result.assumed:
        nearer = {**result.universe.coordinates, name: usual[name]}
        concerned = [f for f in FIGURES if name in {d.name for d in of_figure(f)}]
        universe = Universe(result.universe.number, nearer)
        tried = outcome(universe, confidence, figures=concerned)
        nearest = Outcome(universe, {**result.verdicts, **tried.verdicts})
        if nearest.held >= result.held:
            result = nearest
    return result
