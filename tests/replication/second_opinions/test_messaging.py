"""Algorithm 1 by messages: the same run, what is sent, what it costs, and what it gives away."""

import math
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from netnewton import networks, run
from netnewton.algorithms import ConsensusNewton, consensus_newton
from netnewton.derivatives import exact
from netnewton.games.finite import matrix_game, prisoners_dilemma
from netnewton.policies import Boltzmann
from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.messages import measure as measured
from replication.claims.messages.faults import CONTROLS
from replication.controls.selftest import verdicts
from replication.experiments.config import ConfigError
from replication.experiments.names import CURVATURES, PROJECTIONS
from replication.second_opinions import arithmetic, audit, disclosure, messaging
from replication.second_opinions.literal import Agent, matrix_game_oracle, run_literally

EVIDENCE = Evidence(Path("none"), 0.98)


def random_game(rng, graph, curvature, iterations=12, **settings):
    agents = len(graph)
    return audit.Game(
        rng.normal(size=(agents, *[2] * agents)),
        rng.normal(size=(agents, 2 * agents)),
        graph,
        networks.random_weights(graph, rng),
        audit.Settings(curvature, **settings),
        iterations,
    )


# The same algorithm -------------------------------------------------------------------------------

GRAPHS = [
    nx.path_graph(4),
    nx.star_graph(3),
    nx.relabel_nodes(nx.cycle_graph(4), "dbca".__getitem__),
]
CHOICES = [
    (curvature, trackers) for curvature in CURVATURES for trackers in ("previous", "current")
]


@pytest.mark.parametrize("graph", GRAPHS, ids=("path", "star", "named"))
@pytest.mark.parametrize(("curvature", "trackers"), CHOICES)
def test_equal_to_the_transcription_and_the_library(rng, graph, curvature, trackers):
    projection = "floor_eigenvalues"
    game = random_game(rng, graph, curvature, projection=projection, trackers=trackers)
    by_messages = game.record(game.player).path
    literally = run_literally([game.player(i) for i in range(4)], game.weights, game.iterations)
    np.testing.assert_allclose(by_messages, literally, rtol=1e-12, atol=1e-12)

    s = game.settings
    method = ConsensusNewton(
        CURVATURES[curvature](s.sign, s.m),
        s.epsilon,
        s.m,
        PROJECTIONS[projection],
        getattr(consensus_newton, f"{trackers}_trackers"),
    )
    library = run(
        method,
        exact(matrix_game(game.payoffs), Boltzmann(1, (2,) * 4)),
        game.weights,
        game.iterations,
        game.theta,
    ).trace["theta"]
    np.testing.assert_allclose(by_messages, library, rtol=1e-10, atol=1e-10)


def test_a_receiver_that_forgets_is_noticed(rng, monkeypatch):
    game = random_game(rng, nx.path_graph(4), "full")
    healthy = game.record(game.player).path
    real = messaging.MessagingAgent.incoming

    def forgetful(agent, sender, arrays):
        agent.join([sender])
        return real(agent, sender, arrays)

    monkeypatch.setattr(messaging.MessagingAgent, "incoming", forgetful)
    assert np.abs(game.record(game.player).path - healthy).max() > 1e-3


SHAPES = {
    "full": {"g_tilde": (8,), "g": (8,), "H_tilde": (8, 8), "H": (8, 8)},
    "diagonal": {"g_tilde": (8,), "g": (8,), "H_tilde": (8,), "H": (8,)},
    "identity": {"g_tilde": (8,), "g": (8,)},
    "floor_identity": {"g_tilde": (8,), "g": (8,)},
}


@pytest.mark.parametrize("curvature", SHAPES)
def test_what_is_sent_to_whom(rng, curvature):
    """One message an edge, direction and iteration, of the arrays in the structure of H_i."""
    game = random_game(rng, nx.path_graph(4), curvature, iterations=2)
    sent = [m for m in game.record(game.player).messages if m.round == 0]
    edges = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]
    assert [(m.sender, m.receiver, m.iteration) for m in sent] == [
        (*edge, k) for k in (1, 2) for edge in edges
    ]
    for m in sent:
        assert {name: array.shape for name, array in m.arrays.items()} == SHAPES[curvature]
        assert m.scalars == sum(math.prod(shape) for shape in SHAPES[curvature].values())


