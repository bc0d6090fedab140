"""Real processes: the simulation's numbers, what is sent, and what a killed agent does."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import agents_by_mpi
import networkx as nx
import numpy as np
import pytest
from agents_by_mpi import AGENTS, AUDITED, CASES

from netnewton import run
from replication.agents import last_words, parts
from replication.experiments import config
from replication.experiments.build import build
from replication.second_opinions.audit import largest_change
from replication.second_opinions.messaging import Message

ROOT = Path(__file__).resolve().parents[3]
BESIDE = Path(sys.executable).parent
MPIEXEC = shutil.which("mpiexec", path=BESIDE)
EXAMPLES = ROOT / "config" / "examples" / "agents.yaml"
SECONDS = 60

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(MPIEXEC is None, reason="no mpiexec beside this Python: the extra mpi"),
]
on_linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="/proc is Linux's")


def started(*words, launcher="mpiexec"):
    environment = {**os.environ, "PATH": f"{BESIDE}{os.pathsep}{os.environ['PATH']}"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([BESIDE / launcher, *words], env=environment, text=True, **pipes)


def agents(n, *words, launcher="mpiexec"):
    """Run a command as n processes: its status, what it prints and what it complains of."""
    process = started("-n", str(n), *words, launcher=launcher)
    output, errors = process.communicate(timeout=SECONDS)
    return process.returncode, output, errors


def blocks(language):
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def commands():
    lines = [shlex.split(line.split("#")[0]) for line in "".join(blocks("sh")).splitlines()]
    return [words for words in lines if words[:2] == ["./run", "mpiexec"]]


# --- a program of one's own -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What `agents_by_mpi` has written; by the launcher that opens no port itself, if there."""
    folder = tmp_path_factory.mktemp("agents")
    gforker = shutil.which("mpiexec.gforker", path=BESIDE)
    launcher = "mpiexec.gforker" if gforker else "mpiexec"
    program = [sys.executable, agents_by_mpi.__file__, str(folder)]
    environment = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    words = ["env", f"PYTHONPATH={environment}", *program]
    status, output, errors = agents(AGENTS, *words, launcher=launcher)
    assert (status, output, errors) == (0, "", "")
    return folder


def written(folder, name, agent):
    with np.load(folder / f"{name}-{agent}.npz") as file:
        return {key: file[key] for key in file.files}


def messages(folder, name):
    """All that was sent, as the audit of simulated messages wants it."""
    return [
        Message(agent, int(key.partition("-")[2]), 0, int(key.partition("-")[0]), {"sent": array})
        for agent in range(AGENTS)
        for key, array in written(folder, name, agent).items()
        if key not in ("path", "rewards")
    ]


@pytest.mark.parametrize("name", CASES)
def test_processes_are_equal_to_the_simulation(recorded, name):
    """To the last bit: Algorithm 1 as printed, tracked Newton, gradient tracking; and samples."""
    paths = [written(recorded, name, agent)["path"] for agent in range(AGENTS)]
    assert np.stack(paths, axis=1).tobytes() == CASES[name].simulated().tobytes()


@pytest.mark.parametrize("name", [*CASES, *(f"{name}-honest" for name in AUDITED)])
def test_neighbours_only_are_sent_to(recorded, name):
    sent = messages(recorded, name)
    assert {(m.sender, m.receiver) for m in sent} == set(nx.DiGraph(nx.path_graph(AGENTS)).edges)
    assert {m.arrays["sent"].dtype for m in sent} == {np.dtype(np.float64)}


def rewards(folder, name):
    """Every payoff, and every return that an agent has perceived."""
    perceived = [written(folder, name, agent)["rewards"] for agent in range(AGENTS)]
    return np.concatenate([*perceived, agents_by_mpi.payoffs().ravel()])


def held_reward_changes(folder, name):
    return largest_change(messages(folder, name), messages(folder, f"{name}-held"))


def found_in_messages(folder, name):
    """How many numbers of messages are rewards, to the bit."""
    numbers = np.concatenate([m.arrays["sent"].ravel() for m in messages(folder, name)])
    return int(np.isin(numbers, rewards(folder, name)).sum())


@pytest.mark.parametrize("name", AUDITED)
def test_no_message_holds_a_reward(recorded, name):
    """The audit of the simulation, on what processes have really sent."""
    assert held_reward_changes(recorded, f"{name}-honest") == 0.0
    assert found_in_messages(recorded, f"{name}-honest") == 0
    assert len(messages(recorded, f"{name}-honest")) > 4 * agents_by_mpi.ITERATIONS


@pytest.mark.parametrize("name", AUDITED)
def test_a_process_that_sends_its_reward_is_found(recorded, name):
    """The planted fault."""
    assert held_reward_changes(recorded, f"{name}-leaking") > 1e-3
    assert found_in_messages(recorded, f"{name}-leaking") > agents_by_mpi.ITERATIONS


@on_linux
def test_no_agent_listens(recorded):
    if not shutil.which("mpiexec.gforker", path=BESIDE):
        pytest.skip("this mpiexec has a port of its own, which its processes inherit")
    ports = [(recorded / f"ports-{agent}.txt").read_text() for agent in range(AGENTS)]
    assert ports == [""] * AGENTS


@on_linux
def test_an_open_port_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"0100007F:{server.getsockname()[1]:04X}"
        assert port in agents_by_mpi.listening()
    assert port not in agents_by_mpi.listening()


# --- netnewton agent ------------------------------------------------------------------------------


def simulated(settings, experiment, method, iterations):
    """The paths of repetition 0, shape (K + 1, N, d)."""
    made = build(config.spec(settings, experiment, method), [0])
    done = run(made.algorithm, made.derivatives, made.weights, iterations, made.start)
    return done.trace["theta"][:, 0]


