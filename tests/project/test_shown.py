"""What Snakemake's log records come to on a screen, without a run of it."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_netnewton import LogHandler
from snakemake_logger_plugin_netnewton.display import Bar, Lines, Silent
from snakemake_logger_plugin_netnewton.handler import OWN_LINES


def handler(**options):
    settings = dict.fromkeys((*OWN_LINES, "nocolor", "stdout")) | options
    made = LogHandler(SimpleNamespace(**settings), None)
    if isinstance(made.display, Lines):
        made.display = Lines(Console(file=io.StringIO()))
    return made


def record(event=None, text="", level=logging.INFO, **told):
    made = logging.makeLogRecord({"msg": text, "levelno": level, **told})
    made.event = event
    return made


def started(jobid, rule, log="", output=("made",), **wildcards):
    told = {"rule_name": rule, "log": [log] * bool(log), "output": list(output)}
    return record(LogEvent.JOB_INFO, jobid=jobid, wildcards=wildcards, **told)


def begun(**counts):
    made = handler()
    made.emit(record(LogEvent.WORKFLOW_STARTED))
    made.emit(record(LogEvent.RUN_INFO, stats={**counts, "total": sum(counts.values())}))
    return made


def shown(made):
    made.close()
    made.close()  # as Snakemake and then the logging module do
    return made.display.console.file.getvalue()


def test_a_line_a_job_and_the_log_of_one_that_makes_no_file(tmp_path):
    log = tmp_path / "referee.log"
    log.write_text("15 of 18 verdicts are those committed\n")
    made = begun(summarise=1, referee=1)
    made.emit(started(1, "summarise", experiment="pd_exact"))
    made.emit(started(2, "referee", str(log), output=()))
    for number in (1, 2):
        made.emit(record(LogEvent.JOB_FINISHED, job_id=number))
    one, two, said, last = shown(made).splitlines()
    assert (one, two) == ("[1/2] summarise pd_exact, 0 s", "[2/2] referee, 0 s")
    assert said == "15 of 18 verdicts are those committed" and last.startswith("2 of 2 jobs, ")


def test_errors_are_shown_but_not_twice(tmp_path):
    def ended(*records):
        made = begun(measure=2)
        for each in records:
            made.emit(each)
        return shown(made)

    error = record(LogEvent.ERROR, "MissingOutputException", logging.ERROR)
    told = {"rule_name": "measure", "jobid": 1, "log": [str(tmp_path / "none.log")]}
    failed = record(LogEvent.JOB_ERROR, level=logging.ERROR, **told)
    assert ended(error) == "MissingOutputException\n"
    assert ended(record(text="a warning", level=logging.WARNING)).startswith("a warning\n")
    one, two = ended(error, failed).splitlines()
    assert one.startswith("measure failed; its log, ") and one.endswith("none.log, is empty")
    assert two.startswith("1 of 2 jobs failed, 0 are done")
    stopping = record(text="Terminating processes on user request, this might take some time.")
    assert ended(stopping, error, failed).splitlines() == [
        "stopping ...",
        "Interrupted, 0 of 2 jobs are done; run it again for the rest",
    ]


def test_what_is_said_without_a_run_is_shown():
    made = handler()
    made.emit(record(text="Unlocked working directory."))
    assert shown(made) == "Unlocked working directory.\n"


@pytest.mark.parametrize("option", OWN_LINES)
def test_snakemakes_own_lines_are_shown_where_options_ask_for_them(option):
    made = handler(**{option: True})
    assert type(made.display) is Silent and not made.writes_to_stream
    assert handler().writes_to_stream


def test_the_bar_shows_the_last_line_of_each_running_jobs_log(tmp_path):
    log = tmp_path / "measure.log"
    log.write_text("the first line\nthe last line\n")
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    made = handler()
    made.display = Bar(console)
    made.emit(record(LogEvent.RUN_INFO, stats={"measure": 1, "all": 1, "total": 2}))
    made.emit(started(1, "measure", str(log)))
    console.print(made.display)
    made.display.end()
    text = console.file.getvalue()
    assert "0 of 1 jobs" in text and "the last line" in text and "the first line" not in text
