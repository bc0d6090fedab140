"""The command line, ``netnewton``: first what a user runs, then a reviewer, then the workflow.

Exit status: 0, 2 for a wrong command line or configuration (nothing is written then), 1 for a run
that failed, a comparison that found something and a planted fault that was missed.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from replication.agents.launcher import launched
from replication.cli import checking, own, single, stages
from replication.cli.arguments import (
    Parser,
    Version,
    natural,
    one_of,
    parsed,
    positive,
    probability,
    seconds,
)
from replication.cli.reviewer import Mismatch, add_commands
from replication.experiments import config
from replication.experiments.config import ConfigError

ABOUT = (
    "Newton-based policy search for networked agents: run experiments, check the paper's claims."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks "−" still gets its summary
            stream.reconfigure(errors="replace")
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        options.command(options)
    except ConfigError as error:
        _complain(str(error))
        return 2
    except Mismatch:
        return 1
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        _complain("interrupted; nothing is half written")
        return 130
    except (OSError, ArithmeticError, MemoryError) as error:
        _complain(f"failed: {error}")
        return 1
    return 0


def _complain(message: str) -> None:
    """Say what is wrong: once, where mpiexec has started the same command several times."""
    if launched().rank == 0:
        print(f"netnewton: {message}", file=sys.stderr)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; its ``command`` is what to call with them.

    Raises
    ------
    ConfigError
        If it is wrong.
    """
    parser = Parser(
        prog="netnewton",
        description=ABOUT,
        usage="netnewton COMMAND ...   (netnewton COMMAND --help says more)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="",
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", help=argparse.SUPPRESS, prog="netnewton"
    )

    def heading(text: str) -> None:
        parser.epilog = f"{parser.epilog}\n{text}:\n"

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        parser.epilog = f"{parser.epilog}  {name:12}{text}\n"
        sub = commands.add_parser(name, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(command=command)
        return sub

    heading("run and see")
    listing = add("list", single.list_experiments, "list the experiments, or one with its values")
    listing.add_argument("experiment", nargs="?", help="show its values and where they come from")
    run = add("run", single.run, "run one experiment, perhaps with other settings, and sum it up")
    run.add_argument("experiment")
    run.add_argument("--method", action="append", help="a method; repeat for more (default: all)")
    run.add_argument("--repetitions", help="how many repetitions, at least 2")
    run.add_argument("--out", type=Path, default=Path("results/own"), help="default: %(default)s")
    agent = add("agent", single.agent, "be one of the agents that mpiexec starts as processes")
    agent.add_argument("experiment")
    agent.add_argument("method")
    agent.add_argument("--repetition", type=natural, default=0, help="default: %(default)s")
    agent.add_argument("--out", type=Path, default=Path("results/agents"))
    agent.add_argument(
        "--deadline",
        type=seconds,
        default=60.0,
        help="seconds that an agent waits for a neighbour; default: %(default)g",
    )
    for sub in (run, agent):
        sub.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments"
        )
    for sub in (listing, run, agent):
        sub.add_argument("--config", type=Path, default=config.PAPER, help="experiments as YAML")

    check = add("check", checking.check, "measure claims again from the results, and judge them")
    check.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all of the ledger")
    source = check.add_mutually_exclusive_group()
    source.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    source.add_argument(
        "--runs",
        type=Path,
        nargs="+",
        metavar="FILE.nc",
        help="judge these runs, by the claims that are measured on them",
    )
    check.add_argument("--measured", type=Path, help="what netnewton measure has written")
    draw = add("draw", stages.draw, "draw figures from results")
    draw.add_argument(
        "names",
        nargs="*",
        metavar="FIGURE | FILE.nc",
        help="figures (default: all) and the results they are drawn from (default: in results/)",
    )
    draw.add_argument("--out", type=Path, default=Path("figures"), help="default: %(default)s")
    plot = add("plot", own.plot, "draw learning curves from any results")
    plot.add_argument("results", type=Path, nargs="+", help="result files, or folders of them")
    plot.add_argument("--out", type=Path, help=".svg or .png; default: curves.svg beside them")
    animate = add("animate", stages.animate, "show the gridworld's sampled paths as a moving GIF")
    animate.add_argument("results", type=Path, nargs="+", metavar="FILE.nc")
    animate.add_argument("--out", type=Path, default=Path("figures/gridworld_paths.gif"))
    study = add("study", own.study, "run a grid of settings for a method, and draw it")
    study.add_argument("study", nargs="?", help="default: all of the file")
    study.add_argument("out", nargs="?", type=Path, help="a .csv file; default: in results/studies")
    study.add_argument("--config", type=Path, default=config.STUDIES, help="studies as YAML")

    heading("review")
    reviewing = add_commands(add)

    heading("take the verdicts otherwise (minutes)")
    swept = add("sweep", stages.sweep, "judge every claim under every reading of the paper")
    swept.add_argument("out", type=Path, help="the .json file to write")
    swept.add_argument("--scratch", type=Path, default=Path("results/sweep"), help="what is done")
    drawn = add("multiverse", stages.multiverse, "draw every free choice at once; judge a figure")
    drawn.add_argument(
        "figure",
        type=one_of("fig1", "fig2", "fig3", "together"),
        metavar="FIGURE",
        help="fig1, fig2 or fig3; or together: search their tables in --out for the universe "
        "where most claims hold",
    )
    drawn.add_argument("--universes", type=positive, default=1000, help="default: %(default)s")
    drawn.add_argument("--out", type=Path, default=Path("results/multiverse"))
    drawn.add_argument("--scratch", type=Path, default=Path("results/multiverse/done"))
    larger = add("power", stages.power, "take the verdicts at a larger n, fixed by power")
    larger.add_argument("out", type=Path, help="the .json file to write")
    larger.add_argument("--scratch", type=Path, default=Path("results/power"), help="for the runs")
    tried = add("promise", stages.promise, "conduct the trial that config/promise.yaml registers")
    tried.add_argument("--out", type=Path, default=Path("results/promise/tables"))
    tried.add_argument("--scratch", type=Path, default=Path("results/promise/done"))
    wider = add("extended", stages.extended, "run what config/extended.yaml declares: many agents")
    wider.add_argument("--out", type=Path, default=Path("results/extended/tables"))
    wider.add_argument("--scratch", type=Path, default=Path("results/extended/done"))

    heading("stages of the workflow")
    simulate = add("simulate", stages.simulate, "simulate methods of experiments")
    simulate.add_argument("specs", nargs="+", metavar="SPEC", help="a method, one line of JSON")
    simulate.add_argument("--out", type=Path, default=Path("results"), help="default: %(default)s")
    simulate.add_argument("--chunk", type=positive, help="repetitions advanced together")
    summarise = add("summarise", stages.summarise, "summarise an experiment's results")
    summarise.add_argument("out", type=Path, help="the .csv file to write")
    summarise.add_argument("results", type=Path, nargs="+", metavar="FILE.nc")
    measure = add("measure", stages.measure, "measure the claims that need no experiment")
    measure.add_argument("out", type=Path, help="the .json file to write")
    collect = add("collect", stages.collect, "judge every claim, and write the report's data")
    collect.add_argument("out", type=Path, help="the .json file to write")
    collect.add_argument("runs", type=Path, nargs="*", metavar="FILE.nc", help="runs it sums up")
    collect.add_argument("--measured", type=Path, help="what netnewton measure has written")
    collect.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    collect.add_argument("--pages", type=Path, help="write the report's pages to this folder, too")
    report = add("report", stages.report, "write the report's pages from its data")
    report.add_argument("data", type=Path)
    report.add_argument("--out", type=Path, default=Path("paper_checks"))
    for sub in (collect, report):
        sub.add_argument("--figures", type=Path, default=Path("figures"))
    for sub in (run, simulate, study, swept, drawn, larger, tried, wider):
        sub.add_argument("--jobs", type=positive, default=1, help="worker processes, at most")
    with_intervals = (summarise, draw, plot, measure, check, collect, study, swept, drawn)
    for sub in (*with_intervals, larger, tried, wider):
        sub.add_argument("--confidence", type=probability, default=0.98, help="of the intervals")
    run.add_argument("--confidence", type=probability, help="default: the configuration's")
    for sub in (listing, run, check, *reviewing):
        sub.add_argument("--json", action="store_true", help="print JSON in place of tables")
    return parsed(parser, commands.choices, words)


if __name__ == "__main__":
    sys.exit(main())
