"""The reviewer's commands of ``netnewton``: claim, compare, verify, replay, diff, and so on."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from replication.claims.verdicts import VERDICTS
from replication.cli import show
from replication.cli.arguments import natural, positive, probability, several

if TYPE_CHECKING:
    from replication.controls.selftest import Outcome

RESULTS, FIGURES = Path("results"), Path("figures")
REPORT = Path("paper_checks") / "report.json"
ARCHIVE = Path("results") / "raw.zip"


class Mismatch(Exception):
    """Something differs or was missed; all that is to be said has been printed."""


class Add(Protocol):
    """Adds a subcommand to the command line."""

    def __call__(self, name: str, command: object, text: str) -> argparse.ArgumentParser:
        """A parser for the subcommand's arguments."""


def add_commands(add: Add) -> list[argparse.ArgumentParser]:
    """Add the reviewer's subcommands, and return those that print what can be had as data."""
    claim = add("claim", _claim, "show all evidence for one claim")
    claim.add_argument("claim")

    compare = add("compare", _compare, "compare this run with what is committed, in one line")
    compare.add_argument("out", type=Path, nargs="?", help="workflow stage: write the line here")
    compare.add_argument("--list", action="store_true", help="name all that differs")

    verify = add("verify", _verify, "derive figures' data and verdicts again from the raw results")
    source = verify.add_mutually_exclusive_group()
    source.add_argument("--results", type=Path, default=RESULTS)
    source.add_argument("--archive", type=Path, help="an archive of them instead")
    verify.add_argument("--figures", type=Path, default=FIGURES)
    for sub in (claim, verify):
        sub.add_argument("--report", type=Path, default=REPORT, help="default: %(default)s")

    replay = add("replay", _replay, "recompute single repetitions, compare with the stored traces")
    replay.add_argument("names", nargs="+", metavar="EXPERIMENT/METHOD/REPETITION")
    replay.add_argument("--results", type=Path, default=RESULTS)

    diff = add("diff", _diff, "say claim by claim what changed between two folders of results")
    diff.add_argument("before", type=Path, help="a folder of results, or an archive")
    diff.add_argument("after", type=Path)

    selftest = add("selftest", _selftest, "plant faults and see the checks catch them")
    selftest.add_argument("names", nargs="*", metavar="FAULT_OR_CLAIM", help="default: all")

    fresh = add("referee", _referee, "fresh verdicts on the figures' claims, from another seed")
    fresh.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all on the figures")
    fresh.add_argument("--seed", type=natural, help="default: the one of paper_checks/power.yaml")
    fresh.add_argument("--repetitions", type=several, help="of each experiment; default: as there")
    fresh.add_argument("--scratch", type=Path, default=RESULTS / "referee", help="for the runs")

    archive = add("archive", _archive, "pack the paper's raw results with a manifest of SHA-256")
    archive.add_argument("--results", type=Path, default=RESULTS)
    archive.add_argument("--out", type=Path, default=ARCHIVE, help="default: %(default)s")
    add("manifest", _manifest, "for maintainers: write down the outputs as those to commit")
    for sub in (selftest, fresh):
        sub.add_argument("--jobs", type=positive, default=1, help="worker processes, at most")
    for sub in (diff, fresh):
        sub.add_argument("--confidence", type=probability, default=0.98, help="of the intervals")
    return [claim, compare, verify, replay, diff, selftest, fresh]


def _replay(options: argparse.Namespace) -> None:
    from replication.review.replay import made_elsewhere, replay

    found = {name: replay(name, options.results) for name in options.names}
    for name, difference in found.items():
        said = "identical" if difference is None else str(difference)
        notes = made_elsewhere(name, options.results) if difference else []
        if not options.json:
            show.lines([f"{name}: {said}", *(f"  the stored trace: {note}" for note in notes)])
    if options.json:
        show.as_json(
            {name: difference and asdict(difference) for name, difference in found.items()}
        )
    if any(found.values()):
        raise Mismatch


