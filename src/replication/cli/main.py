"""The command line, ``netnewton``: single experiments, the workflow's stages, a reviewer's tools.

Exit status: 0, 2 for a wrong command line or configuration (nothing is written then), 1 for a run
that failed, a comparison that found something and a planted fault that was missed.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from replication.cli.reviewer import Mismatch, add_commands
from replication.experiments import config
from replication.experiments.config import ConfigError, Spec
from replication.experiments.overrides import override

if TYPE_CHECKING:
    from replication.experiments.results import Results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks "−" still gets its summary
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except ConfigError as error:
        print(f"netnewton: {error}", file=sys.stderr)
        return 2
    except Mismatch:
        return 1
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("netnewton: interrupted; nothing is half written", file=sys.stderr)
        return 130
    except (OSError, ArithmeticError, MemoryError) as error:
        print(f"netnewton: failed: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netnewton", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    listing = add("list", _list, "list the experiments, their methods and where values come from")
    run = add("run", _run, "run one experiment, perhaps with other settings, and sum it up")
    run.add_argument("experiment")
    run.add_argument("--method", action="append", help="a method; repeat for more (default: all)")
    run.add_argument("--repetitions", help="how many repetitions, at least 2")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    run.add_argument("--out", type=Path, default=Path("results/own"), help="default: %(default)s")
    for sub in (listing, run):
        sub.add_argument("--config", type=Path, default=config.PAPER, help="experiments as YAML")

    simulate = add("simulate", _simulate, "workflow stage: simulate methods of experiments")
    simulate.add_argument("specs", nargs="+", metavar="SPEC", help="a method, one line of JSON")
    simulate.add_argument("--out", type=Path, default=Path("results"), help="default: %(default)s")
    simulate.add_argument("--chunk", type=_positive, help="repetitions advanced together")
    study = add("study", _study, "run a study of config/studies.yaml: a grid of settings")
    study.add_argument("study")
    study.add_argument("out", type=Path, help="the .csv file to write")
    swept = add("sweep", _sweep, "measure every claim under every reading of the paper")
    swept.add_argument("out", type=Path, help="the .json file to write")
    swept.add_argument("--scratch", type=Path, default=Path("results/sweep"), help="what is done")
    for sub in (run, simulate, study, swept):
        sub.add_argument("--jobs", type=_positive, default=1, help="worker processes, at most")

    summarise = add("summarise", _summarise, "workflow stage: summarise an experiment's results")
    summarise.add_argument("out", type=Path)
    summarise.add_argument("results", type=Path, nargs="+")

    draw = add("draw", _draw, "draw figures from results")
    draw.add_argument(
        "names",
        nargs="*",
        metavar="FIGURE | FILE.nc",
        help="figures (default: all) and the results they are drawn from (default: in results/)",
    )
    draw.add_argument("--out", type=Path, default=Path("figures"))
    animate = add("animate", _animate, "show the gridworld's sampled paths as an animated GIF")
    animate.add_argument("results", type=Path, nargs="+")
    animate.add_argument("--out", type=Path, default=Path("figures/gridworld_paths.gif"))

    measure = add("measure", _measure, "workflow stage: measure the claims that need no experiment")
    measure.add_argument("out", type=Path)

    check = add("check", _check, "measure claims again from the results, and judge them")
    check.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all of the ledger")
    check.add_argument("--json", type=Path, help="write the report's data to this file instead")
    check.add_argument("--pages", type=Path, help="write the report's pages to this folder, too")
    check.add_argument("--runs", type=Path, nargs="*", default=[], help="results it sums up")
    check.add_argument("--figures", type=Path, default=Path("figures"))
    check.add_argument("--results", type=Path, default=Path("results"))
    check.add_argument("--measured", type=Path, help="what netnewton measure has written")
    for sub in (summarise, draw, measure, check, study, swept):
        sub.add_argument("--confidence", type=_probability, default=0.98, help="of the intervals")
    run.add_argument("--confidence", type=_probability, help="default: the configuration's")

    report = add("report", _report, "workflow stage: write the report's pages from its data")
    report.add_argument("data", type=Path)
    report.add_argument("--figures", type=Path, default=Path("figures"))
    report.add_argument("--out", type=Path, default=Path("paper_checks"))
    add_commands(add)
    return parser


def _list(options: argparse.Namespace) -> None:
    settings = config.load(options.config)
    for name, experiment in settings["experiments"].items():
        methods = ", ".join(experiment["methods"])
        print(f"{name}: {experiment.get('title', '')}\n  methods: {methods}")
        for path, value in config.values(experiment):
            origin = config.origin(experiment.get("sources", {}), path) or "not stated"
            print(f"  {'.'.join(path):30} {value!s:16} {origin}")


def _run(options: argparse.Namespace) -> None:
    settings = config.load(options.config)
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
    print(f"written to {folder}")


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


def _simulate(options: argparse.Namespace) -> None:
    specs = [Spec.from_json(text) for text in options.specs]

    from replication.experiments.make import make

    make(specs, options.out, options.jobs, options.chunk)


def _sweep(options: argparse.Namespace) -> None:
    from replication.readings.sweep import sweep

    sweep(options.out, options.scratch, options.jobs, options.confidence)


def _summarise(options: argparse.Namespace) -> None:
    from replication.experiments.summarise import write_summary

    write_summary(options.results, options.out, options.confidence)


def _study(options: argparse.Namespace) -> None:
    from replication.experiments.tune import run_study

    run_study(options.study, options.out, options.jobs, options.confidence)


def _draw(options: argparse.Namespace) -> None:
    from replication.figures.draw import FIGURES, draw, needs

    files = [Path(name) for name in options.names if name.endswith(".nc")]
    figures = [name for name in options.names if not name.endswith(".nc")] or list(FIGURES)
    stored = [Path("results", name, f"{method}.nc") for name, method in needs(figures)]
    found = _results(files or [path for path in stored if path.exists()])
    draw(figures, found, options.confidence, options.out)


def _animate(options: argparse.Namespace) -> None:
    from replication.figures.draw import animate

    animate(_results(options.results), options.out)


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


def _measure(options: argparse.Namespace) -> None:
    from replication.claims.on_library import measure_library

    measure_library(options.out, options.confidence)


def _check(options: argparse.Namespace) -> None:
    from replication.claims.evidence import Evidence
    from replication.claims.judge import check_claims
    from replication.claims.on_library import read_measured
    from replication.report.collect import report_data, write_report_data

    measured = None
    if options.measured is not None:
        measured = read_measured(options.measured, options.confidence)
    evidence = Evidence(options.results, options.confidence, measured)
    if options.json is None:
        claims = check_claims(evidence, options.claims)
        for change in evidence.changes:
            print(f"! not the default reading: {change}")
        _print_claims(claims)
        return
    captions = {
        path.stem: path.read_text(encoding="utf-8").strip()
        for path in sorted(options.figures.glob("*.txt"))
    }
    write_report_data(options.json, report_data(evidence, options.runs, captions))
    if options.pages is not None:
        from replication.report.pages import write_pages

        write_pages(options.json, options.figures, options.pages)


def _print_claims(claims: Sequence[dict]) -> None:
    from replication.claims.verdicts import MARKS
    from replication.report.pages import interval, region

    for claim in claims:
        print(f"{MARKS[claim['verdict']]} {claim['id']}: {claim['verdict']}")
        if "not_tested" in claim:
            print(f"    {' '.join(claim['not_tested'].split())}")
            continue
        for q in claim["quantities"]:
            print(
                f"    {q['id']}: {interval(q)}, n = {q['n']}; region {region(q['region'])}: "
                f"{q['verdict']}"
            )


def _report(options: argparse.Namespace) -> None:
    from replication.report.pages import write_pages

    write_pages(options.data, options.figures, options.out)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return value


def _probability(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
