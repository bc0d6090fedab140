"""Running a method on a task: returns J of its repetitions, whatever the task is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netnewton.algorithms import scalars_sent
from netnewton.arrays import Array
from netnewton.games.finite import FiniteGame
from replication.experiments import config, problems
from replication.experiments.build import build
from replication.experiments.config import ConfigError, Settings, Spec
from replication.experiments.overrides import override
from replication.experiments.returns import lowest
from replication.promise import team_problems
from replication.promise.registration import Method, Registration, Task
from replication.promise.side_by_side import side_by_side


@dataclass(frozen=True)
class Draw:
    """Which repetitions: those of a root seed."""

    seed: int
    repetitions: int
    cheap: bool = False
    """With what the task says is cheaper."""
    scale: float = 1.0
    """Of the rewards."""


def draw(registration: Registration, purpose: str, scale: float = 1.0) -> Draw:
    """The repetitions for tuning, the trial or its replication."""
    tuning = purpose == "tuning"
    repetitions = registration.repetitions["tuning" if tuning else "trial"]
    return Draw(registration.seeds[purpose], repetitions, tuning or scale != 1.0, scale)


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    J: Array
    """Shape (R, K + 1), divided by the scale of the rewards; no NaN."""
    diverged: int


def tried(
    task: Task, method: Method, points: Sequence[Mapping[str, float]], chosen: Draw
) -> list[Outcome]:
    """A method on a task, once with each of some numbers.

    Raises
    ------
    ConfigError
        If the library refuses a setting.
    """
    if task.team_problem is None:
        return _simulated([spec(task, method, numbers, chosen) for numbers in points], chosen.scale)
    settings = [method.settings(task.name, numbers) for numbers in points]
    drawn, seeds = task.team_problem, (chosen.seed, chosen.repetitions)
    return [Outcome(*team_problems.returns(drawn, own, *seeds)) for own in settings]


def as_printed(task: Task, reference: str, chosen: Draw) -> Outcome:
    """A method of the task's own experiment in config/paper.yaml, with its numbers."""
    settings = _settings(task, chosen)
    own = config.spec({"experiments": {task.name: settings}}, task.name, reference)
    return _simulated([own], chosen.scale)[0]


def references(registration: Registration, task: Task) -> list[str]:
    """The printed methods that a task has."""
    if task.team_problem is not None:
        return []
    known = config.load()["experiments"][task.experiment]["methods"]
    return [name for name in registration.references if name in known]


def _simulated(specs: Sequence[Spec], scale: float) -> list[Outcome]:
    settings = specs[0].settings
    built = [build(own, range(settings["repetitions"])) for own in specs]
    return [
        Outcome(
            np.nan_to_num(found.J, nan=lowest(settings["game"])) / scale,
            int((found.diverged_at >= 0).sum()),
        )
        for found in side_by_side(built, settings["iterations"])
    ]


def sent(task: Task, method: Method) -> int:
    """Scalars that cross an edge in an iteration, both ways."""
    numbers = {setting.name: 1e-3 for setting in method.tuned}
    if task.team_problem is not None:
        return team_problems.sent(task.team_problem, method.settings(task.name, numbers))
    return _sent(spec(task, method, numbers, Draw(0, 2)))


def sent_as_printed(task: Task, reference: str) -> int:
    """As `sent`, for a method of the task's own experiment."""
    settings = _settings(task, Draw(0, 2))
    return _sent(config.spec({"experiments": {task.name: settings}}, task.name, reference))


def _sent(chosen: Spec) -> int:
    made = build(chosen, range(1))
    return 2 * scalars_sent(made.algorithm, made.derivatives, made.start)


def spec(task: Task, method: Method, numbers: Mapping[str, float], chosen: Draw) -> Spec:
    """What is simulated of a method on a task.

    Raises
    ------
    ConfigError
        If a setting does not fit.
    """
    settings = _settings(task, chosen)
    if settings["derivatives"]["kind"] == "sampled":
        settings["derivatives"] = {**settings["derivatives"], **method.derivatives}
    settings["methods"] = {method.name: method.settings(task.name, numbers)}
    config.check({"experiments": {task.name: settings}})
    return config.spec({"experiments": {task.name: settings}}, task.name, method.name)


def _settings(task: Task, chosen: Draw) -> dict[str, Any]:
    """The task's experiment with its changes, its seed and its scale of rewards."""
    changes = {**task.set, **(task.cheaper if chosen.cheap else {})}
    changes |= {"seed": chosen.seed, "repetitions": chosen.repetitions}
    assignments = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    changed = override(config.load(), task.experiment, [], assignments)["experiments"]
    settings = dict(changed[task.experiment])
    settings["game"] = scaled(settings["game"], chosen.scale)
    return settings


def scaled(game: Settings, scale: float) -> dict[str, Any]:
    """A game's settings with all rewards multiplied by a number."""
    if scale == 1.0:
        return dict(game)
    if game["name"] == "gridworld":
        return {**game, "reward": scale * game["reward"]}
    played = problems.game(game)
    if not isinstance(played, FiniteGame) or game.get("horizon") != "one_shot":
        raise ConfigError(f"{game['name']}: rewards are scaled in games that are played once only")
    payoffs = (scale * played.rewards[:, 0]).tolist()
    return {"name": "matrix_game", "horizon": "one_shot", "payoffs": payoffs}
