"""What is shown while jobs run: a bar on a terminal; elsewhere a line for each job that is done."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from snakemake_logger_plugin_netnewton.jobs import Job, Run

BAR = 40  # columns


class Silent:
    """Shows nothing: Snakemake's own lines are shown instead."""

    def begin(self, run: Run) -> None:
        """Jobs will run."""

    def finish(self, run: Run, job: Job) -> None:
        """A job is done."""

    def say(self, text: str, style: str = "") -> None:
        """Something else is to be said."""

    def end(self) -> None:
        """No more jobs will run."""


class Lines(Silent):
    """Plain lines, for files and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def finish(self, run: Run, job: Job) -> None:
        """One line."""
        width = len(str(run.total))
        self.say(f"[{run.done:{width}}/{run.total}] {job.name}, {job.seconds():.0f} s")

    def say(self, text: str, style: str = "") -> None:
        """Print `text` as it is, whatever its width."""
        self.console.print(Text(text, style), soft_wrap=True)


class Bar(Lines):
    """A bar, with the running jobs and the last line of each one's log below it."""

    live: Live | None = None

    def begin(self, run: Run) -> None:
        """Draw the bar, and again four times a second."""
        self.run = run
        self.live = Live(self, console=self.console, transient=True)
        self.live.start()

    def finish(self, run: Run, job: Job) -> None:
        """The bar shows it."""

    def end(self) -> None:
        """Take the bar away."""
        if self.live is not None:
            self.live.stop()

    def __rich__(self) -> RenderableType:
        """How far the run is now."""
        run, counted = self.run, Table.grid(padding=(0, 2))
        total, passed = max(run.total, 1), divmod(round(run.seconds()), 60)
        said = f"{run.done} of {run.total} jobs, {passed[0]}:{passed[1]:02}"
        counted.add_row(ProgressBar(total, run.done, BAR), said)
        return Group(counted, *map(_running, list(run.jobs.values())))


def _running(job: Job) -> Text:
    """A running job on one line."""
    said = (job.said() or [""])[-1]
    return Text.assemble(f"  {job.name} ", (said, "dim"), no_wrap=True, overflow="ellipsis")
