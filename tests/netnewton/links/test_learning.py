"""Algorithms over lossy links, none of them changed: who finds the team's optimum."""

import numpy as np
import pytest

from netnewton import links, networks, run
from netnewton.algorithms import ConsensusNewton, NaturalGradient, NetworkGiant, TrackedNewton
from netnewton.algorithms.step_control import LengthBound
from netnewton.curvature import FullHessian, ScaledIdentity
from netnewton.derivatives import concave_derivatives, reference_optimum
from replication.claims.team_cases import graph, random_problems

AGENTS, D, R = 6, 2, 2
PROBLEM = random_problems(1, AGENTS, D, 1.0, AGENTS)[0]
SOURCE = concave_derivatives(PROBLEM).without_J
OPTIMUM = reference_optimum(PROBLEM)
RING = graph("ring", AGENTS)
WEIGHTS = networks.metropolis_weights(RING)
NEWTON = FullHessian(-1)
METHODS = {
    "consensus Newton": ConsensusNewton(NEWTON, 0.1, 1.0),
    "tracked Newton": TrackedNewton(NEWTON, 0.1),
    "gradient tracking": TrackedNewton(ScaledIdentity(), 0.05),
    "Network-GIANT": NetworkGiant(NEWTON, 0.1),
    "natural gradient": NaturalGradient(NEWTON, 0.1, momentum=1.0),
}


def error(method, protocol, effects, iterations=400):
    """Largest distance of a copy from the optimum at the end."""
    streams = [np.random.default_rng([7, r]) for r in range(R)]
    start = np.random.default_rng(0).normal(size=(R, AGENTS, D))
    mix = links.unreliable(protocol, effects, streams)
    return np.abs(run(method, SOURCE, mix, iterations, start).theta - OPTIMUM).max()


@pytest.mark.parametrize("name", [*METHODS])
def test_running_sums_find_the_optimum_where_weighted_sums_do_not(name):
    """Thirty of a hundred messages are lost, each direction by itself."""
    losses = [links.Losses(0.3)]
    assert error(METHODS[name], links.RunningSums(RING), losses) < 1e-6
    assert error(METHODS[name], links.WeightedSum(WEIGHTS), losses) > 1e-2
    assert error(METHODS[name], links.WeightedSum(WEIGHTS), []) < 1e-6


def test_with_symmetric_losses_weighted_sums_find_it_too():
    losses = [links.Losses(0.3, links.symmetric)]
    assert error(METHODS["consensus Newton"], links.WeightedSum(WEIGHTS), losses) < 1e-6


def test_controls_and_copies_may_be_averaged_afresh():
    """LengthBound's lengths are no accumulated values, and the mean of the copies is not needed."""
    method = NetworkGiant(NEWTON, 0.1, control=LengthBound(0.5))
    for afresh, p in ((1,), 0.3), ((1, 2), 0.5):
        assert error(method, links.RunningSums(RING, afresh), [links.Losses(p)], 600) < 1e-6


def test_a_directed_network_needs_no_more_than_ratio_consensus():
    import networkx as nx

    ring = nx.cycle_graph(AGENTS, create_using=nx.DiGraph)
    effects = [links.Losses(0.1), links.Delays(1)]
    assert error(METHODS["consensus Newton"], links.PushSum(ring), []) < 1e-6
    assert error(METHODS["consensus Newton"], links.RunningSums(ring), effects) < 1e-6
