"""The measures of Theorems 4, 5 and 7 and of the rates: predictions, known cases, controls."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from netnewton import curvature, networks
from netnewton.algorithms import consensus_newton
from netnewton.algorithms.consensus_newton import ConsensusNewton, NewtonState
from netnewton.derivatives import concave_derivatives, reference_optimum
from netnewton.games.concave import TeamProblem, random_problem
from replication.claims import concave, ledger
from replication.claims.concave import Reading
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.judge import check_claim
from replication.claims.rates import faults as rates_faults
from replication.claims.rates import measure as rates
from replication.claims.team_cases import Cases, cases, graph
from replication.claims.theorems import convergence, perturbed, prediction, step_sizes
from replication.claims.theorems import faults as theorems_faults
from replication.claims.thresholds import thresholds
from replication.claims.verdicts import CONTRADICTED, REPRODUCED, claim_verdict
from replication.experiments.config import ConfigError
from replication.figures import draw
from replication.figures.threshold_curves import draw_thresholds

CLAIMS = [*rates.MEASURES, "theorem-4", "theorem-5", "theorem-7"]


@pytest.fixture
def small(patch):
    """Problems as few as those of the controls, and too few runs to establish a share of 99 %."""
    rates_faults.small(patch)
    theorems_faults.small(patch)
    for sizes in ("EQ_5_SIZES", "SIZES"):
        fewer = [replace(size, runs=4) for size in getattr(convergence, sizes)]
        patch.setattr(convergence, sizes, tuple(fewer))


# --- the linearisation ------------------------------------------------------------------------


@pytest.mark.parametrize("lag", ["previous", "current"])
@pytest.mark.parametrize("chosen", [curvature.FullHessian(-1), curvature.DiagonalHessian(-1)])
def test_linearisation_against_differences_of_step(chosen, lag):
    """The spectrum of `step` at the optimum, by differences, is the one of `linearised` and 1."""
    N, d, epsilon = 3, 2, 0.7
    problem = random_problem(np.random.default_rng(5), N, d, steepness=1.5)
    optimum = reference_optimum(problem)
    weights = networks.metropolis_weights(graph("path", N))
    trackers = getattr(consensus_newton, f"{lag}_trackers")
    method = ConsensusNewton(chosen, epsilon, 1.0, trackers=trackers)
    source, mix = concave_derivatives(problem), networks.mixing(weights)

    theta = np.tile(optimum, (1, N, 1))
    local = source(theta)
    H = chosen.local(local)
    g = chosen.times(H, theta) + local.gradient
    everywhere = NewtonState(
        theta,
        np.broadcast_to(g.mean(axis=1, keepdims=True), g.shape),
        np.broadcast_to(H.mean(axis=1, keepdims=True), H.shape),
        g,
        H,
        np.zeros((1, N), bool),
        np.zeros((1, N), bool),
    )
    names = ("theta", "g_mean", "H_mean", "g", "H")
    shapes = [getattr(everywhere, name).shape for name in names]
    cuts = np.cumsum([np.prod(shape) for shape in shapes])[:-1]

    def pack(state):
        return np.concatenate([getattr(state, name).ravel() for name in names])

    def advance(x):
        parts = np.split(x, cuts)
        arrays = {n: p.reshape(s) for n, p, s in zip(names, parts, shapes, strict=True)}
        return pack(method.step(replace(everywhere, **arrays), source, mix))

    at, h = pack(everywhere), 1e-6
    np.testing.assert_allclose(advance(at), at, atol=1e-12)  # it is an equilibrium
    jacobian = np.array(
        [(advance(at + h * e) - advance(at - h * e)) / (2 * h) for e in np.eye(len(at))]
    )
    full = np.linalg.eigvals(jacobian.T)

    C = H[0].mean(axis=0) if H.ndim == 4 else np.diag(H[0].mean(axis=0))
    own = H[0] if H.ndim == 4 else np.array([np.diag(row) for row in H[0]])
    matrix = prediction.linearised(weights, C, own + local.hessian[0], epsilon, lag)
    predicted = np.linalg.eigvals(matrix)
    for eigenvalue in predicted[np.abs(predicted) > 1e-2]:  # multiple zeros are badly conditioned
        assert np.abs(full - eigenvalue).min() < 1e-4
    conserved = np.abs(full - 1.0) < 1e-6
    held = d + C.size if H.ndim == 4 else d + d  # averages of the tracking errors of g and of H
    assert conserved.sum() == held
    assert np.abs(full[~conserved]).max() == pytest.approx(
        max(prediction.spectral_radius(matrix), 1 - networks.spectral_gap(weights)), abs=1e-4
    )


def test_the_full_hessian_in_ascent_leaves_only_epsilon_and_the_network():
    weights = networks.metropolis_weights(graph("ring", 4))
    matrix = prediction.linearised(weights, np.eye(2), np.zeros((4, 2, 2)), 0.1)
    assert prediction.spectral_radius(matrix) == pytest.approx(0.9)
    assert prediction.linear_threshold(weights, np.eye(2), np.zeros((4, 2, 2))) == 2.0


def test_linear_threshold_of_a_scalar_by_hand():
    """One agent, C = c, U = u: theta(k+1) = (1-e) theta(k) + e r theta(k-1), r = u/c.

    At r = -2 the roots leave the unit disc where their product e |r| is 1, at e = 1/2.
    """
    one, u = np.ones((1, 1)), np.array([[[-2.0]]])
    assert prediction.linear_threshold(one, np.eye(1), u) == pytest.approx(0.5, rel=1e-3)
    # Without the lag: theta(k+1) = (1 - e + e r) theta(k), which is -1 at e = 2/3.
    assert prediction.linear_threshold(one, np.eye(1), u, "current") == pytest.approx(
        2 / 3, rel=1e-3
    )


def test_the_proofs_constants_of_a_quadratic_by_hand():
    """N = 1, J = -theta^2/2: V = theta^2/2 and Phi = -theta, so that every constant is 1."""
    none = np.zeros((1, 1))
    scalar = TeamProblem(np.ones((1, 1, 1)), none, none, np.zeros((1, 1, 1)), none)
    assert prediction.proof_threshold(scalar) == pytest.approx(2.0)


def test_the_proofs_conditions_hold_along_random_points():
    """The three conditions of the proof, with the constants behind `proof_threshold`."""
    problem = random_problem(np.random.default_rng(6), 6, 2)
    bound = prediction.proof_threshold(problem)
    optimum, source = reference_optimum(problem), concave_derivatives(problem)
    theta = (
        np.random.default_rng(7).normal(size=(4000, 6, 2))
        * np.geomspace(0.1, 30, 4000)[:, None, None]
    )
    local = source(theta + optimum)
    H = -local.hessian
    g = np.einsum("rnij,rnj->rni", H, theta) + local.gradient
    phi = np.linalg.solve(H.mean(axis=1), g.mean(axis=1)[..., None])[..., 0]
    field = phi[:, None] - theta
    mean = theta.mean(axis=1, keepdims=True)
    slope = -source(np.repeat(mean, 6, axis=1) + optimum).gradient.mean(axis=1)
    falls = np.einsum("ri,ri->r", slope, field.mean(axis=1)) + ((theta - mean) * field).sum((1, 2))
    size = (theta**2).sum((1, 2))
    b_3, b_4 = (-falls / size).min(), np.sqrt(((field**2).sum((1, 2)) / size).max())
    assert 0 < bound <= 2 * b_3 / (max(problem.M / 6, 1.0) * b_4**2)


def test_no_constant_is_claimed_where_none_can_be_bounded():
    steep = random_problem(np.random.default_rng(6), 3, 2, steepness=3.0)
    assert np.isnan(prediction.proof_threshold(steep))


# --- thresholds and orders ---------------------------------------------------------------------


def test_threshold_of_a_scalar_known_by_hand():
    """H_i = I on J = -a theta^2/2: eq. 5 multiplies the error by 1 - e a, so e-bar = 2/a."""
    a = np.array([5.0, 40.0, 1.0])
    none = np.zeros((3, 1, 1))
    problem = TeamProblem(a.reshape(3, 1, 1, 1), none, none, np.zeros((3, 1, 1, 1)), none)
    base = Cases(problem, np.zeros((3, 1)), np.ones((3, 1, 1)), np.ones((3, 1, 1)))
    method = concave.eq_5(Reading(), curvature.ScaledIdentity(1.0))
    found = thresholds(base, method, Reading(), starts=2)
    # Just below 2/a the error shrinks too slowly to arrive: a per cent, and half of one more.
    np.testing.assert_allclose(found, [2 / 5, 2 / 40, 1.0], rtol=0.06)
    assert (found[:2] <= 2 / a[:2]).all()


def test_algorithm_1_loses_stability_at_the_linear_threshold():
    """Diagonals of quadratics: Algorithm 1 is linear once the trackers of H have settled."""
    N, d = 4, 4
    rng = np.random.default_rng(8)
    own = rng.normal(scale=0.1, size=(N, d, d))
    own = own + np.swapaxes(own, 1, 2)
    Q = 0.5 * np.eye(d) + 0.5 + own - own.mean(axis=0)
    none = np.zeros((N, 1))
    quadratic = TeamProblem(Q, rng.normal(size=(N, d)), none, np.zeros((N, 1, d)), none)
    weights = networks.metropolis_weights(graph("ring", N))
    D = np.array([np.diag(np.diag(own)) for own in Q])
    linear = prediction.linear_threshold(weights, D.mean(axis=0), D - Q)
    assert linear < 0.9  # within the range of Algorithm 1, so that it can be seen
    runs = cases([quadratic, quadratic], [weights])
    method, steps = concave.algorithm_1(Reading(), "diagonal"), linear * np.array([0.98, 1.02])
    horizon = np.full(2, 3000)
    errors = concave.follow(runs, method, Reading(), steps, horizon, goal=1e-10)
    assert (concave.arrival(errors, 1e-10) >= 0).tolist() == [True, False]


@pytest.mark.parametrize("initial", ["copies", "consistent-trackers", "any-trackers"])
def test_initial_trackers(initial):
    base = convergence.cases_of(convergence.SIZES[0])
    state = concave.initial_state(base, concave.algorithm_1(Reading()), initial)
    average = np.abs((state.H_mean - state.H).mean(axis=1)).max()
    assert (average < 1e-12) == (initial != "any-trackers")
    assert (np.abs(state.H_mean).max() > 0.1) == (initial != "copies")


def test_orders_of_known_sequences():
    k = np.arange(60)
    quadratic = np.array([5e-3, 2.5e-5, 6.25e-10, 4e-19])
    assert rates.order(0.5 ** k.astype(float)) == pytest.approx((1.0, 1.0))
    assert rates.order(quadratic) == pytest.approx((2.0, 2.0))
    assert rates.order(np.array([1.0, 1e-5, 1e-14])) == (0.0, np.inf)
    assert rates.order(np.full(9, 0.3)) == rates.order(np.array([1.0, np.inf])) == (0.0, 0.0)


def test_slope_of_an_exact_exponential():
    error = 0.9 ** np.arange(400.0)
    fitted = convergence.slope(error)
    assert fitted.value == pytest.approx(np.log(0.9))
    assert fitted.upper - fitted.lower < 1e-9
    assert convergence.slope(np.array([1.0, 0.5, np.inf])).value == np.inf


def test_what_runs_do_is_told_apart():
    arrived, away, gone = np.array([1.0, 1e-5, np.nan]), np.ones(3), np.array([1.0, 1e9, np.inf])
    assert (
        convergence.describe(np.array([arrived, away, gone]))
        == "1 converge, 1 oscillate, 1 diverge"
    )


def test_an_error_falling_towards_another_point_is_no_convergence(small):
    """Small steps from any trackers approach the wrong point for long: the threshold is still 0."""
    base = convergence.cases_of(convergence.SIZES[0])
    reading = Reading(initial="any-trackers")
    found = thresholds(base, concave.algorithm_1(reading), reading, starts=1, bisections=0)
    assert (found == 0).all()


# --- Theorem 7 ----------------------------------------------------------------------------------


def test_the_shift_grows_in_proportion_to_the_error(small):
    growth = perturbed.shift_growth(Reading(), np.geomspace(1e-5, 1e-2, 5))
    assert growth.value == pytest.approx(1.0, abs=0.02)


def test_the_condition_of_the_proof_holds_with_xi_H_not_xi_g(small):
    """grad J(x) + xi_g - xi_H x = 0 in ascent; with xi_g in the product it does not even fit."""
    for case in perturbed.shifted(Reading()):
        _, _, gradient = perturbed.averages(case.problem, Reading(), case.x)
        left = gradient + case.error.g - case.error.H @ case.x
        np.testing.assert_allclose(left, 0.0, atol=1e-12)


# --- the claims ---------------------------------------------------------------------------------


def test_each_measure_gives_the_ledgers_quantities(small, tmp_path):
    entries = {entry["id"]: entry for entry in ledger.claims()}
    for name in CLAIMS:
        found = measures()[name](Evidence(tmp_path, 0.98))
        assert set(found) == {quantity["id"] for quantity in entries[name]["quantities"]}, name


CHANGED = [
    ("theorem-4", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"initial-conditions": "any-trackers"}, CONTRADICTED),
    ("theorem-7", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-7", {"shifted-coordinates": "point"}, CONTRADICTED),
    ("newton-quadratic", {"newton-step": "damped"}, CONTRADICTED),
    ("newton-quadratic", {"curvature-sign": "printed"}, CONTRADICTED),
    ("gradient-linear", {"simplified-g": "full-hessian"}, CONTRADICTED),
    ("jacobi-optimum", {"simplified-g": "full-hessian"}, CONTRADICTED),
    ("jacobi-slower", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"initial-conditions": "consistent-trackers"}, REPRODUCED),
    ("theorem-5", {"update-lag": "current"}, REPRODUCED),
    ("theorem-5", {"projection": "floor-eigenvalues"}, REPRODUCED),
    ("theorem-5", {"projection": "absolute-eigenvalues"}, REPRODUCED),
]


@pytest.mark.parametrize(("name", "readings", "verdict"), CHANGED)
def test_verdicts_under_other_readings(small, tmp_path, name, readings, verdict):
    entry = next(entry for entry in ledger.claims() if entry["id"] == name)
    judged = check_claim(entry, Evidence(tmp_path, 0.98, readings=readings))
    verdicts = [q["verdict"] for q in judged["quantities"] if q["id"] != "arrival-share"]
    assert claim_verdict(verdicts) == verdict


@cache

# --- the table and its figure -------------------------------------------------------------------


def test_table_and_figure(small, tmp_path, monkeypatch):
    monkeypatch.setattr(step_sizes, "EDGE_SIZE", convergence.SIZES[0])
    path = tmp_path / "thresholds.csv"
    step_sizes.write_thresholds(path)
    rows = step_sizes.read(path, step_sizes.HEADER)
    assert [row["dynamics"] for row in rows] == ["eq. 5", *["Algorithm 1"] * 4]
    assert all(0 < float(row["threshold"]) <= 1 for row in rows)
    monkeypatch.setitem(draw.FIGURES, "thresholds", draw_thresholds(path))
    draw.draw(["thresholds"], {}, 0.98, tmp_path)
    assert f"{len(rows) - 1} combinations" in (tmp_path / "thresholds.txt").read_text("utf-8")


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is missing"):
        draw_thresholds(tmp_path / "none.csv").prepare({}, 0.98)