def test_a_run_that_cannot_be_is_refused(rng):
    game = random_game(rng, nx.path_graph(3), "full")
    agents = [game.player(i) for i in range(3)]
    with pytest.raises(ValueError, match="2 agents on a graph of 3 nodes"):
        messaging.run_by_messages(agents[:2], game.graph, game.weights, 1)
    with pytest.raises(ValueError, match="are not neighbours"):
        messaging.run_by_messages(agents, game.graph, np.full((3, 3), 1 / 3), 1)
    with pytest.raises(ValueError, match="2 blocks on a graph of 3 nodes"):
        messaging.flood([np.zeros(1)] * 2, game.graph)


# The broadcast ------------------------------------------------------------------------------------


def test_flooding_a_path_by_hand():
    blocks = [np.array([0.1]), np.array([-0.0, 1e-310]), np.array([3.0]), np.array([4.0, 5.0])]
    done = messaging.flood(blocks, nx.path_graph(4))
    assert done.rounds.tolist() == [3, 2, 2, 3]
    for held in done.received:
        assert [b.tobytes() for b in held] == [b.tobytes() for b in blocks]
    first = [(m.sender, m.receiver, *m.arrays) for m in done.messages if m.round == 2]
    assert first == [
        (0, 1, "psi_1"),
        (1, 0, "psi_0", "psi_2"),
        (1, 2, "psi_0", "psi_2"),
        (2, 1, "psi_1", "psi_3"),
        (2, 3, "psi_1", "psi_3"),
        (3, 2, "psi_2"),
    ]


@pytest.mark.parametrize("agents", [1, 2, 9, 30])
def test_flooding_takes_the_eccentricity(rng, random_graph, agents):
    graph = random_graph(rng, agents)
    done = messaging.flood([rng.normal(size=2) for _ in range(agents)], graph)
    assert done.rounds.tolist() == list(nx.eccentricity(graph).values())


def test_the_joint_policy_that_is_played_is_the_one_of_the_owners(rng, monkeypatch):
    game = random_game(rng, nx.path_graph(4), "identity", iterations=3)
    played = []
    monkeypatch.setattr(audit.Player, "play", lambda agent, mu: played.append(mu))
    path = game.record(game.player).path
    blocks = path.reshape(4, 4, 4, 2)  # iteration, holder, owner
    mu = np.array([[blocks[k, i, i] for i in range(4)] for k in range(3)]).reshape(3, 1, 8)
    np.testing.assert_array_equal(np.reshape(played, (3, 4, 8)), np.tile(mu, (1, 4, 1)))


# Verdicts and controls ----------------------------------------------------------------------------


def test_measures_give_the_ledgers_quantities():
    for entry in ledger.claims():
        if entry["id"] in measured.MEASURES:
            names = {quantity["id"] for quantity in entry["quantities"]}
            assert set(measures()[entry["id"]](EVIDENCE)) == names


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c.fault.__name__}-{c.caught_by}")
def test_each_control_is_caught(control, tmp_path, patch):
    quantity = control.check.quantity
    assert verdicts(control.check, tmp_path)[quantity] == control.healthy
    control.fault(patch)
    assert verdicts(control.check, tmp_path)[quantity] == control.faulty


def test_the_audit_holds_what_matters(rng):
    """Without holding g, H and the trackers, another reward changes the messages."""
    game = random_game(rng, nx.path_graph(3), "full", iterations=3)
    other = rng.normal(size=game.payoffs.shape)
    before = game.record(game.player).messages
    after = game.record(
        lambda i: audit.Player(other[i], game.theta[i], game.settings) if i == 1 else game.player(i)
    ).messages
    assert audit.largest_change(before, after) > 1e-3
    assert audit.undeclared_dependence(game, other) == 0.0
    assert audit.largest_change(before, before[:-1]) == np.inf


def test_a_change_of_bits_alone_is_a_change():
    old = messaging.Message(0, 1, 1, 0, {"g": np.array([0.0, 1.0])})
    new = messaging.Message(0, 1, 1, 0, {"g": np.array([-0.0, 1.0])})
    assert audit.largest_change([old], [old]) == 0.0 < audit.largest_change([old], [new])


# What a neighbour can infer -----------------------------------------------------------------------


