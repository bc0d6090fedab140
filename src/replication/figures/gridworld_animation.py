"""The gridworld's sampled paths as an animated GIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from replication.figures.gridworld_paths import Panel, blank, scene
from replication.figures.style import SMALL

FRAMES_PER_SECOND, FRAMES_HELD = 3, 3


def write_animation(panels: Sequence[Panel], path: Path) -> None:
    """Write an animated GIF: a frame for the start and for each step, the last one held."""
    from matplotlib.animation import PillowWriter

    figure, axes = blank(panels)
    count = figure.suptitle(" ", fontsize=SMALL)
    last = max((len(panel.play.position) - 1 for panel in panels if panel.play), default=0)
    writer = PillowWriter(fps=FRAMES_PER_SECOND)
    with writer.saving(figure, str(path), dpi=160):
        for step in range(last + 1):
            count.set_text(f"step {step} of {last}")
            for axis, panel in zip(axes, panels, strict=True):
                axis.clear()
                scene(axis, panel, step)
            writer.grab_frame()
            figure.set_layout_engine("none")  # the first frame's will do, and it takes long to find
        for _ in range(FRAMES_HELD):  # Pillow makes one long frame of equal ones
            writer.grab_frame()
