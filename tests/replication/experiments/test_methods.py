"""Methods by name: what the configuration can say of them, and what it refuses."""

import numpy as np
import pytest

from netnewton import algorithms
from netnewton.algorithms.directions import CubicRegularised
from netnewton.algorithms.step_control import LengthBound, of_matrix
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import ScaledIdentity
from netnewton.damping import Damped
from netnewton.derivatives import GaussNewton, fisher
from replication.experiments import config, names
from replication.experiments.build import build
from replication.experiments.config import ConfigError, Spec
from replication.experiments.simulate import simulate
from replication.experiments.stacked import simulate_stacked

FLOORED = {"projection": "floor_eigenvalues", "floor": 0.001}
GAUSS_NEWTON = {"curvature": "blocks", "matrix": "gauss_newton", "damping": 0.3, "step_size": 1.0}
METHODS = {
    "consensus": {
        **GAUSS_NEWTON,
        **FLOORED,
        "algorithm": "consensus_newton",
        "curvature_sign": "ascent",
        "trackers": "current",
    },
    "tracked": {**GAUSS_NEWTON, **FLOORED, "algorithm": "tracked_newton"},
    "cubic": {**GAUSS_NEWTON, "algorithm": "tracked_newton", "penalty": 2.0},
    "first_order": {
        **FLOORED,
        "algorithm": "tracked_newton",
        "curvature": "identity",
        "step_size": 30.0,
    },
    "giant": {
        **GAUSS_NEWTON,
        **FLOORED,
        "algorithm": "network_giant",
        "control": "sample_size",
        "bound": 5.0,
    },
    "natural": {
        **GAUSS_NEWTON,
        **FLOORED,
        "algorithm": "natural_gradient",
        "matrix": "fisher",
        "momentum": 0.3,
        "control": "length_of_matrix",
        "bound": 0.5,
    },
}


def spec(method, experiment="pd_sampled_is", iterations=6):
    paper = config.load()
    settings = dict(config.spec(paper, experiment, "DN").settings)
    return Spec(
        experiment, "X", {**settings, "method": method, "repetitions": 3, "iterations": iterations}
    )


def checked(method, **settings):
    """A spec that has passed the schema, with some settings changed; None takes one out."""
    changed = {k: v for k, v in {**METHODS[method], **settings}.items() if v is not None}
    return Spec.from_json(spec(changed).to_json())


@pytest.mark.parametrize("name", [*METHODS])
@pytest.mark.parametrize("experiment", ["pd_sampled_is", "gridworld"])
def test_every_method_runs_by_name(experiment, name):
    """Trackers average to what they track, and a repetition does not depend on its neighbours."""
    one = Spec.from_json(spec(METHODS[name], experiment, 4).to_json())
    found = simulate(one)
    assert found["J"].shape == (3, 5) and np.isfinite(found["J"]).all()
    assert found["tracking_error"].max() < 1e-12 and found["fallback"].shape == (3, 5, 2)
    alone = simulate(one, [1])
    np.testing.assert_array_equal(alone["theta"][0], found["theta"][1])


def test_names_stand_for_the_objects_they_say():
    made = {name: build(checked(name), range(2)) for name in METHODS}
    algorithm = {name: experiment.algorithm for name, experiment in made.items()}
    assert [type(a) for a in algorithm.values()] == [
        algorithms.ConsensusNewton,
        *[algorithms.TrackedNewton] * 3,
        algorithms.NetworkGiant,
        algorithms.NaturalGradient,
    ]
    assert algorithm["tracked"].curvature == Damped(BlockDiagonal((0, 0, 1, 1), -1), 0.3)
    assert algorithm["natural"].curvature == Damped(BlockDiagonal((0, 0, 1, 1), 1), 0.3)
    assert algorithm["cubic"].direction == CubicRegularised(2.0)
    assert algorithm["first_order"].curvature == ScaledIdentity(1.0)
    assert algorithm["natural"].control == LengthBound(0.5, of_matrix)
    assert made["tracked"].derivatives.estimator.hessian == GaussNewton((-3.0, -3.0))
    assert made["natural"].derivatives.estimator.hessian is fisher


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        ("tracked", {"algorithm": "trackd_newton"}, "did you mean 'tracked_newton'"),
        ("tracked", {"trackers": "current"}, "method.trackers goes with method.algorithm=cons"),
        ("tracked", {"momentum": 0.5}, "momentum goes with method.algorithm=natural_gradient only"),
        ("tracked", {"control": "length"}, "method.bound and a method.control"),
        ("tracked", {"bound": 1.0}, "method.bound and a method.control"),
        ("tracked", {"floor": None}, "give projection and floor, or a penalty alone"),
        ("cubic", {"floor": 1.0}, "give projection and floor, or a penalty alone"),
        ("tracked", {"curvature": "floor_identity"}, "floor_identity goes with"),
        ("giant", {"bound": 0.5}, "give more than one sample"),
        ("tracked", {"matrix": "fischer"}, "did you mean 'fisher'"),
        ("tracked", {"step_size": None}, "lacks the key 'step_size'"),
        ("natural", {"momentum": None}, "lacks the key 'momentum'"),
        ("natural", {"momentum": 2.0}, "give a value at most 1"),
        ("tracked", {"damping": -0.1}, "give a value at least 0"),
        ("consensus", {"trackers": None}, "lacks the key 'trackers'"),
        ("consensus", {"step_size": 30.0}, "give a value at most 1"),
        ("consensus", {"control": "length", "bound": 1.0}, "goes with method.algorithm=tracked"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(method, settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        build(checked(method, **settings), range(2))
    assert "\n" not in str(caught.value)


def test_what_is_not_algorithm_1_is_not_stacked():
    with pytest.raises(ValueError, match="only Algorithm 1 with Hessians is stacked"):
        simulate_stacked([checked("tracked")])


def test_the_schema_and_the_registry_have_the_same_words():
    known = config.config_schema()["$defs"]["method"]["properties"]
    assert set(known["algorithm"]["enum"]) == names.METHOD_KEYS.keys()
    assert set.union(*names.METHOD_KEYS.values()) == known.keys() - {"algorithm"}
    assert set(known["control"]["enum"]) == {"none", *names.CONTROLS}
    assert set(known["matrix"]["enum"]) == {"hessian", *names.MATRICES}
    assert set(known["curvature"]["enum"]) == {"blocks", *names.CURVATURES}
