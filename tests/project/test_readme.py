"""The README's program runs, and its commands exist."""

import re
import shlex

import numpy as np
import pytest
from project_copy import ROOT

from netnewton import derivatives
from replication.cli import main

pytestmark = pytest.mark.end_to_end

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_programs_run_and_the_agents_agree(capsys):
    program, continued = blocks("python")
    names = {}
    exec(compile(program, "README.md", "exec"), names)
    rows = re.findall(r"\[\s*([^\[\]]+?)\s*\]", capsys.readouterr().out)
    theta = np.array([row.split() for row in rows], dtype=float)
    assert theta.shape == (3, 3) and np.ptp(theta, axis=0).max() < 1e-6

    exec(compile(continued, "README.md", "exec"), names)
    exact = derivatives.exact(names["game"], names["policy"])(np.zeros((1, 3, 3)))
    np.testing.assert_allclose(names["estimate"].gradient, exact.gradient, atol=0.05)
    np.testing.assert_allclose(names["estimate"].effective_sample_size, 10_000)


def test_the_netnewton_commands_are_accepted(project):
    lines = [line.split("#")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("./run netnewton")]
    assert len(commands) >= 4
    for words in commands:
        main._parser().parse_args(words[1:])
        if words[1] == "run":
            words = [*words, "--set", "iterations=5"]
        if words[1] in ("list", "run"):  # the others need results, and have tests of their own
            done = project.run(*words)
            assert done.returncode == 0, done.stderr
