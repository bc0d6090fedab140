"""Boltzmann policies: probabilities by hand, scores and their derivatives by finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netnewton.policies import Boltzmann, behaviour_parameters

SHAPES = [(1, (2, 2)), (3, (2, 3, 2)), (2, (1, 4))]


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize(("n_states", "n_actions"), SHAPES)
def test_probabilities_are_softmax_of_each_agents_own_block(rng, n_states, n_actions, logits):
    policy = Boltzmann(n_states, n_actions, logits)
    theta = rng.normal(size=policy.n_parameters)
    single = policy.probabilities(theta)
    assert single.shape == (n_states, len(n_actions), max(n_actions))
    for agent, actions in enumerate(n_actions):
        block = theta[policy.owner == agent].reshape(n_states, -1)
        for state in range(n_states):
            full = block[state] if logits == "per_action" else np.append(block[state], 0.0)
            expected = np.exp(full) / np.exp(full).sum()
            np.testing.assert_allclose(single[state, agent, :actions], expected, atol=1e-15)
            assert (single[state, agent, actions:] == 0).all()


@pytest.mark.parametrize("logits", ["per_action", "reference"])
@pytest.mark.parametrize(("n_states", "n_actions"), SHAPES)
def test_score_and_its_derivative_by_complex_step(rng, n_states, n_actions, logits):
    """log pi by hand in complex arithmetic: the derivative is exact to rounding."""
    policy = Boltzmann(n_states, n_actions, logits)
    theta = rng.normal(size=policy.n_parameters)
    joint = policy.joint(theta)

    def log_probability(theta):
        single = []
        for agent in range(len(n_actions)):
            block = theta[policy.owner == agent].reshape(n_states, -1)
            if logits == "reference":
                block = np.concatenate([block, np.zeros((n_states, 1))], axis=1)
            single.append(block - np.log(np.exp(block).sum(axis=1, keepdims=True)))
        return np.array(
            [
                [
                    sum(s[state, b] for s, b in zip(single, action, strict=True))
                    for action in policy.joint_actions
                ]
                for state in range(n_states)
            ]
        )

    np.testing.assert_allclose(np.log(joint.probability), log_probability(theta), atol=1e-13)
    for state in range(n_states):
        for slot, u in enumerate(policy.parameters[state]):
            h = np.zeros(len(theta), dtype=complex)
            h[u] = 1e-30j
            slope = log_probability(theta + h).imag / 1e-30
            np.testing.assert_allclose(joint.score[state, :, slot], slope[state], atol=1e-14)
            assert (np.delete(slope, state, axis=0) == 0).all()
            e = np.zeros(len(theta))
            e[u] = 1e-6
            difference = policy.joint(theta + e).score - policy.joint(theta - e).score
            for action in range(len(policy.joint_actions)):
                np.testing.assert_allclose(
                    joint.score_derivative[state, :, slot],
                    difference[state, action] / 2e-6,
                    atol=1e-9,
                )


@given(st.lists(st.floats(-1e300, 1e300), min_size=4, max_size=4))
def test_no_logit_is_too_large(logits):
    single = Boltzmann(1, (2, 2)).probabilities(np.array(logits))
    np.testing.assert_allclose(single.sum(axis=-1), 1.0)


def test_parameters_are_the_agents_blocks_state_by_state():
    policy = Boltzmann(2, (2, 3))
    assert policy.owner.tolist() == [0] * 4 + [1] * 6
    assert policy.parameters.tolist() == [[0, 1, 4, 5, 6], [2, 3, 7, 8, 9]]


def test_mu_takes_each_block_from_its_own_agent():
    theta = np.arange(12.0).reshape(1, 2, 6)
    owner = np.array([0, 0, 0, 1, 1, 1])
    assert behaviour_parameters(theta, owner).tolist() == [[0, 1, 2, 9, 10, 11]]


def test_bad_policies_are_refused():
    with pytest.raises(ValueError, match="logits = 'two'"):
        Boltzmann(1, (2, 2), "two")
    with pytest.raises(ValueError, match="n_states = 0"):
        Boltzmann(0, (2, 2))
