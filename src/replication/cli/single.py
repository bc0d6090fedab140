"""Commands on single experiments: what there is, and running one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from replication.experiments import config
from replication.experiments.overrides import override
from replication.experiments.shown import check_figures


def list_experiments(options: argparse.Namespace) -> None:
    """List the experiments, their methods, and where each value comes from."""
    settings = config.load(options.config)
    for name, experiment in settings["experiments"].items():
        methods = ", ".join(experiment["methods"])
        print(f"{name}: {experiment.get('title', '')}\n  methods: {methods}")
        for path, value in config.values(experiment):
            origin = config.origin(experiment.get("sources", {}), path) or "not stated"
            print(f"  {'.'.join(path):30} {value!s:16} {origin}")


def run(options: argparse.Namespace) -> None:
    """Run an experiment, perhaps with other settings, and sum it up."""
    settings = config.load(options.config)
    check_figures(settings)
    named = options.method or config.methods(settings, options.experiment)
    chosen = list(dict.fromkeys(named))
    for method in chosen:
        config.spec(settings, options.experiment, method)
    assignments = list(options.assignments)
    if options.repetitions is not None:
        assignments.append(f"repetitions={options.repetitions}")
    settings = override(settings, options.experiment, chosen, assignments)
    specs = [config.spec(settings, options.experiment, method) for method in chosen]

    from replication.experiments.build import build

    for spec in specs:
        build(spec, range(spec.settings["repetitions"]))
    from replication.experiments.make import make

    make(specs, options.out, options.jobs)

    from replication.experiments.summarise import write_summary

    folder = options.out / options.experiment
    paths = [folder / f"{spec.method}.nc" for spec in specs]
    confidence = options.confidence or settings.get("confidence", 0.98)
    write_summary(paths, folder / "summary.csv", confidence)
    _print_summary(paths, confidence)
    print(f"written to {folder}; draw it with ./run netnewton plot {folder}")


def _print_summary(paths: Sequence[Path], confidence: float) -> None:
    from replication.experiments.results import Results
    from replication.report.collect import method_summary
    from replication.report.pages import arrived, final_return, number

    runs = [method_summary(Results(path), confidence) for path in paths]
    optimum = runs[0]["optimum"]
    near = "near optimum" if optimum is None else f"J > {optimum - 0.01:g} in"
    columns = "{:12} {:34} {:>13} {:>13} {:>9} {:>9} {:>10} {:>15}".format
    final = f"final J, {100 * confidence:g} % interval"
    counts = ("diverged", "vanished", "saturated")
    print(columns("method", final, near, "after median", *counts, "[.]_m replaced"))
    for run in runs:
        after = "–" if optimum is None else number(run["median_arrival"])
        lost = [f"{run[key]}/{run['repetitions']}" for key in counts]
        replaced = f"{run['replaced_share']:.2%}"
        print(columns(run["method"], final_return(run), arrived(run), after, *lost, replaced))
