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

from replication.cli import single, stages
from replication.cli.reviewer import Mismatch, add_commands
from replication.experiments import config
from replication.experiments.config import ConfigError


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

    listing = add(
        "list",
        single.list_experiments,
        "list the experiments, their methods and where values come from",
    )
    run = add("run", single.run, "run one experiment, perhaps with other settings, and sum it up")
    run.add_argument("experiment")
    run.add_argument("--method", action="append", help="a method; repeat for more (default: all)")
    run.add_argument("--repetitions", help="how many repetitions, at least 2")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    run.add_argument("--out", type=Path, default=Path("results/own"), help="default: %(default)s")
    for sub in (listing, run):
        sub.add_argument("--config", type=Path, default=config.PAPER, help="experiments as YAML")

    simulate = add("simulate", stages.simulate, "workflow stage: simulate methods of experiments")
    simulate.add_argument("specs", nargs="+", metavar="SPEC", help="a method, one line of JSON")
    simulate.add_argument("--out", type=Path, default=Path("results"), help="default: %(default)s")
    simulate.add_argument("--chunk", type=_positive, help="repetitions advanced together")
    study = add("study", stages.study, "run a study of config/studies.yaml: a grid of settings")
    study.add_argument("study")
    study.add_argument("out", type=Path, help="the .csv file to write")
    swept = add("sweep", stages.sweep, "measure every claim under every reading of the paper")
    swept.add_argument("out", type=Path, help="the .json file to write")
    swept.add_argument("--scratch", type=Path, default=Path("results/sweep"), help="what is done")
    drawn = add(
        "multiverse",
        stages.multiverse,
        "draw every free choice at once, and judge a figure each time",
    )
    drawn.add_argument(
        "figure",
        choices=("fig1", "fig2", "fig3", "together"),
        help="together: search the tables in --out for the universe where most claims hold",
    )
    drawn.add_argument("--universes", type=_positive, default=1000, help="default: %(default)s")
    drawn.add_argument("--out", type=Path, default=Path("results/multiverse"))
    drawn.add_argument("--scratch", type=Path, default=Path("results/multiverse/done"))
    larger = add("power", stages.power, "take the verdicts at a larger n, fixed by power")
    larger.add_argument("out", type=Path, help="the .json file to write")
    larger.add_argument("--scratch", type=Path, default=Path("results/power"), help="for the runs")
    tried = add("promise", stages.promise, "conduct the trial that config/promise.yaml registers")
    tried.add_argument("--out", type=Path, default=Path("results/promise/tables"))
    tried.add_argument("--scratch", type=Path, default=Path("results/promise/done"))
    for sub in (run, simulate, study, swept, drawn, larger, tried):
        sub.add_argument("--jobs", type=_positive, default=1, help="worker processes, at most")

    summarise = add(
        "summarise", stages.summarise, "workflow stage: summarise an experiment's results"
    )
    summarise.add_argument("out", type=Path)
    summarise.add_argument("results", type=Path, nargs="+")

    draw = add("draw", stages.draw, "draw figures from results")
    draw.add_argument(
        "names",
        nargs="*",
        metavar="FIGURE | FILE.nc",
        help="figures (default: all) and the results they are drawn from (default: in results/)",
    )
    draw.add_argument("--out", type=Path, default=Path("figures"))
    animate = add(
        "animate", stages.animate, "show the gridworld's sampled paths as an animated GIF"
    )
    animate.add_argument("results", type=Path, nargs="+")
    animate.add_argument("--out", type=Path, default=Path("figures/gridworld_paths.gif"))

    measure = add(
        "measure", stages.measure, "workflow stage: measure the claims that need no experiment"
    )
    measure.add_argument("out", type=Path)

    check = add("check", stages.check, "measure claims again from the results, and judge them")
    check.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all of the ledger")
    check.add_argument("--json", type=Path, help="write the report's data to this file instead")
    check.add_argument("--pages", type=Path, help="write the report's pages to this folder, too")
    check.add_argument("--runs", type=Path, nargs="*", default=[], help="results it sums up")
    check.add_argument("--figures", type=Path, default=Path("figures"))
    check.add_argument("--results", type=Path, default=Path("results"))
    check.add_argument("--measured", type=Path, help="what netnewton measure has written")
    for sub in (summarise, draw, measure, check, study, swept, drawn, larger, tried):
        sub.add_argument("--confidence", type=_probability, default=0.98, help="of the intervals")
    run.add_argument("--confidence", type=_probability, help="default: the configuration's")

    report = add("report", stages.report, "workflow stage: write the report's pages from its data")
    report.add_argument("data", type=Path)
    report.add_argument("--figures", type=Path, default=Path("figures"))
    report.add_argument("--out", type=Path, default=Path("paper_checks"))
    add_commands(add)
    return parser


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
