"""Faulty agents: who is named, when and why, and what the others do."""

import networkx as nx
import numpy as np
import pytest

from netnewton import curvature, networks, run
from netnewton.algorithms import ConsensusNewton
from netnewton.derivatives import concave_derivatives
from netnewton.games.concave import random_problem
from netnewton.links import (
    Delays,
    FaultyAgent,
    FixedBound,
    Losses,
    MedianBound,
    PushSum,
    RunningSums,
    SendsGarbage,
    SendsNaN,
    SometimesActive,
    Stops,
    Symptom,
    TrimmedMean,
    Watch,
    WeightedSum,
    go_on,
    unreliable,
)
from netnewton.links import watch as watching

N, R, BAD = 6, 2, 4
GRAPH = nx.complete_graph(N)
WEIGHTS = (np.eye(N) + networks.metropolis_weights(GRAPH)) / 2
HONEST = [i for i in range(N) if i != BAD]
FAULTS = {
    Symptom.NOT_FINITE: (SendsNaN(BAD, 15), 15),
    Symptom.OUT_OF_BOUNDS: (SendsGarbage(BAD, 15), 15),
    Symptom.SILENT: (Stops(BAD, 15), 15 + 6),
}
PROTOCOLS = [WeightedSum(WEIGHTS), RunningSums(GRAPH), PushSum(GRAPH)]


def generators():
    return [np.random.default_rng([3, r]) for r in range(R)]


def mixed(protocol, effects, watch=None, iterations=60):
    """Values after so many rounds, of each iteration, and the links."""
    mix = unreliable(protocol, effects, generators(), watch)
    values = np.random.default_rng(1).normal(size=(R, N, 3))
    trace = [values]
    for k in range(1, iterations + 1):
        trace.append(mix(trace[-1], k))
    return np.array(trace), mix


@pytest.mark.parametrize("symptom", [*Symptom])
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: type(p).__name__)
def test_a_faulty_agent_is_named_and_the_others_agree_without_it(protocol, symptom):
    fault, noticed = FAULTS[symptom]
    watch = Watch(MedianBound(), silence=6, reaction=go_on)
    trace, mix = mixed(protocol, [fault], watch)
    found = [(d.repetition, d.agent, d.iteration, d.symptom) for d in mix.detected]
    assert sorted(found) == [(r, BAD, noticed, symptom) for r in range(R)]
    last = trace[-1][:, HONEST]
    assert np.ptp(last, axis=1).max() < 1e-9
    assert np.abs(last - trace[0].mean(axis=1, keepdims=True)).max() < 0.5


@pytest.mark.parametrize("symptom", [*Symptom])
def test_the_run_stops_if_that_is_what_was_chosen(symptom):
    fault, noticed = FAULTS[symptom]
    source = concave_derivatives(random_problem(np.random.default_rng(1), N, 2)).without_J
    newton = ConsensusNewton(curvature.FullHessian(-1), 0.1, 1.0)
    mix = unreliable(PROTOCOLS[0], [fault], generators(), Watch(MedianBound(), silence=6))
    with pytest.raises(FaultyAgent, match=f"agent {BAD} .*{symptom.value}.*iteration") as caught:
        run(newton, source, mix, 40, np.zeros((R, N, 2)))
    assert caught.value.detected.agent == BAD
    assert caught.value.detected.iteration == noticed
    assert mix.detected == (caught.value.detected,)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: type(p).__name__)
def test_unreliable_links_alone_make_no_agent_faulty(protocol):
    effects = [Losses(0.3), Delays(2), SometimesActive(0.9)]
    assert mixed(protocol, effects, Watch(MedianBound(), silence=40), 300)[1].detected == ()


def test_without_a_watch_one_nan_is_everybodys():
    trace, mix = mixed(WeightedSum(WEIGHTS), [SendsNaN(BAD, 15)])
    assert mix.detected == () and np.isnan(trace[-1]).all() and np.isfinite(trace[14]).all()


