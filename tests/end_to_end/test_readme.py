"""The README's program runs, and its commands exist."""

import re
import shlex

import numpy as np

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_program_runs_and_the_agents_agree(capsys):
    (program,) = blocks("python")
    exec(compile(program, "README.md", "exec"), {})
    rows = re.findall(r"\[\s*([^\[\]]+?)\s*\]", capsys.readouterr().out)
    theta = np.array([row.split() for row in rows], dtype=float)
    assert theta.shape == (3, 3) and np.ptp(theta, axis=0).max() < 1e-6


def test_the_netnewton_commands_are_accepted(project):
    lines = [line.split("#")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("./run netnewton")]
    assert len(commands) >= 4
    for words in commands:
        if words[1] == "run":
            words = [*words, "--set", "iterations=5"]
        if words[1] == "check":
            continue  # needs results; its own test runs it
        done = project.run(*words)
        assert done.returncode == 0, done.stderr
