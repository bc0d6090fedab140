"""DN on the gridworld in JAX: the programs that `gridworld.py` compares the library with.

Each runs Algorithm 1 for all repetitions in one compiled function: scans over iterations and over
steps, float64, one thread. They differ in how they get the derivatives from a batch, which are the
sums of W_k s_k and W_k (s_k s_k^T + ds_k), W_k being the credit to go of step k:

`gram`
    the hand-derived form, S^T W S with the scores S of all steps, less phi^T W phi / sigma^2;
`hessian`
    `jax.grad` and `jax.hessian` of  sum_k W_k exp(log pi_k - stop(log pi_k)), over all steps;
`gram_ideas`
    the library's ideas carried over: means as polynomials with one exponential for each coordinate;
    three blocks in place of S^T W S, the derivative's weight merged; and, since an agent is
    rewarded at most once, in few trajectories, and W is zero in all others, sums over the rewarded
    ones, in chunks that fit the cache.

The first two are what one writes from the formulas: features with one exponential for each centre,
and `jax.vmap` over repetitions and copies. All play their
trajectories with repetitions and trajectories last, which was fastest in JAX.

Axes: T steps, R repetitions, L trajectories, N = 2 agents, D = 36 parameters, K = T L or fewer
steps at once. Index j is the agent that acts, i the agent whose copy and whose reward it is.
"""

import os

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

jax.config.update("jax_enable_x64", True)

REPETITIONS, TRAJECTORIES, HORIZON, ITERATIONS = 30, 100, 15, 60
CHUNK = 8  # trajectories

WIDTH, HEIGHT = 3.0, 6.0
START_X, GOAL_X, GOAL_Y = np.array([0.0, WIDTH]), np.array([WIDTH, 0.0]), HEIGHT
GOAL_RADIUS = DISTANCE = 0.5
DISCOUNT = 0.999

GRID = (3, 6)
FEATURES = GRID[0] * GRID[1]
D = 2 * FEATURES
SPACING = (WIDTH / (GRID[0] - 1), HEIGHT / (GRID[1] - 1))
DEVIATION = 0.5
VARIANCE = DEVIATION**2

MIXING = np.array([[0.75, 0.25], [0.25, 0.75]])
STEP_SIZE, FLOOR = 1e-5, 1e-6

Sums = tuple[Array, Array]
"""Weighted sums of s, shape (..., D), and of s s^T + ds, shape (..., D, D)."""


# The policy. With z in spacings, exp(-(z - k)^2 / 2) is proportional to exp(-k^2 / 2) exp(z)^k, and
# in normalised features the common factor cancels.

CONSTANTS = [np.exp(-np.square(np.arange(count)) / 2) for count in GRID]


def _polynomial(coefficients: Sequence[Array], argument: Array) -> Array:
    """Sum of coefficients[k] * argument^k, by Horner's rule."""
    *rest, value = coefficients
    for coefficient in reversed(rest):
        value = value * argument + coefficient
    return value


def _means_direct(psi: Array, x: Array, y: Array) -> Array:
    """phi . psi at every position, for weights psi of shape (3, 6, ...)."""
    weights = psi.reshape(FEATURES, *psi.shape[2:])
    return sum(weight * feature for weight, feature in zip(weights, _gaussians(x, y), strict=True))


def _means_polynomial(psi: Array, x: Array, y: Array) -> Array:
    """The same, by Horner's rule."""
    across, up = jnp.exp(x / SPACING[0]), jnp.exp(y / SPACING[1])
    of_x, of_y = CONSTANTS
    columns = [
        _polynomial([psi[a, b] * (f * g) for b, g in enumerate(of_y)], up)
        for a, f in enumerate(of_x)
    ]
    return _polynomial(columns, across) / (_polynomial(of_x, across) * _polynomial(of_y, up))


def _gaussians(x: Array, y: Array) -> list[Array]:
    """The features by their formula: one exponential for each centre."""
    zx, zy = x / SPACING[0], y / SPACING[1]
    terms = [
        jnp.exp(-(jnp.square(zx - a) + jnp.square(zy - b)) / 2)
        for a in range(GRID[0])
        for b in range(GRID[1])
    ]
    return _normalised(terms)


