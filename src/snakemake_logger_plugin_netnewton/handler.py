"""The handler that takes Snakemake's log records and decides what is shown of them.

All of them are in Snakemake's own log file. On the screen are, with ``--verbose`` and wherever else
the options ask for them, its own lines; otherwise how many jobs are done, what goes wrong, and at
the end the card.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging import LogRecord

from rich.console import Console
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_netnewton.display import Bar, Lines, Silent
from snakemake_logger_plugin_netnewton.ending import print_card, sentence
from snakemake_logger_plugin_netnewton.jobs import Job, Run, failure

STOPPING = ("Terminating processes on user request", "Will exit after finishing")
"""How Snakemake says that it has been interrupted; what becomes of its jobs then is no failure."""

NOTHING = "Nothing to be done"
"""How Snakemake says that all is up to date."""

OWN_LINES = ("verbose", "dryrun", "printshellcmds", "debug_dag", "show_failed_logs", "quiet")
"""Options that ask for lines of Snakemake's, or for fewer of them."""

NO_CARD = ("dryrun", "quiet")


class LogHandler(LogHandlerBase):
    """Shows a run of the workflow; made, given records and closed by Snakemake."""

    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = True  # which says whether all was asked for, also where nothing is to be done

    def __post_init__(self) -> None:
        """Choose what is shown, by the options and by what the output goes to."""
        self.run = Run()
        self.notes: list[str] = []  # until the run starts: then they are in the log file only
        self.errors: list[str] = []
        self.closed = False
        no_color = True if self.common_settings.nocolor else None  # or as NO_COLOR says
        self.display = self._display(Console(stderr=True, no_color=no_color, highlight=False))

    @property
    def writes_to_stream(self) -> bool:
        """Whether this replaces Snakemake's own lines."""
        return not self._asked_for(OWN_LINES)

    def emit(self, record: LogRecord) -> None:
        """Take one record."""
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Say how it ended; Snakemake and the logging module both call this."""
        if not self.closed:
            self.closed = True
            self.display.end()
            for text, style in self._last_words():
                self.display.say(text, style)
            if self.run.complete and not self._asked_for(NO_CARD):
                print_card(self.run)
        super().close()

    def _asked_for(self, options: tuple[str, ...]) -> bool:
        return any(getattr(self.common_settings, option) for option in options)

    def _display(self, console: Console) -> Silent:
        if not self.writes_to_stream:
            return Silent()
        moves = console.file.isatty() and not console.is_dumb_terminal
        return Bar(console) if moves else Lines(console)

    def _take(self, record: LogRecord) -> None:
        match getattr(record, "event", None):
            case LogEvent.WORKFLOW_STARTED:
                self.run.started = True
                self.notes.clear()
            case LogEvent.RULEGRAPH:
                self.run.asked = {node["rule"] for node in record.__dict__["rulegraph"]["nodes"]}
            case LogEvent.RUN_INFO:
                self.run.counts = record.__dict__["stats"]
                self.display.begin(self.run)
            case LogEvent.JOB_INFO:
                self.run.jobs[record.__dict__["jobid"]] = Job.of(record)
            case LogEvent.JOB_FINISHED:
                self._finish(self.run.jobs.pop(record.__dict__["job_id"], None))
            case LogEvent.JOB_ERROR:
                self._fail(record)
            case None if record.levelno == logging.INFO:
                self._note(record.getMessage())
            case _:
                self._complain(record)

    def _finish(self, job: Job | None) -> None:
        if job is None or not job.counts:
            return
        self.run.done += 1
        self.display.finish(self.run, job)
        if not job.makes:
            self.display.say("\n".join(job.said()))

    def _fail(self, record: LogRecord) -> None:
        self.run.jobs.pop(record.__dict__["jobid"], None)
        if not self.run.interrupted:
            self.run.failed.append(record.__dict__["rule_name"])
            self.display.say(failure(record), "red")

    def _note(self, text: str) -> None:
        self.run.idle |= text.startswith(NOTHING)
        if text.startswith(STOPPING):
            self.run.interrupted = True
            self.display.say("stopping ...")
        elif not self.run.started:
            self.notes.append(text)

    def _complain(self, record: LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.errors.append(record.getMessage())
        elif record.levelno >= logging.WARNING:
            self.display.say(record.getMessage(), "yellow")

    def _last_words(self) -> Iterator[tuple[str, str]]:
        """What remains to be said, each with its style."""
        run = self.run
        yield from ((note, "") for note in self.notes)
        if not (run.failed or run.interrupted):  # or they only repeat it
            yield from ((error, "red") for error in self.errors)
        if run.started and not run.complete and (said := sentence(run, self.errors)):
            yield said, ""
