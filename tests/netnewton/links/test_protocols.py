"""Protocols on unreliable links: against agents one by one, what is conserved."""

import networkx as nx
import numpy as np
import pytest
from recorded_links import Recorded

from netnewton import networks
from netnewton.links import (
    Bursts,
    Compressed,
    Delays,
    FixedStep,
    Levels,
    Losses,
    Noise,
    PushSum,
    RunningSums,
    SometimesActive,
    TopK,
    TrimmedMean,
    WeightedSum,
    dithered,
    symmetric,
    unreliable,
    varying_weights,
)
from replication.controls.links_written_out import RunningSumsAgents, Scripted, WeightedAgents

N, R = 6, 2
WHEEL = nx.wheel_graph(N)
WEIGHTS = networks.metropolis_weights(WHEEL)
DIRECTED = nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (4, 1), (0, 5)])
DIRECTED_RING = nx.cycle_graph(5, create_using=nx.DiGraph)
PHASES = [nx.empty_graph(N), nx.empty_graph(N)]  # each by itself is not connected
PHASES[0].add_edges_from([(0, 1), (2, 3), (4, 5)])
PHASES[1].add_edges_from([(1, 2), (3, 4), (5, 0)])
EVERYTHING = [
    Losses(0.2),
    Bursts(0.1, 0.5),
    Delays(2),
    SometimesActive(0.8),
    Noise(0.1),
    Compressed(FixedStep(0.1, dithered)),
]


def generators(repetitions=R, seed=1):
    return [np.random.default_rng([seed, r]) for r in range(repetitions)]


def start(agents=N, repetitions=R, size=(3,)):
    return np.random.default_rng(5).normal(size=(repetitions, agents, *size))


def tracked(mix, iterations, size=(2, 2), channels=2):
    """Inputs that an algorithm would make: the last output and an increment, in each channel."""
    rng = np.random.default_rng(9)
    shape = (mix.repetitions, mix.protocol.edges.agents, *size)
    outs = [np.zeros(shape) for _ in range(channels)]
    added = [np.zeros(shape) for _ in range(channels)]
    for k in range(1, iterations + 1):
        for c in range(channels):
            new = rng.normal(size=shape)
            added[c] += new
            outs[c] = mix(outs[c] + new, k)
    return outs, added


# Without effects it is plain mixing ---------------------------------------------------------------


@pytest.mark.parametrize("size", [(), (3,), (2, 2)])
def test_a_weighted_sum_over_perfect_links_is_plain_mixing(size):
    values = start(size=size)
    mix = unreliable(WeightedSum(WEIGHTS), [], generators())
    plain = networks.mixing(WEIGHTS)
    np.testing.assert_allclose(mix(values, 1), plain(values, 1), atol=1e-15)
    each = np.stack([WEIGHTS, np.eye(N) / 2 + WEIGHTS / 2])
    mix = unreliable(WeightedSum(each), [Losses(0.0)], generators())
    np.testing.assert_allclose(mix(values, 1), networks.mixing(each)(values, 1), atol=1e-15)


def test_on_a_regular_graph_running_sums_are_plain_mixing_as_well():
    ring = nx.cycle_graph(N)
    mix, plain = unreliable(RunningSums(ring), [], generators()), networks.metropolis_weights(ring)
    values = expected = start()
    for k in range(1, 30):
        values, expected = mix(values, k), plain @ expected
        np.testing.assert_allclose(values, expected, atol=1e-13)


def test_trimming_nothing_is_a_weighted_sum():
    values, effects = start(), [Losses(0.3)]
    trimmed = unreliable(TrimmedMean(WEIGHTS, 0), effects, generators())
    plain = unreliable(WeightedSum(WEIGHTS), effects, generators())
    np.testing.assert_array_equal(trimmed(values, 1), plain(values, 1))


