"""Drawing the figures: SVG and PNG that are the same bytes every time, their data and captions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

from replication.experiments.config import ROOT, ConfigError
from replication.experiments.files import write_text, write_whole
from replication.experiments.results import Results
from replication.figures import (
    curves,
    gridworld_sweep,
    methods_compared,
    paths,
    readings_matrix,
    threshold_curves,
)
from replication.figures.style import STYLE, Drawing, Key
from replication.readings.table import TABLE

FIGURES: Mapping[str, Drawing[Any]] = {
    "fig1": curves.FIG1,
    "fig2": curves.FIG2,
    "fig3": curves.FIG3,
    "gridworld_paths": paths.GRIDWORLD_PATHS,
    "gridworld_sweep": gridworld_sweep.GRIDWORLD_SWEEP,
    "attribution": methods_compared.ATTRIBUTION,
    "readings": readings_matrix.draw_readings(TABLE),
    "thresholds": threshold_curves.draw_thresholds(ROOT / "results" / "thresholds.csv"),
}


def draw(name: str, results: Mapping[Key, Results], confidence: float, out: Path) -> None:
    """Draw a figure: ``<name>.svg``, ``.png``, ``.csv`` (what is drawn) and ``.txt`` (caption).

    Parameters
    ----------
    name : str
        A key of `FIGURES`.
    results : mapping
        The results of each experiment and method; more than the figure needs do not matter.
    confidence : float
        Of the bands.
    out : Path
        Folder to write to.

    Raises
    ------
    ConfigError
        If results are missing.
    """
    drawing = FIGURES[name]
    data = _prepare(name, results, confidence)
    caption = drawing.caption(data, confidence)
    title = {"Title": name, "Description": caption}
    with matplotlib.rc_context(STYLE):
        figure = drawing.draw(data)
        for suffix, options in {
            "svg": {"metadata": {**title, "Date": None}},
            "png": {"metadata": {**title, "Software": None}, "dpi": 160},
        }.items():
            write_whole(
                out / f"{name}.{suffix}",
                lambda path, suffix=suffix, options=options: figure.savefig(  # type: ignore[misc]
                    path, format=suffix, **options
                ),
            )
    write_text(out / f"{name}.csv", drawing.table(data))
    write_text(out / f"{name}.txt", caption + "\n")


def animate(results: Mapping[Key, Results], out: Path) -> None:
    """Write the paths of ``gridworld_paths`` as an animated GIF, one frame for each step.

    Raises
    ------
    ConfigError
        If results are missing.
    """
    panels = _prepare("gridworld_paths", results, confidence=0.0)  # paths have no intervals
    with matplotlib.rc_context(STYLE):
        write_whole(out, lambda path: paths.write_animation(panels, path))


def _prepare(name: str, results: Mapping[Key, Results], confidence: float) -> Any:
    """What a figure shows, if all results that it needs are there."""
    drawing = FIGURES[name]
    if missing := [key for key in drawing.needs if key not in results]:
        files = " ".join(f"results/{experiment}/{method}.nc" for experiment, method in missing)
        raise ConfigError(f"{name} also needs {files}")
    return drawing.prepare({key: results[key] for key in drawing.needs}, confidence)
