"""The methods that track gradients against literal transcriptions, their invariant, and faults."""

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from netnewton import curvature, networks, run
from netnewton.algorithms import (
    ConsensusNewton,
    NaturalGradient,
    NetworkGiant,
    TrackedNewton,
    scalars_sent,
)
from netnewton.algorithms.consensus_newton import current_trackers
from netnewton.algorithms.directions import Floored
from netnewton.algorithms.step_control import LengthBound, uncontrolled
from netnewton.block_diagonal import BlockDiagonal
from netnewton.curvature import DiagonalHessian, FullHessian, ScaledIdentity
from netnewton.damping import Damped
from netnewton.derivatives import Derivatives

AGENTS, D, EPSILON, FLOOR, DELTA, RADIUS, BETA, ITERATIONS = 4, 3, 0.3, 0.1, 0.2, 0.05, 0.3, 20
OWNER = (0, 1, 1)


class Bumps:
    """J_i = c exp(-s^2) - |theta|^2 / 2 with s = w . theta, and batches that add a linear term."""

    def __init__(self, seed=1, noise=0.3):
        rng = np.random.default_rng(seed)
        self.w, self.c = rng.normal(size=(AGENTS, D)), rng.normal(size=AGENTS)
        self.batches = noise * rng.normal(size=(ITERATIONS + 1, AGENTS, D))
        self.calls = 0

    def gradient(self, i, theta, batch):
        s = self.w[i] @ theta
        tilt = self.batches[batch][i] * (1 + theta @ theta)
        return -2 * s * self.c[i] * np.exp(-(s**2)) * self.w[i] - theta + tilt

    def hessian(self, i, theta):
        s = self.w[i] @ theta
        bump = (4 * s**2 - 2) * self.c[i] * np.exp(-(s**2))
        return bump * np.outer(self.w[i], self.w[i]) - np.eye(D)

    def __call__(self, theta):
        batch, self.calls = self.calls, self.calls + 1
        each = [(r, i) for r in range(len(theta)) for i in range(AGENTS)]

        def at(copies):
            found = [self.gradient(i, copies[r, i], batch) for r, i in each]
            return np.reshape(found, copies.shape)

        hessian = np.reshape([self.hessian(i, theta[r, i]) for r, i in each], (*theta.shape, D))
        return Derivatives(np.zeros(theta.shape[:2]), at(theta), hessian, elsewhere=at)


def written_out(name, H):
    """C_i with all of its entries."""
    if name == "identity":
        return np.eye(D)
    mask = {
        "full": np.ones((D, D)),
        "diagonal": np.eye(D),
        "blocks": np.equal.outer(OWNER, OWNER),
    }[name.removesuffix("-damped")]
    C = -H * mask
    if name.endswith("-damped"):
        C = C + DELTA * sum(C[a, a] for a in range(D)) / D * np.eye(D)
    return C


CHOICES = {
    "identity": ScaledIdentity(),
    "full": FullHessian(-1),
    "diagonal": DiagonalHessian(-1),
    "blocks": BlockDiagonal(OWNER, -1),
    "full-damped": Damped(FullHessian(-1), DELTA),
    "diagonal-damped": Damped(DiagonalHessian(-1), DELTA),
    "blocks-damped": Damped(BlockDiagonal(OWNER, -1), DELTA),
}
METHODS = {"tracked": TrackedNewton, "giant": NetworkGiant, "natural": NaturalGradient}


def direction(B, y):
    """p = B^{-1} y, eigenvalues below FLOOR of their root mean square raised to it."""
    values, vectors = np.linalg.eigh(B)
    size = (sum(value**2 for value in values) / D) ** 0.5
    p = np.zeros(D)
    for value, vector in zip(values, vectors.T, strict=True):
        p = p + vector * (vector @ y) / (max(value / size, FLOOR) * size)
    return p


