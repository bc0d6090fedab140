"""Specs that advance together give what they give alone."""

from dataclasses import replace

import numpy as np
import pytest

from replication.experiments import config, stacked
from replication.experiments.simulate import simulate
from replication.experiments.stacked import key, simulate_stacked

SEEN = ("J", "theta", "fallback", "weights", "diverged_at")


def spec(experiment, method="DN", **settings):
    own = config.spec(config.load(), experiment, method)
    return replace(own, settings={**own.settings, "repetitions": 3, **settings})


def test_exact_runs_are_the_same_bytes_as_alone():
    several = [
        spec("pd_exact", iterations=40),
        spec("pd_exact", iterations=7, seed=5),
        spec("pd_exact", iterations=25, reported_return="mean_of_copies"),
    ]
    for own, found in zip(several, simulate_stacked(several), strict=True):
        alone = simulate(own)
        for name in SEEN:
            np.testing.assert_array_equal(found[name], alone[name], err_msg=name)


def method(own, **settings):
    changed = {**own.settings["method"], **settings}
    return replace(own, settings={**own.settings, "method": changed})


def test_signs_and_projections_are_each_rows_own():
    base = spec("pd_exact", iterations=40)
    several = [
        base,
        method(base, curvature_sign="ascent"),
        method(base, projection="floor_eigenvalues"),
        method(base, projection="absolute_eigenvalues", curvature_sign="ascent", floor=1e-7),
    ]
    stacked_together = simulate_stacked(several)
    for own, found in zip(several, stacked_together, strict=True):
        alone = simulate(own)
        for name in SEEN:
            np.testing.assert_array_equal(found[name], alone[name], err_msg=name)
    final = [found["theta"].tolist() for found in stacked_together]
    assert len({str(values) for values in final}) > 1


def batches(own, size):
    learning = {**own.settings["derivatives"], "batch_size": size}
    return replace(own, settings={**own.settings, "derivatives": learning})


def test_counted_runs_do_not_depend_on_their_company():
    base = spec("pd_sampled_is", iterations=30)
    several = [
        batches(replace(base, settings={**base.settings, "seed": s}), 10 * s) for s in (3, 4, 5)
    ]
    together = simulate_stacked(several)
    [alone] = simulate_stacked(several[1:2])
    for name in alone:
        np.testing.assert_array_equal(together[1][name], alone[name], err_msg=name)
    assert not np.array_equal(together[0]["J"], together[1]["J"])


def test_counted_runs_have_the_law_of_sampled_ones():
    """DN after the first steps, at 400 repetitions; z below 5 has a false alarm in a million."""
    own = spec("pd_sampled_is", iterations=4, repetitions=400)
    counted, sampled = simulate_stacked([own])[0]["J"], simulate(own)["J"]
    for k in (2, 3, 4):
        a, b = counted[:, k], sampled[:, k]
        error = np.sqrt((a.var() + b.var()) / 400)
        assert abs(a.mean() - b.mean()) < 5 * error + 1e-12
    other = simulate_stacked([batches(own, 1)])[0]["J"]
    spread = np.sqrt((other[:, 3].var() + sampled[:, 3].var()) / 400)
    assert abs(other[:, 3].mean() - sampled[:, 3].mean()) > 5 * spread  # another law is noticed


def test_the_training_batches_return_is_recorded():
    own = spec("pd_sampled_is", iterations=5, evaluation={"kind": "training"})
    J = simulate_stacked([own])[0]["J"]
    assert J.shape == (3, 6)
    assert np.isfinite(J).all()
    assert len(np.unique(J[:, 0])) > 1  # a batch's mean return, not the exact one


def test_what_differs_in_kind_is_not_stacked():
    with pytest.raises(ValueError, match="group them by their key"):
        simulate_stacked([spec("pd_exact"), spec("pd_exact", "DG")])
    assert key(spec("pd_exact", seed=1)) == key(spec("pd_exact", iterations=3))


def test_a_diverged_repetition_is_nothing_from_where_it_has_diverged(monkeypatch):
    """Overflow in the second repetition of the first spec, which the second spec is not to feel."""
    several = [spec("pd_exact", iterations=6), spec("pd_exact", iterations=8, seed=5)]
    healthy = simulate_stacked(several)
    real = stacked._source

    def sick(specs, experiments):
        source = real(specs, experiments)

        def derivatives(theta):
            found = source(theta)
            gradient = found.gradient.copy()
            gradient[1] = np.inf if np.abs(theta[1]).max() > 0 else gradient[1]
            return found._replace(gradient=gradient)

        return derivatives

    monkeypatch.setattr(stacked, "_source", sick)
    ill, well = simulate_stacked(several)
    assert ill["diverged_at"].tolist() == [-1, 3, -1]
    assert np.isfinite(ill["J"][1, :3]).all() and np.isnan(ill["J"][1, 3:]).all()
    assert np.isnan(ill["theta"][1]).all() and not ill["fallback"][1, 3:].any()
    np.testing.assert_array_equal(ill["J"][[0, 2]], healthy[0]["J"][[0, 2]])
    np.testing.assert_array_equal(well["J"], healthy[1]["J"])
