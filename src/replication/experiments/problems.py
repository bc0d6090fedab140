"""From an experiment's settings to its game, its policy, and what the agents learn from.

Each choice in the configuration is a value here; combinations that make no sense are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.derivatives import DerivativeSource, estimation, exact, likelihood_ratio
from netnewton.games import finite
from netnewton.games.gridworld import Gridworld
from netnewton.policies import Boltzmann, GaussianRBF
from netnewton.trajectories import Streams, rollout
from replication.experiments import names

Array = npt.NDArray[np.float64]
Settings = Mapping[str, Any]
Game = finite.FiniteGame | Gridworld
Policy = Boltzmann | GaussianRBF

AT_ONCE = 25_000
"""Trajectories of agents that are evaluated in one call: fewer cost more to call than to play."""

Evaluation = Callable[[Array], Array]
"""From the parameters played, shape (K, R, D), to J_i of every agent, shape (K, R, N)."""


def game(settings: Settings) -> Game:
    """The game that is played.

    Raises
    ------
    ValueError
        If a setting is missing, does not belong to this game, or is refused by it.
    """
    name, horizon = settings["name"], settings.get("horizon", "one_shot")
    only("game", settings, "name", names.GAME_KEYS)
    if name == "gridworld":
        _all("game", settings, names.BOX)
        return Gridworld(**{key: settings[key] for key in names.BOX})
    if horizon == "one_shot" and "discount" in settings:
        raise ValueError("game.discount goes with game.horizon=repeated only")
    if name == "matrix_game":
        if "payoffs" not in settings or horizon != "one_shot":
            raise ValueError("game.name = matrix_game needs game.payoffs and horizon one_shot")
        return finite.matrix_game(settings["payoffs"])
    if horizon == "one_shot":
        return finite.prisoners_dilemma()
    if "discount" not in settings:
        raise ValueError("game.horizon = repeated needs game.discount, for example 0.9")
    return finite.repeated_prisoners_dilemma(settings["discount"])


def policy(settings: Settings, played: Game) -> Policy:
    """The joint policy's family, for a game.

    Raises
    ------
    ValueError
        If the family is not for this game, or a setting is missing or not this family's.
    """
    family = settings["family"]
    only("policy", settings, "family", names.POLICY_KEYS)
    _all("policy", settings, names.POLICY_KEYS[family])
    if isinstance(played, Gridworld) != (family == "gaussian_rbf"):
        raise ValueError(
            f"policy.family = {family} is not for this game: gaussian_rbf goes with the "
            "gridworld, boltzmann with all others"
        )
    if isinstance(played, Gridworld):
        return GaussianRBF(
            box=(played.width, played.height),
            grid=tuple(settings["centres"]),
            **{key: settings[key] for key in ("deviation", "sees", "width")},
        )
    return Boltzmann(played.n_states, played.n_actions, settings["logits"])


def derivatives(
    settings: Settings,
    played: Game,
    joint: Policy,
    streams: Streams,
    order: int,
    matrix: str = "hessian",
) -> DerivativeSource:
    """What the agents learn from: exact derivatives, or a new batch of trajectories every time.

    The matrix is what a method wants in place of the Hessian.

    Raises
    ------
    ValueError
        If a setting is missing or out of place, or exact derivatives are not to be had.
    """
    if settings["kind"] == "exact":
        only("derivatives", settings, "kind", {"exact": set()})
        instead = {} if matrix == "hessian" else {"hessian": names.MATRICES[matrix](played)}
        return exact(*of_finite(played, joint, "derivatives"), order, **instead)
    _all("derivatives", settings, names.SAMPLING_KEYS)
    if played.discount == 0 and settings["horizon"] > 1:
        raise ValueError(
            f"derivatives.horizon = {settings['horizon']}: a game that is played once has horizon 1"
        )
    horizon, size = settings["horizon"], settings["batch_size"]
    estimated = estimator(settings)
    if matrix != "hessian":
        estimated = replace(estimated, hessian=names.MATRICES[matrix](played))
    return likelihood_ratio(played, joint, streams, horizon, size, estimated, order)


def estimator(settings: Settings) -> estimation.Estimator:
    """The estimator of sampled derivatives."""
    weights, evaluated_at = names.CORRECTIONS[settings["correction"]]
    return estimation.Estimator(
        credit=names.CREDITS[settings["estimator"]],
        hessian=names.HESSIANS[settings["hessian"]],
        baseline=names.BASELINES[settings["baseline"]],
        weights=weights,
        evaluated_at=evaluated_at,
    )


def evaluation(
    settings: Settings, horizon: int | None, played: Game, joint: Policy, streams: Streams
) -> Evaluation | None:
    """How the return of a policy is found: exactly, or from trajectories of its own stream.

    None if it is not looked for at all, but taken to be the mean return of the training batches.

    Raises
    ------
    ValueError
        If a setting is missing or out of place, or exact returns are not to be had.
    """
    only("evaluation", settings, "kind", names.EVALUATION_KEYS)
    _all("evaluation", settings, names.EVALUATION_KEYS[settings["kind"]])
    if settings["kind"] == "exact":
        return exact(*of_finite(played, joint, "evaluation"), order=0).returns
    if horizon is None:
        raise ValueError(
            f"evaluation.kind = {settings['kind']} goes with derivatives.kind=sampled only"
        )
    if settings["kind"] == "training":
        return None
    size, discounts = settings["batch_size"], played.discount ** np.arange(horizon)

    at_once = max(1, AT_ONCE // (len(streams) * played.n_agents * size))

    def sampled_returns(mu: Array) -> Array:
        """Those of successive policies, shape (k, R, D); they draw one after another."""
        rows = np.swapaxes(mu, 0, 1).reshape(-1, mu.shape[-1])
        drawn = Streams(streams.generators, [len(mu)] * len(streams))
        rewards = rollout(played, joint, rows, drawn, horizon, size).rewards
        J = np.einsum("t,trnl->rn", discounts, rewards) / size
        return np.swapaxes(J.reshape(len(streams), len(mu), -1), 0, 1)

    return lambda mu: np.concatenate(
        [sampled_returns(mu[k : k + at_once]) for k in range(0, len(mu), at_once)]
    )


def of_finite(played: Game, joint: Policy, section: str) -> tuple[finite.FiniteGame, Boltzmann]:
    """A finite game and its policy; anything else is refused."""
    if isinstance(played, Gridworld) or isinstance(joint, GaussianRBF):
        raise ValueError(f"{section}.kind = exact is for finite games: choose sampled")
    return played, joint


def only(section: str, settings: Settings, kind: str, known: Mapping[str, set[str]]) -> None:
    """Refuse a setting that belongs to another kind."""
    for key in settings:
        if key != kind and key not in known[settings[kind]]:
            kinds = [name for name, keys in known.items() if key in keys] or ["another kind"]
            belongs = " or ".join(kinds)
            raise ValueError(f"{section}.{key} goes with {section}.{kind}={belongs} only")


def _all(section: str, settings: Settings, needed: set[str]) -> None:
    """Refuse settings that lack one."""
    if missing := sorted(needed - settings.keys()):
        raise ValueError(f"{section} lacks {missing[0]!r}: add {section}.{missing[0]}")