def test_a_bound_of_ones_own_names_what_is_beyond_it():
    watch = Watch(FixedBound(50.0), reaction=go_on)
    _, mix = mixed(WeightedSum(WEIGHTS), [SendsGarbage(BAD, 1, 1e4)], watch)
    assert {d.agent for d in mix.detected} == {BAD}
    assert {d.iteration for d in mix.detected} == {1}


def test_an_agent_is_named_in_its_repetition_only():
    """The other repetition has the same links and no fault."""
    mix = unreliable(WeightedSum(WEIGHTS), [], generators(), Watch(reaction=go_on))
    values = np.ones((R, N))
    values[1, 2] = np.inf
    mix(values, 1)
    assert [(d.repetition, d.agent) for d in mix.detected] == [(1, 2)]


def test_the_channels_after_the_first_ignore_it_at_once():
    effects, watch = [SendsNaN(BAD, 1)], Watch(reaction=go_on)
    mix, values = unreliable(WeightedSum(WEIGHTS), effects, generators(), watch), np.ones((R, N))
    assert np.isfinite(mix(values, 1)).all() and np.isfinite(mix(values, 1)).all()
    assert len(mix.detected) == R


@pytest.mark.parametrize("effect", [SendsGarbage(BAD, 1, 1e6), SendsNaN(BAD, 1)])
def test_trimmed_means_stay_among_honest_values(effect):
    trace, _ = mixed(TrimmedMean(WEIGHTS, 1), [effect])
    first, honest = trace[0][:, HONEST], trace[:, :, HONEST]
    assert (honest <= first.max(axis=1, keepdims=True)).all()
    assert (honest >= first.min(axis=1, keepdims=True)).all()
    assert np.ptp(trace[-1][:, HONEST], axis=1).max() < 1e-6
    plain, _ = mixed(WeightedSum(WEIGHTS), [effect])
    assert not (plain[-1][:, HONEST] <= first.max(axis=1, keepdims=True)).all()


def test_trimmed_means_are_biased_for_values_that_differ():
    """Their limit: with no faulty agent the mean is not kept."""
    values = np.zeros((R, N))
    values[:, 0] = 6.0
    mix, plain = (
        unreliable(protocol, [], generators())
        for protocol in (TrimmedMean(WEIGHTS, 1), WeightedSum(WEIGHTS))
    )
    assert plain(values, 1).mean() == pytest.approx(1.0)
    assert mix(values, 1)[0] == pytest.approx([6 - 3 * 6 / 12, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("name", "planted", "symptom"),
    [
        ("_median", lambda values: np.full(values.shape[:-1], np.inf), Symptom.OUT_OF_BOUNDS),
        ("Watching.listen", lambda self, got, link: None, Symptom.SILENT),
    ],
)
def test_a_watch_that_does_not_look_is_caught(monkeypatch, name, planted, symptom):
    monkeypatch.setattr(f"{watching.__name__}.{name}", planted)
    watch = Watch(MedianBound(), silence=6, reaction=go_on)
    assert mixed(WeightedSum(WEIGHTS), [FAULTS[symptom][0]], watch)[1].detected == ()


def test_the_median_is_of_what_there_is():
    values = np.array([[3.0, np.nan, 1.0, 2.0], [np.nan] * 4, [4.0, 1.0, 2.0, 3.0]])
    assert watching._median(values).tolist() == [2.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stops(-1), "agent = -1"),
        (lambda: SendsNaN(0, -2), "start_at = -2"),
        (lambda: SendsGarbage(0, 1, 0.0), "scale = 0.0"),
        (lambda: mixed(PROTOCOLS[0], [Stops(6)]), "agent = 6: there are 6"),
        (lambda: mixed(PROTOCOLS[0], [SendsNaN(7)]), "agent = 7: there are 6"),
        (lambda: Watch(silence=0), "silence = 0"),
        (lambda: FixedBound(0.0), "largest = 0.0"),
        (lambda: MedianBound(1.0), "factor = 1.0"),
        (lambda: MedianBound(window=0), "window = 0"),
    ],
)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
