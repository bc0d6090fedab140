"""What links do to messages: laws, hand values, planted faults, refusals."""

import networkx as nx
import numpy as np
import pytest
from recorded_links import Recorded
from scipy.stats import binom, chi2

from netnewton import networks
from netnewton.links import (
    Bursts,
    Compressed,
    Delays,
    FixedStep,
    Levels,
    Losses,
    Noise,
    SometimesActive,
    TopK,
    WeightedSum,
    asymmetric,
    dithered,
    symmetric,
    unreliable,
)
from netnewton.trajectories import Streams
from replication.controls.links_written_out import Scripted

GRAPH = nx.path_graph(4)
WEIGHTS = networks.metropolis_weights(GRAPH)
MANY = 500  # repetitions, each with links of its own
ZEROS = np.zeros(4)
ALARM = 1e-8  # false alarms of one statistical comparison


def streams(repetitions=MANY):
    return Streams([np.random.default_rng([7, r]) for r in range(repetitions)])


def rounds(effects, iterations, repetitions, values=ZEROS):
    """What the links did in each iteration, and the last mixed values."""
    seen = []
    mix = unreliable(WeightedSum(WEIGHTS), [*effects, Recorded(seen)], streams(repetitions))
    for k in range(1, iterations + 1):
        mixed = mix(np.broadcast_to(values, (repetitions, *values.shape)), k)
    return seen, mixed


def deliveries(effects, iterations=40, repetitions=MANY):
    """Which messages were delivered, shape (K, R, E)."""
    return np.array([link.delivered for link in rounds(effects, iterations, repetitions)[0]])


def is_binomial(happened, trials, p):
    """Whether a count could be that of independent trials."""
    return binom.cdf(happened, trials, p) > ALARM and binom.sf(happened - 1, trials, p) > ALARM


# Losses -------------------------------------------------------------------------------------------


@pytest.mark.statistical
def test_losses_are_independent_with_their_probability():
    lost = ~deliveries([Losses(0.3)])
    assert is_binomial(lost.sum(), lost.size, 0.3)
    both = lost[1:] & lost[:-1]
    assert is_binomial(both[::2].sum(), both[::2].size, 0.09)
    edges = WeightedSum(WEIGHTS).edges
    both = (lost & lost[..., edges.reverse])[..., edges.receivers < edges.senders]
    assert is_binomial(both.sum(), both.size, 0.09)


@pytest.mark.parametrize("effect", [Losses, lambda p, d: Bursts(p, 0.5, 0.1, 0.9, d)])
def test_symmetric_losses_are_of_both_directions(effect):
    reverse = WeightedSum(WEIGHTS).edges.reverse
    for directions, equal in ((symmetric, True), (asymmetric, False)):
        found = deliveries([effect(0.3, directions)], 10, 20)
        assert np.array_equal(found, found[..., reverse]) == equal


def test_a_one_way_edge_is_lost_by_itself():
    edges = WeightedSum(WEIGHTS).edges
    assert symmetric(edges).tolist() == [0, 0, 2, 2, 4, 4]
    one_way = type(edges)(
        np.array([[False, True, False], [True, False, False], [True, True, False]])
    )
    assert symmetric(one_way).tolist() == [0, 0, 2, 3]


def gilbert_elliott_holds():
    """Stationary from the first iteration on, with the chain's transitions."""
    bursts = Bursts(0.1, 0.4)
    bad = ~deliveries([bursts])
    turned = bad[1:] & ~bad[:-1], ~bad[:-1]
    mended = ~bad[1:] & bad[:-1], bad[:-1]
    return all(
        is_binomial(happened.sum(), happened.size if trials is None else trials.sum(), p)
        for happened, trials, p in (
            (bad[0], None, 0.2),
            (bad[-1], None, 0.2),
            (*turned, bursts.fail),
            (*mended, bursts.recover),
        )
    )


@pytest.mark.statistical
def test_bursts_are_gilbert_and_elliotts():
    assert Bursts(0.1, 0.4).p == pytest.approx(0.2)
    assert gilbert_elliott_holds()