def _verify(options: argparse.Namespace) -> None:
    from replication.review.archive import opened
    from replication.review.verify import verify

    with opened(options.archive or options.results) as results:
        items = []
        for item in verify(results, options.report, options.figures):
            items.append(item)
            if not options.json:
                detail = f": {item.detail}" if item.detail else ""
                show.lines([f"{item.state:9}{item.name}{detail}"])
    differing = sum(bool(item.problems) for item in items)
    if options.json:
        show.as_json([{"state": item.state, **asdict(item)} for item in items])
    else:
        end = f"{differing} differ" if differing else "everything follows from the raw results"
        show.lines([end])
    if differing:
        raise Mismatch


def _diff(options: argparse.Namespace) -> None:
    from replication.review.diff import compare_runs

    comparison = compare_runs(options.before, options.after, options.confidence)
    if options.json:
        show.as_json(asdict(comparison))
    else:
        show.lines(comparison.lines())
    if comparison.changed:
        raise Mismatch


def _claim(options: argparse.Namespace) -> None:
    from replication.report.terminal import entries, of_claim
    from replication.review.verify import read_report

    report = read_report(options.report)
    claim = of_claim(report, options.claim)
    if options.json:
        show.as_json(claim)
    else:
        show.entries(entries(claim, report))


def _archive(options: argparse.Namespace) -> None:
    from replication.review.archive import write_archive

    write_archive(options.results, options.out)
    print(f"written to {options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


def _compare(options: argparse.Namespace) -> None:
    from replication.experiments.files import write_text
    from replication.review.manifest import compare

    comparison = compare(Path())
    lines = [*(comparison.all_lines() if options.list else comparison.lines())]
    if options.json:
        show.as_json(asdict(comparison))
    else:
        show.lines(lines)
    if options.out is not None:
        write_text(options.out, "\n".join(lines) + "\n")
    elif comparison.verdicts:
        raise Mismatch


def _manifest(options: argparse.Namespace) -> None:
    from replication.review.manifest import MANIFEST, write_manifest

    write_manifest(Path())
    print(f"written to {MANIFEST}")


def _selftest(options: argparse.Namespace) -> None:
    import time

    from replication.controls.registry import registry
    from replication.controls.selftest import chosen, selftest

    started, controls = time.perf_counter(), chosen(registry(), options.names)
    outcomes: list[Outcome] = []
    if options.json:
        outcomes += selftest(controls, options.jobs)
        show.as_json([outcome.data() for outcome in outcomes])
    else:
        row = show.growing(
            ("", "fault", "check", "without → with it", "what is planted"),
            [("caught", c.name, c.caught_by, f"{c.healthy} → {c.faulty}") for c in controls],
        )
        for outcome in selftest(controls, options.jobs):
            outcomes.append(outcome)
            _show_outcome(outcome, row)
    missed = sum(not outcome.caught for outcome in outcomes)
    if not options.json:
        show.lines(
            [
                f"{len({c.name for c in controls})} faults, {len(outcomes)} controls: "
                f"{len(outcomes) - missed} caught, {missed} MISSED, "
                f"in {time.perf_counter() - started:.0f} s"
            ]
        )
    if missed:
        raise Mismatch


def _show_outcome(outcome: Outcome, row: Callable[..., None]) -> None:
    control = outcome.control
    state = "caught" if outcome.caught else "MISSED"
    change = f"{control.healthy} → {control.faulty}"
    row(state, control.name, control.caught_by, change, control.plants)
    if not outcome.caught:
        show.lines([f"        but it was {outcome.without} → {outcome.planted}"])


def _referee(options: argparse.Namespace) -> None:
    from replication.power.plan import plan
    from replication.review.referee import chosen, referee

    seed = plan().seeds["referee"] if options.seed is None else options.seed
    repetitions = options.repetitions or plan().referee
    claims = chosen(options.claims)
    asked = (seed, repetitions, claims, options.scratch, options.confidence, options.jobs)
    if options.json:
        show.as_json([asdict(found) for found in referee(*asked)])
        return
    show.lines([f"seed {seed}, {repetitions} repetitions"])
    width = max(map(len, VERDICTS))
    row = show.growing(
        ("claim", "committed", "at larger n", "fresh"),
        [(entry["id"], " " * width, " " * width) for entry in claims],
    )
    same = 0
    for found in referee(*asked):
        same += found.fresh == found.committed
        luck = "; by luck at 30" if found.by_luck else ""
        row(found.claim, found.committed, found.at_larger_n, f"{found.fresh}{luck}")
    show.lines([f"{same} of {len(claims)} verdicts are those committed"])
