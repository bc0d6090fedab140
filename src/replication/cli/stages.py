"""The workflow's stages as commands; each imports what it needs when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from replication.experiments.config import ConfigError, Spec

if TYPE_CHECKING:
    from replication.experiments.results import Results


def simulate(options: argparse.Namespace) -> None:
    """Simulate methods of experiments."""
    specs = [Spec.from_json(text) for text in options.specs]

    from replication.experiments.make import make

    make(specs, options.out, options.jobs, options.chunk)


def sweep(options: argparse.Namespace) -> None:
    """Measure every claim under every reading."""
    from replication.readings import sweep as readings

    readings.sweep(options.out, options.scratch, options.jobs, options.confidence)


def multiverse(options: argparse.Namespace) -> None:
    """Draw universes, run and measure a figure in each, and find which choices decide.

    Or search those drawn for the paper's.
    """
    if options.figure == "together":
        from replication.multiverse.found import write_together

        write_together(options.out, options.jobs, options.confidence)
        return

    import warnings

    from replication.multiverse.deciding import write_deciding
    from replication.multiverse.explore import explore

    # joblib replaces a worker that has grown, and says so: nothing is lost.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    explore(
        options.figure,
        options.universes,
        options.out,
        options.scratch,
        options.jobs,
        options.confidence,
    )
    write_deciding(options.figure, options.out)


def power(options: argparse.Namespace) -> None:
    """Take the verdicts at a larger n."""
    from replication.power.larger import take

    take(options.out, options.scratch, options.jobs, options.confidence)


def promise(options: argparse.Namespace) -> None:
    """Conduct the trial and write its tables."""
    import warnings

    from replication.promise.tables import promise as conducted

    # joblib replaces a worker that has grown, and says so: nothing is lost.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    conducted(options.out, options.scratch, options.jobs, options.confidence)


def extended(options: argparse.Namespace) -> None:
    """Run the extended experiments and write their tables."""
    from replication.extended.written import extended as run

    run(options.out, options.scratch, options.jobs, options.confidence)


def summarise(options: argparse.Namespace) -> None:
    """Summarise an experiment's results."""
    from replication.experiments.summarise import write_summary

    write_summary(options.results, options.out, options.confidence)


def draw(options: argparse.Namespace) -> None:
    """Draw figures from results."""
    from replication.figures import draw as drawing

    files = [Path(name) for name in options.names if name.endswith(".nc")]
    figures = [name for name in options.names if not name.endswith(".nc")] or list(drawing.FIGURES)
    stored = [Path("results", name, f"{method}.nc") for name, method in drawing.needs(figures)]
    found = _results(files or [path for path in stored if path.exists()])
    drawing.draw(figures, found, options.confidence, options.out)


def animate(options: argparse.Namespace) -> None:
    """Show sampled paths, moving."""
    from replication.figures import draw as figures

    figures.animate(_results(options.results), options.out)


def _results(paths: Sequence[Path]) -> dict[tuple[str, str], Results]:
    """Results by the experiment and method that the files themselves name."""
    from replication.experiments.results import Results

    found: dict[tuple[str, str], Results] = {}
    for path in paths:
        results = Results(path)
        key = results.spec.experiment, results.spec.method
        if key in found:
            raise ConfigError(f"{path}: a figure shows one {'/'.join(key)} only; name one file")
        found[key] = results
    return found


def measure(options: argparse.Namespace) -> None:
    """Measure the claims that need no experiment."""
    from replication.claims.on_library import measure_library

    measure_library(options.out, options.confidence)


def collect(options: argparse.Namespace) -> None:
    """Judge every claim, and write the report's data."""
    from replication.claims.evidence import Evidence
    from replication.claims.on_library import read_measured
    from replication.report.collect import report_data, write_report_data

    measured = None
    if options.measured is not None:
        measured = read_measured(options.measured, options.confidence)
    evidence = Evidence(options.results, options.confidence, measured)
    captions = {
        path.stem: path.read_text(encoding="utf-8").strip()
        for path in sorted(options.figures.glob("*.txt"))
    }
    write_report_data(options.out, report_data(evidence, options.runs, captions))
    if options.pages is not None:
        from replication.report.pages import write_pages

        write_pages(options.out, options.figures, options.pages)


def report(options: argparse.Namespace) -> None:
    """Write the report's pages."""
    from replication.report.pages import write_pages

    write_pages(options.data, options.figures, options.out)
