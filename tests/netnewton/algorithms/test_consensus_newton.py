"""Algorithm 1 against its literal transcription, and faults that this comparison must catch."""

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from netnewton import curvature, networks, run
from netnewton.algorithms.consensus_newton import ConsensusNewton, current_trackers
from netnewton.derivatives import Derivatives, exact
from netnewton.games.finite import matrix_game, prisoners_dilemma
from netnewton.policies import Boltzmann
from replication.experiments.names import CURVATURE_SIGNS, CURVATURES, PROJECTIONS, TRACKERS
from replication.second_opinions.literal import Agent, matrix_game_oracle, run_literally

READINGS = list(itertools.product(CURVATURES, CURVATURE_SIGNS, PROJECTIONS, TRACKERS))
EPSILON, M = 0.05, 0.1
ITERATIONS = 25


def vectorised(source, weights, start, reading):
    """theta(k) of every repetition, shape (iterations + 1, R, N, d)."""
    name, sign, projection, trackers = reading
    method = ConsensusNewton(
        CURVATURES[name](CURVATURE_SIGNS[sign], M),
        EPSILON,
        M,
        PROJECTIONS[projection],
        TRACKERS[trackers],
    )
    return run(method, source, networks.mixing(weights), ITERATIONS, start).trace["theta"]


def literal(oracles, weights, start, reading):
    name, sign, projection, trackers = reading
    paths = []
    for W, theta in zip(weights, start, strict=True):
        agents = [
            Agent(
                oracle,
                theta[i],
                name,
                CURVATURE_SIGNS[sign],
                projection,
                trackers,
                EPSILON,
                M,
            )
            for i, oracle in enumerate(oracles)
        ]
        paths.append(run_literally(agents, W, ITERATIONS))
    return np.stack(paths, axis=1)


def both(payoffs, weights, start, reading):
    """The library and the transcription on a one-shot game."""
    game = matrix_game(payoffs)
    source = exact(game, Boltzmann(1, game.n_actions))
    oracles = [matrix_game_oracle(payoff) for payoff in payoffs]
    return (
        vectorised(source, weights, start, reading),
        literal(oracles, weights, start, reading),
    )


def problem(rng, random_graph, agents, repetitions):
    """A random game with two or three actions, random graphs, weights and starts."""
    n_actions = tuple(int(n) for n in rng.integers(2, 4 if agents < 5 else 3, size=agents))
    payoffs = rng.normal(size=(agents, *n_actions))
    weights = np.stack(
        [networks.random_weights(random_graph(rng, agents), rng) for _ in range(repetitions)]
    )
    start = rng.normal(size=(repetitions, agents, sum(n_actions)))
    return payoffs, weights, start


def relative_distance(a, b):
    return np.abs(a - b).max() / max(1.0, np.abs(b).max())


@pytest.mark.parametrize("reading", READINGS, ids="-".join)
@pytest.mark.parametrize("agents", [2, 3])
def test_equal_to_the_literal_transcription(rng, random_graph, agents, reading):
    payoffs, weights, start = problem(rng, random_graph, agents, repetitions=2)
    assert relative_distance(*both(payoffs, weights, start, reading)) < 1e-9


@pytest.mark.parametrize("reading", READINGS, ids="-".join)
def test_equal_to_the_literal_transcription_for_seven_agents(rng, random_graph, reading):
    """With local objectives of our own, since seven players have many joint actions."""
    agents, d = 7, 3
    amplitude, direction = rng.normal(size=(2, agents, d))
    weights = networks.random_weights(random_graph(rng, agents), rng)[np.newaxis]
    start = rng.normal(size=(1, agents, d))

    def oracle(i):
        """J_i = c exp(-s^2) + |theta|^2 / 4 with s = w . theta: indefinite in places."""
        w, scale = direction[i], amplitude[i].sum()

        def derivatives(theta):
            s = w @ theta
            bump = scale * np.exp(-(s**2))
            gradient = -2 * s * bump * w + theta / 2
            return gradient, (4 * s**2 - 2) * bump * np.outer(w, w) + np.eye(d) / 2

        return derivatives

    def source(theta):
        parts = [[oracle(i)(theta[0, i]) for i in range(agents)]]
        gradient = np.array([[g for g, _ in row] for row in parts])
        hessian = np.array([[h for _, h in row] for row in parts])
        return Derivatives(np.zeros((1, agents)), gradient, hessian)

    slow = literal([oracle(i) for i in range(agents)], weights, start, reading)
    fast = vectorised(source, weights, start, reading)
    assert relative_distance(fast, slow) < 1e-9


@pytest.mark.parametrize("name", CURVATURES)
def test_a_game_of_seven_players(rng, random_graph, name):
    payoffs, weights, start = problem(rng, random_graph, agents=7, repetitions=1)
    reading = (name, "ascent", "all_or_nothing", "previous")
    assert relative_distance(*both(payoffs, weights, start, reading)) < 1e-9


def test_the_paper_configuration_for_a_hundred_iterations():
    payoffs = prisoners_dilemma().rewards[:, 0]
    weights = np.array([[0.7, 0.3], [0.3, 0.7]])
    agents = [
        Agent(
            matrix_game_oracle(payoffs[i]),
            np.zeros(4),
            "full",
            1,
            "all_or_nothing",
            "previous",
            1e-5,
            1e-7,
        )
        for i in range(2)
    ]
    slow = run_literally(agents, weights, 100)
    fast = run(
        ConsensusNewton(curvature.FullHessian(), 1e-5, 1e-7),
        exact(prisoners_dilemma(), Boltzmann(1, (2, 2))),
        weights,
        100,
        np.zeros((2, 4)),
    ).trace["theta"]
    assert relative_distance(fast, slow) < 1e-10


