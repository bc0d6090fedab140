"""Studies: one method of an experiment under every combination of a grid of settings.

They serve to tune (config/studies.yaml, ``tune_*``) and to show what a choice changes
(``sweep_*``), or are one's own; a study's table has one row for each combination.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from replication.experiments import config
from replication.experiments.build import build
from replication.experiments.config import ConfigError, Spec
from replication.experiments.files import csv_table, digest, kept, write_text
from replication.experiments.intervals import mean_interval
from replication.experiments.overrides import override
from replication.experiments.returns import average, lowest
from replication.experiments.simulate import simulate

TABLES = config.ROOT / "paper_checks" / "studies"

Settings = Mapping[str, Any]
Row = dict[str, Any]


def specs(study: Settings, experiments: Settings) -> Iterator[tuple[Row, Spec]]:
    """Each combination of a study's grid, with the spec that it makes.

    Raises
    ------
    ConfigError
        If a setting does not exist or a value does not fit.
    """
    experiment, method = study["experiment"], study["method"]
    config.spec(experiments, experiment, method)  # where a name is unknown, this says it best
    fixed = [f"seed={study['seed']}", f"repetitions={study['repetitions']}"]
    for values in itertools.product(*study["grid"].values()):
        chosen = dict(zip(study["grid"], values, strict=True))
        assignments = [f"{key}={value}" for key, value in chosen.items()]
        changed = override(experiments, experiment, [method], fixed + assignments)
        yield chosen, config.spec(changed, experiment, method)


def run_study(
    name: str,
    path: Path,
    out: Path,
    jobs: int,
    confidence: float,
    say: Callable[[str], object] = print,
) -> list[Row]:
    """Run a study and write its table, whole or not at all.

    Combinations that an earlier call with the same sources has finished are taken as they are, from
    the folder ``done`` beside the table: an interrupted study goes on where it was.

    Parameters
    ----------
    name : str
    path : Path
        The file of studies.
    out : Path
        The table, CSV.
    jobs : int
        Worker processes, at most.
    confidence : float
    say : callable
        Told of progress.

    Returns
    -------
    list
        The rows of the table.

    Raises
    ------
    ConfigError
        If there is no such study or it does not fit; nothing is computed then.
    """
    study = config.looked_up(config.load_studies(path), name, "study")
    combinations = list(specs(study, config.studied_experiments(path)))
    for _, spec in combinations:
        build(spec, range(spec.settings["repetitions"]))

    from joblib import Parallel, delayed, parallel_config

    done = out.parent / "done" / digest(("src/netnewton", "src/replication/experiments"))[:16]
    rows = []
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=jobs, return_as="generator")
        outcomes = parallel(delayed(_outcome)(spec, confidence, done) for _, spec in combinations)
        for (chosen, _), row in zip(combinations, outcomes, strict=True):
            rows.append(chosen | row)
            say(f"{name}: {len(rows)} of {len(combinations)} combinations done")
    write_text(out, csv_table(list(rows[0]), [list(row.values()) for row in rows]))
    return rows


def _outcome(spec: Spec, confidence: float, done: Path) -> Row:
    return kept(done, f"{confidence} {spec.to_json()}", lambda: outcome(spec, confidence))


def outcome(spec: Spec, confidence: float) -> Row:
    """What a run came to: its final and its average return, and what went wrong.

    From its divergence on a diverged repetition counts with the lowest return of its game.
    """
    variables = simulate(spec)
    J = np.nan_to_num(variables["J"], nan=lowest(spec.settings["game"]))
    final = mean_interval(J[:, -1], confidence)
    mean = mean_interval(average(J), confidence)
    smallest = np.full(len(J), np.inf)  # with exact derivatives nothing is sampled
    if "effective_sample_size" in variables:
        smallest = np.nanmin(variables["effective_sample_size"][:, 1:], axis=(1, 2), initial=np.inf)
    numbers = {
        "first": J[:, 0].mean(),
        **{f"final_{key}": getattr(final, key) for key in ("value", "lower", "upper")},
        **{f"average_{key}": getattr(mean, key) for key in ("value", "lower", "upper")},
        "smallest_sample_size": np.median(smallest),
        "saturated": np.nan_to_num(variables["saturated"][:, -1], nan=1.0).mean(),
    }
    return {
        **{key: f"{float(value):.10g}" for key, value in numbers.items()},
        "diverged": int((variables["diverged_at"] >= 0).sum()),
        "repetitions": len(J),
    }


def best(name: str) -> Row:
    """The row of a study's committed table with the highest average return."""
    return max(table(name), key=lambda row: float(row["average_value"]))


def table(name: str) -> list[Row]:
    """A study's committed table.

    Raises
    ------
    ConfigError
        If there is none.
    """
    path = TABLES / f"{name}.csv"
    if not path.exists():
        raise ConfigError(f"{path} is missing: make it with ./run snakemake --cores 2 studies")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