@pytest.mark.parametrize(
    "protocol", [WeightedSum([[1.0]]), RunningSums(nx.empty_graph(1)), PushSum(nx.empty_graph(1))]
)
def test_an_agent_by_itself_keeps_its_value(protocol):
    mix, values = unreliable(protocol, EVERYTHING[:3], generators()), start(1)
    for k in (1, 2):
        np.testing.assert_array_equal(mix(values, k), values)


# Second opinions ----------------------------------------------------------------------------------


def script(edges, iterations, longest, seed=3):
    rng = np.random.default_rng(seed)
    shape = (iterations, 1, len(edges))
    return Scripted(rng.random(shape) < 0.7, rng.integers(0, longest + 1, shape))


@pytest.mark.parametrize("longest", [0, 3])
def test_weighted_sums_are_those_of_agents_one_by_one(longest):
    protocol, K = WeightedSum(WEIGHTS), 40
    effect = script(protocol.edges, K, longest)
    mix = unreliable(protocol, [effect], generators(1))
    literal, rng = WeightedAgents(WEIGHTS, longest), np.random.default_rng(4)
    for k in range(1, K + 1):
        values = rng.normal(size=(1, N, 3))
        expected = literal.mix(values[0], k, effect.delivered[k - 1, 0], effect.delay[k - 1, 0])
        np.testing.assert_allclose(mix(values, k)[0], expected, atol=1e-14)


@pytest.mark.parametrize("longest", [0, 3])
@pytest.mark.parametrize("graph", [WHEEL, DIRECTED], ids=["undirected", "directed"])
def test_running_sums_are_those_of_agents_one_by_one(graph, longest):
    protocol, K = RunningSums(graph), 60
    edges = list(
        zip(protocol.edges.receivers.tolist(), protocol.edges.senders.tolist(), strict=True)
    )
    effect = script(protocol.edges, K, longest)
    mix = unreliable(protocol, [effect], generators(1))
    literal, rng = RunningSumsAgents(edges, N, 3, longest), np.random.default_rng(4)
    out, expected = np.zeros((1, N, 3)), np.zeros((N, 3))
    for k in range(1, K + 1):
        new, fate = rng.normal(size=(N, 3)), (effect.delivered[k - 1, 0], effect.delay[k - 1, 0])
        out, expected = mix(out + new, k), literal.mix(expected + new, k, *fate)
        np.testing.assert_allclose(out[0], expected, rtol=1e-9, atol=1e-9)


def test_a_trimmed_mean_is_that_of_sorted_lists():
    protocol, K = TrimmedMean(WEIGHTS, 1), 20
    effect = script(protocol.edges, K, 0)
    mix = unreliable(protocol, [effect], generators(1))
    rng, edges = np.random.default_rng(4), protocol.edges
    for k in range(1, K + 1):
        values = rng.normal(size=(1, N, 2))
        mixed = mix(values, k)
        for i, c in np.ndindex(N, 2):
            heard = sorted(
                (values[0, j, c], WEIGHTS[i, j])
                for e, j in enumerate(edges.senders)
                if edges.receivers[e] == i and effect.delivered[k - 1, 0, e]
            )
            own = values[0, i, c]
            expected = own + sum(a * (x - own) for x, a in heard[1:-1])
            assert mixed[0, i, c] == pytest.approx(expected, abs=1e-14)


# What is conserved --------------------------------------------------------------------------------


def conserved(effects=tuple(EVERYTHING[:4]), graph=DIRECTED):
    """Mass, and what is on its way, against all that was added; the largest relative error."""
    mix = unreliable(RunningSums(graph), effects, generators())
    outs, added = tracked(mix, 200)
    worst, scale = 0.0, np.abs(outs).max()
    for channel, total in zip(mix.channels, added, strict=True):
        masses = channel.mass.sum(axis=1) + channel.on_the_way().sum(axis=1)
        worst = max(
            worst,
            np.abs(masses[:, :-1] - total.sum(axis=1).reshape(R, -1)).max() / scale,
            np.abs(masses[:, -1] - N).max(),
        )
    return worst