@pytest.mark.parametrize(("curvature", "trackers"), CHOICES)
def test_a_neighbour_replays_the_copy_and_finds_the_gradient(rng, curvature, trackers):
    """Although the copies disagree: agents start together, and their trackers differ at first."""
    game = random_game(rng, nx.path_graph(3), curvature, projection="floor_eigenvalues",
                       trackers=trackers)  # fmt: skip
    game.theta[:] = game.theta[0]
    run = game.record(game.player)
    assert np.abs(run.path[-1, 0] - run.path[-1, 2]).max() > 1e-4
    public = audit.Player(np.zeros((2, 2, 2)), game.theta[0], game.settings)
    for sender, receiver in ((0, 1), (1, 2), (2, 1)):
        heard = disclosure.heard(run.messages, sender, receiver)
        path = disclosure.replayed_parameters(heard, public)
        np.testing.assert_allclose(path, run.path[:-1, sender], rtol=1e-10, atol=1e-10)
        for m, theta in zip(heard, path, strict=True):
            gradient, _ = matrix_game_oracle(game.payoffs[sender])(theta)
            np.testing.assert_allclose(
                disclosure.inferred_gradient(m, theta, public), gradient, atol=1e-9
            )


# The choice of H_i, its step size, iterations heard, numbers determined of the four payoffs
HEARD = [
    ("full", 1e-5, 1, 3),
    ("diagonal", 1e-5, 1, 2),
    ("diagonal", 1e-5, 3, 3),
    ("identity", 1e-1, 1, 2),
    ("identity", 1e-1, 3, 3),
]


def inferred_of_the_first(payoffs, curvature, epsilon, iterations):
    """What the second of two agents infers of the first one's payoffs, as Section 6 runs them."""
    settings = audit.Settings(curvature, 1, epsilon=epsilon, m=1e-7)
    graph, weights = nx.path_graph(2), np.array([[0.7, 0.3], [0.3, 0.7]])
    game = audit.Game(payoffs, np.zeros((2, 4)), graph, weights, settings, iterations)
    heard = disclosure.heard(game.record(game.player).messages, 0, 1)
    public = audit.Player(np.zeros((2, 2)), np.zeros(4), settings)
    path = disclosure.replayed_parameters(heard, public)
    return disclosure.inferred_payoffs(heard, path, public, (2, 2))


@pytest.mark.parametrize(("curvature", "epsilon", "iterations", "rank"), HEARD)
def test_the_payoffs_of_the_prisoners_dilemma_are_given_away(curvature, epsilon, iterations, rank):
    """-1, -3, 0 and -2 have the mean -1.5: a neighbour recovers 0.5, -1.5, 1.5 and -0.5.

    Their mixed difference is zero by chance, which is what two determined numbers leave open.
    """
    payoffs = prisoners_dilemma().rewards[:, 0]
    inferred = inferred_of_the_first(payoffs, curvature, epsilon, iterations)
    assert inferred.rank == rank
    np.testing.assert_allclose(inferred.payoffs, [[0.5, -1.5], [1.5, -0.5]], atol=1e-9)


@pytest.mark.parametrize(("curvature", "epsilon", "iterations", "rank"), HEARD)
def test_the_payoffs_of_another_game_are_given_away(curvature, epsilon, iterations, rank):
    """DN's choices at a hundredth of the printed step: it saturates these policies at once."""
    payoffs = prisoners_dilemma().rewards[:, 0].copy()
    payoffs[0] = [[1.0, -3.0], [2.0, 4.0]]  # with the mean 1
    slower = epsilon if curvature == "identity" else epsilon / 100
    inferred = inferred_of_the_first(payoffs, curvature, slower, iterations)
    assert inferred.rank == rank
    error = np.abs(inferred.payoffs - [[0.0, -4.0], [1.0, 3.0]]).max()
    assert error < 1e-6 if rank == 3 else error > 0.1


# Arithmetic ---------------------------------------------------------------------------------------


class Scalar:
    """A number that counts its multiplications and additions."""

    operations = 0

    def __init__(self, value):
        self.value = float(value)

    def _do(self, other, f):
        Scalar.operations += 1
        return Scalar(f(self.value, float(other)))

    __add__ = __radd__ = lambda self, other: self._do(other, lambda a, b: a + b)
    __mul__ = __rmul__ = lambda self, other: self._do(other, lambda a, b: a * b)
    __sub__ = lambda self, other: self._do(other, lambda a, b: a - b)  # noqa: E731
    __truediv__ = lambda self, other: self._do(other, lambda a, b: a / b)  # noqa: E731
    __float__ = lambda self: self.value  # noqa: E731
    __abs__ = lambda self: Scalar(abs(self.value))  # noqa: E731
    __lt__ = lambda self, other: self.value < float(other)  # noqa: E731
    __ge__ = lambda self, other: self.value >= float(other)  # noqa: E731


