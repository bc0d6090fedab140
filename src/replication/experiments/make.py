"""Making result files: the data of each method, with its provenance beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from replication.experiments.config import Spec
from replication.experiments.files import require_writable
from replication.experiments.machine import processors
from replication.experiments.progress import Progress
from replication.experiments.provenance import write_provenance
from replication.experiments.results import write_results
from replication.experiments.simulate import simulate


def make(specs: Sequence[Spec], folder: Path, jobs: int = 1, chunk: int | None = None) -> None:
    """Simulate methods and write ``<folder>/<experiment>/<method>.nc``.

    Parameters
    ----------
    specs : sequence of Spec
    folder : Path
    jobs : int
        Worker processes, at most. With as many methods as that, methods run beside each other;
        with fewer, each method's repetitions are shared out.
    chunk : int, optional
        Repetitions advanced together.

    Raises
    ------
    ConfigError
        If the library refuses a value of a spec.
    OSError
        If the folder cannot be written to; nothing has been computed then.
    """
    for spec in specs:
        require_writable(folder / spec.experiment)
    workers = min(jobs, processors())
    if 1 < workers <= len(specs):
        _beside_each_other(specs, folder, workers, chunk)
    else:
        for spec in specs:
            make_one(spec, folder, workers, chunk)


def make_one(spec: Spec, folder: Path, jobs: int = 1, chunk: int | None = None) -> None:
    """Simulate one method, say how far it is, and write its two files."""
    path = folder / spec.experiment / f"{spec.method}.nc"
    started = time.perf_counter()
    progress = Progress(f"{spec.experiment}/{spec.method}", spec.settings["repetitions"])
    progress.start()
    variables = simulate(spec, jobs=jobs, chunk=chunk, report=progress)
    write_results(path, spec, variables)
    write_provenance(path.with_suffix(".provenance.json"), spec, time.perf_counter() - started)
    progress.finish()


def _beside_each_other(
    specs: Sequence[Spec], folder: Path, workers: int, chunk: int | None
) -> None:
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        Parallel(n_jobs=workers)(delayed(make_one)(spec, folder, 1, chunk) for spec in specs)
