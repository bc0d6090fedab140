"""Small results that every figure can be drawn from, and results in which something went wrong."""

import csv

import numpy as np

from replication.experiments import config, overrides
from replication.experiments.results import Results, write_results
from replication.experiments.simulate import simulate
from replication.figures import draw

REPETITIONS, HORIZON = 4, 4
SMALL = {
    "pd_exact": [],
    "pd_exact_tuned": [],
    "pd_sampled_tuned": ["derivatives.batch_size=10"],
    "pd_sampled_is": ["derivatives.batch_size=10"],
    "pd_sampled_no_is": ["derivatives.batch_size=10"],
}
GRIDWORLD = [
    "derivatives.batch_size=10",
    f"derivatives.horizon={HORIZON}",
    "evaluation.batch_size=10",
    "game.height=2.0",
]
# Drawn from tables of their own: test_step_sizes.py, test_multiverse_figures.py.
MULTIVERSE = ("best_faith", "governing", "plausible")
OTHERS = {
    "thresholds",
    "promise",
    "causes",
    *(f"extended/{n}" for n in ("size", "rounds", "scaling", "links")),
    *MULTIVERSE,
    *(f"specification_fig{n}" for n in (1, 2, 3)),
}
DRAWN = [name for name in draw.FIGURES if name not in OTHERS]


def make(folder, experiment, methods=None, repetitions=REPETITIONS):
    """Small runs of an experiment of the paper, as files."""
    paper = config.load()
    methods = methods or config.methods(paper, experiment)
    assignments = SMALL.get(experiment, GRIDWORLD)
    assignments = [*assignments, "iterations=5", f"repetitions={repetitions}"]
    settings = overrides.override(paper, experiment, methods, assignments)
    for method in methods:
        spec = config.spec(settings, experiment, method)
        write_results(folder / experiment / f"{method}.nc", spec, simulate(spec))


def load(folder):
    found = [Results(path) for path in sorted(folder.glob("*/*.nc"))]
    return {(results.spec.experiment, results.spec.method): results for results in found}


def edited(results, folder, **variables):
    """A copy of some results with other values of some variables."""
    values = {name: results[name] for name in ("J", "theta", "diverged_at", "saturated")}
    write_results(folder / "edited.nc", results.spec, {**values, **variables})
    return Results(folder / "edited.nc")


def lost(results, folder):
    """A copy of some results in which every repetition has diverged at the second iteration."""
    J = results["J"].copy()
    J[:, 2:] = np.nan
    theta = np.full_like(results["theta"], np.nan)
    return edited(results, folder, J=J, theta=theta, diverged_at=np.full(len(J), 2, dtype=np.int32))


def prepared(name, results):
    drawing = draw.FIGURES[name]
    return drawing.prepare({key: results[key] for key in drawing.needs}, 0.98)


def table(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
