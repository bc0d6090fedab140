"""One's own work is drawn: results of any experiment and method, and studies of any grid."""

import csv
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import xarray
from figure_results import edited, lost, make

from replication.cli import main
from replication.experiments import config, tune
from replication.experiments.config import ConfigError
from replication.experiments.intervals import student_t
from replication.experiments.results import Results
from replication.experiments.shown import check_figures
from replication.figures import own_curves, own_study
from replication.figures.style import LOOKS

EXAMPLE = config.ROOT / "config" / "examples" / "own.yaml"
TINY = ("--repetitions", "3", "--set", "iterations=12")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Results of two of the paper's experiments."""
    folder = tmp_path_factory.mktemp("small")
    for experiment in ("pd_exact", "pd_exact_tuned"):
        make(folder, experiment)
    return folder


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The example, where a user has copied it to."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return "mine.yaml"


def shown(paths, confidence=0.98):
    return own_curves.panels([(path, Results(path)) for path in paths], confidence)


@pytest.mark.end_to_end
def test_the_example_as_a_new_user_goes_through_it(example, capsys):
    assert main.main(["list", "--config", example]) == 0
    for experiment in ("three", "three_sampled"):
        assert main.main(["run", experiment, "--config", example, *TINY]) == 0
    out = "".join(capsys.readouterr())
    command = re.search(r"draw it with ./run netnewton (plot .*)", out)[1].split()
    assert main.main(command) == 0
    picture = Path("results/own/three/curves.svg")
    out = capsys.readouterr().out
    assert f"written to {picture}" in out and "  newton: " in out and "n = 3" in out
    for name in ("newton", "gradient"):
        assert name in picture.read_text(encoding="utf-8")
    with xarray.open_dataset("results/own/three/newton.nc") as dataset:
        assert dataset.J.sizes == {"repetition": 3, "iteration": 13}


def test_figures_that_cannot_show_an_experiment_are_refused(example, tmp_path, capsys):
    text = Path(example).read_text(encoding="utf-8")
    Path(example).write_text(text.replace("    seed: 1\n", "    seed: 1\n    figures: [fig2]\n"))
    assert main.main(["run", "three", "--config", example]) == 2
    refused = capsys.readouterr().err
    for part in ("three.figures: fig2 shows pd_sampled_is, pd_sampled_no_is", "take it out"):
        assert part in refused
    assert len(refused.splitlines()) == 1 and not list(tmp_path.rglob("*.nc"))
    check_figures(config.load())  # the paper's own can be honoured


def test_lines_are_means_and_bands_the_configured_intervals(small, theme):
    files = own_curves.found([small / "pd_exact"])
    (panel,) = shown(files, 0.9)
    assert list(panel.curves) == sorted(("DN", "DG", "DS", "DJ")) and panel.optimum == -1.0
    figure = own_curves.draw([panel])
    assert [axis.get_xscale() for axis in figure.axes] == ["linear", "symlog"]
    drawn = {line.get_color(): line for line in figure.axes[0].get_lines() if len(line.get_xdata())}
    look = own_curves.looks(panel.curves)
    for path in files:
        mean, lower, upper = student_t(Results(path)["J"], 0.9)
        curve = panel.curves[path.stem]
        np.testing.assert_array_equal(drawn[look[path.stem].color].get_ydata(), mean)
        np.testing.assert_array_equal((curve.lower, curve.upper), (lower, upper))
    assert "90 %" in own_curves.caption([panel], 0.9)


def test_any_number_of_methods_look_unlike_each_other():
    names = ["DN", "DG", *(f"method_{n}" for n in range(40))]
    looks = own_curves.looks(names)
    assert len({(look.color, look.dashes) for look in looks.values()}) == len(names)
    assert looks["DN"] == LOOKS["DN"] and looks["DG"] == LOOKS["DG"]
    assert len({looks[name].color for name in names[:8]}) == 8


def test_experiments_have_rows_and_equal_methods_the_names_of_their_folders(small, tmp_path):
    other = tmp_path / "other" / "pd_exact"
    other.mkdir(parents=True)
    again = other / "DN.nc"
    again.write_bytes((small / "pd_exact" / "DN.nc").read_bytes())
    panels = shown([*own_curves.found([small]), again])
    assert [panel.experiment for panel in panels] == ["pd_exact", "pd_exact_tuned"]
    assert {f"DN ({other})", f"DN ({small / 'pd_exact'})", "DG"} <= panels[0].curves.keys()
    copied = other / "copied.nc"
    copied.write_bytes(again.read_bytes())
    with pytest.raises(ConfigError, match="holds pd_exact/DN, as another file"):
        shown([again, copied])