def _powers(x: Array, y: Array) -> list[Array]:
    """The features as products of powers: one exponential for each coordinate."""

    def factor(coordinate: Array, side: int) -> list[Array]:
        power = jnp.exp(coordinate / SPACING[side])
        return _normalised([constant * power**k for k, constant in enumerate(CONSTANTS[side])])

    return [u * v for u in factor(x, 0) for v in factor(y, 1)]


def _normalised(terms: list[Array]) -> list[Array]:
    scale = 1.0 / sum(terms)
    return [term * scale for term in terms]


def _features(found: Callable[[Array, Array], list[Array]], x: Array, y: Array) -> Array:
    """phi of every position, shape (2, 18, K) from coordinates of shape (2, K)."""
    return jnp.stack(found(x, y), axis=1)


# The trajectories.


class Walk(NamedTuple):
    """Where the agents are; all of shape (2, R, L), but `stuck` (R, L)."""

    x: Array
    y: Array
    arrived: Array
    stuck: Array
    log_weight: Array
    """Of agent i's copy, up to the last step."""


class Steps(NamedTuple):
    """What the derivatives need of every step; all of shape (T, 2, R, L)."""

    x: Array
    y: Array
    angle: Array
    credit: Array
    """gamma^t r_i w_i of agent i."""


def _play(
    means: Callable[[Array, Array, Array], Array], theta: Array, noise: Array
) -> tuple[Walk, Steps]:
    """Trajectories of pi_mu, from theta (R, 2, D) and noise (T, 2, R, L)."""
    shape = noise.shape[1:]
    nobody = jnp.zeros(shape, bool)
    x = jnp.broadcast_to(START_X[:, np.newaxis, np.newaxis], shape)
    start = Walk(x, jnp.zeros(shape), nobody, nobody[0], jnp.zeros(shape))
    discounts = DISCOUNT ** jnp.arange(len(noise))
    mean_of = partial(means, _own_and_other(theta))
    return lax.scan(partial(_step, mean_of), start, (noise, discounts))


def _own_and_other(theta: Array) -> Array:
    """psi_j in copy j and in the other copy, shape (3, 6, 2 copies, 2 agents, R, 1)."""
    psi = jnp.moveaxis(theta.reshape(-1, 2, 2, *GRID), 0, -1)
    agents = np.arange(2)
    pairs = jnp.stack([psi[agents, agents], psi[1 - agents, agents]])
    return jnp.moveaxis(pairs, (2, 3), (0, 1))[..., np.newaxis]


def _step(
    mean_of: Callable[[Array, Array], Array], walk: Walk, inputs: tuple[Array, Array]
) -> tuple[Walk, Steps]:
    """One step of both agents."""
    noise, discount = inputs
    mean, other_mean = mean_of(walk.x, walk.y)
    angle = mean + DEVIATION * noise
    # Copy i says of its own agent what mu says: only the other agent's action counts in its ratio.
    log_ratio = (VARIANCE * jnp.square(noise) - jnp.square(angle - other_mean)) / (2 * VARIANCE)
    log_weight = walk.log_weight + log_ratio[::-1]

    free = ~(walk.arrived | walk.stuck)
    x = jnp.where(free, jnp.clip(walk.x - jnp.sin(angle), 0.0, WIDTH), walk.x)
    y = jnp.where(free, jnp.clip(walk.y + jnp.cos(angle), 0.0, HEIGHT), walk.y)
    to_goal = jnp.square(x - GOAL_X[:, np.newaxis, np.newaxis]) + jnp.square(y - GOAL_Y)
    rewarded = free & (to_goal <= GOAL_RADIUS**2)
    arrived = walk.arrived | rewarded
    apart = jnp.square(x[0] - x[1]) + jnp.square(y[0] - y[1])
    stuck = walk.stuck | ((apart < DISTANCE**2) & ~(arrived[0] | arrived[1]))
    credit = jnp.where(rewarded, discount * jnp.exp(log_weight), 0.0)
    return Walk(x, y, arrived, stuck, log_weight), Steps(walk.x, walk.y, angle, credit)


# The sums over K steps for one copy: from theta_i (D,), features (2, 18, K), angles (2, K), W (K,).


