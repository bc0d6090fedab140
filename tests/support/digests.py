"""Digests of some runs and measures, in a process of its own: python digests.py."""

import json
from hashlib import sha256
from pathlib import Path

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import numpy as np

from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.experiments import config, kernels, overrides
from replication.experiments.simulate import simulate

THEOREMS = ("average-dynamics", "gradient-linear", "theorem-1", "theorem-7")
ESTIMATORS = ("gpomdp-gradient", "printed-hessian")


def run(experiment, method):
    """The final copies and returns of a short run."""
    short = ["repetitions=2", "iterations=6"]
    settings = overrides.override(config.load(), experiment, [method], short)
    variables = simulate(config.spec(settings, experiment, method))
    return [variables["theta"], variables["J"]]


def measured(names):
    """All numbers of some claims that need no run."""
    evidence = Evidence(Path(), 0.98)
    return [np.array(list(measures()[name](evidence).values())) for name in names]


def digest(arrays):
    return sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


if __name__ == "__main__":
    found = {
        "sampled": run("gridworld", "DN"),
        "tuned": run("gridworld_tuned", "DN_absolute"),
        "theorems": measured(THEOREMS),
        "estimators": measured(ESTIMATORS),
    }
    digests = {name: digest(arrays) for name, arrays in found.items()}
    print(json.dumps({"digests": digests, **kernels.in_use()}))
