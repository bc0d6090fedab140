"""Rolling out a game and a policy: R repetitions of L trajectories advance in one call a step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netnewton.arrays import Array, count
from netnewton.trajectories.protocols import Player, SampledGame, SampledPolicy, Trajectories
from netnewton.trajectories.streams import Streams


def rollout(
    game: SampledGame,
    policy: SampledPolicy,
    mu: Array,
    streams: Streams,
    horizon: int,
    size: int,
    player: Player | None = None,
) -> Trajectories:
    """Play the joint policy: `size` trajectories of `horizon` steps for every repetition.

    Parameters
    ----------
    game : SampledGame
    policy : SampledPolicy
    mu : Array, shape (R, D)
        The parameters that are played.
    streams : Streams
        R generators; each advances by the same amount whatever is played.
    horizon : int
        T >= 1.
    size : int
        L >= 1.
    player : Player, optional
        Who plays mu; ``policy.player(mu)`` by default.

    Raises
    ------
    ValueError
        If the policy is not for this game, there is no repetition, step or trajectory, or not one
        generator for each repetition.
    """
    require_match(game, policy)
    horizon, size = count("horizon", horizon), count("size", size)
    if count("repetitions", len(mu)) != len(streams):
        raise ValueError(
            f"{len(streams)} generators for {len(mu)} repetitions: give Streams one for each"
        )
    noise = policy.noise(streams, horizon, size)
    chance = game.chance(streams, horizon + 1, size)
    act = policy.player(mu) if player is None else player
    state = game.start(chance[0], (len(mu), size))
    states, actions, rewards = [], [], []
    for t in range(horizon):
        states.append(game.seen(state))
        actions.append(act(states[-1], noise[t]))
        state, reward = game.step(state, actions[-1], chance[t + 1])
        rewards.append(reward)
    return Trajectories(np.stack(states), np.stack(actions), np.stack(rewards))


SIZES = ("n_agents", "n_states", "n_actions", "box")


def require_match(game: SampledGame, policy: SampledPolicy) -> None:
    """Refuse a policy that was made for another game, as far as both say for what.

    Raises
    ------
    ValueError
        If their numbers of agents, states or actions differ, or the boxes that they are in.
    """
    its, other = ({name: getattr(of, name, None) for name in SIZES} for of in (policy, game))
    if any(None not in (its[name], other[name]) and its[name] != other[name] for name in SIZES):
        raise ValueError(
            f"the policy has {_described(its)}, the game {_described(other)}: make the policy for "
            f"this game, as with {type(policy).__name__}.of(game)"
        )


def _described(sizes: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sizes.items() if value is not None)