@pytest.mark.statistical
@pytest.mark.parametrize(
    "planted",
    [
        lambda self, bad, u: bad,
        lambda self, bad, u: np.where(bad, u < self.recover, u < self.fail),
    ],
    ids=["the chain does not advance", "it mends when it should not"],
)
def test_faults_of_the_chain_are_caught(monkeypatch, planted):
    monkeypatch.setattr(Bursts, "after", planted)
    assert not gilbert_elliott_holds()


@pytest.mark.statistical
def test_bursts_that_start_good_are_caught(monkeypatch):
    monkeypatch.setattr(Bursts, "bad_share", 0.0)
    assert not gilbert_elliott_holds()


@pytest.mark.statistical
def test_links_lose_in_either_state():
    lost = ~deliveries([Bursts(0.1, 0.4, 0.05, 0.8)], 1)
    assert Bursts(0.1, 0.4, 0.05, 0.8).p == pytest.approx(0.2)
    assert is_binomial(lost.sum(), lost.size, 0.2)


# Delays and inactive agents -----------------------------------------------------------------------


def test_delayed_messages_keep_their_order_and_are_not_older_than_the_longest():
    pair, K, longest = np.full((2, 2), 0.5), 200, 3
    mix = unreliable(WeightedSum(pair), [Delays(longest)], streams(3))
    heard = []
    for k in range(1, K):
        values = np.full((3, 2), float(k))
        heard.append(2 * mix(values, k) - values)  # the iteration the message is of, or k itself
    heard = np.array(heard)
    age = np.arange(1, K)[:, np.newaxis, np.newaxis] - heard
    assert (np.diff(heard[longest:], axis=0) >= 0).all()
    assert set(age[longest:].ravel()) == {0.0, 1.0, 2.0, 3.0}


@pytest.mark.statistical
def test_a_message_takes_each_number_of_iterations_equally_often():
    """At first there is none before it to wait for: one in three is there at once."""
    mix = unreliable(WeightedSum(np.full((2, 2), 0.5)), [Delays(2)], streams())
    values = np.broadcast_to([1.0, 0.0], (MANY, 2))
    arrived = (mix(values, 1) == 0.5).sum()
    assert is_binomial(arrived, 2 * MANY, 1 / 3)
    newest = mix(values, 2) == 0.5  # that of iteration 1 after one, or that of 2 at once, as 1 is
    assert is_binomial(newest.sum(), 2 * MANY, 2 / 3)


def test_an_inactive_agent_keeps_its_value_and_is_not_heard():
    (link,), mixed = rounds([SometimesActive(0.5)], 1, 20, np.eye(4))
    asleep, edges = ~link.active, WeightedSum(WEIGHTS).edges
    assert 0 < asleep.sum() < asleep.size
    for r, agent in np.argwhere(asleep):
        np.testing.assert_array_equal(mixed[r, agent], np.eye(4)[agent])
        np.testing.assert_array_equal(mixed[r, :, agent], np.eye(4)[agent])
        assert not link.delivered[r, (edges.senders == agent) | (edges.receivers == agent)].any()


def test_what_arrives_while_an_agent_is_inactive_is_not_used_then():
    seen, values = [], np.broadcast_to(np.eye(4), (20, 4, 4))
    effects = [SometimesActive(0.5), Delays(2), Recorded(seen)]
    mix = unreliable(WeightedSum(WEIGHTS), effects, streams(20))
    for k in range(1, 20):
        mixed = mix(values, k)
        asleep = ~seen[-1].active
        np.testing.assert_array_equal(mixed[asleep], values[asleep])


@pytest.mark.statistical
def test_agents_are_active_with_their_probability():
    (link,), _ = rounds([SometimesActive(0.3)], 1, MANY)
    assert is_binomial(link.active.sum(), 4 * MANY, 0.3)


# Noise and compression ----------------------------------------------------------------------------