def _gram(theta: Array, phi: Array, angle: Array, to_go: Array) -> Sums:
    """From the scores of all steps."""
    away = (angle - jnp.einsum("jf,jfk->jk", theta.reshape(2, FEATURES), phi)) / VARIANCE
    scores = (phi * away[:, np.newaxis]).reshape(D, -1)
    weighted = scores * to_go
    own = jnp.einsum("jfk,jgk->jfg", phi * to_go, phi) / VARIANCE
    return weighted.sum(axis=-1), weighted @ scores.T - jax.scipy.linalg.block_diag(*own)


def _gram_in_blocks(theta: Array, phi: Array, angle: Array, to_go: Array) -> Sums:
    """Block by block, the derivative of the score merged into the weights."""
    away = (angle - jnp.einsum("jf,jfk->jk", theta.reshape(2, FEATURES), phi)) / VARIANCE
    weighted = to_go * away
    own = to_go * (jnp.square(away) - 1.0 / VARIANCE)
    first, second = ((phi[j] * own[j]) @ phi[j].T for j in range(2))
    across = (phi[0] * (weighted[0] * away[1])) @ phi[1].T
    gradient = (phi * weighted[:, np.newaxis]).sum(axis=-1).reshape(D)
    return gradient, jnp.block([[first, across], [across.T, second]])


def _surrogate(theta: Array, phi: Array, angle: Array, to_go: Array) -> Array:
    """Sum of W exp(log pi - stop(log pi)), log pi up to a constant."""
    mean = jnp.einsum("jf,jfk->jk", theta.reshape(2, FEATURES), phi)
    log_pi = -jnp.square(angle - mean).sum(axis=0) / (2 * VARIANCE)
    return (to_go * jnp.exp(log_pi - lax.stop_gradient(log_pi))).sum()


def _differentiated(theta: Array, phi: Array, angle: Array, to_go: Array) -> Sums:
    given = (theta, phi, angle, to_go)
    return jax.grad(_surrogate)(*given), jax.hessian(_surrogate)(*given)


# The sums over a batch, for all copies: from theta (R, 2, D), flags (2, R, L) and steps.


def _to_go(credit: Array) -> Array:
    return jnp.cumsum(credit[::-1], axis=0)[::-1]


def _over_all(sums: Callable[..., Sums], theta: Array, arrived: Array, steps: Steps) -> Sums:
    """Dense: all trajectories of all repetitions at once."""

    def flat(values: Array) -> Array:
        return values.transpose(2, 1, 0, 3).reshape(len(theta), 2, -1)

    x, y, angle, to_go = map(flat, (*steps[:3], _to_go(steps.credit)))
    copies = jax.vmap(sums, in_axes=(0, None, None, 0))
    features = jax.vmap(partial(_features, _gaussians))(x, y)
    return jax.vmap(copies)(theta, features, angle, to_go)


def _over_rewarded(sums: Callable[..., Sums], theta: Array, arrived: Array, steps: Steps) -> Sums:
    """Each copy has its rewarded trajectories first in `order`, and as many chunks as they need."""
    _, repetitions, size = arrived.shape
    count = arrived.sum(axis=-1)
    order = jnp.argsort(~arrived, axis=-1)
    order = jnp.pad(order, ((0, 0), (0, 0), (0, -size % CHUNK)))
    chunks = (count + CHUNK - 1) // CHUNK
    ends = jnp.cumsum(chunks.ravel())

    def add(index: Array, total: Sums) -> Sums:
        copy = jnp.searchsorted(ends, index, side="right")
        i, r = copy // repetitions, copy % repetitions
        begin = (index - ends[copy] + chunks[i, r]) * CHUNK
        which = lax.dynamic_slice_in_dim(order[i, r], begin, CHUNK)
        valid = begin + jnp.arange(CHUNK) < count[i, r]
        to_go = _to_go(jnp.where(valid, steps.credit[:, i, r, which], 0.0)).ravel()
        x, y, angle = (of[:, :, r, which].swapaxes(0, 1).reshape(2, -1) for of in steps[:3])
        gradient, hessian = sums(theta[r, i], _features(_powers, x, y), angle, to_go)
        return total[0].at[r, i].add(gradient), total[1].at[r, i].add(hessian)

    nothing = jnp.zeros((repetitions, 2, D)), jnp.zeros((repetitions, 2, D, D))
    return lax.fori_loop(0, ends[-1], add, nothing)


