"""Simulations compared with a second opinion, for faults that no verdict would show.

Each check simulates something small with the harness's own code and says whether it agrees with
the literal transcription of Algorithm 1, of Appendix A and of the games of Section 6, or with what
random streams have to satisfy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton import curvature, networks, run
from netnewton.algorithms import ConsensusNewton
from netnewton.derivatives import exact
from netnewton.games.finite import matrix_game
from netnewton.policies import Boltzmann
from netnewton.trajectories import Streams
from replication.claims.planting import Run, verdict_of_check
from replication.experiments import problems
from replication.experiments.config import Spec
from replication.experiments.simulate import simulate
from replication.second_opinions.literal import (
    Agent,
    matrix_game_oracle,
    matrix_game_return,
    run_literally,
)
from replication.second_opinions.sampled_dilemma import Dilemma
from replication.second_opinions.scalar_estimators import repeat
from replication.second_opinions.scalar_gridworld import Gridworld

Array = npt.NDArray[np.float64]

SEED = 2022  # of games and starts; any number does
CLOSE = 1e-9  # what rounding stays below, relative to the largest parameter
EPSILON, M, ITERATIONS = 0.05, 0.1, 20


def transcription(folder: Path) -> str:
    """DN, DG and DS in a game of three on a path, against Algorithm 1 line by line."""
    payoffs = np.random.default_rng(SEED).normal(size=(3, 2, 2, 2))
    start = np.random.default_rng(SEED).normal(size=6)
    settings = (
        "game.name=matrix_game",
        f"game.payoffs={payoffs.tolist()}",
        f"start={start.tolist()}",
        "network.graph=path",
        "repetitions=2",
        f"iterations={ITERATIONS}",
        f"step_size={EPSILON}",
        f"floor={M}",
        "projection=absolute_eigenvalues",  # the printed operator would use no curvature here
    )
    curvatures = {"DN": "full", "DG": "identity", "DS": "floor_identity"}
    specs = Run("pd_exact", tuple(curvatures), settings).specs()
    return verdict_of_check(
        all(_as_transcribed(spec, curvatures[spec.method], payoffs, start) for spec in specs)
    )


def _as_transcribed(spec: Spec, chosen: str, payoffs: Array, start: Array) -> bool:
    variables = simulate(spec)
    pairs = zip(variables["theta"], variables["weights"], strict=True)
    starts = np.tile(start, (len(payoffs), 1))
    return all(
        _agree(theta, _literally(payoffs, weights, starts, chosen, "absolute_eigenvalues"))
        for theta, weights in pairs
    )


def directed_network(folder: Path) -> str:
    """Two agents with a matrix that is stochastic by rows only, against the transcription.

    With the symmetric matrices of Section 2, a_ij for a_ji makes no difference.
    """
    weights = np.array([[0.9, 0.1], [0.4, 0.6]])
    rng = np.random.default_rng(SEED)
    payoffs, start = rng.normal(size=(2, 2, 2)), rng.normal(size=(2, 4))
    final = run(
        ConsensusNewton(curvature.FullHessian(), EPSILON, M),
        exact(matrix_game(payoffs), Boltzmann(1, (2, 2))),
        networks.unchecked_mixing(weights),
        ITERATIONS,
        start,
    )
    slow = _literally(payoffs, weights, start, "full", "all_or_nothing")
    return verdict_of_check(_agree(final.theta, slow))


def _literally(
    payoffs: Array, weights: Array, starts: Array, chosen: str, projection: str
) -> Array:
    agents = [
        Agent(matrix_game_oracle(payoff), start, chosen, 1, projection, "previous", EPSILON, M)
        for payoff, start in zip(payoffs, starts, strict=True)
    ]
    return run_literally(agents, weights, ITERATIONS)[-1]


def _agree(values: Array, opinion: Array) -> bool:
    return bool(np.abs(values - opinion).max() <= CLOSE * max(1.0, np.abs(opinion).max()))


def oracle(folder: Path) -> str:
    """Exact derivatives as the agents get them, against sums over joint actions."""
    rng = np.random.default_rng(SEED)
    payoffs, theta = rng.normal(size=(3, 2, 3, 2)), rng.normal(size=(1, 3, 7))
    game = matrix_game(payoffs)
    source = problems.derivatives(
        {"kind": "exact"}, game, Boltzmann(1, game.n_actions), Streams([]), 2
    )
    found = source(theta)
    opinions = [
        matrix_game_oracle(payoff)(copy) for payoff, copy in zip(payoffs, theta[0], strict=True)
    ]
    gradients, hessians = (np.stack(part) for part in zip(*opinions, strict=True))
    return verdict_of_check(
        _agree(found.gradient[0], gradients) and _agree(found.hessian[0], hessians)
    )


def reported_return(folder: Path) -> str:
    """The last J of Figure 1's experiment, from each agent's own block of its final copy."""
    settings = ("repetitions=2", "iterations=10", "step_size=0.5", "floor=0.5")
    (spec,) = Run("pd_exact", ("DN",), settings).specs()
    variables = simulate(spec)
    payoffs = problems.finite.prisoners_dilemma().rewards[:, 0]
    own = [np.concatenate([theta[0, :2], theta[1, 2:]]) for theta in variables["theta"]]
    returns = np.array([[matrix_game_return(payoff, mu) for payoff in payoffs] for mu in own])
    return verdict_of_check(_agree(variables["J"][:, -1], returns.mean(axis=1)))


# Learning from samples ---------------------------------------------------------------------------

TRAINING = "evaluation={kind: training}"  # then J is the mean return of what was learnt from
BY_NUMBERS: Mapping[str, Any] = {"prisoners_dilemma": Dilemma, "gridworld": Gridworld}


def sampled_dilemma(folder: Path) -> str:
    """Whole runs of the sampled dilemma, against loops over numbers."""
    return _whole_runs("pd_sampled_is", "iterations=15", "derivatives.batch_size=10")


def sampled_gridworld(folder: Path) -> str:
    """Whole runs of a gridworld so small that agents collide and arrive, likewise."""
    return _whole_runs("gridworld", *SMALL_WORLD)


SMALL_WORLD = (
    *("game.width=2.0", "game.height=3.0", "policy.deviation=1.0", "policy.centres=[2, 3]"),
    *("iterations=4", "derivatives.batch_size=6"),
)


def _whole_runs(experiment: str, *settings: str) -> str:
    specs = Run(experiment, ("DN", "DG"), ("repetitions=2", TRAINING, *settings)).specs()
    return verdict_of_check(all(distance_from_scalars(spec) <= CLOSE for spec in specs))


def distance_from_scalars(spec: Spec) -> float:
    """How far a simulated run is from `second_opinions.scalar_estimators`, on the same streams.

    Parameters
    ----------
    spec : Spec
        Of the sampled dilemma or the gridworld, with a given matrix and a J from samples.

    Returns
    -------
    float
        The largest difference of a final parameter, relative to the largest one, and of a return
        at any iteration; infinite if something is not finite.
    """
    variables, settings = simulate(spec), spec.settings
    problem, apart = BY_NUMBERS[settings["game"]["name"]].of(settings), 0.0
    for r, theta in enumerate(variables["theta"]):
        opinion = repeat(problem, settings, r)
        copies = np.abs(theta - opinion.theta).max() / (np.abs(opinion.theta).max() or 1.0)
        returns = np.abs(variables["J_local"][r] - opinion.J_local).max()
        apart = max(apart, float(np.nan_to_num(copies + returns, nan=np.inf)))
    return apart


# Random streams ----------------------------------------------------------------------------------


def repetitions_differ(folder: Path) -> str:
    """No two repetitions of a sampled experiment, nor their networks, are the same."""
    sampled = _sampled("pd_sampled_is", "repetitions=4", "iterations=3")["theta"]
    networks_drawn = _sampled("pd_exact", "repetitions=4", "iterations=1")["weights"]
    distinct = [len({part.tobytes() for part in values}) for values in (sampled, networks_drawn)]
    return verdict_of_check(distinct == [4, 4])


def alone_as_among_others(folder: Path) -> str:
    """A repetition computed alone, and the same among others, have the same bytes."""
    (spec,) = Run("pd_sampled_is", ("DN",), ("repetitions=4", "iterations=3")).specs()
    together, alone = simulate(spec), simulate(spec, [2])
    return verdict_of_check(
        all(alone[name][0].tobytes() == together[name][2].tobytes() for name in alone)
    )


def common_random_numbers(folder: Path) -> str:
    """DN and DG see the same batches as long as they play the same: up to iteration 1."""
    first = [
        _sampled("pd_sampled_is", "repetitions=4", "iterations=2", TRAINING, method=method)["J"]
        for method in ("DN", "DG")
    ]
    return verdict_of_check((first[0][:, :2] == first[1][:, :2]).all())


def fresh_batches(folder: Path) -> str:
    """What is learnt from in iteration 2 is not the batch of iteration 1."""
    J = _sampled("pd_sampled_is", "repetitions=4", "iterations=2", TRAINING)["J"]
    return verdict_of_check((J[:, 0] != J[:, 1]).any())


def evaluation_apart(folder: Path) -> str:
    """The return that is reported is not that of the batch that was learnt from."""
    settings = ("pd_sampled_is", "repetitions=4", "iterations=1")
    learnt_from = _sampled(*settings, TRAINING)["J"]
    reported = _sampled(*settings, "evaluation={kind: sampled, batch_size: 100}")["J"]
    return verdict_of_check((learnt_from[:, 0] != reported[:, 0]).any())


def _sampled(experiment: str, *settings: str, method: str = "DN") -> Mapping[str, Any]:
    (spec,) = Run(experiment, (method,), settings).specs()
    return simulate(spec)
