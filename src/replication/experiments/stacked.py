"""Simulating several specs of one algorithm, game and policy together.

Their repetitions are stacked along the first axis and advance in one call, each for as many
iterations as its own spec has. What a spec gives depends on that spec alone, not on which others
are stacked with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netnewton import run
from netnewton.arrays import Array, Flags
from netnewton.curvature import FullHessian, Projected, Projection, Solution
from netnewton.derivatives import Derivatives, DerivativeSource, counted
from netnewton.networks import unchecked_mixing
from netnewton.policies import behaviour_parameters
from netnewton.trajectories import Streams
from replication.experiments import problems
from replication.experiments.build import TRAINING_STREAM, Experiment, build, stream
from replication.experiments.config import Spec

Variables = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class RowwiseHessian(FullHessian):
    """H_i = sign * Hessian of J_i with a sign, and [.]_m with a projection, of each row's own."""

    sign: Any = 1
    """Shape (R, 1, 1, 1)."""
    parts: tuple[tuple[npt.NDArray[np.intp], Projection], ...] = ()
    """Rows, and the projection that they have."""

    @classmethod
    def of(cls, experiments: Sequence[Experiment]) -> RowwiseHessian:
        """Each experiment's own, for all of its repetitions."""
        own: list[Any] = [e.algorithm for e in experiments for _ in e.start]
        signs = [a.curvature.sign for a in own if isinstance(a.curvature, FullHessian)]
        found = dict.fromkeys(a.projection for a in own)
        rows = {p: [r for r, a in enumerate(own) if a.projection is p] for p in found}
        sign = np.reshape(signs, (-1, 1, 1, 1))
        return cls(sign, tuple((np.array(r), p) for p, r in rows.items()))

    def project(self, Z: Array, projection: Projection, floor: float) -> Any:
        """[Z]_m, part by part."""
        own = [super(RowwiseHessian, self).project(Z[r], p, floor) for r, p in self.parts]
        return Parts(self._whole([part.replaced for part in own]), own)

    def solve(self, projected: Any, v: Array) -> Solution:
        """[Z]_m^{-1} v, part by part."""
        solve = super().solve
        own = [solve(p, v[r]) for p, (r, _) in zip(projected.own, self.parts, strict=True)]
        return Solution(*(self._whole([s[i] for s in own]) for i in range(2)))

    def _whole(self, own: Sequence[npt.NDArray]) -> npt.NDArray:
        whole = np.empty((len(self.sign), *own[0].shape[1:]), own[0].dtype)
        for values, (rows, _) in zip(own, self.parts, strict=True):
            whole[rows] = values
        return whole


class Parts(NamedTuple):
    """What `RowwiseHessian` has projected."""

    replaced: Flags
    own: Sequence[Projected]


def key(spec: Spec) -> str:
    """What specs that can be stacked have in common: all that is not looked up row by row."""
    apart = ("seed", "network", "iterations", "reported_return", "evaluation", "repetitions")
    settings = {name: value for name, value in spec.settings.items() if name not in apart}
    learning, method = {**settings["derivatives"], "batch_size": None}, settings["method"]
    if method["curvature"] == "full":
        method = {**method, "curvature_sign": None, "projection": None}
    return json.dumps({**settings, "derivatives": learning, "method": method}, sort_keys=True)


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
        If the specs differ in more than may differ, or are not of Algorithm 1 with Hessians.
    """
    if any({"algorithm", "matrix"} & spec.settings["method"].keys() for spec in specs):
        raise ValueError("only Algorithm 1 with Hessians is stacked: simulate other specs singly")
    if len({key(spec) for spec in specs}) != 1:
        raise ValueError("these specs differ in what is not stacked: group them by their key")
    experiments = [build(spec, range(spec.settings["repetitions"])) for spec in specs]
    source, local = _source(specs, experiments), list[Derivatives]()

    def derivatives(theta: npt.NDArray) -> Derivatives:
        local.append(source(theta))
        return local[-1]

    algorithm: Any = experiments[0].algorithm
    if isinstance(algorithm.curvature, FullHessian):
        algorithm = replace(algorithm, curvature=RowwiseHessian.of(experiments))
    done = run(
        algorithm,
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