def literally(method, name, problem, W, theta, bounded):
    """theta(k), shape (ITERATIONS + 1, N, d): new copies first, then what they track, in loops."""
    agents = range(AGENTS)
    v = [problem.gradient(i, theta[i], 0) for i in agents]
    C = [written_out(name, problem.hessian(i, theta[i])) for i in agents]
    y, B, path = v, C, [theta]
    for k in range(ITERATIONS):
        p = [direction(B[i] if method == "tracked" else C[i], y[i]) for i in agents]
        factor = [1.0] * AGENTS
        if bounded:
            own = [min(1.0, RADIUS / np.linalg.norm(EPSILON * p[i])) for i in agents]
            agreed = [np.prod([own[j] ** W[i, j] for j in agents]) for i in agents]
            factor = [min(pair) for pair in zip(own, agreed, strict=True)]
        new = [
            sum(W[i, j] * (theta[j] + EPSILON * factor[j] * p[j]) for j in agents) for i in agents
        ]
        v_new = [problem.gradient(i, new[i], k + 1) for i in agents]
        if method == "natural":
            again = [problem.gradient(i, theta[i], k + 1) for i in agents]
            v_new = [BETA * v_new[i] + (1 - BETA) * (v[i] + v_new[i] - again[i]) for i in agents]
        C_new = [written_out(name, problem.hessian(i, new[i])) for i in agents]
        y = [sum(W[i, j] * y[j] for j in agents) + v_new[i] - v[i] for i in agents]
        B = [sum(W[i, j] * B[j] for j in agents) + C_new[i] - C[i] for i in agents]
        theta, v, C = new, v_new, C_new
        path.append(theta)
    return np.array(path)


def algorithm(method, name, bounded=False):
    control = LengthBound(RADIUS) if bounded else uncontrolled
    settings = {"momentum": BETA} if method == "natural" else {}
    return METHODS[method](CHOICES[name], EPSILON, Floored(FLOOR), control, **settings)


def case(seed=3):
    rng = np.random.default_rng(seed)
    graph = nx.cycle_graph(AGENTS)
    return networks.random_weights(graph, rng), rng.normal(size=(AGENTS, D))


def distance(method, name, bounded=False):
    W, theta = case()
    fast = run(algorithm(method, name, bounded), Bumps(), W, ITERATIONS, theta).trace["theta"]
    slow = literally(method, name, Bumps(), W, theta, bounded)
    return np.abs(fast - slow).max() / np.abs(slow).max()


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize(("method", "name"), [*itertools.product(METHODS, CHOICES)])
def test_equal_to_the_literal_transcription(method, name, bounded):
    assert distance(method, name, bounded) < 1e-12


def differently(change):
    """A fault that changes what is given to `step`."""

    def fault(step):
        return lambda self, state, derivatives, mix: step(self, *change(state, derivatives, mix))

    return fault


def only_once(mix, left_out):
    """A mix that leaves out one of an iteration's calls."""
    calls = itertools.count()
    return lambda x, k: x if next(calls) == left_out else mix(x, k)


FAULTS = {
    "no difference": differently(lambda s, d, m: (replace(s, g=np.zeros_like(s.g)), d, m)),
    "stale difference": differently(lambda s, d, m: (replace(s, g=s.g_mean), d, m)),
    "wrong sign": differently(
        lambda s, d, m: (s, lambda t: (x := d(t))._replace(gradient=-x.gradient), m)
    ),
    "curvature upside down": differently(
        lambda s, d, m: (s, lambda t: (x := d(t))._replace(hessian=-x.hessian), m)
    ),
    "trackers not mixed": differently(lambda s, d, m: (s, d, only_once(m, 0))),
    "copies not mixed": differently(
        lambda s, d, m: (s, d, lambda x, k: x if x is not s.g_mean and x.ndim == 3 else m(x, k))
    ),
}


@pytest.mark.parametrize("fault", [*FAULTS.values()], ids=[*FAULTS])
@pytest.mark.parametrize("method", [*METHODS])
def test_the_transcription_catches_planted_faults(monkeypatch, method, fault):
    kind = METHODS[method]
    monkeypatch.setattr(kind, "step", fault(kind.step))
    assert not distance(method, "full") < 1e-3


