"""Every measured claim holds (or fails) as reported, and a planted fault changes its verdict.

The faults are planted in the code that the claims are really measured with.
"""

from dataclasses import replace

import numpy as np
import pytest

from netnewton import consensus_newton, curvature, networks
from netnewton.games import finite
from replication import check, config, experiments, ledger, problems, simulate
from replication.measures import Evidence, definitions, estimators, measures
from replication.storage import write_results

REPETITIONS = 8  # the fewest that bound a median at 98 % from both sides, and one more


def judge(name, folder, runs=(), quantity=None):
    """Simulate what a claim needs, measure it and return its verdict, or that of one quantity.

    A run is an experiment, its methods, and settings of it.
    """
    for experiment, methods, settings in runs:
        paper = config.override(
            config.load(), experiment, methods, [f"repetitions={REPETITIONS}", *settings]
        )
        for method in methods:
            spec = config.spec(paper, experiment, method)
            write_results(folder / experiment / f"{method}.nc", spec, simulate.simulate(spec))
    entry = next(claim for claim in ledger.claims() if claim["id"] == name)
    judged = check.check_claim(entry, Evidence(folder, 0.98))
    if quantity is None:
        return judged["verdict"]
    return next(q["verdict"] for q in judged["quantities"] if q["id"] == quantity)


def exact(*methods, iterations=2000):
    """A run of pd_exact."""
    return {"runs": [("pd_exact", methods, [f"iterations={iterations}"])]}


def gridworld(*methods):
    """A run of the gridworld with a reward for which the printed steps are not absurd."""
    return ("gridworld", methods, ["game.reward=0.02", "evaluation.batch_size=200"])


def rewards_swapped(monkeypatch):
    game = finite.prisoners_dilemma()
    swapped = replace(game, rewards=game.rewards[::-1])
    monkeypatch.setattr(finite, "prisoners_dilemma", lambda: swapped)


def temptation_too_small(monkeypatch):
    payoff = np.array([[-1.0, -3.0], [-1.5, -2.0]])
    game = finite.matrix_game([payoff, payoff.T])
    monkeypatch.setattr(finite, "prisoners_dilemma", lambda: game)


def operator_inverted(monkeypatch):
    real = curvature._matrices_at_least
    monkeypatch.setattr(curvature, "_matrices_at_least", lambda Z, floor: ~real(Z, floor))


def operator_off(monkeypatch):
    monkeypatch.setattr(
        curvature, "_matrices_at_least", lambda Z, floor: np.ones(Z.shape[:-2], dtype=bool)
    )


def operator_at_m(monkeypatch):
    """m where eq. 3 has m/2."""
    real = curvature.FullHessian.project
    monkeypatch.setattr(
        curvature.FullHessian,
        "project",
        lambda self, Z, projection, floor: real(self, Z, projection, 2 * floor),
    )


def each_its_own_ratio(monkeypatch):
    monkeypatch.setattr(definitions.networks, "mixing", lambda weights: lambda values, k: values)


def gradient_sign(module):
    def plant(monkeypatch):
        real = module.exact_derivatives

        def flipped(game, policy, order=2):
            source = real(game, policy, order)
            if order == 0:
                return source
            return lambda theta: source(theta)._replace(gradient=-source(theta).gradient)

        monkeypatch.setattr(module, "exact_derivatives", flipped)

    return plant


def no_correction_term(monkeypatch):
    real = consensus_newton.step

    def step(state, *rest):
        return real(replace(state, g=np.zeros_like(state.g), H=np.zeros_like(state.H)), *rest)

    monkeypatch.setattr(consensus_newton, "step", step)


def not_symmetric(monkeypatch):
    skewed = networks.unchecked_mixing(np.array([[0.9, 0.1], [0.4, 0.6]]))
    monkeypatch.setattr(simulate, "unchecked_mixing", lambda weights: skewed)


def fallback_to_identity(monkeypatch):
    real = curvature.FullHessian.project

    def project(self, Z, projection, floor):
        return replace(real(self, Z, projection, floor), multiple=1.0)

    monkeypatch.setattr(curvature.FullHessian, "project", project)


def control_gets_identity(monkeypatch):
    monkeypatch.setitem(
        experiments.CURVATURES, "floor_identity", lambda sign, floor: curvature.ScaledIdentity(1.0)
    )


def flag_negated(monkeypatch):
    real = simulate.observed

    def observed(state, experiment):
        return {**real(state, experiment), "fallback": ~state.fallback}

    monkeypatch.setattr(simulate, "observed", observed)


def steps_overflow(monkeypatch):
    real = curvature.FullHessian.project

    def project(self, Z, projection, floor):
        return replace(real(self, Z, projection, floor), multiple=1e-320)

    monkeypatch.setattr(curvature.FullHessian, "project", project)


def weights_left_on(monkeypatch):
    monkeypatch.setitem(problems.CORRECTIONS, "none", problems.CORRECTIONS["importance"])


