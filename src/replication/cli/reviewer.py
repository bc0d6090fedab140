"""The reviewer's commands of ``netnewton``: replay, verify, diff, claim, compare, and so on."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Protocol

RESULTS, FIGURES = Path("results"), Path("figures")
REPORT = Path("paper_checks") / "report.json"
ARCHIVE = Path("results") / "raw.zip"


class Mismatch(Exception):
    """Something differs or was missed; all that is to be said has been printed."""


class Add(Protocol):
    """Adds a subcommand to the command line."""

    def __call__(self, name: str, command: object, text: str) -> argparse.ArgumentParser:
        """A parser for the subcommand's arguments."""


def add_commands(add: Add) -> None:
    """Add the reviewer's subcommands."""
    replay = add("replay", _replay, "recompute single repetitions, compare with the stored traces")
    replay.add_argument("names", nargs="+", metavar="EXPERIMENT/METHOD/REPETITION")
    replay.add_argument("--results", type=Path, default=RESULTS)

    verify = add("verify", _verify, "derive figures' data and verdicts again from the raw results")
    source = verify.add_mutually_exclusive_group()
    source.add_argument("--results", type=Path, default=RESULTS)
    source.add_argument("--archive", type=Path, help="an archive of them instead")
    verify.add_argument("--report", type=Path, default=REPORT)
    verify.add_argument("--figures", type=Path, default=FIGURES)

    diff = add("diff", _diff, "say claim by claim what changed between two folders of results")
    diff.add_argument("before", type=Path, help="a folder of results, or an archive")
    diff.add_argument("after", type=Path)
    diff.add_argument("--confidence", type=float, default=0.98, help="of the intervals")

    claim = add("claim", _claim, "show all evidence for one claim")
    claim.add_argument("claim")
    claim.add_argument("--report", type=Path, default=REPORT)

    archive = add("archive", _archive, "pack the paper's raw results with a manifest of SHA-256")
    archive.add_argument("--results", type=Path, default=RESULTS)
    archive.add_argument("--out", type=Path, default=ARCHIVE, help="default: %(default)s")

    compare = add("compare", _compare, "compare this run with what is committed, in one line")
    compare.add_argument("out", type=Path, nargs="?", help="workflow stage: write the line here")
    compare.add_argument("--list", action="store_true", help="name all that differs")
    add("manifest", _manifest, "for maintainers: write down the outputs as those to commit")

    fresh = add("referee", _referee, "fresh verdicts on the figures' claims, from another seed")
    fresh.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all on the figures")
    fresh.add_argument("--seed", type=int, help="default: the one of paper_checks/power.yaml")
    fresh.add_argument("--repetitions", type=int, help="of each experiment, default: as there")
    fresh.add_argument("--scratch", type=Path, default=RESULTS / "referee", help="for the runs")
    fresh.add_argument("--confidence", type=float, default=0.98, help="of the intervals")
    fresh.add_argument("--jobs", type=int, default=1, help="worker processes, at most")

    selftest = add("selftest", _selftest, "plant faults and see the checks catch them")
    selftest.add_argument("names", nargs="*", metavar="FAULT_OR_CLAIM", help="default: all")
    selftest.add_argument("--jobs", type=int, default=1, help="worker processes, at most")


def _replay(options: argparse.Namespace) -> None:
    from replication.review.replay import made_elsewhere, replay

    found = False
    for name in options.names:
        difference = replay(name, options.results)
        found |= difference is not None
        print(f"{name}: {difference or 'identical'}", flush=True)
        if difference is not None:
            for note in made_elsewhere(name, options.results):
                print(f"  the stored trace: {note}")
    if found:
        raise Mismatch


def _verify(options: argparse.Namespace) -> None:
    from replication.review.archive import opened
    from replication.review.verify import verify

    with opened(options.archive or options.results) as results:
        if verify(results, options.report, options.figures):
            raise Mismatch


def _diff(options: argparse.Namespace) -> None:
    from replication.review.archive import opened
    from replication.review.diff import compare_runs

    _require_confidence(options.confidence)
    with opened(options.before) as before, opened(options.after) as after:
        comparison = compare_runs(before, after, options.confidence)
    for line in comparison.lines():
        print(line)
    if comparison.changed:
        raise Mismatch


def _claim(options: argparse.Namespace) -> None:
    from replication.report.terminal import claim_screen
    from replication.review.verify import read_report

    print(claim_screen(read_report(options.report), options.claim))


def _archive(options: argparse.Namespace) -> None:
    from replication.review.archive import write_archive

    write_archive(options.results, options.out)
    print(f"written to {options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


def _compare(options: argparse.Namespace) -> None:
    from replication.experiments.files import write_text
    from replication.review.manifest import compare

    comparison = compare(Path())
    text = "\n".join(comparison.all_lines() if options.list else comparison.lines())
    print(text)
    if options.out is not None:
        write_text(options.out, text + "\n")
    elif comparison.verdicts:
        raise Mismatch


def _manifest(options: argparse.Namespace) -> None:
    from replication.review.manifest import MANIFEST, write_manifest

    write_manifest(Path())
    print(f"written to {MANIFEST}")


def _selftest(options: argparse.Namespace) -> None:
    from replication.controls.selftest import selftest

    _require(options.jobs >= 1, f"--jobs {options.jobs}: give a positive whole number")
    if selftest(options.names, partial(print, flush=True), options.jobs):
        raise Mismatch


def _referee(options: argparse.Namespace) -> None:
    from replication.power.plan import plan
    from replication.review.referee import referee

    seed = plan().seeds["referee"] if options.seed is None else options.seed
    repetitions = plan().referee if options.repetitions is None else options.repetitions
    _require(seed >= 0, f"--seed {seed}: give a whole number, 0 or more")
    _require(repetitions >= 2, f"--repetitions {repetitions}: give a whole number, 2 or more")
    _require_confidence(options.confidence)
    _require(options.jobs >= 1, f"--jobs {options.jobs}: give a positive whole number")
    say = partial(print, flush=True)
    referee(
        seed,
        repetitions,
        options.claims,
        options.scratch,
        options.confidence,
        options.jobs,
        say,
    )


def _require_confidence(given: float) -> None:
    _require(0.0 < given < 1.0, f"--confidence {given}: give a number between 0 and 1")


def _require(fits: bool, message: str) -> None:
    from replication.experiments.config import ConfigError

    if not fits:
        raise ConfigError(message)