@pytest.mark.statistical
def test_noise_is_of_each_message_and_of_its_size():
    _, mixed = rounds([Noise(0.5)], 1, MANY, np.zeros((4, 3)))
    expected = 0.25 * (np.square(WEIGHTS) * (1 - np.eye(4))).sum(axis=1)
    total = (np.square(mixed) / expected[:, np.newaxis]).sum()
    assert ALARM < chi2.cdf(total, mixed.size) < 1 - ALARM


def test_the_largest_numbers_are_kept_and_the_first_of_equal_ones():
    found = TopK(2)(np.array([[[3.0, -1.0, 1.0, 1.0], [0.0, 2.0, -2.0, 2.0]]]), None)
    assert found.tolist() == [[[3.0, -1.0, 0.0, 0.0], [0.0, 2.0, -2.0, 0.0]]]
    assert TopK(9)(found, None) is found


def test_numbers_are_rounded_to_steps_and_levels():
    values = np.array([[[0.26, -0.24, 1.0]]])
    assert FixedStep(0.5)(values, None).tolist() == [[[0.5, 0.0, 1.0]]]
    np.testing.assert_allclose(Levels(4)(2 * values, None), [[[0.5, -0.5, 2.0]]])
    assert Levels(4)(0 * values, None).tolist() == [[[0.0, 0.0, 0.0]]]


@pytest.mark.statistical
def test_dithered_numbers_are_right_on_average():
    rounded = dithered(np.full((MANY, 1, 40), -0.3), streams())
    assert set(np.unique(rounded)) == {-1.0, 0.0}
    assert is_binomial((rounded == -1.0).sum(), rounded.size, 0.3)


def test_what_is_left_out_is_sent_later():
    """Error feedback: what is received adds up to what there was to say, but for the last error."""
    pair = np.full((2, 2), 0.5)
    mix = unreliable(WeightedSum(pair), [Compressed(TopK(1))], streams(1))
    values = np.array([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    heard = [mix(values, k)[0, 1].tolist() for k in (1, 2, 3, 4)]
    assert heard == [[0, 0, 1.5], [0, 1, 1.5], [0.5, 1, 1.5], [0.5, 1, 1.5]]


def test_what_is_lost_is_sent_again():
    """The sender knows: its next difference is to what the receiver has."""
    delivered = np.array([False, True, True, True]).reshape(4, 1, 1)
    lossy = Scripted(delivered, np.zeros((4, 1, 2), dtype=int))
    mix = unreliable(WeightedSum(np.full((2, 2), 0.5)), [Compressed(TopK(1)), lossy], streams(1))
    values = np.array([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    heard = [mix(values, k)[0, 1].tolist() for k in (1, 2, 3, 4)]
    assert heard == [[0, 0, 0], [0, 0, 1.5], [0, 1, 1.5], [0.5, 1, 1.5]]


# Refusals -----------------------------------------------------------------------------------------

REFUSED = [
    (lambda: Losses(1.0), r"p = 1.0: give a probability in \[0, 1\)"),
    (lambda: Losses(-0.1), "p = -0.1"),
    (lambda: Losses(float("nan")), "p = nan"),
    (lambda: Losses("often"), "p is not an array of real numbers"),
    (lambda: Bursts(1.0, 0.5), "fail = 1.0"),
    (lambda: Bursts(0.5, 0.0), r"recover = 0.0: give a probability in \(0, 1\]"),
    (lambda: Bursts(0.5, 0.5, p_good=1.0), "p_good = 1.0"),
    (lambda: Bursts(0.5, 0.5, p_bad=1.1), "p_bad = 1.1"),
    (lambda: SometimesActive(0.0), "p = 0.0"),
    (lambda: Delays(-1), "longest = -1"),
    (lambda: Delays(1.5), "longest = 1.5"),
    (lambda: Noise(-1.0), "deviation = -1.0"),
    (lambda: TopK(0), "k = 0"),
    (lambda: FixedStep(0.0), "step = 0.0"),
    (lambda: Levels(0), "levels = 0"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_streams_that_share_a_generator_are_refused():
    grouped = Streams([np.random.default_rng(1)], [3])
    with pytest.raises(ValueError, match="1 generators for 3 repetitions"):
        unreliable(WeightedSum(WEIGHTS), [], grouped)