def test_an_experiment_of_the_paper(tmp_path):
    """DN in the Prisoner's Dilemma, the page's last command; records and one line."""
    words = commands()[2]
    assert words[:8] == ["./run", "mpiexec", "-n", "2", "netnewton", "agent", "pd_exact", "DN"]
    status, output, errors = agents(2, *words[4:], "--set", "iterations=40", "--out", tmp_path)
    assert (status, errors, len(commands())) == (0, "", 3)
    (line,) = output.splitlines()
    folder = tmp_path / "pd_exact" / "DN"
    assert re.fullmatch(
        rf"pd_exact/DN: 2 agents, 40 iterations in [\d.]+ s; J = -[\d.]+; copies differ by \S+; "
        rf"recorded in {folder}",
        line,
    )
    paths = [parts.read(parts.part(folder, agent))[0] for agent in range(2)]
    expected = simulated(config.load(), "pd_exact", "DN", 40)
    assert np.stack(paths, axis=1).tobytes() == expected.tobytes()
    assert sorted(path.name for path in folder.iterdir()) == ["agent-0.csv", "agent-1.csv"]


HUNTERS = ("netnewton", "agent", "hunters", "gradient", "--config", EXAMPLES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (HUNTERS, "2 processes for the 3 agents of hunters/gradient: ./run mpiexec -n 3 netnewton"),
        ((*HUNTERS, "--set", "network.graph=[[0, 1]]"), "the graph is not connected: add an edge"),
        ((*HUNTERS, "--deadline", "soon"), "soon: give a positive number of seconds"),
    ],
    ids=["processes", "graph", "option"],
)
def test_what_cannot_be_is_said_once(tmp_path, words, said):
    status, output, errors = agents(2, *words, "--out", tmp_path / "out")
    assert (status, output) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith("netnewton: ") and said in line
    assert not (tmp_path / "out").exists()


def process_of(agent, mpiexec):
    """The number of an agent's process; its witness, which is its child, has the same words."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if f"PMI_RANK={agent}".encode() in environment:
            found[int(folder.name)] = parent
    mine = {pid for pid in found if descends(pid, mpiexec)}
    (agent,) = [pid for pid in mine if found[pid] not in mine]
    return agent


def descends(pid, ancestor):
    while pid > 1 and pid != ancestor:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return pid == ancestor


def struck(folder, number, deadline):
    """Send the agent in the middle a signal, in the middle of a run: what is said then."""
    words = ("--set", "iterations=1000000", "--out", folder, "--deadline", str(deadline))
    process = started("-n", "3", *HUNTERS, *words)
    record = parts.part(folder / "hunters" / "gradient", 1)
    until = time.monotonic() + SECONDS
    while parts.last_iteration(record) < 5 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process_of(1, process.pid), number)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode != 0
    return [line for line in errors.splitlines() if line.startswith("netnewton")]


@on_linux
def test_a_killed_agent_is_named_once_and_the_records_stay(tmp_path):
    folder = tmp_path / "hunters" / "gradient"
    (line,) = struck(tmp_path, signal.SIGKILL, deadline=20)
    paths = [parts.read(parts.part(folder, agent))[0] for agent in range(AGENTS)]
    k = len(paths[1])
    expected = f"agent 1 was killed in iteration {k}"
    assert line == f"netnewton: failed: {expected}; what was recorded is in {folder}"
    assert (folder / last_words.SAID).read_text() == f"{expected}\n"
    path = simulated(config.load(EXAMPLES), "hunters", "gradient", max(map(len, paths)))
    for agent, found in enumerate(paths):
        assert abs(len(found) - k) <= 1 and k > 5
        assert found.tobytes() == path[: len(found), agent].tobytes()


@on_linux
def test_an_agent_that_hangs_is_named_in_time(tmp_path):
    (line,) = struck(tmp_path, signal.SIGSTOP, deadline=2)
    assert re.match(
        r"netnewton: failed: agent [02] has not heard from agent 1 for 2 s, in iteration \d+; ",
        line,
    )


def test_an_agent_that_diverges_ends_the_run(tmp_path):
    """Two agents of a team problem, with steps that are far too long."""
    text = EXAMPLES.read_text(encoding="utf-8").replace("agents: 8", "agents: 2")
    text = text.replace("identity, step_size: 0.1", "identity, step_size: 1.0e+6")
    own = tmp_path / "own.yaml"
    own.write_text(text, encoding="utf-8")
    words = ("netnewton", "agent", "eight", "gradient", "--config", own, "--out", tmp_path)
    status, output, errors = agents(2, *words)
    (line,) = [line for line in errors.splitlines() if line.startswith("netnewton")]
    assert status != 0 and output == ""
    assert re.match(r"netnewton: failed: agent [01] .* not finite.*smaller step size", line), line


# --- docs/agents.md -------------------------------------------------------------------------------


@pytest.mark.parametrize("words", commands()[:2], ids=" ".join)
def test_the_pages_commands_run(words, project):
    n, experiment, method = words[3], *words[6:8]
    shorter = () if experiment == "eight" else ("--set", "iterations=5")
    done = project.run(*words[1:], *shorter)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{experiment}/{method}: {n} agents, ")
    folder = project.folder / "results" / "agents" / experiment / method
    assert len(list(folder.glob("agent-*.csv"))) == int(n)


def test_the_pages_program_runs(tmp_path):
    (program,) = blocks("python")
    (tmp_path / "mine.py").write_text(program, encoding="utf-8")
    status, output, errors = agents(3, sys.executable, tmp_path / "mine.py")
    copies = [line.partition(": ")[2] for line in output.splitlines()]
    assert (status, errors, len(copies), len(set(copies))) == (0, "", 3, 1)