FULL = ("full", "ascent", "all_or_nothing", "previous")


def no_correction(step):
    return lambda self, state, *rest: step(
        self, replace(state, g=np.zeros_like(state.g), H=np.zeros_like(state.H)), *rest
    )


def doubled_floor(step):
    return lambda self, *rest: step(replace(self, floor=2 * self.floor), *rest)


def wrong_lag(step):
    return lambda self, *rest: step(replace(self, trackers=current_trackers), *rest)


def minus_gradient(step):
    def flipped(derivatives):
        return lambda theta: derivatives(theta)._replace(gradient=-derivatives(theta).gradient)

    return lambda self, state, derivatives, mix: step(self, state, flipped(derivatives), mix)


def shuffled_agents(step):
    def exchanged(derivatives):
        return lambda theta: Derivatives(*(x[:, ::-1] for x in derivatives(theta)[:3]))

    return lambda self, state, derivatives, mix: step(self, state, exchanged(derivatives), mix)


def transposed_mixing(step):
    """Only a matrix that is not symmetric tells the difference, so one is planted as well."""
    skewed = networks.unchecked_mixing(np.array([[0.9, 0.1], [0.4, 0.6]]).T)
    return lambda self, state, derivatives, mix: step(self, state, derivatives, skewed)


def no_mixing(step):
    def alone(values, k):
        return values

    return lambda self, state, derivatives, mix: step(self, state, derivatives, alone)


@pytest.mark.parametrize(
    "fault",
    [
        no_correction,
        doubled_floor,
        wrong_lag,
        minus_gradient,
        shuffled_agents,
        transposed_mixing,
        no_mixing,
    ],
)
def test_the_comparison_catches_planted_faults(rng, random_graph, monkeypatch, fault):
    payoffs, weights, start = problem(rng, random_graph, agents=2, repetitions=2)
    assert relative_distance(*both(payoffs, weights, start, FULL)) < 1e-9
    monkeypatch.setattr(ConsensusNewton, "step", fault(ConsensusNewton.step))
    assert relative_distance(*both(payoffs, weights, start, FULL)) > 1e-3


def quadratic(centre, hessians):
    """J_i = -(theta - c)^T B_i (theta - c) / 2, a derivative source of our own."""

    def derivatives(theta):
        offset = theta - centre
        gradient = -np.einsum("nij,rnj->rni", hessians, offset)
        J = 0.5 * np.einsum("rni,rni->rn", offset, gradient)
        return Derivatives(J, gradient, np.broadcast_to(-hessians, (*theta.shape, 3)))

    return derivatives


@pytest.mark.parametrize(
    "curvature_choice", [curvature.FullHessian(-1), curvature.DiagonalHessian(-1)]
)
def test_a_derivative_source_of_ones_own_and_a_network_that_changes(rng, curvature_choice):
    """Consensus Newton on a strictly concave team problem reaches the team's optimum."""
    agents = 5
    roots = rng.normal(size=(agents, 3, 3))
    hessians = np.matmul(roots, np.swapaxes(roots, -1, -2)) + np.eye(3)
    method = ConsensusNewton(curvature_choice, 0.05, 1e-3)
    graphs = [
        networks.mixing(networks.metropolis_weights(g))
        for g in (nx.path_graph(5), nx.star_graph(4))
    ]
    centre = np.array([1.0, -2.0, 0.5])
    final = run(
        method,
        quadratic(centre, hessians),
        lambda values, k: graphs[k % 2](values, k),
        2000,
        rng.normal(size=(3, agents, 3)),
    )
    np.testing.assert_allclose(final.theta, np.broadcast_to(centre, (3, agents, 3)), atol=1e-6)


def test_divergence_is_recorded_and_harms_no_neighbour(rng):
    source = exact(prisoners_dilemma(), Boltzmann(1, (2, 2)))

    def explodes(theta):
        d = source(theta)
        gradient = d.gradient.copy()
        gradient[1] = np.where(np.abs(theta[1]).max() > 0, np.inf, gradient[1])
        return d._replace(gradient=gradient)

    method = ConsensusNewton(curvature.FullHessian(), 1e-2, 1e-2)
    weights = networks.mixing(np.array([[0.6, 0.4], [0.4, 0.6]]))

    start = np.zeros((3, 2, 4))
    healthy, ill = (run(method, which, weights, 30, start) for which in (source, explodes))
    assert ill.diverged_at.tolist() == [-1, 3, -1]  # theta(2) is the first that is not zero
    assert healthy.diverged_at.tolist() == [-1, -1, -1]
    for r in (0, 2):
        np.testing.assert_array_equal(ill.trace["theta"][:, r], healthy.trace["theta"][:, r])


@pytest.mark.parametrize("value", [0.0, -1.0, 1.5, float("nan")])
def test_bad_methods_are_refused(value):
    with pytest.raises(ValueError, match=r"step_size = .*needs epsilon in"):
        ConsensusNewton(curvature.FullHessian(), value, 1e-7)
    if value != 1.5:
        with pytest.raises(ValueError, match=r"floor = .*needs m > 0"):
            ConsensusNewton(curvature.FullHessian(), 0.1, value)


def test_bad_starts_are_refused():
    method = ConsensusNewton(curvature.FullHessian(), 0.1, 0.1)
    for shape in ((2, 4), (0, 2, 4), (1, 0, 4), (1, 2, 0)):
        with pytest.raises(ValueError, match=r"theta\(0\) of shape"):
            method.init(np.zeros(shape))
    with pytest.raises(ValueError, match=r"theta\(0\)\[0, 0, 0\] = nan"):
        method.init(np.full((1, 2, 4), np.nan))