@pytest.mark.parametrize("effects", [[], [Losses(0.6)], EVERYTHING[:4], EVERYTHING[2:4]])
@pytest.mark.parametrize("graph", [DIRECTED, [*PHASES]], ids=["directed", "varying"])
def test_running_sums_lose_no_mass(effects, graph):
    assert conserved(effects, graph) < 1e-10


def drift(protocol, effects, iterations=300, repetitions=R):
    """Error of the mean over agents, and disagreement, of values that are only mixed."""
    mix = unreliable(protocol, effects, generators(repetitions))
    values = first = start(protocol.edges.agents, repetitions)
    for k in range(1, iterations + 1):
        values = mix(values, k)
    mean, wanted = values.mean(axis=1, keepdims=True), first.mean(axis=1, keepdims=True)
    return float(np.abs(mean - wanted).max()), float(np.abs(values - mean).max())


def test_asymmetric_losses_move_the_mean_of_a_weighted_sum_and_not_of_running_sums():
    moved, disagreement = drift(WeightedSum(WEIGHTS), [Losses(0.3)])
    assert moved > 1e-3 and disagreement < 1e-12
    moved, disagreement = drift(RunningSums(WHEEL), [Losses(0.3)])
    assert moved < 1e-11 and disagreement < 1e-11


@pytest.mark.parametrize(
    "effects", [[Losses(0.3, symmetric)], [Bursts(0.2, 0.4, directions=symmetric)]]
)
def test_symmetric_losses_keep_the_mean_of_a_weighted_sum(effects):
    moved, disagreement = drift(WeightedSum(WEIGHTS), [*effects, SometimesActive(0.9)])
    assert moved < 1e-13 and disagreement < 1e-12


@pytest.mark.parametrize("protocol", [PushSum, RunningSums])
@pytest.mark.parametrize("graph", [DIRECTED_RING, DIRECTED], ids=["ring", "random"])
def test_ratio_protocols_reach_the_mean_on_directed_graphs(protocol, graph):
    moved, disagreement = drift(protocol(graph), [])
    assert moved < 1e-11 and disagreement < 1e-11


@pytest.mark.parametrize("protocol", [PushSum(DIRECTED), RunningSums(DIRECTED)])
def test_delays_alone_lose_nothing_that_is_pushed(protocol):
    moved, disagreement = drift(protocol, [Delays(3)])
    assert moved < 1e-11 and disagreement < 1e-11


def test_push_sum_agrees_on_another_average_when_messages_are_lost():
    moved, disagreement = drift(PushSum(DIRECTED), [Losses(0.3)])
    assert moved > 1e-3 and disagreement < 1e-12


@pytest.mark.parametrize(
    "protocol", [WeightedSum(varying_weights(PHASES)), RunningSums(PHASES), PushSum(PHASES)]
)
def test_graphs_that_are_connected_only_together_are_enough(protocol):
    moved, disagreement = drift(protocol, [])
    assert moved < 1e-11 and disagreement < 1e-11


def test_push_sum_pushes_only_to_those_who_hear_it_now():
    mix = unreliable(PushSum(PHASES), [], generators())
    for k in (1, 2, 3):
        mix(start(), k)
    np.testing.assert_allclose(mix.channels[0].mass[..., -1].sum(axis=1), N)


def test_varying_weights_are_those_of_the_iterations_graph():
    protocol, values = WeightedSum(varying_weights(PHASES)), start()
    for k in (1, 2, 3):
        mixed = unreliable(protocol, [], generators())(values, k)
        pairs = nx.to_numpy_array(PHASES[k % 2])
        np.testing.assert_allclose(mixed, (np.eye(N) + pairs) / 2 @ values, atol=1e-15)