# How the means are found while playing, and the sums afterwards.
KINDS = {
    "gram": (_means_direct, partial(_over_all, _gram)),
    "hessian": (_means_direct, partial(_over_all, _differentiated)),
    "gram_ideas": (_means_polynomial, partial(_over_rewarded, _gram_in_blocks)),
}


class Derivatives(NamedTuple):
    """Estimates; shapes (R, 2, D), (R, 2, D, D) and (R, 2)."""

    gradient: Array
    hessian: Array
    effective_sample_size: Array


def local_derivatives(kind: str) -> Callable[[Array, Array], Derivatives]:
    """The compiled estimates, from theta (R, 2, D) and noise (T, R, 2, L)."""

    means, sums = KINDS[kind]

    def estimate(theta: Array, noise: Array) -> Derivatives:
        walk, steps = _play(means, theta, jnp.swapaxes(noise, 1, 2))
        gradient, hessian = sums(theta, walk.arrived, steps)
        size, log_weight = noise.shape[-1], walk.log_weight
        weight = jnp.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
        samples = jnp.square(weight.sum(axis=-1)) / jnp.square(weight).sum(axis=-1)
        return Derivatives(gradient / size, hessian / size, samples.T)

    return jax.jit(estimate)


# Algorithm 1.


class Learner(NamedTuple):
    """What an iteration hands to the next; shapes (R, 2, D) and (R, 2, D, D)."""

    theta: Array
    g_mean: Array
    H_mean: Array
    g: Array
    H: Array


_mix = partial(jnp.einsum, "ij,rj...->ri...", MIXING)


def _direction(H: Array, g: Array) -> Array:
    """[H]_m^{-1} g; no eigenvalue is looked at while every H has a diagonal entry below m/2."""

    def solve() -> Array:
        kept = jnp.linalg.eigvalsh(H)[..., 0] >= FLOOR / 2
        matrix = jnp.where(kept[..., np.newaxis, np.newaxis], H, FLOOR / 2 * jnp.eye(D))
        return jnp.linalg.solve(matrix, g[..., np.newaxis])[..., 0]

    possible = jnp.diagonal(H, axis1=-2, axis2=-1).min(axis=-1) >= FLOOR / 2
    return lax.cond(possible.any(), solve, lambda: g / (FLOOR / 2))


def noise(key: Array, iteration: Array) -> Array:
    """Standard normal numbers (T, R, 2, L), every repetition's from a key of its own."""

    def draw(key: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(key, iteration), (HORIZON, 2, TRAJECTORIES))

    return jax.vmap(draw, out_axes=1)(jax.random.split(key, REPETITIONS))


def make(kind: str, iterations: int = ITERATIONS) -> Callable[[Array], tuple[Array, Array]]:
    """The run of all repetitions, to be compiled by its first call.

    It goes from a key to theta after every iteration, shape (iterations, R, 2, D), and the
    effective sample size of every batch, shape (iterations, R, 2).
    """
    derivatives = local_derivatives(kind)

    def iterate(key: Array, old: Learner, iteration: Array) -> tuple[Learner, tuple[Array, Array]]:
        gradient, H, samples = derivatives(old.theta, noise(key, iteration))
        g = jnp.einsum("riab,rib->ria", H, old.theta) + gradient
        direction = _direction(old.H_mean, old.g_mean)
        theta = (1.0 - STEP_SIZE) * old.theta + STEP_SIZE * direction
        new = Learner(theta, _mix(old.g_mean + g - old.g), _mix(old.H_mean + H - old.H), g, H)
        return new, (theta, samples)

    def run(key: Array) -> tuple[Array, Array]:
        vectors, matrices = jnp.zeros((REPETITIONS, 2, D)), jnp.zeros((REPETITIONS, 2, D, D))
        start = Learner(vectors, vectors, matrices, vectors, matrices)
        return lax.scan(partial(iterate, key), start, jnp.arange(iterations))[1]

    return jax.jit(run)
