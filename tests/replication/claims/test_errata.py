"""Numerical demonstrations of the errata, and the errata themselves.

Each demonstration shows that what the paper prints cannot be meant, and that what the errata put
in its place holds in the same example.
"""

import itertools
import json

import message_games
import networkx as nx
import numpy as np
import pytest
from scipy.linalg import eigvalsh

from netnewton.curvature import FullHessian, all_or_nothing
from netnewton.derivatives import GaussNewton, exact
from netnewton.games import finite
from netnewton.policies import Boltzmann
from replication.claims import errata, ledger
from replication.experiments.config import ConfigError
from replication.second_opinions.literal import (
    Agent,
    matrix_game_oracle,
    matrix_game_return,
    run_literally,
)

PAYOFFS = np.array([[[-1, -3], [0, -2]], [[-1, 0], [-3, -2]]], dtype=float)
ORACLES = [matrix_game_oracle(payoff) for payoff in PAYOFFS]


def newton(gradient, hessian):
    """The direction of eq. 2 as printed."""
    return np.linalg.solve(hessian, gradient)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_eq_2_moves_away_from_maxima_and_minima_alike(rng, side):
    """J = side/2 |θ|²_A: the printed step lengthens θ, the step with −H ends at the optimum."""
    A = side * np.diag([1.0, 2.0, 5.0])
    for theta in rng.normal(size=(20, 3)):
        direction = newton(A @ theta, A)
        assert np.linalg.norm(theta + 0.5 * direction) > 1.4 * np.linalg.norm(theta)
        np.testing.assert_allclose(theta - direction, 0.0, atol=1e-12)


def test_in_the_minimisation_view_the_printed_step_goes_uphill(rng):
    """Section 4's J has a positive definite Hessian: the slope along the step is positive."""
    H = np.diag([0.5, 3.0])
    for gradient in rng.normal(size=(20, 2)):
        assert gradient @ newton(gradient, H) > 0 > gradient @ -newton(gradient, H)


def test_at_a_strict_maximum_the_printed_operator_always_replaces():
    """Where H is negative definite eq. 3 never keeps it; −H it does."""
    H = np.array([[[[-2.0, 0.5], [0.5, -1.0]]]])
    for sign, replaced in ((1.0, True), (-1.0, False)):
        projected = FullHessian().project(sign * H, all_or_nothing, 1e-3)
        assert projected.replaced.item() is replaced


def test_with_the_fallback_a_stationary_point_is_left():
    """∇J = 0 at θ, and g = Hθ: (m/2)⁻¹ g is not θ; with H kept it is, and the step is zero."""
    theta, H, m = np.array([1.0, 1.0]), np.diag([-1.0, -2.0]), 0.1
    g = H @ theta
    np.testing.assert_allclose(np.linalg.solve(H, g), theta)
    assert np.linalg.norm(g / (m / 2) - theta) > 20


def test_pure_newton_cycles_under_the_conditions_of_section_2():
    """J = 0.005 θ² + log cosh θ has 0.01 <= J'' <= 1.01; ε = 1 cycles, ε = 0.01 arrives."""

    def iterate(step_size, iterations):
        theta = 2.0
        for _ in range(iterations):
            slope, curvature = 0.01 * theta + np.tanh(theta), 1.01 - np.tanh(theta) ** 2
            theta -= step_size * slope / curvature
        return theta

    for k in (50, 51):
        assert iterate(1.0, k) == pytest.approx(-iterate(1.0, k + 1))
        assert abs(iterate(1.0, k)) == pytest.approx(100.0)
    assert abs(iterate(0.01, 3000)) < 1e-9


def test_the_density_below_eq_1_does_not_sum_to_one():
    """One state, two actions, T = 1: over (a_0, a_1) the printed product sums to 2."""
    policy = np.array([0.3, 0.7])
    trajectories = list(itertools.product(range(2), repeat=2))
    assert sum(policy[a0] for a0, _ in trajectories) == pytest.approx(2.0)
    assert sum(policy[a0] * policy[a1] for a0, a1 in trajectories) == pytest.approx(1.0)