@pytest.mark.parametrize("protocol", [RunningSums, PushSum])
def test_values_computed_afresh_are_averaged_over_those_that_are_heard(protocol):
    """As those of step control. Read as increments they would feed the last output back."""

    def largest(afresh, p):
        mix = unreliable(protocol(nx.cycle_graph(N), afresh), [Losses(p)], generators())
        rng, worst, mixed = np.random.default_rng(2), 0.0, start()
        for k in range(1, 300):
            mixed = mix(mixed, k)
            own = 5.0 + rng.uniform(size=(R, N, 1))
            worst = max(worst, np.abs(mix(own, k) - 5.5).max())
        return worst

    assert largest((1,), 0.5) <= 0.5
    assert largest((), 0.5) > 1e3


def test_of_values_computed_afresh_a_round_is_the_mean_of_a_neighbourhood():
    ring, values = nx.cycle_graph(N), start()
    mix = unreliable(RunningSums(ring, afresh=(0,)), [], generators())
    for k in (1, 2):
        expected = networks.metropolis_weights(ring) @ (k * values)
        np.testing.assert_allclose(mix(k * values, k), expected, atol=1e-15)


# Compression --------------------------------------------------------------------------------------

COMPRESSORS = [Levels(3), Levels(3, dithered), TopK(2)]


def compressed(compressor, losses=(), iterations=300):
    weights = (np.eye(N) + WEIGHTS) / 2  # lazy: what agents have of one another is old
    return drift(WeightedSum(weights), [Compressed(compressor), *losses], iterations)


@pytest.mark.parametrize("compressor", COMPRESSORS)
def test_compressed_differences_reach_the_mean_exactly(compressor):
    moved, disagreement = compressed(compressor)
    assert moved < 1e-13 and disagreement < 1e-9
    moved, disagreement = compressed(compressor, [Losses(0.3, symmetric)], 600)
    assert moved < 1e-13 and disagreement < 1e-9


@pytest.mark.parametrize("rounding", [dithered])
def test_multiples_of_a_step_agree_to_that_step_and_keep_the_mean(rounding):
    moved, disagreement = compressed(FixedStep(0.01, rounding))
    assert moved < 1e-13 and disagreement < 0.03
    moved, disagreement = drift(RunningSums(WHEEL), [Compressed(FixedStep(0.01)), Losses(0.3)])
    assert moved < 0.05 and disagreement < 0.05


# One repetition never depends on others -----------------------------------------------------------


@pytest.mark.parametrize(
    "protocol", [WeightedSum(WEIGHTS), RunningSums(WHEEL), PushSum(WHEEL), TrimmedMean(WEIGHTS)]
)
@pytest.mark.parametrize("size", [(), (3,)])
def test_a_repetition_is_the_same_in_any_company(protocol, size):
    def last(rows):
        mix = unreliable(protocol, EVERYTHING, [generators(4)[r] for r in rows])
        values = start(size=size)
        values = np.concatenate([values, 2 * values])[rows]
        for k in range(1, 20):
            values = mix(mix(values, k), k)
        return values

    together = last([0, 1, 2, 3])
    for rows in ([0, 1], [3, 2], [1]):
        np.testing.assert_array_equal(last(rows), together[rows])


def test_losses_are_the_same_whatever_they_are_met_with():
    """Common random numbers: for another protocol, another algorithm, and with other effects."""

    def losses(protocol, more, size):
        seen = []
        mix = unreliable(protocol, [Losses(0.4), *more, Recorded(seen)], generators())
        tracked(mix, 5, size, channels=len(size))
        return np.array([link.delivered for link in seen])

    expected = losses(WeightedSum(WEIGHTS), [], (3,))
    assert 0.4 < expected.mean() < 0.8
    for found in (
        losses(RunningSums(WHEEL), [], (2, 2)),
        losses(WeightedSum(WEIGHTS), [Noise(0.1), Delays(1)], (2,)),
    ):
        np.testing.assert_array_equal(found, expected)


def test_the_calls_of_an_iteration_share_the_links_and_have_a_state_each():
    one = unreliable(RunningSums(WHEEL), [Losses(0.4)], generators())
    two = unreliable(RunningSums(WHEEL), [Losses(0.4)], generators())
    for k in range(1, 10):
        alone = one(start(), k)
        twice = two(start(), k), two(-start(), k)
        np.testing.assert_array_equal(twice, [alone, -alone])


