"""What makes a result that is missing: a command that can be typed as it is."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from replication.experiments import config
from replication.experiments.config import ROOT, ConfigError, Spec


class Missing(ConfigError):
    """A file that is to be read is not there; the message says what makes it.

    Parameters
    ----------
    path : Path
        A file of a folder of results.
    beside : iterable of Spec
        Of the results that its experiment has there already.
    """

    def __init__(self, path: Path, beside: Iterable[Spec] = ()) -> None:
        super().__init__(f"{path} is missing: {_remedy(path, beside)}")
        self.path = path


def making(*experiments: str) -> str:
    """The command that makes whatever is missing of the results of the paper's experiments."""
    return f"./run snakemake --cores 2 {' '.join(f'simulate_{name}' for name in experiments)}"


def run_into(folder: Path, experiment: str, beside: Iterable[Spec] = ()) -> str:
    """The command that makes an experiment's results in a folder, with the settings there."""
    changed = dict.fromkeys(words for spec in beside for words in assignments(spec))
    words = ["./run", "netnewton", "run", experiment, "--out", str(folder)]
    return shlex.join([*words, *(word for one in changed for word in ("--set", one))])


def _remedy(path: Path, beside: Iterable[Spec]) -> str:
    """The workflow writes to the project's ``results`` only, with the paper's settings."""
    folder, experiment = path.parent.parent, path.parent.name
    try:
        config.spec(config.load(), experiment, path.name.partition(".")[0])
    except ConfigError:  # no run of the paper's
        known = path.suffix != ".nc"
        return f"make it with {_measuring(path)}" if known else "name a result file that there is"
    if of_workflow(folder):
        return f"make it with {making(experiment)}"
    return f"make it with {run_into(folder, experiment, beside)}"


def _measuring(path: Path) -> str:
    """What makes the tables of what is measured on the library."""
    if of_workflow(path.parent):
        return f"./run snakemake --cores 2 results/{path.name}"
    return shlex.join(["./run", "netnewton", "measure", str(path.with_name("measured.json"))])


def of_workflow(folder: Path) -> bool:
    """Whether a folder is the one that the workflow fills."""
    return folder.resolve() == ROOT / "results"


def assignments(spec: Spec) -> Iterator[str]:
    """What has to be set to make the paper's method of that name the given one."""
    paper = config.spec(config.load(), spec.experiment, spec.method).settings
    for section, value in spec.settings.items():
        if value == paper.get(section):
            continue
        name = f"methods.{spec.method}" if section == "method" else section
        if not isinstance(value, dict):
            yield f"{name}={json.dumps(value)}"
            continue
        printed = paper.get(section, {})
        for key, setting in value.items():
            if setting != printed.get(key):
                yield f"{name}.{key}={json.dumps(setting)}"
