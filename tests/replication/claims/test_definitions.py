"""Claims on the game and the trackers under other readings."""

import numpy as np
import pytest

from netnewton import curvature, run
from netnewton.algorithms import ConsensusNewton
from netnewton.derivatives import exact
from netnewton.games import finite
from netnewton.policies import Boltzmann
from replication.claims.definitions import directions, maxima
from replication.claims.evidence import Evidence
from replication.claims.groups import measures


def test_trackers_keep_the_average_they_start_with(tmp_path):
    """Algorithm 1 keeps mean(gtilde - g); only trackers that start consistent track."""
    found = {
        option: measures()["tracking"](
            Evidence(tmp_path, 0.98, readings={"initial-conditions": option})
        )["tracking-error"].value
        for option in ("consistent-trackers", "any-trackers")
    }
    assert found["consistent-trackers"] < 1e-9 < 1e-2 < found["any-trackers"]


def test_the_repeated_game_is_not_dominated_by_defection(tmp_path):
    """Against a partner who defects once it was defected on, defection loses when gamma = 0.8.

    Always to cooperate gets -1 from such a partner; always to defect 0 once and then -2.
    """
    repeated = Evidence(tmp_path, 0.98, readings={"game-horizon": "repeated"})
    found = measures()["nash"](repeated)
    assert found["dominance-margin"].value == pytest.approx(-1.6 + 1.0)
    assert found["equilibrium-return"].value == pytest.approx(-2.0)
    assert found["team-optimum"].value == pytest.approx(-1.0)


def test_the_disagreement_of_a_path_made_by_hand():
    """Two agents that are moved along 3 and 1 from 0 and 2: both are 1 from their mean, 2."""
    along, start, step = np.array([3.0, 1.0]), np.array([0.0, 2.0]), 0.25
    path = np.array([start, (1 - step) * start + step * along])[:, np.newaxis, :, np.newaxis]
    np.testing.assert_allclose(directions.directions(path, step)[0, 0, :, 0], along)
    np.testing.assert_allclose(directions.disagreement(path, step), [[0.5]])
    np.testing.assert_array_equal(directions.disagreement(0.0 * path, step), [[0.0]])


def test_directions_are_what_the_trackers_say(rng):
    """The path's directions are those of [H]_m^{-1} g, from the trackers of the step before."""
    method = ConsensusNewton(curvature.ScaledIdentity(2.0), step_size=0.1, floor=1.0)
    source = exact(finite.prisoners_dilemma(), Boltzmann(1, (2, 2)))
    weights, start = np.array([[0.9, 0.1], [0.1, 0.9]]), rng.normal(size=(1, 2, 4))

    def observe(state):
        return {"theta": state.theta, "direction": state.g_mean / 2.0}

    trace = run(method, source, weights, 5, start, observe).trace
    found = directions.directions(trace["theta"], 0.1)
    np.testing.assert_allclose(found[1:], trace["direction"][1:-1], atol=1e-12)


def test_waves_have_their_derivatives_and_curvatures_within_one(rng):
    functions, h = maxima.random_waves(rng), 1e-6
    x = rng.normal(size=(maxima.FUNCTIONS, 2))
    ahead, behind = ([functions.gradient(x + s * h * e) for e in np.eye(2)] for s in (1, -1))
    change = np.stack([(a - b) / (2 * h) for a, b in zip(ahead, behind, strict=True)], axis=-1)
    np.testing.assert_allclose(functions.hessian(x), change, atol=1e-8)
    value = (functions.amplitude * np.cos(functions._angle(x + h * np.eye(2)[0]))).sum(axis=1)
    value -= (functions.amplitude * np.cos(functions._angle(x - h * np.eye(2)[0]))).sum(axis=1)
    np.testing.assert_allclose(functions.gradient(x)[:, 0], value / (2 * h), atol=1e-8)
    assert np.abs(np.linalg.eigvalsh(functions.hessian(x))).max() <= 1.0


def test_a_run_that_starts_at_a_minimum_has_not_arrived(tmp_path, monkeypatch):
    """A single wave's maximum counts, its minimum does not, though both are flat."""
    monkeypatch.setattr(maxima, "ITERATIONS", 1)
    one = np.ones((1, 1))
    wave = maxima.Waves(one, np.array([[[1.0, 0.0]]]), 0.0 * one)
    for place, share in ((0.0, 1.0), (np.pi, 0.0), (1.0, 0.0)):
        found = maxima.arrived(wave, np.array([[place, 0.3]]), 0.2, Evidence(tmp_path, 0.98))
        assert found == share
