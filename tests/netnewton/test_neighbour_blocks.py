"""The full Hessian of games on graphs, sent sparsely: the same iterates, fewer scalars; faults."""

import networkx as nx
import numpy as np
import pytest

from netnewton import run
from netnewton.algorithms import ConsensusNewton, TrackedNewton, scalars_sent
from netnewton.curvature import FullHessian, absolute_eigenvalues, all_or_nothing
from netnewton.damping import Damped, identity
from netnewton.derivatives import exact, pairwise
from netnewton.games import coordination, matrix_game
from netnewton.neighbour_blocks import NeighbourBlocks
from netnewton.networks import metropolis_weights, neighbour_pairs
from netnewton.policies import Boltzmann

GRAPH = nx.lollipop_graph(4, 3)
PAIRS = neighbour_pairs(GRAPH)


@pytest.fixture
def source(rng):
    game = coordination(GRAPH, rng, 3)
    return pairwise(game, Boltzmann.of(game, "reference"))


METHODS = {
    "as printed": lambda curvature: ConsensusNewton(curvature(1), 0.3, 0.2, all_or_nothing),
    "mended": lambda curvature: ConsensusNewton(curvature(-1), 0.3, 0.2, absolute_eigenvalues),
    "tracked": lambda curvature: TrackedNewton(curvature(-1), 0.5),
}


def both_ways(source, method, rng, pairs=PAIRS):
    choices = FullHessian, lambda sign: NeighbourBlocks(source.owner, sign, pairs=pairs)
    methods = [METHODS[method](choice) for choice in choices]
    start = rng.normal(size=(source.n_agents, source.n_parameters))
    weights = metropolis_weights(nx.from_edgelist(PAIRS.tolist()))
    return [run(each, source, weights, 15, start) for each in methods]


@pytest.mark.parametrize("method", METHODS)
def test_iterates_are_those_of_the_full_hessian(method, source, rng):
    whole, sparse = both_ways(source, method, rng)
    assert np.ptp(whole.trace["theta"], axis=0).max() > 0.1
    few = slice(6)  # an indefinite matrix amplifies rounding, a thousandfold a step
    most = np.abs(whole.trace["theta"][few]).max()
    np.testing.assert_allclose(
        sparse.trace["theta"][few], whole.trace["theta"][few], atol=1e-9 * most
    )


def test_a_graph_that_lacks_an_edge_is_noticed(source, rng):
    """A planted fault: the blocks of one pair of neighbours are not sent."""
    lacking = PAIRS[~np.isin(PAIRS, [3, 4]).all(axis=1)]
    assert len(lacking) == len(PAIRS) - 2
    whole, sparse = both_ways(source, "mended", rng, lacking)
    assert np.abs(sparse.theta - whole.theta).max() > 1e-3


def test_hessians_of_games_that_couple_all_agents_are_cut(rng):
    """The other fault: a game that is not a sum over pairs of neighbours."""
    game = matrix_game(rng.normal(size=(7, *[2] * 7)))
    whole, sparse = both_ways(exact(game, Boltzmann.of(game, "reference")), "mended", rng)
    assert np.abs(sparse.theta - whole.theta).max() > 1e-3


def test_scalars_sent(source):
    N, E, s, d = 7, GRAPH.number_of_edges(), 2, 14
    sparse, theta = NeighbourBlocks(source.owner, -1, pairs=PAIRS), np.zeros((1, N, d))
    assert sparse.n_scalars == (N + 2 * E) * s**2
    for curvature, size in ((FullHessian(-1), d**2), (sparse, sparse.n_scalars)):
        assert scalars_sent(ConsensusNewton(curvature, 0.3, 0.2), source, theta) == d + size
        assert scalars_sent(TrackedNewton(curvature), source, theta) == 2 * d + size


def test_packing_keeps_what_it_holds(rng):
    sparse = NeighbourBlocks([0, 0, 1, 2], pairs=np.array([[0, 1], [1, 0], [1, 2], [2, 1]]))
    packed = rng.normal(size=(2, 3, sparse.n_scalars))
    assert sparse.pack(sparse.unpack(packed)).tobytes() == packed.tobytes()
    held = sparse.unpack(np.ones(sparse.n_scalars))
    assert held.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]


def test_it_is_damped_as_the_full_hessian_is(source, rng):
    local = source(rng.normal(size=(1, 7, 14)))
    sparse = NeighbourBlocks(source.owner, -1, pairs=PAIRS)
    assert sparse.unpack(identity(sparse, local.gradient)).tolist() == [[np.eye(14).tolist()]]
    damped = [Damped(each, 0.5).local(local) for each in (FullHessian(-1), sparse)]
    np.testing.assert_allclose(sparse.unpack(damped[1]), damped[0], atol=1e-15)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="pairs name agents up to 6, owner those up to 1"):
        NeighbourBlocks([0, 1], pairs=PAIRS)
    with pytest.raises(ValueError, match="theta has 3 parameters, but owner names those of 7"):
        NeighbourBlocks(range(7), pairs=PAIRS).zeros(np.zeros((1, 7, 3)))
