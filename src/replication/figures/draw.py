"""Drawing the figures: SVG and PNG that are the same bytes every time, their data and captions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from replication.experiments.config import ROOT, ConfigError, nearest
from replication.experiments.files import write_whole
from replication.experiments.results import Results
from replication.figures import (
    best_faith,
    causes_removed,
    extended_links,
    extended_rounds,
    extended_scaling,
    extended_size,
    fig1,
    fig2,
    fig3,
    governing,
    gridworld_animation,
    gridworld_paths,
    gridworld_sweep,
    methods_compared,
    plausible,
    promise,
    specification,
    threshold_curves,
)
from replication.figures.rendering import pictures
from replication.figures.style import Drawing, Key, themed
from replication.multiverse import effects

FIGURES: Mapping[str, Drawing[Any]] = {
    "fig1": fig1.FIG1,
    "fig2": fig2.FIG2,
    "fig3": fig3.FIG3,
    "gridworld_paths": gridworld_paths.GRIDWORLD_PATHS,
    "gridworld_sweep": gridworld_sweep.GRIDWORLD_SWEEP,
    "attribution": methods_compared.ATTRIBUTION,
    **{f"specification_{f}": specification.draw_specification(f) for f in effects.MAIN},
    "governing": governing.draw_governing(),
    "plausible": plausible.draw_plausible(),
    "promise": promise.draw_promise(),
    "causes": causes_removed.draw_causes(),
    "extended/size": extended_size.draw_size(),
    "extended/rounds": extended_rounds.draw_rounds(),
    "extended/scaling": extended_scaling.draw_scaling(),
    "extended/links": extended_links.draw_links(),
    "best_faith": best_faith.BEST_FAITH,
    "thresholds": threshold_curves.draw_thresholds(ROOT / "results" / "thresholds.csv"),
}


def draw(
    names: Sequence[str], results: Mapping[Key, Results], confidence: float, out: Path
) -> None:
    """Draw figures: ``<name>.svg``, ``.png``, ``.csv`` (what is drawn) and ``.txt`` (caption).

    Parameters
    ----------
    names : sequence
        Keys of `FIGURES`.
    results : mapping
        The results of each experiment and method; more than the figures need do not matter.
    confidence : float
        Of the bands.
    out : Path
        Folder to write to.

    Raises
    ------
    ConfigError
        If there is no such figure, or results are missing; nothing is written then.
    """
    shown = {name: _prepare(name, results, confidence) for name in names}
    with themed():
        for name, data in shown.items():
            for suffix, content in _files(name, data, confidence).items():
                write_whole(out / f"{name}.{suffix}", partial(Path.write_bytes, data=content))


def animate(results: Mapping[Key, Results], out: Path) -> None:
    """Write the paths of ``gridworld_paths`` as an animated GIF, one frame for each step.

    Raises
    ------
    ConfigError
        If results are missing.
    """
    panels = _prepare("gridworld_paths", results, confidence=0.0)  # paths have no intervals
    with themed():
        write_whole(out, lambda path: gridworld_animation.write_animation(panels, path))


def needs(names: Iterable[str]) -> list[Key]:
    """The results that some figures are drawn from.

    Raises
    ------
    ConfigError
        If there is no such figure.
    """
    for name in names:
        if name not in FIGURES:
            raise ConfigError(f"there is no figure {name!r}: {nearest(name, FIGURES)}")
    return list(dict.fromkeys(key for name in names for key in FIGURES[name].needs))


def _prepare(name: str, results: Mapping[Key, Results], confidence: float) -> Any:
    """What a figure shows, if all results that it needs are there."""
    own = needs([name])
    if missing := [key for key in own if key not in results]:
        files = " ".join(f"results/{experiment}/{method}.nc" for experiment, method in missing)
        raise ConfigError(f"{name} also needs {files}")
    return FIGURES[name].prepare({key: results[key] for key in own}, confidence)


def _files(name: str, data: Any, confidence: float) -> dict[str, bytes]:
    """The content of a figure's files, by their suffixes."""
    drawing = FIGURES[name]
    caption = drawing.caption(data, confidence)
    texts = {"csv": drawing.table(data), "txt": f"{caption}\n"}
    encoded = {suffix: text.encode() for suffix, text in texts.items()}
    return pictures(drawing.draw(data), name, caption) | encoded
