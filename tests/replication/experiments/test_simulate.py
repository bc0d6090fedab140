"""Simulation and storage: bytes that depend on the configuration and the repetition alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray

from replication.experiments import config, files, results, simulate
from replication.experiments.build import NETWORK_STREAM, build, stream
from replication.experiments.config import ConfigError
from replication.experiments.overrides import override
from replication.experiments.provenance import write_provenance
from replication.experiments.results import Results, write_results


def small(method="DN", experiment="pd_exact", **changes):
    settings = ["iterations=40", "repetitions=12", *(f"{k}={v}" for k, v in changes.items())]
    paper = override(config.load(), experiment, [method], settings)
    return config.spec(paper, experiment, method)


def same_bytes(a, b):
    assert a.keys() == b.keys()
    return all(a[name].tobytes() == b[name].tobytes() for name in a)


SAMPLED = [
    ("pd_sampled_is", "DN", {}),
    ("pd_sampled_no_is", "DG", {}),
    ("gridworld", "DN", {"iterations": 6}),
    ("gridworld", "DG", {"iterations": 6, "derivatives.baseline": "constant"}),
    ("gridworld_unbiased", "DN", {"iterations": 6}),
    ("gridworld_tuned", "DN_floor", {"iterations": 6}),
]


@pytest.mark.parametrize(("experiment", "method", "changes"), SAMPLED)
def test_sampled_runs_give_the_same_bytes_in_any_chunks_and_alone(experiment, method, changes):
    spec = small(method, experiment, **changes)
    together = simulate.simulate(spec)
    for chunk in (1, 5):
        assert same_bytes(simulate.simulate(spec, chunk=chunk), together)
    alone = simulate.simulate(spec, [7])
    assert all(alone[name][0].tobytes() == together[name][7].tobytes() for name in alone)
    backwards = simulate.simulate(spec, range(11, -1, -1))
    assert all(backwards[n][::-1].tobytes() == together[n].tobytes() for n in together)
    sizes = together["effective_sample_size"]
    assert np.isnan(sizes[:, 0]).all() and (sizes[:, 1:] <= 100 * (1 + 1e-12)).all()


def test_methods_and_corrections_share_their_random_streams():
    """From the same parameters they see the same batch, and the same evaluation."""
    runs = [
        simulate.simulate(small(method, "gridworld", iterations=2)) for method in ("DN", "DG", "DS")
    ]
    for run in runs[1:]:  # the first two steps do not move: trackers lag behind
        np.testing.assert_array_equal(run["J"][:, :2], runs[0]["J"][:, :2])
    assert (runs[0]["J"][:, 2] != runs[1]["J"][:, 2]).any()
    seeds = [stream(2022, 3, purpose).random() for purpose in (0, 1, 2)]
    assert len(set(seeds)) == 3


def test_the_printed_return_is_not_that_of_the_training_batch(monkeypatch):
    """A planted fault: evaluation from the training stream changes what is learned from."""
    healthy = simulate.simulate(small("DG", "gridworld", iterations=2))
    monkeypatch.setattr("replication.experiments.build.EVALUATION_STREAM", 1)
    assert (simulate.simulate(small("DG", "gridworld", iterations=2))["J"] != healthy["J"]).any()


@pytest.mark.parametrize("method", ["DN", "DG", "DS"])
@pytest.mark.parametrize("game", [{}, {"game.horizon": "repeated", "game.discount": 0.9}])
def test_same_bytes_in_any_chunks_and_alone(method, game):
    spec = small(method, **game, **{"step_size": 0.01, "floor": 0.01})
    together = simulate.simulate(spec)
    for chunk in (1, 5, 11):
        assert same_bytes(simulate.simulate(spec, chunk=chunk), together)
    alone = simulate.simulate(spec, [7])
    assert all(alone[name][0].tobytes() == together[name][7].tobytes() for name in alone)
    backwards = simulate.simulate(spec, range(11, -1, -1))
    assert all(backwards[n][::-1].tobytes() == together[n].tobytes() for n in together)


def test_same_bytes_on_any_number_of_workers(tmp_path, monkeypatch):
    """With real worker processes, and a machine that is said to have eight processors."""
    spec = small()
    monkeypatch.setattr(simulate, "SECONDS_WORTH_A_WORKER", 1e-9)
    monkeypatch.setattr(simulate, "processors", lambda: 8)
    stored = []
    for jobs in (1, 2, 8):
        path = tmp_path / f"{jobs}.nc"
        write_results(path, spec, simulate.simulate(spec, jobs=jobs))
        stored.append(path.read_bytes())
    assert stored[0] == stored[1] == stored[2]


def test_no_worker_for_little_work_and_none_beyond_the_processors(monkeypatch):
    spec = small()
    assert simulate._workers(spec, range(12), jobs=8) == 1
    monkeypatch.setattr(simulate, "SECONDS_WORTH_A_WORKER", 1e-9)
    monkeypatch.setattr(simulate, "processors", lambda: 2)
    assert simulate._workers(spec, range(12), jobs=8) == 2
    assert simulate._workers(spec, range(1), jobs=8) == 1


def test_repetitions_have_streams_of_their_own_and_methods_share_them():
    weights = [build(small(m), range(12)).weights for m in ("DN", "DG", "DS")]
    assert len({w.tobytes() for w in weights}) == 1
    assert len(np.unique(weights[0][:, 0, 1])) == 12
    a = stream(2022, 3, NETWORK_STREAM).random(4)
    child = np.random.SeedSequence(2022).spawn(4)[3].spawn(1)[NETWORK_STREAM]
    np.testing.assert_array_equal(a, np.random.default_rng(child).random(4))


def test_a_stale_seed_shared_by_repetitions_is_noticed(monkeypatch):
    """A planted fault in the real code path."""
    monkeypatch.setattr(
        "replication.experiments.build.stream",
        lambda seed, repetition, purpose: stream(seed, 0, purpose),
    )
    assert len(np.unique(build(small(), range(12)).weights[:, 0, 1])) == 1


def test_xarray_opens_the_file_with_labels(tmp_path):
    spec = small()
    path = tmp_path / "deep" / "DN.nc"
    write_results(path, spec, simulate.simulate(spec))
    with xarray.open_dataset(path) as dataset:
        assert dict(dataset.sizes) == {
            "repetition": 12,
            "iteration": 41,
            "agent": 2,
            "neighbour": 2,
            "parameter": 4,
        }
        assert set(dataset) == set(results.VARIABLES) - {"effective_sample_size"}
        for name in dataset:
            label = results.VARIABLES[name]
            assert dataset[name].dims == label.dimensions
            assert 0 < len(dataset[name].attrs["long_name"]) < 32  # an axis has room for it
            assert dataset[name].attrs.get("units", "") == label.units != "1"
        for name in results.COORDINATES:
            np.testing.assert_array_equal(dataset[name], np.arange(dataset.sizes[name]))
        assert set(dataset.coords) == set(results.COORDINATES)
        np.testing.assert_allclose(dataset["J"], dataset["J_local"].mean("agent"), atol=1e-14)
        np.testing.assert_allclose(dataset["J"][:, 0], -1.5)
        assert json.loads(dataset.attrs["configuration"])["settings"] == spec.settings
    assert [p.name for p in path.parent.iterdir()] == ["DN.nc"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_xarray_labels_the_axes_of_a_plot_by_itself(tmp_path):
    from matplotlib.figure import Figure

    spec = small()
    write_results(tmp_path / "DN.nc", spec, simulate.simulate(spec))
    axis = Figure().subplots()
    with xarray.open_dataset(tmp_path / "DN.nc") as dataset:
        dataset.J.mean("repetition").plot(ax=axis)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("iteration", "average return [reward]")


def test_readers_hold_variables_and_no_coordinates(tmp_path):
    """So that files with and without coordinates compare as what they hold."""
    spec = small()
    variables = simulate.simulate(spec, range(2))
    write_results(tmp_path / "DN.nc", spec, variables)
    held = Results(tmp_path / "DN.nc")
    for name, values in variables.items():
        np.testing.assert_array_equal(held[name], values)
    with pytest.raises(KeyError):
        held["iteration"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "before")

    def fails(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files.write_whole(path, fails)
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_provenance_says_all_that_the_data_leaves_out(tmp_path):
    path = tmp_path / "DN.provenance.json"
    write_provenance(path, small(), 1.5)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["configuration"]["settings"] == small().settings
    assert record["seed"] == 2022 and record["wall_time_seconds"] == 1.5
    assert {"numpy", "scipy", "networkx"} <= set(record["packages"])
    assert {"pinned", "openblas", "numpy_features", "libc"} == set(record["arithmetic"])
    assert record["blas"]["name"] and record["cpu"] and len(record["library_digest"]) == 64
    assert {"commit", "dirty", "python"} <= set(record)


def test_results_that_are_missing_name_the_remedy(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing.nc is missing: name a result file"):
        Results(tmp_path / "nothing.nc")


@pytest.mark.parametrize("damage", [lambda b: b[:200], lambda b: b"", lambda b: b"x" * 99])
def test_damaged_results_are_refused(tmp_path, damage):
    path, spec = tmp_path / "DN.nc", small()
    write_results(path, spec, simulate.simulate(spec, range(2)))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ConfigError, match="is damaged: delete it"):
        Results(path)


def test_divergence_is_stored_with_its_iteration(monkeypatch):
    """Overflow in repetition 2 after some iterations; the others keep their bytes."""
    spec = small()
    healthy = simulate.simulate(spec)
    real = simulate.build

    def sick(spec, repetitions):
        experiment = real(spec, repetitions)
        source = experiment.derivatives

        def derivatives(theta):
            d = source(theta)
            gradient = d.gradient.copy()
            for row, repetition in enumerate(repetitions):
                if repetition == 2 and np.abs(theta[row]).max() > 0:
                    gradient[row] = 1e308 * 10
            return d._replace(gradient=gradient)

        return type(experiment)(**{**vars(experiment), "derivatives": derivatives})

    monkeypatch.setattr(simulate, "build", sick)
    ill = simulate.simulate(spec)
    assert ill["diverged_at"].tolist() == [-1, -1, 3] + [-1] * 9
    assert np.isfinite(ill["J"][2, :3]).all() and np.isnan(ill["J"][2, 3:]).all()
    assert np.isnan(ill["theta"][2]).all() and not ill["fallback"][2, 3:].any()
    others = [r for r in range(12) if r != 2]
    assert all(ill[n][others].tobytes() == healthy[n][others].tobytes() for n in healthy)


def test_the_library_knows_nothing_of_the_harness():
    """In a fresh interpreter: no replication, Snakemake, matplotlib or pandas behind netnewton."""
    code = (
        "import sys, netnewton, netnewton.derivatives\n"
        "bad = {'replication', 'snakemake', 'matplotlib', 'pandas'} & set(sys.modules)\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_simulation_imports_no_pandas_and_no_matplotlib(tmp_path):
    code = (
        "import sys\nfrom replication.cli import main as cli\n"
        f"cli.main(['simulate', {small().to_json()!r}, sys.argv[1]])\n"
        "sys.exit(', '.join({'pandas', 'matplotlib', 'scipy.stats'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "DN.nc"], check=True)
