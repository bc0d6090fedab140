"""Reading results: what is missing is named with the command that makes it."""

from pathlib import Path

import pytest

from replication.experiments.config import ConfigError
from replication.experiments.results import Results


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("results/pd_exact/XX.nc", "./run snakemake --cores 2 results/pd_exact/XX.nc"),
        ("tmp/pd_exact/XX.nc", "./run netnewton run pd_exact --method XX --out tmp"),
    ],
)
def test_missing_results_are_named_with_the_command_that_makes_them(path, command):
    with pytest.raises(ConfigError) as refused:
        Results(Path(path))
    assert str(refused.value) == f"{path} is missing: make it with {command}"