def test_a_connected_graph_without_self_loops_need_not_mix():
    """[[0, 1], [1, 0]] is symmetric and stochastic on an edge, and swaps for ever."""
    A = np.array([[0.0, 1.0], [1.0, 0.0]])
    values = np.array([1.0, -1.0])
    assert abs(np.linalg.matrix_power(A, 1001) @ values).max() == 1.0
    lazy = (A + np.eye(2)) / 2
    assert abs(lazy @ values).max() == 0.0


def test_the_row_of_ones_in_section_2_does_not_conform():
    ones, A = np.ones((3, 1)), np.full((3, 3), 1 / 3)
    with pytest.raises(ValueError, match="mismatch"):
        ones @ A
    np.testing.assert_allclose(A @ ones, ones)


def log_cosh(offset):
    """J_i' and J_i'' of log cosh (θ − offset) + 0.05 θ²."""
    return lambda t: (np.tanh(t - offset) + 0.1 * t, 1.1 - np.tanh(t - offset) ** 2)


def driving_force(functions, copies):
    """φ_DN of eq. 6 with the sign of the proof of Theorem 7, g = Hθ − ∇J; scalars."""
    pairs = [f(t) for f, t in zip(functions, copies, strict=True)]
    g = sum(H * t - slope for (slope, H), t in zip(pairs, copies, strict=True))
    return g / sum(H for _, H in pairs)


def test_the_mean_copy_follows_newton_only_while_the_copies_agree():
    """Eq. 7 puts the mean copy where eq. 5 has each agent's own."""
    functions = [log_cosh(-1.0), log_cosh(0.5)]
    apart, together = np.array([-1.5, 2.0]), np.array([0.25, 0.25])
    assert abs(driving_force(functions, apart) - driving_force(functions, together)) > 0.1
    slope, curvature = (sum(f(0.25)[k] for f in functions) for k in (0, 1))
    assert driving_force(functions, together) == pytest.approx(0.25 - slope / curvature)


def test_a_baseline_that_sees_the_action_biases_reinforce():
    """b(s, a) = R(s, a) makes every estimate zero; a constant one leaves the mean alone."""
    policy, rewards = np.array([0.3, 0.7]), np.array([1.0, -2.0])
    scores = np.eye(2) - policy
    gradient = policy @ (scores * rewards[:, None])
    assert abs(gradient).max() > 0.5
    np.testing.assert_allclose(policy @ (scores * (rewards - rewards)[:, None]), 0.0)
    np.testing.assert_allclose(policy @ (scores * (rewards - 5.0)[:, None]), gradient)


def team_derivatives(theta):
    """Gradient and Hessian of the average return of the Prisoner's Dilemma, two logits an agent."""
    pairs = [oracle(theta) for oracle in ORACLES]
    return tuple(np.mean([pair[k] for pair in pairs], axis=0) for k in (0, 1))


def test_local_smoothness_does_not_give_a_positive_definite_hessian():
    """The Prisoner's Dilemma is analytic, and at θ(0) = 0 its Hessian has no inverse."""
    hessian = team_derivatives(np.zeros(4))[1]
    assert abs(eigvalsh(hessian)).min() < 1e-12


def test_the_prisoners_dilemma_has_no_maximiser_and_a_singular_hessian(rng):
    """Its gradient vanishes nowhere, its supremum −1 is approached and not attained."""
    for theta in rng.normal(scale=2.0, size=(50, 4)):
        gradient, hessian = (
            np.mean(x, axis=0) for x in zip(*(o(theta) for o in ORACLES), strict=True)
        )
        assert np.linalg.norm(gradient) > 0
        assert abs(eigvalsh(hessian)).min() < 1e-12
        assert np.mean([matrix_game_return(p, theta) for p in PAYOFFS]) < -1
    far = np.array([9.0, -9.0, 9.0, -9.0])
    assert np.mean([matrix_game_return(p, far) for p in PAYOFFS]) == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("theta", [10.0, 1000.0])
def test_with_the_printed_sign_the_mean_of_g_has_no_bound(theta):
    """g = Hθ + ∇J grows at least as 2m|θ|; g = Hθ − ∇J stays bounded in the same example."""
    slope, curvature = log_cosh(0.0)(theta)
    assert curvature * theta + slope >= 2 * 0.1 * theta
    assert abs(curvature * theta - slope) <= 1.0 + 1e-6


