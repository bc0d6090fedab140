"""Commands on single experiments: what there is, and running one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from replication.cli import show
from replication.experiments import config
from replication.experiments.config import ConfigError, Spec
from replication.experiments.overrides import of_methods, override
from replication.experiments.shown import check_figures


def list_experiments(options: argparse.Namespace) -> None:
    """List the experiments, or the values of one and where each comes from."""
    experiments = config.load(options.config)["experiments"]
    if options.experiment is None:
        _list_all(experiments, options.json)
    else:
        chosen = config.looked_up(experiments, options.experiment, "experiment")
        _list_one(chosen, options.json)


def _list_all(experiments: Mapping[str, Any], as_json: bool) -> None:
    found = [
        {"experiment": name, "methods": [*entry["methods"]], "title": entry.get("title", "")}
        for name, entry in experiments.items()
    ]
    if as_json:
        show.as_json(found)
        return
    rows = [(e["experiment"], _methods(e["methods"]), e["title"]) for e in found]
    show.table(("experiment", "methods", "title"), rows)


def _methods(names: Sequence[str]) -> str:
    return ", ".join(names)


def _list_one(experiment: Mapping[str, Any], as_json: bool) -> None:
    sources = experiment.get("sources", {})
    found = [
        {"key": ".".join(path), "value": value, "source": config.origin(sources, path)}
        for path, value in config.values(experiment)
    ]
    if as_json:
        show.as_json(found)
        return
    rows = [(e["key"], str(e["value"]), e["source"] or "not stated") for e in found]
    show.lines([experiment.get("title", "")])
    show.table(("key", "value", "where it comes from"), rows)


def run(options: argparse.Namespace) -> None:
    """Run an experiment, perhaps with other settings, and sum it up."""
    settings = config.load(options.config)
    check_figures(settings)
    every = config.methods(settings, options.experiment)
    chosen = list(dict.fromkeys(options.method or every))
    for method in chosen:
        config.spec(settings, options.experiment, method)
    assignments = list(options.assignments)
    if options.repetitions is not None:
        assignments.append(f"repetitions={options.repetitions}")
    settings = override(settings, options.experiment, chosen, assignments)
    specs = {method: config.spec(settings, options.experiment, method) for method in every}

    from replication.experiments.build import build

    for method in chosen:
        build(specs[method], range(specs[method].settings["repetitions"]))
    _say(_of_several(assignments, chosen))
    _move_aside(options.out, list(specs.values()))
    from replication.experiments.make import make

    make([specs[method] for method in chosen], options.out, options.jobs)

    from replication.experiments.summarise import write_summary

    folder = options.out / options.experiment
    paths = [path for method in every if (path := folder / f"{method}.nc").exists()]
    confidence = options.confidence or settings.get("confidence", 0.98)
    write_summary(paths, folder / "summary.csv", confidence)
    _print_summary(paths, confidence, options.json)
    _say([f"written to {folder}; draw it with ./run netnewton plot {folder}"])


def agent(options: argparse.Namespace) -> None:
    """Be one agent of an experiment, as which mpiexec has started this process."""
    settings = config.load(options.config)
    if options.assignments and options.experiment in settings.get("team_problems", {}):
        raise ConfigError(f"--set is for experiments: change {options.experiment} in its file")
    if options.assignments:
        settings = override(settings, options.experiment, [options.method], options.assignments)

    from replication.agents.acting import act
    from replication.agents.assignments import assigned

    chosen = assigned(settings, options.experiment, options.method, options.repetition)
    act(chosen, options.out, options.deadline)


def _say(texts: Iterable[str]) -> None:
    """Say something beside the results, which go to standard output."""
    for text in texts:
        print(text, file=sys.stderr, flush=True)


def _of_several(assignments: Sequence[str], methods: Sequence[str]) -> list[str]:
    """That a setting of methods, named alone, has been set for more than one of them."""
    alone = [words for words in assignments if of_methods(words.partition("=")[0])]
    return [f"{words} set for {_methods(methods)}" for words in alone if len(methods) > 1]


def _move_aside(out: Path, specs: Sequence[Spec]) -> None:
    from replication.experiments.aside import EARLIER, move_others

    if moved := move_others(out, specs):
        name, folder = specs[0].experiment, out / EARLIER
        _say(
            [
                f"{out / name}: {_methods(moved)} had other settings; moved to {folder / name} "
                f"(what changed: ./run netnewton diff {folder} {out})"
            ]
        )


def _print_summary(paths: Sequence[Path], confidence: float, as_json: bool) -> None:
    from replication.experiments.results import Results
    from replication.report.collect import method_summary
    from replication.report.pages import arrived, final_return, number

    runs = [method_summary(Results(path), confidence) for path in paths]
    if as_json:
        show.as_json(runs)
        return
    optimum = runs[0]["optimum"]
    near = "near optimum" if optimum is None else f"J > {optimum - 0.01:g} in"
    counts = ("diverged", "vanished", "saturated")
    final = f"final J, {100 * confidence:g} % interval"
    show.table(
        ("method", final, near, "median iterations to it", *counts, "[·]ₘ replaced"),
        [
            (
                run["method"],
                final_return(run),
                arrived(run),
                "–" if optimum is None else number(run["median_arrival"]),
                *(f"{run[key]}/{run['repetitions']}" for key in counts),
                f"{run['replaced_share']:.2%}",
            )
            for run in runs
        ],
    )
