"""Commands on one's own work: drawing any results, running a grid of settings."""

from __future__ import annotations

import argparse
from pathlib import Path

STUDIES = Path("results") / "studies"


def plot(options: argparse.Namespace) -> None:
    """Draw learning curves from any results."""
    from replication.figures import own_curves

    files = own_curves.found(options.results)
    out = options.out or own_curves.beside(files)
    print(own_curves.plot(files, out, options.confidence))
    print(f"written to {out}")


def study(options: argparse.Namespace) -> None:
    """Run grids of settings, and draw what they came to."""
    from replication.experiments import config

    studies = config.load_studies(options.config)
    for name in [options.study] if options.study else studies:
        _study(name, config.looked_up(studies, name, "study"), options)


def _study(name: str, study: dict, options: argparse.Namespace) -> None:
    from replication.experiments.tune import run_study
    from replication.figures.own_study import plot_study

    out = options.out or STUDIES / f"{name}.csv"
    rows = run_study(name, options.config, out, options.jobs, options.confidence)
    picture = out.with_suffix(".svg")
    print(plot_study(name, study, rows, options.confidence, picture))
    print(f"written to {out} and {picture}")