def test_the_constants_of_the_proof_of_theorem_4():
    """V = ½ θᵀ diag(4, 6) θ: not ½|θ|² on either side, but b₁/2 = 2 and b₂/2 = 3 times |θ|²."""
    for theta in np.random.default_rng(0).normal(size=(20, 2)):
        V, square = 0.5 * theta @ np.diag([4.0, 6.0]) @ theta, theta @ theta
        assert 0.5 * square < V
        assert 2 * square <= V <= 3 * square


def test_the_printed_lyapunov_function_can_increase():
    """J₁ = 20 (log cosh θ + 0.025 θ²), J₂ = 0.5 θ²: m = 1, M = 11, θ* = 0, and V rises at a point.

    The factor 20 scales V's first term and leaves dynamics (12) as they are; with a weight of 10
    in front of the second term V falls everywhere on a grid.
    """

    def derivative(copies, weight):
        first, second = copies
        t = np.tanh(first)
        g = 20 * (1 - t**2) * first - 20 * t  # Hθ − ∇J; the quadratic parts cancel
        force = g / (20 * (1 - t**2) + 2)
        mean = (first + second) / 2
        slope = (20 * np.tanh(mean) + 2 * mean) / 2
        return slope * (force - mean) - weight * ((first - mean) ** 2 + (second - mean) ** 2)

    assert derivative((-3.1, 5.7), 1.0) > 30
    grid = np.meshgrid(*[np.linspace(-8, 8, 161)] * 2)
    assert derivative(grid, 10.0).max() <= 0


def test_the_sum_of_hessians_does_not_bound_their_mean():
    """N = 4, H_i = (m/4) I: the sum is at least mI, and [·]ₘ replaces the mean."""
    m, curvatures = 1.0, np.full(4, 0.25)
    assert curvatures.sum() >= m
    assert curvatures.mean() < m / 2


def test_the_translated_dynamics_do_not_rest_at_the_origin():
    """J = ½|θ|²_A with ξ_g: the force at the shifted point is that point, and not 0."""
    A, xi = np.diag([1.0, 2.0]), np.array([0.1, -0.2])

    def force(theta):
        return np.linalg.solve(A, A @ theta - A @ theta + xi)

    equilibrium = force(np.zeros(2))
    np.testing.assert_allclose(force(equilibrium), equilibrium)
    assert np.linalg.norm(force(0.0 + equilibrium)) > 0.1  # as printed, at the origin
    np.testing.assert_allclose(force(0.0 + equilibrium) - equilibrium, 0.0)


def perturbed_equilibrium(A, centre, xi_g, xi_H):
    """The fixed point of (H + ξ_H)⁻¹(g + ξ_g), J = ½|θ − centre|²_A, θ* = centre."""
    g = A @ centre  # Hθ − ∇J
    return np.linalg.solve(A + xi_H, g + xi_g)


def test_the_condition_on_the_shifted_equilibrium_has_the_matrix_perturbation():
    """∇J − ξ_g + ξ_H θ = 0 holds; the line before it has the vector's perturbation for ξ_H."""
    A, centre = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([0.5, -1.0])
    xi_g, xi_H = np.array([0.1, 0.05]), np.array([[0.1, 0.02], [0.02, -0.05]])
    theta = perturbed_equilibrium(A, centre, xi_g, xi_H)
    slope = A @ (theta - centre)
    np.testing.assert_allclose(slope - xi_g + xi_H @ theta, 0.0, atol=1e-12)
    assert np.linalg.norm(slope - xi_g + xi_g * theta) > 0.01
    # With the sign of Section 3.1, g = Hθ + ∇J, there is no such condition.
    assert np.linalg.norm(-slope - xi_g + xi_H @ theta) > 0.01


def test_a_zero_mean_perturbation_moves_the_mean_equilibrium():
    """Eq. 10 is for one fixed ξ; over random ones its mean is not the optimum."""
    draws = np.array([-0.5, 0.5])
    shifted = [
        perturbed_equilibrium(np.eye(1), np.ones(1), np.zeros(1), np.array([[xi]])) for xi in draws
    ]
    assert draws.mean() == 0.0 and np.mean(shifted) == pytest.approx(4 / 3)