def derivatives_exact(monkeypatch):
    real = problems.derivatives

    def derivatives(settings, *rest):
        return real({"kind": "exact"}, *rest)

    monkeypatch.setattr(problems, "derivatives", derivatives)


SAMPLED = ("pd_sampled_is", ("DN", "DG"), [])
WITHOUT = ("pd_sampled_no_is", ("DN", "DG"), [])
FIXED = ("pd_fixed_exact", ("DN",), [])
ALL = [
    ("pd_exact", ("DN", "DS"), []),
    ("pd_sampled_is", ("DN", "DS"), []),
    gridworld("DN", "DS"),
    ("gridworld_tuned", ("DN_floor", "DN_absolute", "DG"), ["evaluation.batch_size=200"]),
]

CONTROLS = [
    ("nash", rewards_swapped, {}, "reproduced", "contradicted"),
    ("nash", temptation_too_small, {}, "reproduced", "contradicted"),
    ("projection-operator", operator_inverted, {}, "reproduced", "contradicted"),
    ("projection-operator", operator_off, {}, "reproduced", "contradicted"),
    ("projection-operator", operator_at_m, {}, "reproduced", "contradicted"),
    ("average-dynamics", each_its_own_ratio, {}, "reproduced", "contradicted"),
    (
        "tracking",
        no_correction_term,
        exact("DN", "DG", "DS", iterations=60),
        "reproduced",
        "contradicted",
    ),
    (
        "tracking",
        not_symmetric,
        exact("DN", "DG", "DS", iterations=60),
        "reproduced",
        "contradicted",
    ),
    (
        "fig1-optimum",
        gradient_sign(problems),
        exact("DN"),
        "reproduced",
        "contradicted",
    ),
    ("fig1-faster", fallback_to_identity, exact("DN", "DG"), "reproduced", "contradicted"),
    ("fig2-faster", fallback_to_identity, {"runs": [SAMPLED]}, "reproduced", "contradicted"),
    ("fig2-no-is", weights_left_on, {"runs": [SAMPLED, WITHOUT]}, "reproduced", "contradicted"),
    (
        "fig2-shifted-optimum",
        derivatives_exact,
        {"runs": [("pd_sampled_is", ("DN",), ["repetitions=30"]), FIXED]},
        "inconclusive",
        "contradicted",
    ),
    # As printed, both claims on Figure 3 are contradicted already: what can change is a quantity.
    (
        "fig3-faster",
        fallback_to_identity,
        {"runs": [gridworld("DN", "DG")], "quantity": "area-difference"},
        "reproduced",
        "inconclusive",
    ),
    (
        "fig3-few-iterations",
        fallback_to_identity,
        {"runs": [gridworld("DN")], "quantity": "improvement"},
        "reproduced",
        "inconclusive",
    ),
    ("attribution", control_gets_identity, {"runs": ALL}, "contradicted", "reproduced"),
    ("fallback-frequency", flag_negated, exact("DN"), "contradicted", "reproduced"),
]


@pytest.mark.parametrize(
    ("claim", "fault", "needs", "without", "expected"),
    CONTROLS,
    ids=[f"{c[0]}-{c[1].__name__}" for c in CONTROLS],
)
def test_the_planted_fault_changes_the_verdict(
    claim, fault, needs, without, expected, tmp_path, monkeypatch
):
    assert judge(claim, tmp_path / "healthy", **needs) == without
    fault(monkeypatch)
    assert judge(claim, tmp_path / "faulty", **needs) == expected


def test_every_measured_claim_has_a_control():
    """Those of the estimators are in test_estimator_controls.py."""
    of_estimators = {*estimators.MEASURES, "gpomdp-variance"}
    assert {control[0] for control in CONTROLS} == set(measures()) - of_estimators


@pytest.mark.parametrize("claim", ["tracking", "fig1-optimum", "fallback-frequency"])
def test_runs_that_diverge_support_no_claim(claim, tmp_path, monkeypatch):
    steps_overflow(monkeypatch)
    needs = exact("DN", "DG", "DS", iterations=60)
    assert judge(claim, tmp_path, **needs) == "contradicted"


def test_results_of_something_else_are_refused_and_changed_settings_are_told(tmp_path):
    judge("fig1-optimum", tmp_path, **exact("DN", iterations=60))
    evidence = Evidence(tmp_path, 0.98)
    evidence.method("pd_exact", "DN")
    assert evidence.changes == [
        "pd_exact/DN: iterations = 60 (paper: 2000)",
        "pd_exact/DN: repetitions = 8 (paper: 30)",
    ]
    (tmp_path / "pd_exact/DN.nc").rename(tmp_path / "pd_exact/DG.nc")
    with pytest.raises(config.ConfigError, match="holds pd_exact/DN"):
        evidence.method("pd_exact", "DG")