# Refusals -----------------------------------------------------------------------------------------

APART = nx.Graph([(0, 1), (2, 3)])
REFUSED = [
    (lambda: RunningSums(APART), "no path of edges leads from agent 0 to agent 2"),
    (lambda: PushSum(nx.DiGraph([(0, 1), (2, 1), (1, 2)])), "from agent 1 to agent 0"),
    (lambda: PushSum([]), "there is no graph"),
    (lambda: RunningSums(WHEEL, afresh=(-1,)), "afresh = -1"),
    (lambda: RunningSums([nx.path_graph(2), nx.path_graph(3)]), r"graphs\[1\] has the nodes"),
    (lambda: varying_weights([APART]), "no path of edges"),
    (lambda: varying_weights([DIRECTED]), r"graphs\[0\] is directed"),
    (lambda: WeightedSum([[0.5, 0.5], [0.4, 0.6]]), "must be symmetric"),
    (lambda: WeightedSum(np.ones((1, 1, 1, 1, 1))), "give .*T, R, N, N"),
    (
        lambda: WeightedSum([[[[0.9, 0.1], [0.3, 0.7]]], [[[0.7, 0.3], [0.1, 0.9]]]]),
        "one of the T weight matrices",
    ),
    (lambda: TrimmedMean(networks.metropolis_weights(nx.path_graph(3))), "agent 0 has 1 neighb"),
    (lambda: TrimmedMean(WEIGHTS, -1), "trim = -1"),
    (
        lambda: unreliable(WeightedSum(np.stack([WEIGHTS] * 3)), [], generators()),
        "weights for 3 repetitions, streams for 2",
    ),
    (
        lambda: unreliable(RunningSums(WHEEL), [Compressed(TopK(1))], generators()),
        "one weight for all numbers",
    ),
    (lambda: unreliable(WeightedSum(WEIGHTS), [0.3], generators()), "0.3 is no effect"),
    (lambda: unreliable(WeightedSum(WEIGHTS), [], []), "number of generators = 0"),
    (
        lambda: unreliable(WeightedSum(WEIGHTS), [], [np.random.default_rng(1), 2]),
        r"generators\[1\] = 2",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_calls_that_do_not_fit_are_refused():
    mix = unreliable(WeightedSum(WEIGHTS), [], generators())
    with pytest.raises(ValueError, match=r"values of shape \(3, 6, 3\) for 2 repetitions"):
        mix(start(repetitions=3), 1)
    mix(start(), 2)
    with pytest.raises(ValueError, match="iteration 1 after 2: links keep the state of one run"):
        mix(start(), 1)
    mix(start(), 3)
    with pytest.raises(ValueError, match="mix was called 1 times in the first iteration"):
        mix(start(), 3)
    mix = unreliable(WeightedSum(WEIGHTS), [], generators())
    mix(start(), 1), mix(start(), 1), mix(start(), 2)
    with pytest.raises(ValueError, match=r"call 1 of iteration 2 mixes 4 numbers .* 3 before"):
        mix(start(size=(2, 2)), 2)
    mix = unreliable(WeightedSum(WEIGHTS), [], generators())
    mix(start(), 1), mix(start(), 1), mix(start(), 2)
    with pytest.raises(ValueError, match="mix was called 2 times in the first iteration"):
        mix(start(), 3)


@pytest.mark.parametrize("protocol", [RunningSums(WHEEL), WeightedSum(WEIGHTS)])
def test_what_comes_back_may_be_changed_in_place(protocol):
    one, two = (unreliable(protocol, [Losses(0.3)], generators()) for _ in range(2))
    kept = changed = start()
    for k in range(1, 5):
        kept = one(kept, k) + 1.0
        changed = two(changed, k)
        changed += 1.0
        np.testing.assert_array_equal(kept, changed)
