"""One message, whoever is first; and records of which only the last line may be missing."""

import os
import sys

import numpy as np
import pytest

from replication.agents import last_words, parts
from replication.agents.last_words import SAID, Witness
from replication.agents.launcher import launched
from replication.cli import main

# pytest-xdist's workers have threads, of which Python 3.12 warns: the witness touches none of them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork"),
]


def killed(witness):
    """What the witness sees of it."""
    os.close(witness._tells)
    os.waitpid(witness._process, 0)


def test_a_witness_speaks_for_the_killed_and_others_are_silent(tmp_path, capfd):
    part = parts.Part(parts.part(tmp_path, 1), 2)
    for k in range(4):
        part.add(k, 0, np.zeros(2))
    first = Witness(tmp_path, 1)
    killed(first)
    second = Witness(tmp_path, 0)
    second.tell("agent 0 has failed")
    said = "agent 1 was killed in iteration 4"
    assert (tmp_path / SAID).read_text() == f"{said}\n"
    expected = f"netnewton: failed: {said}; what was recorded is in {tmp_path}\n"
    assert capfd.readouterr().err == expected


def test_the_first_line_is_said_and_all_is_kept(tmp_path, capfd):
    Witness(tmp_path, 0).tell("agent 0 has failed: KeyError: 3\nwhere it was")
    assert (tmp_path / SAID).read_text() == "agent 0 has failed: KeyError: 3\nwhere it was\n"
    assert capfd.readouterr().err.count("\n") == 1


def test_who_ends_as_it_should_needs_no_witness(tmp_path, capfd):
    Witness(tmp_path, 0).dismiss()
    assert capfd.readouterr().err == "" and not (tmp_path / SAID).exists()


def test_an_agent_killed_before_it_began(tmp_path):
    assert last_words._killed(tmp_path, 3) == "agent 3 was killed before its first record"


def test_records_keep_all_digits_and_lose_half_a_line(tmp_path, rng):
    path, theta = parts.part(tmp_path, 0), rng.normal(size=(3, 2))
    theta[1, 0] = 5e-324
    part = parts.Part(path, 2)
    for k, row in enumerate(theta):
        part.add(k, 2 * k, row)
    copies, rounds = parts.read(path)
    assert copies.tobytes() == theta.tobytes() and rounds.tolist() == [0, 2, 4]
    with path.open("a") as file:
        file.write("3,2,0.1")
    assert parts.last_iteration(path) == 2
    assert parts.read(path)[0].tobytes() == theta.tobytes()


def test_mpiexec_says_which_process_this_is(monkeypatch):
    monkeypatch.delenv("PMI_RANK", raising=False)
    assert launched() == (0, 1)
    monkeypatch.setenv("PMI_RANK", "2")
    monkeypatch.setenv("PMI_SIZE", "3")
    assert launched() == (2, 3)


@pytest.mark.parametrize(("rank", "lines"), [("0", 1), ("1", 0)])
def test_a_wrong_command_line_is_said_by_the_first_process(rank, lines, monkeypatch, capsys):
    monkeypatch.setenv("PMI_RANK", rank)
    monkeypatch.setenv("PMI_SIZE", "3")
    assert main.main(["agent", "pd_exact", "DX"]) == 2
    assert capsys.readouterr().err.count("netnewton: ") == lines


def test_one_process_is_told_how_many_it_takes(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("PMI_RANK", raising=False)
    assert main.main(["agent", "pd_exact", "DN", "--out", str(tmp_path / "out")]) == 2
    said = "1 process for the 2 agents of pd_exact/DN: ./run mpiexec -n 2 netnewton agent"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
