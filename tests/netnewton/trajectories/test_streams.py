"""Streams: one generator for each repetition, and nobody else's."""

import numpy as np
import pytest

from netnewton.games import prisoners_dilemma
from netnewton.policies import Boltzmann
from netnewton.trajectories import Streams, rollout


def test_a_generator_used_by_two_repetitions_is_refused():
    shared, own = np.random.default_rng(1), np.random.default_rng(2)
    with pytest.raises(ValueError, match="repetitions 0 and 2 share a generator"):
        Streams([shared, own, shared])


def test_two_generators_with_one_source_of_bits_are_refused():
    bits = np.random.PCG64(1)
    with pytest.raises(ValueError, match="repetitions 0 and 1 share a generator"):
        Streams([np.random.Generator(bits), np.random.Generator(bits)])


def test_equal_seeds_are_the_callers_choice():
    drawn = Streams([np.random.default_rng(1), np.random.default_rng(1)]).uniform(3)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 1])


@pytest.mark.parametrize("bad", [1, np.random.RandomState(1), None])
def test_what_is_no_generator_is_refused(bad):
    with pytest.raises(ValueError, match=r"generators\[1\] = .*give numpy.random.default_rng"):
        Streams([np.random.default_rng(1), bad])


@pytest.mark.parametrize(
    ("repetitions", "horizon", "size", "message"),
    [
        (3, 1, 1, "2 generators for 3 repetitions"),
        (0, 1, 1, "repetitions = 0"),
        (2, 0, 1, "horizon = 0"),
        (2, 1, 0, "size = 0"),
        (2, 1.5, 1, "horizon = 1.5: give a whole number"),
    ],
)
def test_a_rollout_of_nothing_or_with_too_few_streams_is_refused(
    repetitions, horizon, size, message
):
    game, streams = prisoners_dilemma(), Streams([np.random.default_rng(r) for r in range(2)])
    with pytest.raises(ValueError, match=message):
        rollout(game, Boltzmann.of(game), np.zeros((repetitions, 4)), streams, horizon, size)


def test_a_rollout_of_another_games_policy_is_refused():
    game, policy = prisoners_dilemma(), Boltzmann(1, (2, 3))
    with pytest.raises(ValueError, match=r"n_actions = \(2, 3\), the game .*n_actions = \(2, 2\)"):
        rollout(game, policy, np.zeros((1, 5)), Streams([np.random.default_rng(1)]), 1, 1)


# Groups that share a generator -------------------------------------------------------------------


def grouped(*sizes):
    return Streams([np.random.default_rng([3, group]) for group in range(len(sizes))], sizes)


def test_batches_have_the_sizes_that_were_asked_for(rng):
    sizes = np.array([1, 10, 1000])
    drawn = grouped(2, 1).multinomial(sizes, rng.dirichlet(np.ones(6), size=3))
    np.testing.assert_array_equal(drawn.sum(axis=1), sizes)


def test_a_group_of_one_draws_uniform_numbers_as_without_groups():
    plain = Streams([np.random.default_rng([3, r]) for r in range(2)])
    np.testing.assert_array_equal(plain.uniform(4, 3), grouped(1, 1).uniform(4, 3))
    shared = grouped(2, 1).uniform(4, 3)
    assert shared.shape == (4, 3, 3)
    assert len(np.unique(shared)) == shared.size


@pytest.mark.parametrize(
    ("group_sizes", "message"),
    [
        ((2,), "1 group sizes for 2 generators"),
        ((2, 0), r"group_sizes\[1\] = 0: give a whole number, at least 1"),
    ],
)
def test_groups_that_do_not_fit_are_refused(group_sizes, message):
    with pytest.raises(ValueError, match=message):
        Streams([np.random.default_rng(r) for r in range(2)], group_sizes)