def test_a_matrix_that_is_not_tracked_is_caught(monkeypatch):
    """B_i(k) = C_i(theta_i(k)), as in Network-GIANT, is another method."""

    def untracked(step):
        def changed(self, state, derivatives, mix):
            state = replace(state, H_mean=np.zeros_like(state.H), H=np.zeros_like(state.H))
            return step(self, state, derivatives, mix)

        return changed

    monkeypatch.setattr(TrackedNewton, "step", untracked(TrackedNewton.step))
    assert distance("tracked", "full") > 1e-3


def test_the_momentum_of_another_batch_is_caught(monkeypatch):
    """The estimate at the old copies must be of the new batch, or nothing cancels."""

    def of_the_old_batch(self, state, local):
        return local.gradient + (1 - self.momentum) * (state.g - state.g)

    monkeypatch.setattr(NaturalGradient, "_estimate", of_the_old_batch)
    assert distance("natural", "full") > 1e-3


def tracking_errors(method):
    """Largest |mean tracker - mean local quantity| of six iterations, with a batch for each."""
    W, theta = case()
    return max(
        np.abs((tracker - local).mean(axis=1)).max()
        for state in states(algorithm(method, "full"), Bumps(), W, theta)
        for tracker, local in state.tracked()
    )


def states(method, source, W, theta):
    mix, state = networks.mixing(W), method.init(theta[np.newaxis])
    for _ in range(6):
        state = method.step(state, source, mix)
        yield state


@pytest.mark.parametrize("method", [*METHODS])
def test_the_mean_tracker_is_the_mean_of_the_latest_local_quantities(monkeypatch, method):
    assert tracking_errors(method) < 1e-13
    kind = METHODS[method]
    monkeypatch.setattr(kind, "step", FAULTS["no difference"](kind.step))
    assert tracking_errors(method) > 1e-3


@pytest.mark.parametrize("method", [*METHODS])
def test_one_call_of_the_source_in_each_iteration(method):
    W, theta = case()
    source = Bumps()
    run(algorithm(method, "full"), source, W, 7, theta)
    assert source.calls == 7


@pytest.mark.parametrize("eigenvalue", [0.0, 0.5, 0.9, -0.5])
def test_the_noise_that_tells_a_tracker_from_the_mean(rng, eigenvalue):
    """2 v / (1 + l), by the sum of squares of the impulse response; Algorithm 1's, l^2 of it."""
    e = np.zeros(500)
    e[0] = 1.0
    y, alg_1, before = np.zeros(501), np.zeros(501), 0.0
    for k, now in enumerate(e):
        y[k + 1] = eigenvalue * y[k] + now - before
        alg_1[k + 1] = eigenvalue * (alg_1[k] + now - before)
        before = now
    assert np.square(y).sum() == pytest.approx(2 / (1 + eigenvalue))
    assert np.square(alg_1).sum() == pytest.approx(2 * eigenvalue**2 / (1 + eigenvalue))


@pytest.mark.parametrize("method", [*METHODS])
def test_the_scale_of_the_rewards_does_not_matter(method):
    W, theta = case()

    def scaled(factor):
        source = Bumps()

        def derivatives(copies):
            found = source(copies)
            return found._replace(
                gradient=factor * found.gradient,
                hessian=factor * found.hessian,
                elsewhere=lambda others: factor * found.elsewhere(others),
            )

        return run(algorithm(method, "full-damped"), derivatives, W, 10, theta).theta

    for factor in (1e-3, 1e3):
        np.testing.assert_allclose(scaled(factor), scaled(1.0), rtol=1e-9)


