"""Simulating repetitions of an experiment, alone or fanned out over processes.

A repetition's result depends on the `Spec` and on its own number alone: not on which others run
beside it, in what order, in how many chunks or on how many workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from netnewton import Run
from netnewton import run as run_algorithm
from netnewton.algorithms import State
from netnewton.derivatives import NOT_COMPUTED, Derivatives
from netnewton.networks import unchecked_mixing
from netnewton.policies import behaviour_parameters
from replication.experiments.build import Experiment, build
from replication.experiments.config import Spec
from replication.experiments.machine import processors

Variables = dict[str, npt.NDArray]
Report = Callable[[float], None]
"""Told, now and then, how many repetitions' worth of work has been done since the last time."""

# A worker costs about a second to start, smaller batches are less efficient, and in the workflow
# other jobs want the processors too: less work than this, and another worker is not worth it.
SECONDS_WORTH_A_WORKER = 6.0
PILOT_ITERATIONS, PILOT_SHARE = 20, 50  # at most so many, and no more than one in so many


def silent(repetitions: float) -> None:
    """Report nothing."""


def simulate(
    spec: Spec,
    repetitions: Sequence[int] | None = None,
    jobs: int = 1,
    chunk: int | None = None,
    report: Report = silent,
) -> Variables:
    """Run one method of an experiment.

    Parameters
    ----------
    spec : Spec
    repetitions : sequence of int, optional
        Which repetitions to compute; all of the experiment's by default.
    jobs : int
        At most this many worker processes; fewer if the work or the machine does not warrant them.
    chunk : int, optional
        Repetitions a worker advances together; by default they are shared out evenly.
    report : callable
        Told of progress.

    Returns
    -------
    dict
        The variables of `storage.VARIABLES`, repetition axis first, in the order asked for.

    Raises
    ------
    ConfigError
        If the library refuses a value of the spec; nothing has been computed then.
    """
    if repetitions is None:
        repetitions = range(spec.settings["repetitions"])
    experiment = build(spec, repetitions)
    workers = _workers(spec, repetitions, jobs)
    size = chunk or -(-len(repetitions) // workers)
    chunks = [repetitions[i : i + size] for i in range(0, len(repetitions), size)]
    if len(chunks) == 1:
        parts = [advance(experiment, spec.settings["iterations"], report)]
    elif workers == 1:
        parts = [simulate_chunk(spec, part, report) for part in chunks]
    else:
        parts = list(_fan_out(spec, chunks, workers, report))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def simulate_chunk(spec: Spec, repetitions: Sequence[int], report: Report = silent) -> Variables:
    """Advance some repetitions together, in this process."""
    return advance(build(spec, repetitions), spec.settings["iterations"], report)


def advance(experiment: Experiment, iterations: int, report: Report = silent) -> Variables:
    """Advance what has been built, whatever its algorithm is, if its state is Algorithm 1's."""
    batches: list[Derivatives] = []

    def observe(block: State) -> Mapping[str, npt.NDArray]:
        report(len(experiment.start) * len(block.theta) / (iterations + 1))
        return observed(block, experiment)

    def derivatives(theta: npt.NDArray) -> Derivatives:
        local = experiment.derivatives(theta)
        batches.append(_without_derivatives(local))
        return local

    run = run_algorithm(
        experiment.algorithm,
        derivatives,
        unchecked_mixing(experiment.weights),  # `build` has checked them
        iterations,
        experiment.start,
        observe,
    )
    if experiment.evaluate is None:  # of the last policy there is no batch yet
        derivatives(run.final.theta)
    return _variables(run, experiment, batches)


def _without_derivatives(local: Derivatives) -> Derivatives:
    return local._replace(gradient=NOT_COMPUTED, hessian=NOT_COMPUTED, elsewhere=None)


def observed(states: State, experiment: Experiment) -> Mapping[str, npt.NDArray]:
    """What is recorded of every iteration and repetition."""
    distance = states.theta - states.theta.mean(axis=-2, keepdims=True)
    return {
        "theta": states.theta,
        "disagreement": np.sqrt(np.square(distance).sum(axis=-1).max(axis=-1)),
        "fallback": states.fallback,  # type: ignore[attr-defined]
        **dict(_of_trackers(states)),
    }


def _of_trackers(states: State) -> Iterator[tuple[str, npt.NDArray]]:
    for name, (tracker, local) in zip("gH", states.tracked(), strict=False):
        yield f"{name}_error", _error_of_mean(tracker, local)
        yield f"{name}_size", _largest_entry(local)


def _error_of_mean(tracker: npt.NDArray, local: npt.NDArray) -> npt.NDArray:
    """Largest entry of mean(tracker) - mean(local), the means being over agents."""
    return _largest_entry(np.einsum("brn...->br...", tracker - local) / local.shape[2])


def _largest_entry(values: npt.NDArray) -> npt.NDArray:
    return np.abs(values.reshape(*values.shape[:2], -1)).max(axis=-1)


def tracking_error(trace: Mapping[str, npt.NDArray]) -> npt.NDArray:
    """Error of the mean trackers of g and of H, the larger, from what `observed` has recorded."""
    tracked = [x for x in "gH" if f"{x}_error" in trace]  # vectors alone, for some methods
    errors = [_relative(trace[f"{x}_error"], trace[f"{x}_size"]) for x in tracked]
    return np.maximum.reduce(errors)


def _relative(error: npt.NDArray, size: npt.NDArray) -> npt.NDArray:
    """Relative to the largest local quantity so far: rounding done then is carried along."""
    size = np.maximum.accumulate(size, axis=0)
    of_nothing = np.where(error > 0, np.inf, 0.0)
    return np.divide(error, size, out=of_nothing, where=size > 0)


def _variables(run: Run[State], experiment: Experiment, batches: list[Derivatives]) -> Variables:
    """Repetition first, and nothing but NaN (or no fallback) once a repetition has diverged."""
    copies = run.trace["theta"]
    mu = behaviour_parameters(copies, experiment.owner)
    if experiment.evaluate is None:
        J_local = np.stack([batch.played for batch in batches])
    else:
        J_local = experiment.evaluate(copies)
    iteration = np.arange(len(mu))[:, np.newaxis]
    lost = (run.diverged_at >= 0) & (iteration >= run.diverged_at)

    def by_repetition(values: npt.NDArray) -> npt.NDArray:
        return np.swapaxes(
            np.where(lost.reshape(*lost.shape, *[1] * (values.ndim - 2)), np.nan, values), 0, 1
        )

    with np.errstate(invalid="ignore"):  # infinities of repetitions that are lost
        tracking = tracking_error(run.trace)
    fallback = run.trace["fallback"] & ~lost[..., np.newaxis]
    theta = np.where((run.diverged_at >= 0)[:, np.newaxis, np.newaxis], np.nan, run.final.theta)
    sampled = {}
    sample_sizes = [batch.effective_sample_size for batch in batches[: len(mu) - 1]]
    if sample_sizes and sample_sizes[0].size:
        before = np.full_like(sample_sizes[0], np.nan)
        sampled["effective_sample_size"] = by_repetition(np.stack([before, *sample_sizes]))
    return {
        "J": by_repetition(J_local.mean(axis=-1)),
        "J_local": by_repetition(J_local),
        "disagreement": by_repetition(run.trace["disagreement"]),
        "tracking_error": by_repetition(tracking),
        "fallback": np.swapaxes(fallback, 0, 1).astype(np.int8),
        "weights": experiment.weights,
        "theta": theta,
        "saturated": by_repetition(experiment.saturated_share(mu)),
        "diverged_at": run.diverged_at.astype(np.int32),
        "cause": run.causes,
        **sampled,
    }


def _workers(spec: Spec, repetitions: Sequence[int], jobs: int) -> int:
    """No more workers than asked for, than processors, or than the work is worth."""
    available = min(jobs, processors(), len(repetitions))
    if available <= 1:
        return 1
    total = spec.settings["iterations"]
    iterations = min(PILOT_ITERATIONS, -(-total // PILOT_SHARE))
    simulate_chunk(_shortened(spec, 1), repetitions)  # the first call pays for what is made once
    started = time.process_time()  # not the wall clock: other jobs may share the processors
    simulate_chunk(_shortened(spec, iterations), repetitions)
    work = (time.process_time() - started) * (total + 1) / (iterations + 1)
    return max(1, min(available, int(work / SECONDS_WORTH_A_WORKER)))


def _shortened(spec: Spec, iterations: int) -> Spec:
    return replace(spec, settings={**spec.settings, "iterations": iterations})


def _fan_out(
    spec: Spec, chunks: Sequence[Sequence[int]], workers: int, report: Report
) -> Iterator[Variables]:
    from joblib import Parallel, delayed, parallel_config

    # One BLAS thread a worker, or eight workers of eight threads fight for the processors.
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=workers, return_as="generator")
        parts = parallel(delayed(simulate_chunk)(spec, part) for part in chunks)
        for part, variables in zip(chunks, parts, strict=True):
            report(len(part))
            yield variables
