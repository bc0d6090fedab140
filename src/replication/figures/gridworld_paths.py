"""The gridworld's policies at work: sampled paths of both agents.

A policy before learning and policies after it play the same noise, so that what differs between
the panels is what has been learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netnewton.games.gridworld import Gridworld
from netnewton.policies import behaviour_parameters
from replication.experiments.files import csv_table
from replication.experiments.results import Results
from replication.figures.gridworld_plays import (
    TRAJECTORIES,
    Play,
    median_repetition,
    problem,
    sample,
)
from replication.figures.style import AGENTS, SMALL, Array, Drawing, Key, canvas

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PRINTED: Key = ("gridworld", "DN")
FIRST_ORDER: Key = ("gridworld_tuned", "DG")
SECOND_ORDER: Sequence[Key] = [("gridworld_tuned", name) for name in ("DN_floor", "DN_absolute")]
LABELS = ("panel", "experiment", "method", "repetition")
COLUMNS = (*LABELS, "trajectory", "agent", "step", "x", "y", "arrived", "stuck")


@dataclass(frozen=True)
class Panel:
    """A policy, and what it did."""

    title: str
    experiment: str
    method: str
    """Empty before learning."""
    repetition: int | None
    """None before learning, and if all repetitions have diverged."""
    J: float
    """The return that was recorded for this policy."""
    repetitions: int
    diverged: int
    game: Gridworld
    play: Play | None
    """None if all repetitions have diverged."""


def panels(results: Mapping[Key, Results], confidence: float) -> Sequence[Panel]:
    """Before learning, DN as printed, and the best of first and of second order after tuning.

    Parameters
    ----------
    results : mapping
        Of each experiment and method.
    confidence : float
        Not used: paths have no intervals.
    """
    best = max(SECOND_ORDER, key=lambda key: np.nan_to_num(results[key]["J"][:, -1]).mean())
    return [
        _before(results[PRINTED]),
        _after("DN as printed", results[PRINTED]),
        _after("tuned first order", results[FIRST_ORDER]),
        _after("tuned second order", results[best]),
    ]


def _before(results: Results) -> Panel:
    spec, J = results.spec, results["J"]
    game, policy = problem(spec)
    start = np.broadcast_to(np.asarray(spec.settings["start"], float), policy.n_parameters)
    return Panel(
        title="before learning",
        experiment=spec.experiment,
        method="",
        repetition=None,
        J=float(J[:, 0].mean()),
        repetitions=len(J),
        diverged=0,
        game=game,
        play=sample(spec, start),
    )


def _after(title: str, results: Results) -> Panel:
    spec, final = results.spec, results["J"][:, -1]
    game, policy = problem(spec)
    chosen = median_repetition(final)
    play, J = None, np.nan
    if chosen is not None:
        play = sample(spec, behaviour_parameters(results["theta"][chosen], policy.owner))
        J = float(final[chosen])
    return Panel(
        title=title,
        experiment=spec.experiment,
        method=spec.method,
        repetition=chosen,
        J=J,
        repetitions=len(final),
        diverged=int(results.diverged.sum()),
        game=game,
        play=play,
    )


def draw(panels: Sequence[Panel]) -> Figure:
    """The paths, panel by panel."""
    figure, axes = blank(panels)
    for axis, panel in zip(axes, panels, strict=True):
        scene(axis, panel)
    return figure


def caption(panels: Sequence[Panel], confidence: float) -> str:
    """Caption of the paths; they have no intervals."""
    game, before = panels[0].game, panels[0]
    horizon = next(len(panel.play.position) - 1 for panel in panels if panel.play)
    chosen = "; ".join(_choice(panel) for panel in panels[1:])
    arrived = ", ".join(
        f"{panel.title} {panel.play.arrived[-1].sum()}" for panel in panels if panel.play
    )
    return (
        f"Agents that arrive, of {2 * TRAJECTORIES}: {arrived}. "
        f"Policies of the gridworld at work: {TRAJECTORIES} sampled trajectories of {horizon} "
        "steps, with the same noise in every panel. The agents start in the lower corners "
        f"(squares) of a box of {game.width:g} by {game.height:g}; with steps of "
        f"{game.step_length:g} each has to reach the disc of its own colour, of radius "
        f"{game.goal_radius:g}, in the opposite upper corner. Crosses: agents closer to each other "
        f"than {game.distance:g} are stuck; the circles around them have half that distance for a "
        "radius, so that they overlap. Dots: neither stuck nor arrived at the last step. Below "
        f"each panel, how many of the {2 * TRAJECTORIES} (two agents in each trajectory) have "
        "arrived or are stuck. J: average return in units of reward as recorded in the run; before "
        f"learning, its mean over n = {before.repetitions} repetitions; after learning, that of "
        "the one repetition that is shown, the one with the median J at the last iteration (the "
        f"lower of the two in the middle of an even number). {chosen[0].upper()}{chosen[1:]}. "
        "Tuned second order is the method of gridworld_tuned with the full Hessian that has the "
        "higher mean J at the last iteration."
    )


def _choice(panel: Panel) -> str:
    number = "none" if panel.repetition is None else panel.repetition
    return (
        f"{panel.title}, {panel.experiment}/{panel.method}, repetition {number} of "
        f"n = {panel.repetitions}, {panel.diverged or 'none'} diverged"
    )


def rows(panels: Sequence[Panel]) -> Iterator[Sequence[object]]:
    """`COLUMNS` of every position that is drawn: the first to the one an agent comes to rest at."""
    for panel in panels:
        if panel.play is None:
            continue
        repetition = "" if panel.repetition is None else panel.repetition
        label = panel.title, panel.experiment, panel.method, repetition
        for trajectory in range(panel.play.position.shape[-1]):
            for agent in range(panel.game.n_agents):
                for step, (x, y) in enumerate(panel.play.path(agent, trajectory)):
                    flags = (int(f[step, agent, trajectory]) for f in panel.play[1:])
                    yield *label, trajectory, agent, step, f"{x:.6g}", f"{y:.6g}", *flags


def blank(panels: Sequence[Panel]) -> tuple[Figure, Sequence[Axes]]:
    """A figure with a legend, and an empty panel for each policy."""
    figure, axes = canvas(3.9, 1, len(panels))
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3)
    return figure, axes


def _legend() -> list[Artist]:
    from matplotlib.lines import Line2D

    black: dict[str, Any] = {"color": "0.25", "linestyle": "none", "markersize": 4}
    return [
        Line2D([], [], color=AGENTS[0], label="agent 1"),
        Line2D([], [], color=AGENTS[1], label="agent 2"),
        Line2D([], [], marker="s", label="start", **black),
        Line2D([], [], marker="o", label="goal", **{**black, "markersize": 9, "alpha": 0.35}),
        Line2D([], [], marker="x", label="stuck", **black),
        Line2D([], [], marker=".", label="still on its way", **black),
    ]


def scene(axis: Axes, panel: Panel, step: int | None = None) -> None:
    """One panel, at a step or at the end."""
    game = panel.game
    _box(axis, game)
    margin = 0.55 * game.distance  # room for the circles of agents that are stuck at a wall
    axis.set_xlim(-margin, game.width + margin)
    axis.set_ylim(-margin, game.height + margin)
    axis.set_aspect("equal")
    axis.set_axis_off()
    axis.set(xticks=[], yticks=[])  # or they are laid out all the same
    if panel.play is None:
        axis.set_title(_title(panel), loc="center")
        axis.text(game.width / 2, game.height / 2, "all diverged", ha="center")
        return
    axis.set_title(f"{_title(panel)}\nJ = {panel.J:.2f}".replace("-", "−"), loc="center")
    play = panel.play if step is None else panel.play.until(step)
    for agent in range(game.n_agents):
        _agent(axis, game, play, agent)
    axis.text(game.width / 2, -margin, _score(play), ha="center", va="top", fontsize=SMALL)


def _title(panel: Panel) -> str:
    """In two lines."""
    return "\n".join(panel.title.split(" ", 1))


def _box(axis: Axes, game: Gridworld) -> None:
    from matplotlib.patches import Circle, Rectangle

    box = Rectangle((0, 0), game.width, game.height, fill=False, edgecolor="0.4", linewidth=0.8)
    axis.add_patch(box)
    for start, goal, color in zip(game.starts, game.goals, AGENTS, strict=True):
        disc = Circle(tuple(goal), game.goal_radius, color=color, alpha=0.35, linewidth=0)
        axis.add_patch(disc)
        disc.set_clip_path(box)
        _mark(axis, start, "s", color=color, markersize=5)


def _agent(axis: Axes, game: Gridworld, play: Play, agent: int) -> None:
    from matplotlib.collections import LineCollection, PatchCollection
    from matplotlib.patches import Circle

    color = AGENTS[agent]
    paths = [play.path(agent, trajectory) for trajectory in range(play.position.shape[-1])]
    axis.add_collection(LineCollection(paths, colors=color, linewidths=0.7, alpha=0.6))
    end, stuck, arrived = play.position[-1, agent], play.stuck[-1, agent], play.arrived[-1, agent]
    moving = ~(stuck | arrived)
    _mark(axis, end[:, moving], ".", color=color, markersize=4, mew=0)
    _mark(axis, end[:, stuck], "x", color=color, markersize=3.5, mew=0.8)
    circles = [Circle(tuple(place), game.distance / 2) for place in end[:, stuck].T]
    axis.add_collection(
        PatchCollection(circles, facecolors="none", edgecolors=color, linewidths=0.4, alpha=0.7)
    )


def _mark(axis: Axes, places: Array, marker: str, **look: Any) -> None:
    (marks,) = axis.plot(*places, marker, zorder=4, clip_on=False, **look)
    marks.set_in_layout(False)  # an empty set of unclipped marks would ruin the layout


def _score(play: Play) -> str:
    """How both agents of all trajectories have fared."""
    arrived, stuck, n = play.arrived[-1].sum(), play.stuck[-1].sum(), play.stuck[-1].size
    return f"{arrived} of {n} there,\n{stuck} stuck"


GRIDWORLD_PATHS = Drawing(
    needs=[PRINTED, FIRST_ORDER, *SECOND_ORDER],
    prepare=panels,
    draw=draw,
    caption=caption,
    table=lambda panels: csv_table(COLUMNS, rows(panels)),
)
