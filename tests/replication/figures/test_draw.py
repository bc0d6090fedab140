"""All figures: complete, in one call, and the same bytes whatever the process they are drawn in."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import matplotlib
import pytest
from figure_results import DRAWN, OTHERS, REPETITIONS, load, lost, make, prepared, table
from PIL import Image

from replication.cli import main
from replication.experiments import config, tune
from replication.experiments.config import ConfigError
from replication.figures import draw
from replication.figures.style import themed

FROM_RESULTS = [name for name in DRAWN if draw.FIGURES[name].needs]
SUFFIXES = ("svg", "png", "csv", "txt")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_figure_of_the_configuration_can_be_drawn_and_no_other():
    schema = json.loads(config.SCHEMA.read_text(encoding="utf-8"))
    known = schema["$defs"]["experiment"]["properties"]["figures"]["items"]["enum"]
    assert set(draw.FIGURES) == {*known, *OTHERS}


def test_a_figure_knows_the_file_that_draws_it():
    assert draw.FIGURES["fig1"].source == "src/replication/figures/fig1.py"
    assert all((config.ROOT / drawing.source).is_file() for drawing in draw.FIGURES.values())


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
    some = {key: results[key] for key in left}
    with pytest.raises(ConfigError, match=f"{name} also needs results/{experiment}/{method}.nc$"):
        draw.draw(["gridworld_sweep", name], some, 0.98, tmp_path)
    assert not list(tmp_path.iterdir())


def test_one_call_draws_each_figure_whole(drawn):
    assert set(files(drawn)) == {f"{name}.{suffix}" for name in DRAWN for suffix in SUFFIXES}


@pytest.fixture(params=[0, 1])
def surroundings(request, tmp_path):
    """Two processes' surroundings, in a folder with spaces, that have nothing in common."""
    here = tmp_path / "a path with spaces"
    here.mkdir()
    (here / "matplotlibrc").write_text("font.family: serif\nlines.linewidth: 9\nsavefig.dpi: 7\n")
    (here / "file").touch()
    kept = {k: os.environ[k] for k in ("PATH", "OPENBLAS_NUM_THREADS") if k in os.environ}
    tidy = {"PYTHONHASHSEED": "1", "LANG": "en_US.UTF-8", "HOME": str(here), "TZ": "Asia/Tokyo"}
    bare = {
        "PYTHONHASHSEED": "2",
        "LANG": "C",
        "LC_ALL": "C",
        "MPLCONFIGDIR": str(here / "file"),  # no folder: matplotlib has nowhere to keep its cache
        "SOURCE_DATE_EPOCH": "1",
    }
    chosen = (tidy, bare)[request.param]
    return {"cwd": here, "env": {**kept, **chosen}, "umask": (0o022, 0o077)[request.param]}


def test_the_same_bytes_in_any_surroundings(surroundings, folder, drawn):
    # Curves, a table and paths, which are played anew: the ways in which figures are drawn.
    names = ["fig1", "gridworld_sweep", "gridworld_paths"]
    words = [*names, *map(str, sorted(folder.glob("*/*.nc"))), "--out", "the figures"]
    command = [sys.executable, "-m", "replication.cli.main", "draw", *words]
    done = subprocess.run(command, capture_output=True, text=True, **surroundings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = files(surroundings["cwd"] / "the figures")
    assert set(again) == {f"{name}.{suffix}" for name in names for suffix in SUFFIXES}
    assert [name for name, content in again.items() if files(drawn)[name] != content] == []


def test_nothing_but_the_drawing_is_in_a_picture(drawn):
    version = matplotlib.__version__.encode()
    for name, content in files(drawn).items():
        assert version not in content and b"<dc:date>" not in content, name
    with Image.open(drawn / "fig1.png") as image:
        assert set(image.info) == {"Title", "Description", "dpi"}
        assert image.size == (800, 720)


def test_a_users_settings_matter_neither_before_nor_after():
    with matplotlib.rc_context({"lines.linewidth": 9}):
        with themed():
            assert matplotlib.rcParams["lines.linewidth"] != 9
            assert matplotlib.rcParams["font.family"] == ["sans-serif"]
        assert matplotlib.rcParams["lines.linewidth"] == 9


@pytest.mark.parametrize("part", ["draw", "table", "caption"])
def test_a_figure_that_fails_leaves_nothing_behind(part, results, tmp_path, monkeypatch):
    def fail(*_):
        raise ArithmeticError("planted")

    broken = replace(draw.FIGURES["fig1"], **{part: fail})
    monkeypatch.setitem(draw.FIGURES, "fig1", broken)
    with pytest.raises(ArithmeticError, match="planted"):
        draw.draw(["gridworld_paths", "fig1"], results, 0.98, tmp_path)
    assert set(files(tmp_path)) == {f"gridworld_paths.{suffix}" for suffix in SUFFIXES}


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


def test_files_are_known_by_what_they_hold(folder, drawn, tmp_path, capsys):
    copies = []
    for number, (experiment, method) in enumerate(draw.FIGURES["fig1"].needs):
        copies.append(tmp_path / f"{number}.nc")
        copies[-1].write_bytes((folder / experiment / f"{method}.nc").read_bytes())
    words = ["draw", *map(str, copies), "fig1", "--out", str(tmp_path / "out")]
    assert main.main(words) == 0
    assert (tmp_path / "out/fig1.svg").read_bytes() == (drawn / "fig1.svg").read_bytes()
    words[2:2] = [str(copies[0])]
    assert main.main(words) == 2
    assert "shows one pd_exact/DN only" in capsys.readouterr().err


def test_results_that_are_not_named_are_looked_for(folder, drawn, tmp_path, monkeypatch, capsys):
    (tmp_path / "results").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    assert main.main(["draw", "fig1", "fig3", "--out", "some"]) == 0
    some = files(tmp_path / "some")
    assert set(some) == {f"{name}.{suffix}" for name in ("fig1", "fig3") for suffix in SUFFIXES}
    assert all((drawn / name).read_bytes() == content for name, content in some.items())
    monkeypatch.setattr(draw, "FIGURES", {name: draw.FIGURES[name] for name in ("fig1", "fig3")})
    assert main.main(["draw", "--out", "all"]) == 0
    assert files(tmp_path / "all") == some
    (tmp_path / "results").unlink()
    assert main.main(["draw", "--out", "none"]) == 2
    assert "fig1 also needs results/pd_exact/DN.nc" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_sweep_shows_the_committed_tables_in_units_of_the_reward(drawn):
    shown = table(drawn, "gridworld_sweep")
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
