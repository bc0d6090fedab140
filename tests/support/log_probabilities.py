"""log pi_theta(a_t | s_t) of a batch, from the definitions, for automatic differentiation."""

import itertools

import autograd.numpy as anp
import numpy as np

from netnewton.policies import Boltzmann


def boltzmann_log_probability(policy, batch, r):
    """log pi_theta(a_t | s_t), shape (T, L), as a function of theta."""
    states, actions = batch.states[:, r], batch.actions[:, r]

    def log_probability(theta):
        total, start = 0.0, 0
        for j, n in enumerate(policy.n_actions):
            free = n - (policy.logits == "reference")
            block = anp.reshape(theta[start : start + policy.n_states * free], (-1, free))
            start += policy.n_states * free
            if free < n:
                block = anp.concatenate([block, np.zeros((policy.n_states, 1))], axis=1)
            log_pi = block - anp.log(anp.sum(anp.exp(block), axis=1, keepdims=True))
            total = total + log_pi[states, actions[:, j]]
        return total

    return log_probability


def gaussian_log_probability(policy, batch, r):
    """The same but for a constant; radial basis functions from their definition."""
    positions, actions = batch.states[:, r], batch.actions[:, r]
    sides = [np.linspace(0, side, n) for side, n in zip(policy.box, policy.grid, strict=True)]
    spacing = [side[1] for side in sides]
    grids = []
    for j in range(policy.n_agents):
        functions = []
        for centre in itertools.product(*sides):
            away = [(positions[:, j, c] - centre[c]) / spacing[c] for c in range(2)]
            functions.append(np.exp(-(away[0] ** 2 + away[1] ** 2) / (2 * policy.width**2)))
        grids.append(np.array(functions) / np.sum(functions, axis=0))

    def log_probability(theta):
        psi = anp.reshape(theta, (policy.n_agents, -1))
        total = 0.0
        for j in range(policy.n_agents):
            phi = grids[j] if policy.sees == "own" else np.concatenate(grids)
            mean = anp.einsum("f,ftl->tl", psi[j], phi)
            total = total - ((actions[:, j] - mean) / policy.deviation) ** 2 / 2
        return total

    return log_probability


def log_probability_of(policy, batch, r):
    if isinstance(policy, Boltzmann):
        return boltzmann_log_probability(policy, batch, r)
    return gaussian_log_probability(policy, batch, r)
