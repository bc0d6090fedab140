"""Simulating several specs of one algorithm, game and policy together.

Their repetitions are stacked along the first axis and advance in one call, each for as many
iterations as its own spec has. What a spec gives depends on that spec alone, not on which others
are stacked with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import run
from netnewton.derivatives import Derivatives, DerivativeSource, counted
from netnewton.networks import unchecked_mixing
from netnewton.policies import behaviour_parameters
from netnewton.trajectories import Streams
from replication.experiments import problems
from replication.experiments.build import TRAINING_STREAM, Experiment, build, stream
from replication.experiments.config import Spec

Variables = dict[str, npt.NDArray[Any]]


def key(spec: Spec) -> str:
    """What specs that can be stacked have in common: all that is not looked up row by row."""
    apart = ("seed", "network", "iterations", "reported_return", "evaluation", "repetitions")
    settings = {name: value for name, value in spec.settings.items() if name not in apart}
    learning = {**settings["derivatives"], "batch_size": None}
    return json.dumps({**settings, "derivatives": learning}, sort_keys=True)


def simulate_stacked(specs: Sequence[Spec]) -> list[Variables]:
    """Run specs of one `key`, of a game that is played once.

    Plays are counted, not drawn one by one: a batch has the law of the same batch in `simulate`,
    and other numbers.

    Parameters
    ----------
    specs : sequence of Spec

    Returns
    -------
    list of dict
        For each spec those of `results.VARIABLES` that claims are measured on.

    Raises
    ------
    ValueError
        If the specs differ in more than may differ.
    """
    if len({key(spec) for spec in specs}) != 1:
        raise ValueError("these specs differ in what is not stacked: group them by their key")
    experiments = [build(spec, range(spec.settings["repetitions"])) for spec in specs]
    source, local = _source(specs, experiments), list[Derivatives]()

    def derivatives(theta: npt.NDArray) -> Derivatives:
        local.append(source(theta))
        return local[-1]

    done = run(
        experiments[0].algorithm,
        derivatives,
        unchecked_mixing(np.concatenate([e.weights for e in experiments])),
        max(spec.settings["iterations"] for spec in specs),
        np.concatenate([e.start for e in experiments]),
        lambda states: {"theta": states.theta, "fallback": states.fallback},
    )
    derivatives(done.final.theta)  # of the last policy there is no batch yet
    played = np.stack([batch.played for batch in local])
    sizes = np.stack([batch.effective_sample_size for batch in local])
    ends = np.cumsum([len(e.start) for e in experiments])
    return [
        _variables(spec, e, done, played, sizes, slice(end - len(e.start), end))
        for spec, e, end in zip(specs, experiments, ends, strict=True)
    ]


def _source(specs: Sequence[Spec], experiments: Sequence[Experiment]) -> DerivativeSource:
    settings, repetitions = specs[0].settings, [len(e.start) for e in experiments]
    learning = settings["derivatives"]
    if learning["kind"] == "exact":
        return experiments[0].derivatives
    generators = [stream(spec.settings["seed"], 0, TRAINING_STREAM) for spec in specs]
    batches = [spec.settings["derivatives"]["batch_size"] for spec in specs]
    game = problems.game(settings["game"])
    policy = problems.policy(settings["policy"], game)
    return counted(
        *problems.of_finite(game, policy, "derivatives"),
        Streams(generators, repetitions),
        np.repeat(batches, repetitions),
        problems.estimator(learning),
        experiments[0].algorithm.order,
    )


def _variables(
    spec: Spec, e: Experiment, done: Any, played: npt.NDArray, sizes: npt.NDArray, rows: slice
) -> Variables:
    """One spec's rows and iterations, repetition first; NaN once a repetition has diverged."""
    iterations = spec.settings["iterations"]
    theta = done.trace["theta"][: iterations + 1, rows]
    at = done.diverged_at[rows]
    diverged_at = np.where(at > iterations, -1, at)
    lost = (diverged_at >= 0) & (np.arange(len(theta))[:, np.newaxis] >= diverged_at)
    J_local = played[: iterations + 1, rows] if e.evaluate is None else e.evaluate(theta)
    own = {
        "J": np.where(lost, np.nan, J_local.mean(axis=-1)),
        "fallback": done.trace["fallback"][: iterations + 1, rows] & ~lost[..., np.newaxis],
        "saturated": e.saturated_share(behaviour_parameters(theta, e.owner)),
    }
    if sizes.size:
        before = np.full_like(sizes[:1, rows], np.nan)
        own["effective_sample_size"] = np.concatenate([before, sizes[:iterations, rows]])
    return {
        **{name: np.swapaxes(values, 0, 1) for name, values in own.items()},
        "theta": np.where((diverged_at >= 0)[:, np.newaxis, np.newaxis], np.nan, theta[-1]),
        "weights": e.weights,
        "diverged_at": diverged_at.astype(np.int32),
    }
