"""A game and a policy of one's own, written from the protocols' docstrings alone."""

import ast
import inspect

import numpy as np
import pytest

from netnewton import trajectories
from netnewton.derivatives import Estimator, estimation, exact, likelihood_ratio
from netnewton.games import FiniteGame
from netnewton.policies import Boltzmann
from netnewton.trajectories import Scores, Streams, protocols, scores


class Lamps:
    """Two agents switch a lamp each; the state is how many were lit, and pays if it is one.

    With probability 0.1 each step's lamps go out before they are counted.
    """

    n_agents = 2
    discount = 0.9

    def chance(self, streams, draws, size):
        return streams.uniform(draws, size)

    def start(self, chance, shape):
        return {"lit": np.zeros(shape, dtype=int)}

    def seen(self, state):
        return state["lit"] > 0

    def step(self, state, actions, chance):
        lit = np.where(chance < 0.1, 0, actions.sum(axis=1))
        one = (lit == 1)[:, np.newaxis]
        return {"lit": lit}, one * np.array([1.0, 2.0])[:, np.newaxis] + 0.5 * actions


class Switches:
    """Agent j lights its lamp with probability sigmoid(psi_j[s]); s says whether any was lit."""

    n_agents = 2
    owner = np.array([0, 0, 1, 1])

    def noise(self, streams, horizon, size):
        return streams.uniform(horizon, self.n_agents, size)

    def player(self, mu, copies=None):
        return AtPlay(self, mu, copies)

    def scores(self, theta, mu, batch):
        return SwitchScores(theta, mu, batch)

    @staticmethod
    def lit(theta, seen):
        """Probability of lighting, (..., N, L), from parameters (..., D), states (..., L)."""
        logits = np.where(seen[..., np.newaxis, :], theta[..., 1::2, None], theta[..., 0::2, None])
        return 1 / (1 + np.exp(-logits))


class AtPlay:
    def __init__(self, policy, mu, copies):
        self.policy, self.mu, self.copies = policy, mu, copies

    def __call__(self, seen, noise):
        return (noise < self.policy.lit(self.mu, seen)).astype(int)

    def scores(self, batch):
        return self.policy.scores(self.copies, self.mu, batch)


class SwitchScores(Scores):
    def __init__(self, theta, mu, batch):
        self.seen, self.actions = batch.states, batch.actions
        # Under each copy: (T, R, copies, agents, L).
        self.p = Switches.lit(theta, batch.states[:, :, np.newaxis])
        played = Switches.lit(mu, batch.states)[:, :, np.newaxis]
        taken = batch.actions[:, :, np.newaxis]
        own, other = (np.where(taken == 1, p, 1 - p) for p in (self.p, played))
        self.log_ratio = np.log(own / other).sum(axis=3)

    def steps(self):
        away = self.actions[:, :, np.newaxis] - self.p
        return self._placed(away, self.seen[:, :, np.newaxis, np.newaxis])

    def derivative(self, t):
        slope = self._placed(-(self.p * (1 - self.p))[t], self.seen[t][:, np.newaxis, np.newaxis])
        return slope[..., np.newaxis] * np.eye(4)

    @staticmethod
    def _placed(values, seen):
        """From (..., agents, L) to (..., L, D): each agent's value at the entry of the state."""
        pair = np.stack([np.where(seen, 0.0, values), np.where(seen, values, 0.0)], axis=-1)
        moved = np.moveaxis(pair, -3, -2)
        return moved.reshape(*moved.shape[:-2], 4)


def as_finite_game(horizon=3):
    """The same as tables: states are the step and whether any lamp was lit, then a last one."""
    S = 2 * horizon + 1
    rewards, transitions = np.zeros((2, S, 2, 2)), np.zeros((S, 2, 2, S))
    transitions[-1, :, :, -1] = 1.0
    for t in range(horizon):
        for any_lit, first, second in np.ndindex(2, 2, 2):
            s, total = 2 * t + any_lit, first + second
            following = [S - 1] * 2 if t == horizon - 1 else [2 * t + 2, 2 * t + 3]
            transitions[s, first, second, following[0]] += 0.1 + 0.9 * (total == 0)
            transitions[s, first, second, following[1]] += 0.9 * (total > 0)
            own = 0.5 * np.array([first, second])
            rewards[:, s, first, second] = own + 0.9 * (total == 1) * np.array([1.0, 2.0])
    return FiniteGame(rewards, transitions, np.eye(S)[0], discount=0.9)


def exactly(theta, horizon=3):
    """J and gradient at the copies (N, 4), by the closed form for the same game as tables."""
    game = as_finite_game(horizon)
    policy = Boltzmann.of(game, "reference")  # the logit is that of action 0, not to light
    spread = np.zeros((4, policy.n_parameters))
    for agent, any_lit in np.ndindex(2, 2):
        for t in range(horizon):
            spread[2 * agent + any_lit, agent * game.n_states + 2 * t + any_lit] = -1.0
    found = exact(game, policy, order=2)((theta @ spread)[np.newaxis])
    return found.J[0], found.gradient[0] @ spread.T, spread @ found.hessian[0] @ spread.T


def learnt(theta, batches=40, size=2000):
    streams = Streams([np.random.default_rng([4, r]) for r in range(batches)])
    estimator = Estimator(hessian=estimation.unbiased_hessian)
    source = likelihood_ratio(Lamps(), Switches(), streams, 3, size, estimator)
    assert source.owner.tolist() == [0, 0, 1, 1] and source.n_parameters == 4
    return source(np.tile(theta, (batches, 1, 1)))


def deviations(found, exact_ones):
    """Of the means over batches, in standard errors, the largest of J, gradient and Hessian."""
    worst = []
    for values, expected in zip(found[:3], exact_ones, strict=True):
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        off = np.abs(values.mean(axis=0) - expected)
        worst.append((off / np.maximum(error, 1e-12)).max())
    return worst


@pytest.mark.statistical
def test_agents_learn_in_a_game_of_ones_own_with_a_policy_of_ones_own(rng):
    """Below 1e-6 by Student's t with 39 degrees of freedom: 42 components, each at 1e-8."""
    theta = rng.normal(size=4) + 0.3 * rng.normal(size=(2, 4))
    found = learnt(theta)
    assert max(deviations(found, exactly(theta))) < 7.2
    assert found.effective_sample_size.max() < 2000, "the copies differ from what is played"
    wrong = exactly(theta[::-1])  # the other agent's copy
    assert min(deviations(found, wrong)) > 7.2


def test_a_game_for_another_number_of_agents_is_refused():
    class Three(Switches):
        n_agents = 3

    with pytest.raises(ValueError, match="n_agents = 3, the game n_agents = 2"):
        likelihood_ratio(Lamps(), Three(), Streams([np.random.default_rng(1)]), 1, 1)


def test_every_member_of_the_protocols_says_its_shape():
    """Whatever takes or returns an array names its shape; all are documented."""
    for module in (protocols, scores):
        tree = ast.parse(inspect.getsource(module))
        for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            assert ast.get_docstring(cls), cls.name
            for member in cls.body:
                if isinstance(member, ast.FunctionDef) and member.name != "__init__":
                    text = ast.get_docstring(member) or ""
                    signature = ast.unparse(member.args) + ast.unparse(member.returns)
                    assert text, f"{cls.name}.{member.name}"
                    if "Array" in signature or "ndarray" in signature.lower():
                        assert "(" in text, f"{cls.name}.{member.name} names no shape"
    assert {"SampledGame", "SampledPolicy", "Player", "Scores"} <= set(trajectories.__all__)
