"""Learning curves of any results: a row for each experiment, a line for each method of any name."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os.path import commonpath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replication.experiments.config import ConfigError
from replication.experiments.files import write_whole
from replication.experiments.intervals import Interval, mean_interval
from replication.experiments.results import Results
from replication.figures.curves import Curve, curve, logarithmic
from replication.figures.rendering import pictures
from replication.figures.style import LOOKS, Line, Look, canvas, lines, reference, themed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RETURN = "average return (reward)"
SUFFIXES = (".svg", ".png")
DASHES: Sequence[tuple[float, ...] | str] = (
    *("", (5, 2), (1, 1.5), (6, 1.5, 1, 1.5)),
    *((3, 1), (8, 2, 2, 2), (4, 1, 1, 1, 1, 1), (10, 3)),
)
ALIKE = 0.15  # colours whose parts of red, green and blue differ by less, in all
ROOM = 40  # letters that fit beside each other above a figure


@dataclass(frozen=True)
class Panel:
    """One experiment's curves by their labels."""

    experiment: str
    curves: Mapping[str, Curve]
    optimum: float | None
    """The return at the optimum, where the configuration gives it."""


def found(named: Sequence[Path]) -> list[Path]:
    """The result files that are named, or lie in the folders that are.

    Raises
    ------
    ConfigError
        If there is nothing of that name, or a folder holds no results.
    """
    files: list[Path] = []
    for path in named:
        inside = sorted(path.glob("*.nc")) or sorted(path.glob("*/*.nc"))
        if path.is_dir() and not inside:
            raise ConfigError(f"{path} holds no results: name a folder of .nc files, or the files")
        files += inside or [path]
    return list(dict.fromkeys(files))


def beside(files: Sequence[Path]) -> Path:
    """Where their curves are drawn to by default: into the folder that they have in common."""
    return Path(commonpath([path.parent for path in files])) / "curves.svg"


def plot(files: Sequence[Path], out: Path, confidence: float) -> str:
    """Draw results to ``out``, whole or not at all, and return the caption.

    Raises
    ------
    ConfigError
        If a file is missing, damaged or stands for the same as another, or ``out`` is neither SVG
        nor PNG; nothing is written then.
    """
    if out.suffix not in SUFFIXES:
        raise ConfigError(f"--out {out}: name a file that ends in {' or '.join(SUFFIXES)}")
    shown = panels([(path, Results(path)) for path in files], confidence)
    text = caption(shown, confidence)
    with themed():
        content = pictures(draw(shown), out.stem, text)[out.suffix[1:]]
    write_whole(out, partial(Path.write_bytes, data=content))
    return text


def panels(results: Sequence[tuple[Path, Results]], confidence: float) -> list[Panel]:
    """What is drawn: experiments and methods in the order in which they come.

    Raises
    ------
    ConfigError
        If two files of one folder hold the same method.
    """
    count = Counter((held.spec.experiment, held.spec.method) for _, held in results)
    shown: dict[str, dict[str, Curve]] = {}
    optima: dict[str, float | None] = {}
    for path, held in results:
        key = held.spec.experiment, held.spec.method
        label = key[1] if count[key] == 1 else f"{key[1]} ({path.parent})"
        curves = shown.setdefault(key[0], {})
        if label in curves:
            raise ConfigError(f"{path} holds {'/'.join(key)}, as another file of its folder does")
        curves[label] = curve(key, held, confidence)
        optima[key[0]] = held.spec.settings.get("optimum")
    return [Panel(name, curves, optima[name]) for name, curves in shown.items()]


def looks(labels: Iterable[str]) -> dict[str, Look]:
    """A look for each label, no two alike: the paper's methods have their own.

    Others take the colours of seaborn's colour-blind palette that are left, and each its dashes.
    """
    labels = list(dict.fromkeys(labels))
    known = {label: LOOKS[label] for label in labels if label in LOOKS}
    free = _free([look.color for look in known.values()])
    return {label: known.get(label) or next(free) for label in labels}


def _free(taken: Sequence[str]) -> Iterator[Look]:
    """Looks in colours that are not taken; where these begin again, the dashes are others."""
    import seaborn as sns
    from matplotlib.colors import to_rgb

    def alike(color: str) -> bool:
        return any(np.abs(np.subtract(to_rgb(color), to_rgb(c))).sum() < ALIKE for c in taken)

    colors = [color for color in sns.color_palette("colorblind").as_hex() if not alike(color)]
    for number in itertools.count():
        turn, place = divmod(number, len(colors))
        yield Look(colors[place], DASHES[(place + turn) % len(DASHES)])


def draw(shown: Sequence[Panel]) -> Figure:
    """J against iteration, on a linear and on a logarithmic axis."""
    rows = len(shown)
    figure, axes = canvas(0.6 + 2.2 * rows, rows, 2, sharey="row", squeeze=False)
    look = looks(label for panel in shown for label in panel.curves)
    for panel, row in zip(shown, axes, strict=True):
        for axis in row:
            _draw_panel(axis, panel, look)
        logarithmic(row[1])
        row[0].set(title=panel.experiment, ylabel=RETURN)
    for axis in axes[-1]:
        axis.set_xlabel("iteration")
    handles = {
        label: handle
        for axis in axes[:, 0]
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    columns = max(1, ROOM // (6 + max(map(len, handles))))
    figure.legend(
        handles.values(), handles, loc="outside upper center", ncols=columns, handlelength=3.0
    )
    return figure


def _draw_panel(axis: Axes, panel: Panel, look: Mapping[str, Look]) -> None:
    drawn = [
        Line(label, look[label], c.iteration, c.mean, c.lower, c.upper)
        for label, c in panel.curves.items()
    ]
    lines(axis, drawn)
    if panel.optimum is not None:
        reference(axis, [panel.optimum])
    axis.set_xlim(0, max(line.x[-1] for line in drawn))
    axis.locator_params(axis="x", nbins=4)


def caption(shown: Sequence[Panel], confidence: float) -> str:
    """Caption of the figure, a line for each experiment and each method."""
    said = [
        "Average return of the joint policy played, in units of reward, against the iteration; "
        "right on an axis that is linear up to 1 and logarithmic beyond. Lines are means over "
        f"repetitions, bands pointwise {100 * confidence:g} % Student-t intervals of the mean."
        + (" Grey: the optimum." if any(panel.optimum is not None for panel in shown) else "")
    ]
    for panel in shown:
        said.append(f"{panel.experiment}, at the last iteration:")
        said += [f"  {label}: {_end(c, confidence)}" for label, c in panel.curves.items()]
    return "\n".join(said)


def _end(shown: Curve, confidence: float) -> str:
    """How a method's run ended, in words."""
    end = mean_interval(shown.final, confidence)
    lost = f", {shown.diverged} diverged" if shown.diverged else ""
    return f"{_interval(end)}, n = {shown.repetitions}{lost}"


def _interval(of: Interval) -> str:
    if of.lower == of.upper:
        return f"{of.value:.4g}"
    return f"{of.value:.4g} [{of.lower:.4g}, {of.upper:.4g}]"
