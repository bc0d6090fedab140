"""What is measured in a universe: the claims of a figure, and effects that compare universes.

An *effect* is the paired difference of two methods' average returns, as a share of what there is to
gain: 1 is the way from J(theta(0)) to the optimum in the Prisoner's Dilemma, and the reward for
arriving in the gridworld.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netnewton.derivatives import likelihood_ratio
from netnewton.games.gridworld import Gridworld
from netnewton.trajectories import Streams
from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.judge import check_claims
from replication.experiments import problems
from replication.experiments.build import stream
from replication.experiments.config import Spec
from replication.experiments.results import Results
from replication.experiments.returns import average, returns, tenth
from replication.multiverse.universes import Universe, figures, laws

Key = tuple[str, str]
Row = dict[str, Any]

GROUP = {"fig1": "figure_1", "fig2": "figure_2", "fig3": "figure_3"}
MAIN = {"fig1": "pd_exact", "fig2": "pd_sampled_is", "fig3": "gridworld"}
"""The experiment that effects are measured on."""

RUNS_AGAIN = {"equal-directions-in-figure-1"}
"""Its measure runs the experiment once more, which would double the price of a universe."""

STEP_STREAM, STEP_BATCH = 3, 10_000  # for the gradient at the start


class Held(Results):
    """Results that are in memory, not in a file."""

    def __init__(self, spec: Spec, values: Mapping[str, npt.NDArray]) -> None:
        self.spec, self._values = spec, dict(values)


class UniverseEvidence(Evidence):
    """What was run in a universe, read with its choices."""

    def __init__(
        self, runs: Mapping[Key, Results], readings: Mapping[str, str], confidence: float
    ) -> None:
        super().__init__(Path(), confidence, readings=readings)
        self.method = cache(lambda experiment, name: runs[experiment, name])


@cache
def claims(figure: str) -> tuple[str, ...]:
    """A figure's claims, and those on what DN's advantage in it is due to."""
    experiments = set(figures()[figure]["experiments"])
    found = [c for g in (GROUP[figure], "attribution") for c in ledger.claims_of(g)]
    enough = [c["id"] for c in found if {*c["experiments"]} <= experiments]
    return tuple(name for name in enough if name in measures() and name not in RUNS_AGAIN)


def row(universe: Universe, figure: str, runs: Mapping[Key, Results], confidence: float) -> Row:
    """One row of the table: the choices, the effects, and each claim with its quantities.

    Parameters
    ----------
    universe : Universe
    figure : str
    runs : mapping
        Results by experiment and method.
    confidence : float
    """
    evidence = UniverseEvidence(runs, universe.readings(figure), confidence)
    judged = check_claims(evidence, claims(figure))
    return {
        "universe": universe.number,
        **{f"weight/{law}": universe.weight(figure, law) for law in laws()},
        **universe.choice(figure),
        **effects(figure, runs, evidence),
        **{name: value for claim in judged for name, value in _verdicts(claim).items()},
    }


def _verdicts(claim: Mapping[str, Any]) -> Row:
    found = {claim["id"]: claim["verdict"]}
    for q in claim["quantities"]:
        name = f"{claim['id']}/{q['id']}"
        found |= {name: q["value"], f"{name}/lower": q["lower"], f"{name}/upper": q["upper"]}
    return found


def effects(figure: str, runs: Mapping[Key, Results], evidence: Evidence) -> Row:
    """The effects of a universe, each method's rise, and where it exists what governs them."""
    main = {name: runs[MAIN[figure], name] for name in ("DN", "DG", "DS")}
    J = {name: returns(results) for name, results in main.items()}
    start = float(J["DN"][:, 0].mean())
    spec = main["DN"].spec
    gain = spec.settings["game"].get("reward") or spec.settings["optimum"] - start
    found: Row = {}
    for other in ("DG", "DS"):
        value, lower, upper, _ = evidence.mean((average(J["DN"]) - average(J[other])) / gain)
        name = f"DN-{other}"
        found |= {name: value, f"{name}/lower": lower, f"{name}/upper": upper}
    found |= {f"{name}/rise": (tenth(J[name]).mean() - start) / gain for name in J}
    return found | (_governing(spec, main["DN"]) if figure == "fig3" else {})


def _governing(spec: Spec, newton: Results) -> Row:
    """q, and the least effective sample size of DN: its median over repetitions."""
    sizes = newton["effective_sample_size"][:, 1:].min(axis=(1, 2))
    return {"q": first_step(spec), "least_sample_size": float(np.median(sizes))}


def first_step(spec: Spec) -> float:
    """DN's first step in deviations of the policy, q = (2 epsilon / m) |grad J(theta(0))| / sigma.

    The squared norm is the product of two independent estimates, so that noise does not add to it.
    """
    settings, method = spec.settings, spec.settings["method"]
    game = problems.game(settings["game"])
    policy = problems.policy(settings["policy"], game)
    if not isinstance(game, Gridworld):
        raise ValueError(f"q is defined for the gridworld, not for {settings['game']['name']}")
    streams = Streams([stream(settings["seed"], r, STEP_STREAM) for r in range(2)])
    source = likelihood_ratio(
        game, policy, streams, settings["derivatives"]["horizon"], STEP_BATCH, order=1
    )
    start = np.full((2, game.n_agents, len(policy.owner)), float(settings["start"]))
    first, second = source(start).gradient.mean(axis=1)
    norm = np.sqrt(max(float(first @ second), 0.0))
    return 2 * method["step_size"] / method["floor"] * norm / settings["policy"]["deviation"]
