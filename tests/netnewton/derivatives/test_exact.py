"""Exact derivatives against hand formulas, finite differences, autograd and a loop over actions."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from netnewton import derivatives
from netnewton.games.finite import matrix_game, prisoners_dilemma, repeated_prisoners_dilemma
from netnewton.policies import Boltzmann
from replication.second_opinions.literal import matrix_game_oracle


def test_prisoners_dilemma_by_hand():
    """J_1 = -2 - p + 2q, J_2 = -2 + 2p - q, with p = sigma(x), q = sigma(y) (design, section 3)."""
    policy = Boltzmann(1, (2, 2), "reference")
    x, y = 0.3, -1.1
    p, q = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    d = derivatives.exact(prisoners_dilemma(), policy)(np.tile([x, y], (1, 2, 1)))
    np.testing.assert_allclose(d.J[0], [-2 - p + 2 * q, -2 + 2 * p - q], atol=1e-14)
    dp, dq = p * (1 - p), q * (1 - q)
    np.testing.assert_allclose(d.gradient[0], [[-dp, 2 * dq], [2 * dp, -dq]], atol=1e-14)
    ddp, ddq = dp * (1 - 2 * p), dq * (1 - 2 * q)
    expected = [np.diag([-ddp, 2 * ddq]), np.diag([2 * ddp, -ddq])]
    np.testing.assert_allclose(d.hessian[0], expected, atol=1e-14)


def test_two_logits_make_every_hessian_singular(rng):
    source = derivatives.exact(prisoners_dilemma(), Boltzmann(1, (2, 2)))
    d = source(rng.normal(size=(20, 2, 4)))
    eigenvalues = np.linalg.eigvalsh(d.hessian)
    assert np.abs(eigenvalues).min(axis=-1).max() < 1e-15
    # ... and therefore never at least (m/2) I, whatever m > 0.
    assert eigenvalues.min(axis=-1).max() < 1e-15


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize("discount", [0.0, 0.5, 0.97])
@pytest.mark.parametrize("normalised", [False, True])
def test_finite_differences(rng, random_game, logits, discount, normalised):
    game = random_game(rng, discount=discount, normalised=normalised)
    policy = Boltzmann(game.n_states, game.n_actions, logits)
    source = derivatives.exact(game, policy)
    theta = rng.normal(size=(2, 3, policy.n_parameters))
    d, h = source(theta), 1e-5
    scale = max(1.0, np.abs(d.J).max())
    for u in range(policy.n_parameters):
        e = np.zeros(policy.n_parameters)
        e[u] = h
        up, down = source(theta + e), source(theta - e)
        np.testing.assert_allclose(d.gradient[..., u], (up.J - down.J) / (2 * h), atol=1e-7 * scale)
        np.testing.assert_allclose(
            d.hessian[..., u], (up.gradient - down.gradient) / (2 * h), atol=1e-7 * scale
        )


def autograd_return(game, policy):
    """J_i with nothing taken over from the closed form but the problem's statement."""

    def J(theta, i):
        blocks = [
            anp.reshape(theta[policy.owner == j], (game.n_states, -1)) for j in range(game.n_agents)
        ]
        singles = [anp.exp(b) / anp.sum(anp.exp(b), axis=1, keepdims=True) for b in blocks]
        joint = singles[0]
        for single in singles[1:]:
            joint = anp.reshape(joint[:, :, None] * single[:, None, :], (game.n_states, -1))
        moves = anp.einsum("sa,sat->st", joint, game.joint_transitions)
        reward = anp.sum(joint * game.joint_rewards[i], axis=1)
        V = anp.linalg.solve(anp.eye(game.n_states) - game.discount * moves, reward)
        return anp.dot(game.initial, V) * (1 - game.discount if game.normalised else 1)

    return J


def test_automatic_differentiation(rng, random_game):
    for game in (
        random_game(rng, discount=0.9, normalised=True),
        repeated_prisoners_dilemma(0.96),
        matrix_game(rng.normal(size=(3, 2, 2, 3))),
    ):
        policy = Boltzmann(game.n_states, game.n_actions)
        theta = rng.normal(size=(1, game.n_agents, policy.n_parameters))
        d = derivatives.exact(game, policy)(theta)
        J = autograd_return(game, policy)
        for i in range(game.n_agents):
            np.testing.assert_allclose(d.J[0, i], J(theta[0, i], i), rtol=1e-12)
            slope = autograd.grad(J)(theta[0, i], i)
            np.testing.assert_allclose(d.gradient[0, i], slope, atol=1e-12)
            hessian = autograd.hessian(J)(theta[0, i], i)
            np.testing.assert_allclose(d.hessian[0, i], hessian, atol=1e-11)


def test_loop_over_joint_actions(rng):
    payoffs = rng.normal(size=(3, 2, 3, 2))
    policy = Boltzmann(1, (2, 3, 2))
    theta = rng.normal(size=(4, 3, policy.n_parameters))
    d = derivatives.exact(matrix_game(payoffs), policy)(theta)
    for r in range(4):
        for i in range(3):
            gradient, hessian = matrix_game_oracle(payoffs[i])(theta[r, i])
            np.testing.assert_allclose(d.gradient[r, i], gradient, atol=1e-14)
            np.testing.assert_allclose(d.hessian[r, i], hessian, atol=1e-14)


def test_the_team_optimum_of_the_repeated_game_is_that_of_the_one_shot_game():
    game = repeated_prisoners_dilemma(0.9)
    policy = Boltzmann(game.n_states, game.n_actions)
    cooperate = np.where(np.arange(policy.n_parameters) % 2 == 0, 50.0, -50.0)
    J = derivatives.exact(game, policy, order=0)(np.tile(cooperate, (1, 2, 1))).J
    np.testing.assert_allclose(J, -1.0, atol=1e-12)


def test_lower_orders_give_the_same_numbers(rng, random_game):
    game = random_game(rng)
    policy = Boltzmann(game.n_states, game.n_actions)
    theta = rng.normal(size=(2, 3, policy.n_parameters))
    zero, one, two = (derivatives.exact(game, policy, order)(theta) for order in range(3))
    np.testing.assert_array_equal(zero.J, two.J)
    np.testing.assert_array_equal(one.gradient, two.gradient)
    assert zero.gradient.size == 0 and one.hessian.size == 0


def test_each_agent_uses_its_own_reward_and_its_own_copy(rng, random_game):
    """Changing agent 1's copy, or shuffling the agents, moves nothing but what it should."""
    game = random_game(rng)
    policy = Boltzmann(game.n_states, game.n_actions)
    source = derivatives.exact(game, policy)
    theta = rng.normal(size=(1, 3, policy.n_parameters))
    moved = theta.copy()
    moved[:, 1] += rng.normal(size=policy.n_parameters)
    before, after = source(theta), source(moved)
    for part in ("J", "gradient", "hessian"):
        a, b = getattr(before, part), getattr(after, part)
        np.testing.assert_array_equal(a[:, [0, 2]], b[:, [0, 2]])
        assert not np.allclose(a[:, 1], b[:, 1])
    shuffled = source(theta[:, [1, 2, 0]])
    assert not np.allclose(shuffled.J, before.J[:, [1, 2, 0]])


def test_a_policy_for_another_game_is_refused():
    with pytest.raises(ValueError, match=r"policy has .*n_states = 2.* the game .*n_states = 1"):
        derivatives.exact(prisoners_dilemma(), Boltzmann(2, (2, 2)))