def test_dividing_entry_by_entry_is_not_solving():
    H, g = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 1.0])
    assert (g / H).shape == (2, 2)
    np.testing.assert_allclose(H @ np.linalg.solve(H, g), g)
    assert abs(H @ (g / H).sum(axis=0) - g).max() > 1


def test_the_origin_is_not_free_in_algorithm_1():
    """One quadratic, one starting point, two origins of the coordinates: the runs part.

    Trackers that start at 0 pull the copies towards whatever the origin is.
    """
    weights = np.full((2, 2), 0.5)

    def path(shift):
        def oracle(theta):
            return -(theta - 1.0 - shift), -np.eye(1)

        agents = [
            Agent(
                oracle, np.array([3.0 + shift]), "full", -1, "all_or_nothing", "previous", 0.1, 1.0
            )
            for _ in range(2)
        ]
        return run_literally(agents, weights, 3)[:, 0, 0] - shift

    assert abs(path(0.0) - path(100.0)).max() > 1.0
    assert path(0.0)[1] == pytest.approx(0.9 * 3.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_iteration_of_eq_7_is_exponentially_unstable(side):
    """J = ±Σ log cosh θ, ε = 0.1: the distance grows by 1 + ε a step, and shrinks with a minus."""
    theta, epsilon = np.array([1e-3, -2e-3]), 0.1
    direction = newton(side * np.tanh(theta), np.diag(side * (1 - np.tanh(theta) ** 2)))
    np.testing.assert_allclose(theta + epsilon * direction, (1 + epsilon) * theta, rtol=1e-5)
    np.testing.assert_allclose(theta - epsilon * direction, (1 - epsilon) * theta, rtol=1e-5)


@pytest.mark.parametrize("m", [1.0, 1e-3, 1e-7])
def test_a_bounded_return_is_not_strongly_concave_on_the_whole_space(rng, m):
    """|J(t) + J(−t) − 2 J(0)| is at least m t² if the curvature is; bounded rewards forbid it."""
    game = finite.repeated_prisoners_dilemma(0.9)  # normalised, so that rewards bound returns
    policy = Boltzmann(5, (2, 2))
    distance = np.sqrt(5 * np.abs(game.rewards).max() / m)
    for away in rng.normal(size=(20, policy.n_parameters)):
        step = distance * away / np.linalg.norm(away)
        line = np.array([-step, 0.0 * step, step])
        left, middle, right = exact(game, policy)(np.stack([line, line], axis=1)).J.mean(axis=1)
        assert abs(left + right - 2 * middle) < m * distance**2


def test_only_the_mean_of_the_agents_perturbations_matters():
    """Two agents with perturbations of their own rest where two with the means of them do."""
    A, centre = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([0.5, -1.0])
    xi_g = np.array([[0.1, 0.05], [-0.3, 0.2]])
    xi_H = np.array([[[0.1, 0.02], [0.02, -0.05]], [[-0.3, 0.1], [0.1, 0.2]]])

    def force(g, H):
        return np.linalg.solve((A + H).mean(axis=0), (A @ centre + g).mean(axis=0))

    expected = perturbed_equilibrium(A, centre, xi_g.mean(axis=0), xi_H.mean(axis=0))
    np.testing.assert_allclose(force(xi_g, xi_H), expected)
    alone = [perturbed_equilibrium(A, centre, g, H) for g, H in zip(xi_g, xi_H, strict=True)]
    assert min(np.linalg.norm(expected - other) for other in alone) > 0.05


@pytest.mark.parametrize("logits", ["per_action", "reference"])
def test_the_dilemma_has_no_curvature_at_the_start(logits):
    """Not of any agent's return; the gradient is there. Away from the start there is curvature."""
    game = finite.prisoners_dilemma()
    policy = Boltzmann(1, (2, 2), logits)
    start = np.zeros((1, 2, policy.n_parameters))
    found = exact(game, policy)(start)
    assert (found.hessian == 0.0).all() and np.abs(found.gradient).max() > 0.1
    assert np.abs(exact(game, policy)(start + np.arange(policy.n_parameters)).hessian).max() > 0.01
    remedy = exact(game, policy, hessian=GaussNewton.of(game))(start).hessian
    np.testing.assert_allclose(np.linalg.eigvalsh(remedy)[..., 0], -1.5 / (8 / policy.n_parameters))


def test_second_derivatives_in_the_dilemma_couple_no_agents_and_turn_where_one_is_undecided(rng):
    """∂²J_i/∂x_j² = c_ij p(1 − p)(1 − 2p), c_ij = −1 for the own logit and 2 for the other's."""
    theta = rng.normal(size=(20, 2))
    p = 1 / (1 + np.exp(-theta))
    copies = np.repeat(theta[:, np.newaxis], 2, axis=1)
    found = exact(finite.prisoners_dilemma(), Boltzmann(1, (2, 2), "reference"))(copies).hessian
    expected = np.array([[-1, 2], [2, -1]]) * (p * (1 - p) * (1 - 2 * p))[:, np.newaxis]
    np.testing.assert_allclose(found, expected[..., np.newaxis] * np.eye(2), atol=1e-15)
    undecided = np.repeat(rng.normal(size=(20, 1, 2, 1)), 2, axis=1) * np.ones(2)
    source = exact(finite.prisoners_dilemma(), Boltzmann(1, (2, 2)))
    assert (source(undecided.reshape(20, 2, 4)).hessian == 0.0).all()


def test_messages_hold_more_than_gradients_and_hessians(rng):
    game = message_games.random_game(rng, nx.path_graph(3), "full", iterations=2)
    sent = {name for m in game.record(game.player).messages for name in m.arrays}
    assert sent == {"g", "H", "g_tilde", "H_tilde", "psi_0", "psi_1", "psi_2"}


# The ledger of errata ------------------------------------------------------------------------


def test_every_erratum_is_shown_by_something_that_exists():
    assert errata.unresolved(errata.errata()) == []


def test_a_reference_to_nothing_is_noticed():
    broken = [
        "no-such-claim",
        "nash/no-such-quantity",
        "curvature-sign=sideways",
        "tests/replication/claims/test_errata.py::test_that_is_not_there",
        "tests/exact/no_such_file.py::test_x",
    ]
    fine = [
        *("nash", "nash/team-optimum", "curvature-sign", "curvature-sign=ascent"),
        "tests/replication/claims/test_errata.py::test_a_reference_to_nothing_is_noticed",
    ]
    entry = {"id": "made-up", "shown_by": [*broken, *fine]}
    assert errata.unresolved([entry]) == [f"made-up: {name}" for name in broken]


def test_ids_are_unique_and_only_what_is_read_off_the_page_has_no_check():
    entries = errata.errata()
    assert len({entry["id"] for entry in entries}) == len(entries) >= 20
    for entry in entries:
        assert entry["shown_by"] or entry["kind"] in ("misprint", "contradiction"), entry["id"]


def test_every_demonstration_is_used():
    """A test above that no erratum refers to shows nothing to anybody."""
    named = {name for entry in errata.errata() for name in entry["shown_by"]}
    source = (errata.FOLDER.parent / "tests/replication/claims/test_errata.py").read_text(
        encoding="utf-8"
    )
    above = source.split("# The ledger of errata")[0]
    tests = {line[4:].split("(")[0] for line in above.splitlines() if line.startswith("def test_")}
    assert {f"tests/replication/claims/test_errata.py::{name}" for name in tests} <= named


def test_a_misspelt_erratum_is_refused(tmp_path, monkeypatch):
    for file in ("schema.json", "errata.yaml", "limitations.yaml"):
        (tmp_path / file).write_bytes((ledger.FOLDER / file).read_bytes())
    for file, key in (("errata.yaml", "kind:"), ("limitations.yaml", "text:")):
        text = (tmp_path / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace(key, "kinds:", 1), "utf-8")
    monkeypatch.setattr(errata, "FOLDER", tmp_path)
    with pytest.raises(ConfigError, match=r"errata.yaml, errata.0"):
        errata.errata()
    with pytest.raises(ConfigError, match=r"limitations.yaml, limitations.0"):
        errata.limitations()


def test_limitations_are_texts():
    texts = errata.limitations()
    assert texts and all(isinstance(text, str) and text.endswith(".") for text in texts)
    json.dumps(texts)