def test_momentum_needs_estimates_at_other_copies():
    W, theta = case()
    source = Bumps()

    def derivatives(copies):
        return source(copies)._replace(elsewhere=None)

    with pytest.raises(ValueError, match=r"momentum = 0\.3: these derivatives give no estimates"):
        run(algorithm("natural", "full"), derivatives, W, 3, theta)
    plain = NaturalGradient(FullHessian(-1), EPSILON, Floored(FLOOR), momentum=1.0)
    giant = NetworkGiant(FullHessian(-1), EPSILON, Floored(FLOOR))
    ends = [run(each, Bumps(), W, 9, theta).theta for each in (plain, giant)]
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("kind", [*METHODS.values()])
def test_bad_settings_are_refused(kind):
    for value in (0.0, -1.0, float("nan"), np.inf):
        with pytest.raises(ValueError, match=r"step_size = .*give epsilon > 0"):
            kind(FullHessian(-1), value)
    with pytest.raises(ValueError, match=r"momentum = 0.0: MDNPG needs beta"):
        NaturalGradient(FullHessian(1), momentum=0.0)


@pytest.mark.parametrize("method", [*METHODS])
def test_divergence_is_recorded_and_harms_no_neighbour(method):
    W, theta = case()
    start = np.stack([theta, 0.5 * theta, -theta])

    def explodes(healthy):
        def derivatives(copies):
            found = healthy(copies)
            if healthy.calls > 3:
                found.gradient[1] = np.inf
            return found

        return derivatives

    ill = run(algorithm(method, "full"), explodes(Bumps()), W, 8, start)
    healthy = run(algorithm(method, "full"), Bumps(), W, 8, start)
    assert ill.diverged_at.tolist() == [-1, 4, -1]
    assert "a number is not finite" in str(ill.stopped[1])
    for r in (0, 2):
        np.testing.assert_array_equal(ill.trace["theta"][:, r], healthy.trace["theta"][:, r])


def test_orders_are_what_the_curvature_needs():
    for kind in METHODS.values():
        assert kind(ScaledIdentity()).order == 1
        assert kind(Damped(FullHessian(-1), 0.1)).order == 2


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (ConsensusNewton(FullHessian(-1), 0.1, 0.1), D + D**2),
        (ConsensusNewton(ScaledIdentity(), 0.1, 0.1), D + 1),
        (TrackedNewton(FullHessian(-1)), 2 * D + D**2),
        (TrackedNewton(BlockDiagonal(OWNER, -1)), 2 * D + 1 + 4),
        (TrackedNewton(DiagonalHessian(-1), control=LengthBound(1.0)), 2 * D + D + 1),
        (TrackedNewton(ScaledIdentity()), 2 * D + 1),
        (NetworkGiant(FullHessian(-1)), 2 * D),
        (NaturalGradient(FullHessian(1), control=LengthBound(1.0)), 2 * D + 1),
    ],
)
def test_the_scalars_that_are_sent(method, expected):
    _, theta = case()
    assert scalars_sent(method, Bumps(), theta[np.newaxis]) == expected


def test_gauss_newton_consensus_is_algorithm_1_with_other_parts(rng):
    """H_i = C_i = -matrix + lambda I, g_i = C_i theta_i + grad J_i, current trackers.

    On a common concave quadratic with lambda = 0 and epsilon = 1 one step is Newton's.
    """
    root = rng.normal(size=(D, D))
    matrix, centre = -np.eye(D) - root @ root.T, rng.normal(size=D)

    def common(theta):
        gradient = (theta - centre) @ matrix
        return Derivatives(
            np.zeros(theta.shape[:2]), gradient, np.broadcast_to(matrix, (*theta.shape, D))
        )

    def error(damping, vector=curvature.SameMatrix()):  # noqa: B008
        gauss_newton = ConsensusNewton(
            Damped(FullHessian(-1), damping),
            step_size=1.0,
            floor=1e-9,
            projection=curvature.floor_eigenvalues,
            trackers=current_trackers,
            vector=vector,
        )
        end = run(gauss_newton, common, case()[0], 1, rng.normal(size=(AGENTS, D)))
        return np.abs(end.theta - centre).max()

    assert error(0.0) < 1e-12
    assert error(0.1) > 1e-3
