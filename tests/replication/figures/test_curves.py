"""Learning curves: what is drawn is what the results hold, with the interval that is stated."""

import numpy as np
import pytest
from figure_results import REPETITIONS, edited, lost, prepared, table
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_hex

from replication.experiments.intervals import student_t
from replication.experiments.summarise import rows
from replication.experiments.thinning import drawn_iterations
from replication.figures import curves, draw, fig2
from replication.figures.style import LOOKS, label

pytestmark = pytest.mark.usefixtures("theme")


@pytest.mark.parametrize("name", ["fig1", "fig2", "fig3"])
def test_the_table_holds_what_summarise_computes(name, results, drawn):
    found = [row for row in table(drawn, name) if not row.get("repetition")]
    expected = [
        (experiment, row)
        for experiment, method in draw.FIGURES[name].needs
        for row in rows(results[experiment, method], 0.98)
    ]
    assert len(found) == len(expected)  # so few iterations are all drawn
    for row, (experiment, (method, k, *numbers)) in zip(found, expected, strict=True):
        assert row.get("experiment", "pd_exact") == experiment
        assert (row["method"], int(row["iteration"])) == (method, k)
        got = [float(row[column]) for column in ("mean", "lower", "upper")]
        np.testing.assert_allclose(got, np.float64(numbers[:3]), rtol=1e-9)
        assert int(row["repetitions"]) == REPETITIONS


def test_the_first_figure_has_the_columns_it_always_had(drawn):
    header = (drawn / "fig1.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "method,iteration,mean,lower,upper,repetitions,diverged"


def test_long_runs_are_thinned_evenly_and_keep_both_ends():
    k = drawn_iterations(2000)
    assert k[:21].tolist() == list(range(21)) and k[-1] == 2000
    assert len(k) < 400 and np.diff(k).max() <= 10
    assert drawn_iterations(3).tolist() == [0, 1, 2, 3]


def test_a_curve_is_the_mean_and_its_interval(results):
    found = curves.curve(("pd_exact", "DG"), results["pd_exact", "DG"], 0.9)
    for mine, expected in zip(
        (found.mean, found.lower, found.upper),
        student_t(results["pd_exact", "DG"]["J"], 0.9),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, expected)


def lines_of(axis):
    """The lines of curves on an axis, by their colours; grey ones are references."""
    lines = {to_hex(line.get_color()).upper(): line for line in axis.lines if len(line.get_xdata())}
    return {color: line for color, line in lines.items() if color != to_hex("0.7").upper()}


def bands_of(axis):
    """Bounds of the bands on an axis by their colours: k, lower and upper."""
    bands = [c for c in axis.collections if isinstance(c, FillBetweenPolyCollection)]
    found = {}
    for band in bands:
        vertices = band.get_paths()[0].vertices
        n = (len(vertices) - 3) // 2  # a polygon that starts and ends at a lower bound
        lower, upper = vertices[1 : n + 1], vertices[n + 2 : 2 * n + 2][::-1]
        np.testing.assert_array_equal(lower[:, 0], upper[:, 0])
        found[to_hex(band.get_facecolor()[0]).upper()] = lower[:, 0], lower[:, 1], upper[:, 1]
    return found


PANELS = [
    ("fig1", 0, [("pd_exact", "DN"), ("pd_exact", "DG")]),
    ("fig1", 2, [("pd_exact", "DN"), ("pd_exact", "DS")]),
    ("fig2", 1, [("pd_sampled_is", name) for name in ("DN", "DG")]),
    ("fig2", 3, [("pd_sampled_is", name) for name in ("DN", "DG", "DS")]),
    ("fig3", 0, [("gridworld", "DN"), ("gridworld", "DG")]),
    ("fig3", 2, [("gridworld_tuned", name) for name in ("DN_floor", "DN_absolute", "DG")]),
]


@pytest.mark.parametrize(("name", "panel", "keys"), PANELS)
def test_lines_are_means_and_bands_are_our_intervals(name, panel, keys, results):
    axis = draw.FIGURES[name].draw(prepared(name, results)).axes[panel]
    lines, bands = lines_of(axis), bands_of(axis)
    assert set(lines) == set(bands) == {LOOKS[key[1]].color for key in keys}
    for key in keys:
        mean, lower, upper = student_t(results[key]["J"], 0.98)
        k = np.arange(len(mean))
        line = lines[LOOKS[key[1]].color]
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([k, mean]))
        np.testing.assert_array_equal(bands[LOOKS[key[1]].color], (k, lower, upper))
        assert line.get_linewidth() == LOOKS[key[1]].width
        assert line.is_dashed() == bool(LOOKS[key[1]].dashes)
    handles, labels = axis.get_legend_handles_labels()
    assert labels == [label(key) for key in keys]
    assert [to_hex(handle.get_color()).upper() for handle in handles] == [
        LOOKS[key[1]].color for key in keys
    ]


def test_a_method_that_diverged_is_drawn_as_far_as_it_came(results, tmp_path):
    key = ("pd_exact", "DN")
    data = prepared("fig1", {**results, key: lost(results[key], tmp_path)})
    line = lines_of(draw.FIGURES["fig1"].draw(data).axes[0])[LOOKS[key[1]].color]
    np.testing.assert_array_equal(line.get_xydata(), [[k, data[key].mean[k]] for k in (0, 1)])
    assert np.isnan(data[key].mean[2:]).all()


def test_captions_tell_where_repetitions_end(results, tmp_path):
    key = ("pd_sampled_is", "DN")
    J = results[key]["J"].copy()
    J[:, -1] = [-1.0 - 1e-9, np.nan, -1.5, -1.01]
    at = np.array([-1, 5, -1, -1], dtype=np.int32)
    data = prepared("fig2", {**results, key: edited(results[key], tmp_path, J=J, diverged_at=at)})
    caption = fig2.caption(data, 0.98)
    assert "With importance sampling DN ends at the optimum −1 in 1 of 4 repetitions" in caption
    assert "defects, in 1; without it" in caption
    assert "with it DN 1, 1, 1;" in caption and "Diverged repetitions: 1 of" in caption


def test_the_first_caption_tells_when_each_method_arrives(results, tmp_path):
    key = ("pd_exact", "DN")
    J = np.full_like(results[key]["J"], -1.5)
    J[:, 3:] = -1.001
    J[0] = -1.5
    shown = {**results, key: edited(results[key], tmp_path, J=J)}
    caption = draw.FIGURES["fig1"].caption(prepared("fig1", shown), 0.98)
    assert caption.startswith("DN is within 0.01 of the optimum −1 from iteration 3 on in the")
    assert "DG at no iteration. DN ends at −1 in 0 of 4 repetitions" in caption


def test_the_paper_is_shown_before_what_is_ours(results):
    for name in ("fig1", "fig2", "fig3"):
        first, *others = draw.FIGURES[name].draw(prepared(name, results)).axes
        assert first.get_title("left").startswith(f"Figure {name[3:]}")
        assert first.get_xscale() == "linear"
        paper = sum(axis.get_title("left").startswith("Figure") for axis in (first, *others))
        assert all(axis.get_title("left").startswith("ours") for axis in others[paper - 1 :])
        sizes = [axis.bbox.width * axis.bbox.height for axis in (first, *others[paper - 1 :])]
        assert sizes[0] > max(sizes[1:]), "ours is smaller"
