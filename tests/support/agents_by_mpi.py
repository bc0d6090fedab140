"""Three agents on a line: the runs that tests compare, and a program that makes them by MPI.

mpiexec -n 3 python -P agents_by_mpi.py FOLDER writes, for each case and agent, its path and every
message that it has sent.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np

from netnewton import curvature, derivatives, games, networks, policies, run
from netnewton.algorithms import ConsensusNewton, TrackedNewton
from netnewton.processes import Neighbourhood, OwnDerivatives, own_reward, own_term
from netnewton.trajectories import Streams

AGENTS, ITERATIONS = 3, 12


def networked():
    return networks.random_weights(nx.path_graph(AGENTS), np.random.default_rng(1))


def payoffs(seed=2):
    return np.random.default_rng(seed).normal(size=(AGENTS, *[2] * AGENTS))


def exact(game):
    return derivatives.exact(game, policies.Boltzmann.of(game))


def plays(game):
    streams = Streams([np.random.default_rng(5)])
    return derivatives.likelihood_ratio(game, policies.Boltzmann.of(game), streams, 1, 50)


def counts(game):
    streams = Streams([np.random.default_rng(5)])
    return derivatives.counted(game, policies.Boltzmann.of(game), streams, 50)


@dataclass(frozen=True)
class Case:
    algorithm: object
    source: object
    game: object
    share: object = own_reward

    def start(self):
        sizes = AGENTS, self.source(self.game).n_parameters
        return np.random.default_rng(4).normal(size=(1, *sizes))

    def simulated(self):
        """The paths of all agents, shape (K + 1, N, d)."""
        source, start = self.source(self.game), self.start()
        return run(self.algorithm, source, networked(), ITERATIONS, start).trace["theta"][:, 0]

    def acted(self, me):
        """The path of one, shape (K + 1, d)."""
        own = OwnDerivatives(self.source(self.share(self.game, me.agent)), me)
        start = self.start()[:, [me.agent]]
        return run(self.algorithm, own, me.mix, ITERATIONS, start).trace["theta"][:, 0, 0]


GAME, TEAM = games.matrix_game(payoffs()), games.random_problem(np.random.default_rng(3), AGENTS, 4)
PRINTED = ConsensusNewton(curvature.FullHessian(1), step_size=1e-5, floor=1e-7)
NEWTON = TrackedNewton(curvature.FullHessian(-1), step_size=0.1)
GRADIENT = TrackedNewton(curvature.ScaledIdentity(1.0), step_size=0.1)
CASES = {
    "DN": Case(PRINTED, exact, GAME),
    "tracked_newton": Case(NEWTON, derivatives.concave_derivatives, TEAM, own_term),
    "gradient_tracking": Case(GRADIENT, derivatives.concave_derivatives, TEAM, own_term),
    "from_plays": Case(NEWTON, plays, GAME),
    "from_counts": Case(GRADIENT, counts, GAME),
}


# What is sent, and whether a reward is in it. The agent in the middle is paid otherwise, while what
# it sends may depend on its reward through its derivatives only, which are held at what they were.

PAID_OTHERWISE = 1
AUDITED = {"DN": Case(PRINTED, plays, GAME), "tracked_newton": Case(NEWTON, plays, GAME)}
OTHER_GAME = games.matrix_game(payoffs(seed=6))


class Remembering:
    """A source whose derivatives are remembered, or held at remembered ones."""

    def __init__(self, source, held=None):
        self.source, self.held, self.past, self.rewards = source, held, [], []

    def __call__(self, theta):
        local = self.source(theta)
        self.rewards += [local.J.item(), local.played.item()]
        if self.held is not None:
            gradient, hessian = self.held[len(self.past)]
            local = local._replace(gradient=gradient, hessian=hessian)
        self.past.append((local.gradient, local.hessian))
        return local


class Recording:
    """A communicator whose every message is kept, as it is sent."""

    def __init__(self, communicator):
        self.communicator, self.sent = communicator, []
        self.rank, self.size = communicator.rank, communicator.size

    def Irecv(self, buf, source):
        return self.communicator.Irecv(buf, source)

    def Isend(self, buf, dest):
        self.sent.append((dest, np.array(buf)))
        return self.communicator.Isend(buf, dest)


def honest(me, source):
    return me.mix


def leaking(me, source):
    """A planted fault: the reward in place of the first number of what is mixed."""

    def mix(values, iteration):
        values = values.copy()
        values.flat[0] = source.rewards[-1]
        return me.mix(values, iteration)

    return mix


def audited(case, me, game, mixing, held=None):
    share = own_reward(game, me.agent)
    source = Remembering(OwnDerivatives(case.source(share), me), held)
    start = case.start()[:, [me.agent]]
    done = run(case.algorithm, source, mixing(me, source), ITERATIONS, start)
    return done.trace["theta"][:, 0, 0], source


def written(folder, name, recording, path, rewards=()):
    sent = {f"{n:05}-{to}": array for n, (to, array) in enumerate(recording.sent)}
    np.savez(folder / f"{name}-{recording.rank}.npz", path=path, rewards=rewards, **sent)


def record(folder, world):
    """Make all runs, and write what this agent has done."""
    row = networked()[world.rank]

    def agent():
        return Neighbourhood(Recording(world), row, deadline=20.0)

    for name, case in CASES.items():
        me = agent()
        written(folder, name, me.communicator, case.acted(me))
    other = OTHER_GAME if world.rank == PAID_OTHERWISE else GAME
    for (name, case), mixing in itertools.product(AUDITED.items(), (honest, leaking)):
        me, held = agent(), agent()
        path, source = audited(case, me, GAME, mixing)
        written(folder, f"{name}-{mixing.__name__}", me.communicator, path, source.rewards)
        path, source = audited(case, held, other, mixing, source.past)
        written(folder, f"{name}-{mixing.__name__}-held", held.communicator, path, source.rewards)


def listening():
    """The local addresses of this process's open ports, as Linux lists them; hexadecimal."""
    mine = [Path(fd).readlink() for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    sockets = {str(link).removeprefix("socket:[").removesuffix("]") for link in mine}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in sockets:
                found.append(words[1])
    return found


if __name__ == "__main__":
    from replication.agents import launcher

    folder, world = Path(sys.argv[1]), launcher.world()
    record(folder, world)
    ports = listening() if Path("/proc/net/tcp").exists() else []
    (folder / f"ports-{world.rank}.txt").write_text(" ".join(ports), encoding="utf-8")