scalars = np.vectorize(Scalar, otypes=[object])


def gaussian_elimination(matrix, right):
    A, x, d = [list(row) for row in matrix], list(right), len(right)
    for k in range(d):
        pivot = max(range(k, d), key=lambda i: abs(float(A[i][k])))
        A[k], A[pivot], x[k], x[pivot] = A[pivot], A[k], x[pivot], x[k]
        for i in range(k + 1, d):
            factor = A[i][k] / A[k][k]
            for j in range(k + 1, d):
                A[i][j] = A[i][j] - factor * A[k][j]
            x[i] = x[i] - factor * x[k]
    for k in reversed(range(d)):
        for j in range(k + 1, d):
            x[k] = x[k] - A[k][j] * x[j]
        x[k] = x[k] / A[k][k]
    return np.array(x, dtype=object)


def dot(u, v):
    total = u[0] * v[0]
    for a, b in zip(u[1:], v[1:], strict=True):
        total = total + a * b
    return total


def tridiagonalise(A):
    """Householder: diagonal, off-diagonal and Q, for A overwritten in its lower triangle."""
    d, reflectors = len(A), []
    for k in range(d - 2):
        v = [A[i][k] for i in range(k + 1, d)]
        norm = math.sqrt(float(dot(v, v)))
        alpha = -math.copysign(norm, float(v[0]))
        v[0] = v[0] - alpha
        beta = Scalar(2) / dot(v, v)
        full = [[A[max(i, j)][min(i, j)] for j in range(k + 1, d)] for i in range(k + 1, d)]
        p = [beta * dot(row, v) for row in full]
        half = beta * dot(p, v) * 0.5
        w = [a - half * b for a, b in zip(p, v, strict=True)]
        for i in range(d - k - 1):
            for j in range(i + 1):
                A[k + 1 + i][k + 1 + j] = A[k + 1 + i][k + 1 + j] - (v[i] * w[j] + w[i] * v[j])
        A[k + 1][k] = Scalar(alpha)
        reflectors.append((v, beta))
    Q = [[Scalar(i == j) for j in range(d)] for i in range(d)]
    for k in reversed(range(d - 2)):
        v, beta = reflectors[k]
        for j in range(k + 1, d):
            column = [Q[i][j] for i in range(k + 1, d)]
            s = beta * dot(v, column)
            for i in range(k + 1, d):
                Q[i][j] = Q[i][j] - s * v[i - k - 1]
    return [A[i][i] for i in range(d)], [A[i + 1][i] for i in range(d - 1)], Q


def implicit_qr(a, b, Q):
    """Implicit QL sweeps with Wilkinson's shift on a tridiagonal matrix, rotating Q along."""
    d = len(a)
    b = [*b, Scalar(0)]
    for low in range(d):
        while True:
            top = low
            while top < d - 1 and abs(float(b[top])) > 1e-15 * (
                abs(float(a[top])) + abs(float(a[top + 1]))
            ):
                top += 1
            if top == low:
                break
            g = (a[low + 1] - a[low]) / (b[low] * 2.0)
            r = math.hypot(float(g), 1.0)
            g = a[top] - a[low] + b[low] / (g + math.copysign(r, float(g)))
            s, c, p = Scalar(1), Scalar(1), Scalar(0)
            for i in reversed(range(low, top)):
                f, h = s * b[i], c * b[i]
                length = Scalar(math.sqrt(float(f * f + g * g)))
                b[i + 1] = length
                s, c = f / length, g / length
                g = a[i + 1] - p
                r = (a[i] - g) * s + c * h * 2.0
                p = s * r
                a[i + 1] = g + p
                g = c * r - h
                for row in Q:
                    row[i + 1], row[i] = s * row[i] + c * row[i + 1], c * row[i] - s * row[i + 1]
            a[low], b[low], b[top] = a[low] - p, g, Scalar(0)
    return a, Q


def symmetric_qr(matrix):
    return implicit_qr(*tridiagonalise([list(row) for row in matrix]))


