"""How a run ends: with the card when everything was asked for, or else with a sentence."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from snakemake_logger_plugin_netnewton.jobs import Run

WIDTH = 100
LABEL = 10
REPORT = Path("paper_checks") / "report.json"
PAGE = REPORT.with_suffix(".html")
COMPARED = Path("results") / "compared.txt"
COLOURS = {"✓ reproduced": "green", "? inconclusive": "yellow", "✗ contradicted": "red"}


def print_card(run: Run) -> None:
    """Print the card on standard output: verdicts, the paper's figures, the page, bytes, time."""
    from replication.report.card import rows

    report = json.loads(REPORT.read_text(encoding="utf-8"))
    said = rows(report, COMPARED.read_text(encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that lacks "✓" still gets its card
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    for label, text in [("", ""), *said, ("Page", str(PAGE)), ("Time", _took(run))]:
        console.print(_entry(label, text, width), soft_wrap=True)


def _entry(label: str, text: str, width: int) -> Text:
    """A labelled paragraph in colour, where the terminal has colours."""
    filled = textwrap.fill(
        text,
        width,
        initial_indent=f"{label:{LABEL}}",
        subsequent_indent=" " * LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
    entry = Text(filled)
    entry.stylize("bold", 0, len(label))
    entry.highlight_words([str(PAGE)], f"link {PAGE.resolve().as_uri()}")
    for words, colour in COLOURS.items():
        entry.highlight_words([words], colour)
    return entry


def sentence(run: Run, errors: Sequence[str]) -> str:
    """How another run has ended; empty where `errors` say that already."""
    if run.interrupted:
        return f"Interrupted, {run.done} of {run.total} jobs are done; run it again for the rest"
    if run.failed:
        return f"{len(run.failed)} of {run.total} jobs failed, {run.done} are done{_log()}"
    return "" if errors else _took(run)


def _took(run: Run) -> str:
    jobs = "Nothing to be done" if run.idle else f"{run.done} of {run.total} jobs"
    return f"{jobs}, {run.seconds():.1f} s{_log()}"


def _log() -> str:
    """Where Snakemake's own lines are."""
    handlers = logging.getLogger("snakemake.logging").handlers
    files = [h.baseFilename for h in handlers if isinstance(h, logging.FileHandler)]
    return f"; log: {os.path.relpath(files[-1])}" if files else ""
