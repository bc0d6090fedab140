"""Options of the ambiguities that are settings: what an experiment then reports."""

import numpy as np
import pytest

from replication.experiments import config, simulate
from replication.experiments.config import ConfigError
from replication.experiments.overrides import override


def run(experiment, method, *assignments):
    settings = override(
        config.load(), experiment, [method], ["repetitions=3", "iterations=6", *assignments]
    )
    return simulate.simulate(config.spec(settings, experiment, method))


def test_the_mean_of_copies_is_the_mean_of_the_copies_returns():
    """After one iteration of DG the copies differ; each one's return is computed by itself."""
    joint, copies = (
        run("pd_exact", "DG", f"reported_return={reading}")
        for reading in ("joint_policy", "mean_of_copies")
    )
    np.testing.assert_array_equal(joint["theta"], copies["theta"])
    p = 1 / (1 + np.exp(copies["theta"][..., 1::2] - copies["theta"][..., ::2]))
    expected = (-2 + p.sum(axis=-1) / 2).mean(axis=-1)
    np.testing.assert_allclose(copies["J"][:, -1], expected, atol=1e-14)
    assert np.abs(joint["J"][:, -1] - copies["J"][:, -1]).max() > 1e-9


def test_the_training_batch_is_what_is_reported():
    """Every return that is reported is a mean of 100 plays."""
    trained = run("pd_sampled_is", "DG", "evaluation={kind: training}")
    exact = run("pd_sampled_is", "DG")
    np.testing.assert_array_equal(trained["theta"], exact["theta"])
    twice = 200 * trained["J"]
    np.testing.assert_allclose(twice, np.round(twice), atol=1e-9)
    # The payoffs -1, -1.5 and -2 have a standard deviation of 0.035 over 100 plays.
    assert 0 < np.abs(trained["J"] - exact["J"]).max() < 0.25


def test_what_the_training_batch_cannot_report_is_refused():
    with pytest.raises(ConfigError, match="goes with reported_return=joint_policy"):
        run("gridworld", "DN", "evaluation={kind: training}", "reported_return=mean_of_copies")
    with pytest.raises(ConfigError, match=r"training goes with derivatives\.kind=sampled"):
        run("pd_exact", "DN", "evaluation={kind: training}")
