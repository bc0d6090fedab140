"""The figures of the trial, from made-up tables: what they show, and the same bytes."""

import csv
import io
import json

import numpy as np
import pytest

from replication.experiments.files import csv_table
from replication.experiments.made import made_with
from replication.figures import causes_removed, promise
from replication.figures.rendering import pictures
from replication.promise.causes import applicable, combinations
from replication.promise.registration import REGISTERED, registered
from replication.promise.tables import ROOM

AREAS = {"DS": 0.1, "gradient_tracking": 0.3, "tracked_absolute": 0.4, "DN": 0.2}


def write(folder, name, rows):
    rows = list(rows)
    table = csv_table(list(rows[0]), (list(row.values()) for row in rows))
    (folder / f"{name}.csv").write_text(table, encoding="utf-8")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables in which tracked_absolute and gradient_tracking are the best of their families."""
    folder, plan = tmp_path_factory.mktemp("promise"), registered()
    methods = [(task, name) for task in plan.tasks for name in AREAS]
    write(
        folder,
        "winners",
        (
            {"task": t, "method": m, "family": plan.methods[m].family, "area": AREAS[m]}
            for t, m in methods
        ),
    )
    printed = [(task, f"printed {name}") for task in plan.tasks for name in ("DN", "DG")]
    write(
        folder,
        "curves",
        (
            {"task": t, "method": m, "iteration": k, "mean": k, "lower": k - 1, "upper": k + 1}
            for t, m in methods + printed
            for k in range(5)
        ),
    )
    write(
        folder,
        "scores",
        (
            {"task": t, "method": m, "seeds": seeds, "scale": 1, "ninety": 7 + (seeds != "trial")}
            for t, m in methods + printed
            for seeds in ("trial", "replicate")
        ),
    )
    ends = {"below": 0.5, "above": 1.0, "open_below": False, "open_above": True}
    write(
        folder,
        "bands",
        (
            {"task": t, "method": m, "setting": setting.name, **ends}
            for t, m in methods
            for setting in plan.methods[m].tuned
        ),
    )
    numbers = {"DN": 0.2, "DS": 0.1, "difference": 0.1, "lower": 0.0, "upper": 0.3, "kept": 0.25}
    write(
        folder,
        "causes",
        (
            {"task": task, "steps": steps, "removed": label, **numbers}
            for task in plan.causes["tasks"]
            for steps in ("printed", "safe")
            for label, _ in combinations(applicable(plan.tasks[task]))
        ),
    )
    return folder


def test_a_figure_is_drawn_and_again_with_the_same_bytes(tables, theme):
    drawing = causes_removed.draw_causes(tables)
    shown = drawing.prepare({}, 0.98)
    caption = drawing.caption(shown, 0.98)
    first = pictures(drawing.draw(shown), "causes", caption)
    assert first == pictures(drawing.draw(shown), "causes", caption)


def test_the_best_of_each_family_stands_beside_what_is_printed(tables):
    drawing = promise.draw_promise(tables)
    rows = list(csv.DictReader(io.StringIO(drawing.table(drawing.prepare({}, 0.98)))))
    own = {row["kind"]: row["method"] for row in rows if row["task"] == "gridworld"}
    assert own == {
        "second_order": "tracked_absolute",
        "first_order": "gradient_tracking",
        "printed DN": "printed DN",
        "printed DG": "printed DG",
    }
    assert len(rows) == len(registered().tasks) * 4 * 5
    caption = drawing.caption(drawing.prepare({}, 0.98), 0.98)
    assert "needs, task by task, 7, 7, 7, 7, 7, 7 iterations" in caption


def test_tables_of_other_sources_are_said_to_be_so(tables, tmp_path):
    for path in tables.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    drawing = promise.draw_promise(tmp_path)
    made = tmp_path / "made.json"
    for text, current in ((made_with(ROOM, REGISTERED), True), ("0" * 64, False)):
        made.write_text(json.dumps({"made_with": text}), encoding="utf-8")
        said = promise.STALE in drawing.caption(drawing.prepare({}, 0.98), 0.98)
        assert said != current


def test_bands_end_where_they_were_seen_to(tables, theme):
    drawing = promise.draw_promise(tables)
    figure = drawing.draw(drawing.prepare({}, 0.98))
    bars = [line for line in figure.axes[1].lines if len(line.get_xdata()) == 2]
    assert [list(line.get_xdata()) for line in bars[:2]] == [[-0.5, 1.0]] * 2
    arrows = [line for line in figure.axes[1].lines if line.get_marker() in "<>"]
    assert {line.get_marker() for line in arrows} == {">"}


def test_causes_are_shown_for_every_task_with_their_intervals(tables, theme):
    drawing = causes_removed.draw_causes(tables)
    shown = drawing.prepare({}, 0.98)
    figure = drawing.draw(shown)
    assert len(figure.axes) == 3
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[0] == "none" and labels[-1] == "all" and "sign" in labels
    reach = figure.axes[0].containers[0].lines[2][0].get_segments()[0]
    np.testing.assert_allclose(reach[:, 0], [0.0, 0.3])
    assert "25.0 %" in drawing.caption(shown, 0.98)
