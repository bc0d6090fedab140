"""Tables of the multiverse that are made up, from choices that are really drawn."""

import json

import numpy as np

from replication.experiments.files import csv_table
from replication.multiverse.effects import claims
from replication.multiverse.universes import draw, laws

CONFIDENCE, UNIVERSES = 0.98, 32
DECIDING = {"fig1": "update-lag", "fig2": "projection", "fig3": "gridworld-stuck"}
"""The choice by which a claim is reproduced with its first option, and contradicted otherwise."""


def make_atlas(figure, folder, universes=UNIVERSES, sources="0" * 64):
    """Write a figure's table; DN - DG is 0.5 with the first option, and -0.5 with the others."""
    rows = [_row(universe, figure) for universe in draw(universes)]
    folder.mkdir(parents=True, exist_ok=True)
    table = csv_table(list(rows[0]), ([*row.values()] for row in rows))
    (folder / f"{figure}.csv").write_text(table, encoding="utf-8")
    made = {"sources": sources, "universes": universes, "confidence": CONFIDENCE}
    (folder / f"{figure}.json").write_text(json.dumps(made), encoding="utf-8")


def _row(universe, figure):
    choice = universe.choice(figure)
    holds = choice[DECIDING[figure]] in ("previous", "all-or-nothing", "both-for-good")
    value = 0.5 if holds else -0.5
    size = np.sqrt(universe.number + 1.0)
    row = {"universe": universe.number}
    row |= {f"weight/{law}": universe.weight(figure, law) for law in laws()} | choice
    for name in ("DN-DG", "DN-DS"):
        row |= _interval(name, value + 0.001 * universe.number, 0.1)
    row |= {"q": 0.01 * size if holds else 3 * size, "least_sample_size": size}
    for claim in claims(figure):
        row |= {claim: "reproduced" if holds else "contradicted"}
        row |= _interval(f"{claim}/made-up", value, 0.1)
    return row


def _interval(name, value, half):
    return {name: value, f"{name}/lower": value - half, f"{name}/upper": value + half}
