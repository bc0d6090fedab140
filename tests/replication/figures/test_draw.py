"""The figures: complete, the same bytes every time, and showing what the results hold."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from netnewton.policies import behaviour_parameters
from netnewton.trajectories import Streams, rollout
from replication.cli import main
from replication.experiments import config, problems, tune
from replication.experiments.config import ConfigError
from replication.experiments.intervals import student_t
from replication.experiments.overrides import override
from replication.experiments.results import Results, write_results
from replication.experiments.simulate import simulate
from replication.experiments.summarise import rows
from replication.figures import curves, draw, paths

FROM_RESULTS = [name for name, drawing in draw.FIGURES.items() if drawing.needs]
# The figure of thresholds is drawn from a table that is made with the results: test_theorems.py.
DRAWN = [name for name in draw.FIGURES if name != "thresholds"]
REPETITIONS, HORIZON = 4, 4
SMALL = {
    "pd_exact": [],
    "pd_exact_tuned": [],
    "pd_sampled_tuned": ["derivatives.batch_size=10"],
    "pd_sampled_is": ["derivatives.batch_size=10"],
    "pd_sampled_no_is": ["derivatives.batch_size=10"],
}
GRIDWORLD = [
    "derivatives.batch_size=10",
    f"derivatives.horizon={HORIZON}",
    "evaluation.batch_size=10",
    "game.height=2.0",
]
SUFFIXES = ("svg", "png", "csv", "txt")


def make(folder, experiment, methods=None, repetitions=REPETITIONS):
    """Small runs of an experiment of the paper, as files."""
    paper = config.load()
    methods = methods or config.methods(paper, experiment)
    assignments = SMALL.get(experiment, GRIDWORLD)
    assignments = [*assignments, "iterations=5", f"repetitions={repetitions}"]
    settings = override(paper, experiment, methods, assignments)
    for method in methods:
        spec = config.spec(settings, experiment, method)
        write_results(folder / experiment / f"{method}.nc", spec, simulate(spec))


def load(folder):
    found = [Results(path) for path in sorted(folder.glob("*/*.nc"))]
    return {(results.spec.experiment, results.spec.method): results for results in found}


def edited(results, folder, **variables):
    """A copy of some results with other values of some variables."""
    values = {name: results[name] for name in ("J", "theta", "diverged_at", "saturated")}
    write_results(folder / "edited.nc", results.spec, {**values, **variables})
    return Results(folder / "edited.nc")


def lost(results, folder):
    """A copy of some results in which every repetition has diverged at the second iteration."""
    J = results["J"].copy()
    J[:, 2:] = np.nan
    theta = np.full_like(results["theta"], np.nan)
    return edited(results, folder, J=J, theta=theta, diverged_at=np.full(len(J), 2, dtype=np.int32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    for experiment in {name for drawing in draw.FIGURES.values() for name, _ in drawing.needs}:
        make(out, experiment)
    return out


@pytest.fixture(scope="module")
def results(folder):
    return load(folder)


@pytest.fixture(scope="module")
def drawn(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("figures")
    for name in DRAWN:
        draw.draw(name, results, 0.98, out)
    return out


def table(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def prepared(name, results):
    drawing = draw.FIGURES[name]
    return drawing.prepare({key: results[key] for key in drawing.needs}, 0.98)


def test_every_figure_of_the_configuration_can_be_drawn_and_no_other():
    schema = json.loads(config.SCHEMA.read_text(encoding="utf-8"))
    known = schema["$defs"]["experiment"]["properties"]["figures"]["items"]["enum"]
    assert set(draw.FIGURES) == {*known, "readings", "thresholds"}


@pytest.mark.parametrize("name", DRAWN)
def test_the_configuration_gives_each_figure_what_it_needs(name):
    given = {
        (experiment, method)
        for experiment, settings in config.load()["experiments"].items()
        if name in settings.get("figures", [])
        for method in settings["methods"]
    }
    assert given >= set(draw.FIGURES[name].needs)


@pytest.mark.parametrize("name", FROM_RESULTS)
def test_missing_results_give_one_message_and_no_file(name, results, tmp_path):
    *left, (experiment, method) = draw.FIGURES[name].needs
    with pytest.raises(ConfigError, match=f"{name} also needs results/{experiment}/{method}.nc$"):
        draw.draw(name, {key: results[key] for key in left}, 0.98, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_bytes_every_time(name, results, drawn, tmp_path):
    draw.draw(name, results, 0.98, tmp_path)
    for suffix in SUFFIXES:
        file = f"{name}.{suffix}"
        assert (tmp_path / file).read_bytes() == (drawn / file).read_bytes(), file
    assert len(list(tmp_path.iterdir())) == len(SUFFIXES)


@pytest.mark.parametrize("name", FROM_RESULTS)
def test_captions_take_their_numbers_from_the_data(name, results, drawn, tmp_path):
    caption = (drawn / f"{name}.txt").read_text(encoding="utf-8")
    assert f"n = {REPETITIONS} " in caption or f"n = {REPETITIONS}," in caption
    experiment, method = draw.FIGURES[name].needs[0]
    make(tmp_path, experiment, [method], repetitions=3)
    other = prepared(name, {**results, **load(tmp_path)})
    drawing = draw.FIGURES[name]
    assert "n = 3" in drawing.caption(other, 0.98)
    if name != "gridworld_paths":
        assert "90 % Student-t" in drawing.caption(other, 0.9)


def test_diverged_repetitions_are_in_the_captions(results, tmp_path):
    for name in ("fig1", "fig2", "fig3", "gridworld_paths"):
        key = draw.FIGURES[name].needs[0]
        caption = draw.FIGURES[name].caption(
            prepared(name, {**results, key: lost(results[key], tmp_path)}), 0.98
        )
        assert re.search(f"{REPETITIONS} of .*{key[1]}|{REPETITIONS} diverged", caption), name


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


def test_long_runs_are_thinned_evenly_and_keep_both_ends():
    k = curves.drawn_iterations(2000)
    assert k[:21].tolist() == list(range(21)) and k[-1] == 2000
    assert len(k) < 400 and np.diff(k).max() <= 10
    assert curves.drawn_iterations(3).tolist() == [0, 1, 2, 3]


def test_the_first_figure_has_the_columns_it_always_had(drawn):
    header = (drawn / "fig1.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "method,iteration,mean,lower,upper,repetitions,diverged"


def dots(figure):
    """Where the dots of each method are, left panel first."""
    lines = [line for axis in figure.axes[2:] for line in axis.lines if line.get_marker() == "o"]
    return [np.asarray(line.get_ydata()) for line in lines]


def test_one_dot_for_each_repetition_below_the_curves(results, drawn):
    found = dots(curves.fig2(prepared("fig2", results)))
    in_table = [row for row in table(drawn, "fig2") if row["repetition"]]
    for shown, key in zip(found, draw.FIGURES["fig2"].needs, strict=True):
        J = results[key]["J"][:, -1]
        np.testing.assert_array_equal(shown, np.sort(np.maximum(-1 - J, 1e-4))[::-1])
        values = [float(r["mean"]) for r in in_table if (r["experiment"], r["method"]) == key]
        np.testing.assert_allclose(values, J, rtol=1e-9)


def test_dots_of_repetitions_that_ended_apart_are_apart(results, tmp_path):
    key = ("pd_sampled_is", "DN")
    J = results[key]["J"].copy()
    J[:, -1] = [-1.0 - 1e-9, np.nan, -1.5, -1.01]
    at = np.array([-1, 5, -1, -1], dtype=np.int32)
    data = prepared("fig2", {**results, key: edited(results[key], tmp_path, J=J, diverged_at=at)})
    figure = curves.fig2(data)
    np.testing.assert_allclose(dots(figure)[3], [curves.DIVERGED_AT, 0.5, 0.01, 1e-4])
    named = {text.get_text() for text in figure.axes[3].texts}
    assert named == {"arrived", "one defects", "both defect", "diverged"}
    caption = curves.fig2_caption(data, 0.98)
    assert "with it DN 1, 1, 1;" in caption and "Diverged repetitions: 1 of" in caption


def test_a_rollout_is_replayed_and_its_last_state_added(results):
    spec = results["gridworld", "DN"].spec
    game = problems.game(spec.settings["game"])
    policy = problems.policy(spec.settings["policy"], game)
    mu = np.zeros((1, policy.n_parameters))
    batch = rollout(game, policy, mu, Streams([np.random.default_rng(1)]), HORIZON, 50)
    play = paths.replay(game, batch.actions)
    assert play.position.shape == (HORIZON + 1, 2, 2, 50)
    np.testing.assert_array_equal(play.position[:-1], batch.states[:, 0])
    np.testing.assert_array_equal(play.arrived[-1], (batch.rewards[:, 0] > 0).any(axis=0))
    assert play.stuck[-1].any() and not play.stuck[0].any()


@pytest.mark.parametrize(
    ("final", "repetition"),
    [
        ([3.0, 1.0, 2.0], 2),
        ([4.0, 1.0, 3.0, 2.0], 3),
        ([np.nan, 1.0, np.nan], 1),
        ([1.0, 1.0, 1.0], 1),
        ([np.nan, np.nan], None),
    ],
)
def test_the_repetition_that_is_shown_is_the_median_one(final, repetition):
    assert paths.median_repetition(np.array(final)) == repetition


def test_paths_are_those_of_the_stored_policies(results, drawn):
    """Every panel again, from what the files hold, against the table."""
    shown = prepared("gridworld_paths", results)
    found = table(drawn, "gridworld_paths")
    for panel in shown:
        key = panel.experiment, panel.method or "DN"
        policy = paths._problem(results[key].spec)[1]
        mu = np.zeros(policy.n_parameters)
        if panel.method:
            mu = behaviour_parameters(results[key]["theta"][panel.repetition], policy.owner)
            assert results[key]["J"][panel.repetition, -1] == panel.J
        play = paths.sample(results[key].spec, mu)
        mine = [row for row in found if row["panel"] == panel.title]
        for row in mine:
            step, agent, path = (int(row[name]) for name in ("step", "agent", "trajectory"))
            place = float(row["x"]), float(row["y"])
            np.testing.assert_allclose(place, play.position[step, agent, :, path], atol=1e-5)
            assert int(row["stuck"]) == play.stuck[step, agent, path]
        ends = {(row["trajectory"], row["agent"]): row for row in mine}
        assert len(ends) == 2 * paths.TRAJECTORIES
        assert sum(int(row["arrived"]) for row in ends.values()) == play.arrived[-1].sum()
        assert sum(int(row["stuck"]) for row in ends.values()) == play.stuck[-1].sum()


def test_a_method_whose_repetitions_have_all_diverged_has_an_empty_panel(results, tmp_path):
    key = paths.PRINTED
    data = prepared("gridworld_paths", {**results, key: lost(results[key], tmp_path)})
    figure = paths.gridworld_paths(data)
    assert [text.get_text() for text in figure.axes[1].texts] == ["all diverged"]
    assert "repetition none of" in paths.caption(data, 0.98)
    assert "DN as printed" not in {row[0] for row in paths.rows(data)}


def test_the_animation_has_a_frame_for_the_start_and_for_each_step(folder, tmp_path):
    files = [str(folder / f"{'/'.join(key)}.nc") for key in draw.FIGURES["gridworld_paths"].needs]
    outs = [tmp_path / name for name in ("one.gif", "two.gif")]
    for out in outs:
        assert main.main(["animate", *files, "--out", str(out)]) == 0
    with Image.open(outs[0]) as image:
        assert image.n_frames == HORIZON + 1 and image.info["loop"] == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(outs)


def test_files_are_known_by_what_they_hold(folder, results, drawn, tmp_path, capsys):
    files = []
    for number, (experiment, method) in enumerate(draw.FIGURES["fig1"].needs):
        files.append(tmp_path / f"{number}.nc")
        files[-1].write_bytes((folder / experiment / f"{method}.nc").read_bytes())
    words = ["draw", "fig1", *map(str, files), "--out", str(tmp_path / "out")]
    assert main.main(words) == 0
    assert (tmp_path / "out/fig1.svg").read_bytes() == (drawn / "fig1.svg").read_bytes()
    words[2:2] = [str(files[0])]
    assert main.main(words) == 2
    assert "shows one pd_exact/DN only" in capsys.readouterr().err


def test_a_curve_is_the_mean_and_its_interval(results):
    found = curves.curve(("pd_exact", "DG"), results["pd_exact", "DG"], 0.9)
    for mine, expected in zip(
        (found.mean, found.lower, found.upper),
        student_t(results["pd_exact", "DG"]["J"], 0.9),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, expected)


def test_the_sweep_shows_the_committed_tables_in_units_of_the_reward(tmp_path):
    draw.draw("gridworld_sweep", {}, 0.98, tmp_path)
    shown = list(csv.DictReader((tmp_path / "gridworld_sweep.csv").read_text().splitlines()))
    rows = tune.table("sweep_DN")
    assert len(shown) == 3 * 2 * len(rows)
    row = next(r for r in rows if (r["game.reward"], r["policy.deviation"]) == ("0.1", "0.5"))
    point = next(
        p
        for p in shown
        if (p["method"], p["reward"], p["deviation"], p["iterations"])
        == ("DN", "0.1", "0.5", "final")
    )
    assert float(point["value"]) == pytest.approx(float(row["final_value"]) / 0.1)
