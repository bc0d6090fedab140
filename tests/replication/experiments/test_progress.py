"""Progress: repetitions done and time left, at most once a second."""

import io

from replication.experiments import progress


def test_progress_tells_work_done_and_time_left(monkeypatch):
    now = iter([0.0, 0.5, 2.0, 2.5, 10.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(now))
    stream = io.StringIO()
    report = progress.Progress("pd_exact/DN", 30, stream)
    report.start()
    report(3)  # half a second in: too early for a line
    report(3)
    report(3)
    report.finish()
    assert stream.getvalue().splitlines() == [
        "pd_exact/DN: 30 repetitions started",
        "pd_exact/DN: 6 of 30 repetitions' work done, 8 s left",
        "pd_exact/DN: 30 repetitions done in 10.0 s",
    ]