def test_the_scalar_routines_are_right(rng):
    root, right = rng.normal(size=(9, 9)), rng.normal(size=9)
    A = root + root.T
    solution = gaussian_elimination(scalars(A), scalars(right)).astype(float)
    np.testing.assert_allclose(solution, np.linalg.solve(A, right), rtol=1e-8)
    values, Q = symmetric_qr(scalars(A))
    Q, values = np.array(Q).astype(float), np.array(values).astype(float)
    np.testing.assert_allclose(Q * values @ Q.T, A, atol=1e-10)


def iteration_by_scalars(d, rng, monkeypatch):
    """Operations of one agent's iteration, and those of the eigenvalue decomposition within it."""
    root = rng.normal(size=(d, d)) / np.sqrt(d)
    agent = measured.one_agent(
        np.ndarray, scalars(rng.normal(size=d)), scalars(np.eye(d) + root @ root.T)
    )
    of_eigenvalues = []

    def eigh(matrix):
        before = Scalar.operations
        values, vectors = symmetric_qr(matrix)
        of_eigenvalues.append(Scalar.operations - before)
        return values, np.array(vectors)

    with monkeypatch.context() as patch:
        patch.setattr(np.linalg, "eigh", eigh)
        patch.setattr(np.linalg, "solve", gaussian_elimination)
        Scalar.operations = 0
        measured.iterate(agent, neighbours=2)
    return Scalar.operations, of_eigenvalues[0]


def test_counts_agree_with_scalars_that_count_themselves(rng, monkeypatch):
    """The same lines of the transcription, run on numbers one by one."""
    totals = []
    for d in (4, 8, 16, 32):
        total, of_eigenvalues = iteration_by_scalars(d, rng, monkeypatch)
        nominal = arithmetic.eigenvector_operations(d)
        assert total - of_eigenvalues == measured.operations(d) - nominal
        if d >= 16:
            assert 0.75 < of_eigenvalues / nominal < 1.5
        totals.append(total)
    assert 2.7 < measured.slope((16, 32), totals[-2:]) < 3.05


def test_what_has_no_count_is_not_passed_over():
    array = np.ones(3).view(arithmetic.Counted)
    with pytest.raises(NotImplementedError, match=r"exp.__call__ has no count"):
        np.exp(array)
    with pytest.raises(NotImplementedError, match="concatenate has no count"):
        np.concatenate([array, array])


def test_counted_by_hand():
    with arithmetic.counting() as counted:
        vector, matrix = np.ones(3).view(arithmetic.Counted), np.eye(3).view(arithmetic.Counted)
        2.0 * (matrix @ vector) + vector
    assert counted == [15 + 3 + 3]
    # [[a, b], [c, d]] x = y: c/a; d - (c/a) b; y2 - (c/a) y1; x2 = ./.; y1 - b x2; ./a
    assert arithmetic.solution_operations(2) == 1 + 2 + 2 + 1 + 2 + 1


# Timings ------------------------------------------------------------------------------------------


def test_the_slope_of_time_of_a_made_up_table():
    noise = np.random.default_rng(1).lognormal(sigma=0.05, size=(20, 5))
    interval = measured.time_slope(1e-9 * np.array(measured.TIMED_D) ** 2.5 * noise, 0.98)
    assert interval.lower < 2.5 < interval.upper and interval.upper - interval.lower < 0.1
    assert interval.n == 20


GOOD = "".join(f"{d},{r},{d * 1e-6}\n" for d in measured.TIMED_D for r in (0, 1))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "d,repeat,seconds\n" + GOOD.replace("512,0", "500,0"),
        "d,repeat,seconds\n" + GOOD + "2048,0,1.0\n",
        "d,repeat,seconds\n" + GOOD.replace("6.4e-05", "-1", 1),
        "d,repeat,seconds\n" + GOOD.replace("6.4e-05", "fast", 1),
        "d,repeat,minutes\n" + GOOD,
    ],
)
def test_a_damaged_table_is_refused(tmp_path, text):
    path = tmp_path / "costs.csv"
    path.write_text("d,repeat,seconds\n" + GOOD)
    assert measured.read_timings(path).shape == (2, 5)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ConfigError, match=r"costs.csv is missing, damaged.*benchmarks/costs.py"):
        measured.read_timings(path)


def test_the_committed_table_can_be_read():
    assert measured.read_timings(measured.TIMINGS).shape[1] == len(measured.TIMED_D)


def test_an_agent_of_the_count_is_the_transcriptions():
    assert type(measured.one_agent(np.ndarray, np.zeros(2), np.eye(2))) is Agent
