"""Reading results: what is missing is named with the command that makes it."""

from pathlib import Path

import pytest

from replication.experiments.config import ConfigError
from replication.experiments.results import Results


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("results/pd_exact/XX.nc", "name a result file that there is"),
        ("tmp/pd_exact/DN.nc", "make it with ./run netnewton run pd_exact --out tmp"),
    ],
)
def test_missing_results_are_named_with_the_command_that_makes_them(path, remedy):
    with pytest.raises(ConfigError) as refused:
        Results(Path(path))
    assert str(refused.value) == f"{path} is missing: {remedy}"