def test_repetitions_that_diverged_are_counted_and_drawn_as_far_as_they_came(
    small, tmp_path, theme
):
    held = lost(Results(small / "pd_exact" / "DN.nc"), tmp_path)
    panels = own_curves.panels([(tmp_path / "edited.nc", held)], 0.98)
    assert "n = 4, 4 diverged" in own_curves.caption(panels, 0.98)
    line = own_curves.draw(panels).axes[0].get_lines()[0]
    assert np.isfinite(line.get_ydata()).sum() == 2
    J = held["J"].copy()
    J[0] = -1.0
    (panel,) = own_curves.panels([(tmp_path / "one.nc", edited(held, tmp_path, J=J))], 0.98)
    own_curves.draw([panel])  # a band that is infinite


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plot", "nowhere.nc"], "nowhere.nc is missing"),
        (["plot", "."], "holds no results"),
        (["plot", "a.nc", "--out", "a.pdf"], "a file that ends in .svg or .png"),
        (["study", "--config", "none.yaml"], "none.yaml cannot be read"),
        (["study", "three_newtn", "--config", "mine.yaml"], "did you mean 'three_newton'"),
    ],
)
def test_bad_words_end_with_one_message(words, message, example, capsys):
    assert main.main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err and len(err.splitlines()) == 1
    assert [path.name for path in Path().rglob("*")] == [example]


@pytest.mark.end_to_end
def test_a_study_of_ones_own_is_run_and_drawn(example, capsys):
    text = Path(example).read_text(encoding="utf-8")
    text = text.replace("floor: [0.03, 0.1, 0.3]", "floor: [0.03, 0.1]\n      iterations: [5]")
    Path(example).write_text(text.replace("repetitions: 10", "repetitions: 2"), encoding="utf-8")
    assert main.main(["study", "--config", example]) == 0
    out = capsys.readouterr().out
    assert "three_newton: 6 of 6 combinations done" in out
    assert "newton in three_sampled with iterations=5, 6 combinations of 2 repetitions" in out
    with Path("results/studies/three_newton.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    best = max(rows, key=lambda row: float(row["average_value"]))
    assert f"step_size={best['step_size']}, floor={best['floor']}: " in out
    assert "step_size" in Path("results/studies/three_newton.svg").read_text(encoding="utf-8")


def rows_of(grid):
    """A made-up table: the return is the sum of the logarithms of its numbers, ± 0.5."""
    for values in itertools.product(*grid.values()):
        value = sum(math.log10(v) for v in values if isinstance(v, float))
        bounds = {"value": value, "lower": value - 0.5, "upper": value + 0.5}
        measured = {f"{what}_{key}": v for what in own_study.TITLES for key, v in bounds.items()}
        yield dict(zip(grid, values, strict=True)) | measured | {"diverged": 0, "repetitions": 3}


def points_of(grid):
    return [own_study._point(row, own_study._varied({"grid": grid})) for row in rows_of(grid)]


NUMBERS, NAMES = [0.1, 0.01, 1.0], ["printed", "ascent"]


def test_one_setting_is_a_line_over_numbers_and_dots_over_names(theme):
    axis = own_study.draw(points_of({"step_size": NUMBERS, "iterations": [5]})).axes[0]
    np.testing.assert_allclose(axis.get_lines()[0].get_xydata(), [[0.01, -2], [0.1, -1], [1, 0]])
    assert (axis.get_xscale(), axis.get_xlabel()) == ("log", "step_size")
    axis = own_study.draw(points_of({"curvature_sign": NAMES})).axes[0]
    assert [text.get_text() for text in axis.get_xticklabels()] == NAMES


def test_two_settings_are_a_map_with_its_intervals(theme):
    axes = own_study.draw(points_of({"curvature_sign": NAMES, "step_size": NUMBERS})).axes
    assert len(axes) == 3  # averaged, last, and what the colours mean
    assert axes[1].get_xlabel() == "step_size" and axes[0].get_ylabel() == "curvature_sign"
    assert [text.get_text() for text in axes[0].texts] == ["-1\n±0.5", "-2\n±0.5", "0\n±0.5"] * 2


def test_more_settings_are_ranked_the_best_on_top(theme):
    grid = {"step_size": NUMBERS, "floor": [1.0, 0.1], "curvature_sign": NAMES}
    points = points_of(grid)
    (axis,) = own_study.draw(points).axes
    top = axis.get_yticklabels()[0].get_text()
    assert top == "1.0 · 1.0 · printed" and axis.get_title(loc="left") == " · ".join(grid)
    study = {"grid": grid, "method": "m", "experiment": "e"}
    lost = [own_study.Point(p.settings, p.average, p.final, 1) for p in points]
    assert "†: of 12 some" in own_study.caption("s", study, lost, 0.98)
    assert "†" not in own_study.caption("s", study, points, 0.98)


def test_a_table_becomes_a_picture(tmp_path):
    grid = {"step_size": NUMBERS}
    study = {"grid": grid, "method": "mine", "experiment": "three"}
    out = tmp_path / "study.svg"
    text = own_study.plot_study("s", study, list(rows_of(grid)), 0.9, out)
    assert "90 %" in text and "step_size=1.0: 0 [-0.5, 0.5]" in text
    assert out.read_text(encoding="utf-8").lstrip().startswith("<?xml")
    assert [path.name for path in tmp_path.iterdir()] == ["study.svg"]


def test_the_example_needs_nothing_but_the_schema():
    own = config.load(EXAMPLE)
    for name, study in config.load_studies(EXAMPLE).items():
        assert list(tune.specs(study, config.studied_experiments(EXAMPLE))), name
    assert not own["experiments"].keys() & config.load()["experiments"].keys()
