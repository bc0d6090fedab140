r"""Algorithm 1: multi-agent Newton with consensus.

For every agent i, with weights a_ij, step size epsilon and floor m (Section 3.1):

    g_i(theta)     =  H_i(theta) theta + grad J_i(theta)                             (eq. 6)
    gtilde_i(k)    =  sum_j a_ij [gtilde_j(k-1) + g_j(theta_j(k-1)) - g_j(theta_j(k-2))]
    Htilde_i(k)    =  sum_j a_ij [Htilde_j(k-1) + H_j(theta_j(k-1)) - H_j(theta_j(k-2))]
    theta_i(k)     =  (1 - epsilon) theta_i(k-1) + epsilon [Htilde_i(k-1)]_m^{-1} gtilde_i(k-1)

In code: `State` holds theta(k), the trackers ``g_mean`` and ``H_mean`` (gtilde(k), Htilde(k)) and
the local quantities they have already absorbed, ``g`` and ``H`` (of theta(k-1)); `step` goes from
k-1 to k. Arrays carry the repetition first, then the agent, then the parameters.

With exact averaging (all a_ij = 1/N), `current_trackers` and no operator (`unregularised`), `step`
is eq. 5-6.

Differs from the paper in nothing by default. `Method` offers other readings: the sign of H_i and
its structure (`curvature`), the operator [.]_m (`projection`), the trackers' lag (`trackers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netnewton.curvature import Curvature, Projection, all_or_nothing
from netnewton.derivatives import DerivativeSource
from netnewton.networks import Mix
from netnewton.recording import Block, not_finite, reset

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class State:
    """What the agents hold after iteration k; R repetitions, N agents, d parameters."""

    theta: Array
    """theta_i(k), shape (R, N, d)."""
    g_mean: Array
    """gtilde_i(k), shape (R, N, d)."""
    H_mean: Array
    """Htilde_i(k), in the shape of the method's curvature."""
    g: Array
    """g_i(theta_i(k-1)), shape (R, N, d)."""
    H: Array
    """H_i(theta_i(k-1)), in the shape of the method's curvature."""
    fallback: Flags
    """Whether [.]_m replaced the tracked curvature in the step to theta(k), shape (R, N)."""
    iteration: int = 0


Trackers = tuple[Array, Array]


def previous_trackers(previous: Trackers, current: Trackers) -> Trackers:
    """As printed: theta(k) moves along gtilde(k-1) and Htilde(k-1)."""
    return previous


def current_trackers(previous: Trackers, current: Trackers) -> Trackers:
    """The other reading: theta(k) moves along gtilde(k) and Htilde(k)."""
    return current


@dataclass(frozen=True)
class Method:
    """One way to run Algorithm 1.

    Parameters
    ----------
    curvature : Curvature
        The choice of H_i.
    step_size : float
        epsilon in (0, 1].
    floor : float
        m > 0; [.]_m acts on eigenvalues below m/2.
    projection : Projection
        How [.]_m replaces; as printed by default.
    trackers : callable
        `previous_trackers` (printed) or `current_trackers`.

    Raises
    ------
    ValueError
        If epsilon or m is out of range, naming its value.
    """

    curvature: Curvature
    step_size: float
    floor: float
    projection: Projection = all_or_nothing
    trackers: Callable[[Trackers, Trackers], Trackers] = previous_trackers

    def __post_init__(self) -> None:
        if not 0.0 < self.step_size <= 1.0:
            raise ValueError(f"step_size = {self.step_size}: Algorithm 1 needs epsilon in (0, 1]")
        if not 0.0 < self.floor < np.inf:
            raise ValueError(f"floor = {self.floor}: Algorithm 1 needs m > 0")


def init(theta: Array, method: Method) -> State:
    """The state before the first iteration: trackers and local quantities are zero, as printed.

    Parameters
    ----------
    theta : Array, shape (R, N, d)
        theta_i(0); the paper starts from zero.
    method : Method

    Raises
    ------
    ValueError
        If theta does not have three axes or is not finite.
    """
    if theta.ndim != 3 or not np.isfinite(theta).all():
        raise ValueError(f"theta(0) of shape {theta.shape}: give finite numbers, (R, N, d)")
    g, H = np.zeros_like(theta), method.curvature.zeros(theta)
    return State(theta, g, H, g, H, fallback=np.zeros(theta.shape[:2], dtype=bool))


def step(state: State, derivatives: DerivativeSource, mix: Mix, method: Method) -> State:
    """One iteration of Algorithm 1, for every repetition and agent at once."""
    k, epsilon, curvature = state.iteration + 1, method.step_size, method.curvature
    local = derivatives(state.theta)
    H = curvature.local(local)
    g = curvature.times(H, state.theta) + local.gradient

    g_mean = mix(state.g_mean + g - state.g, k)
    H_mean = mix(state.H_mean + H - state.H, k)

    g_used, H_used = method.trackers((state.g_mean, state.H_mean), (g_mean, H_mean))
    projected = curvature.project(H_used, method.projection, method.floor / 2)
    direction = curvature.solve(projected, g_used)
    theta = (1 - epsilon) * state.theta + epsilon * direction
    return State(theta, g_mean, H_mean, g, H, projected.replaced, k)


@dataclass(frozen=True)
class Run:
    """What `run` recorded of K iterations of R repetitions. A diverged repetition is data."""

    trace: Mapping[str, npt.NDArray]
    """What was observed, each of shape (K + 1, R, ...); entry 0 precedes the first iteration."""
    diverged_at: npt.NDArray[np.int64]
    """First iteration whose state was not finite, shape (R,); -1 if there was none."""
    final: State
    """The last state; a diverged repetition was reset to zero when it diverged."""


Observer = Callable[[State], Mapping[str, npt.NDArray]]
"""From a block of B states in one, each of its arrays with the leading axes (B, R), to named arrays
with the same two leading axes. Its iteration is the block's first."""

BLOCK = 32  # states observed at once: looking at each by itself would cost as much as making it


def run(
    state: State,
    derivatives: DerivativeSource,
    mix: Mix,
    method: Method,
    iterations: int,
    observe: Observer,
) -> Run:
    """Run Algorithm 1 and record what `observe` returns of every state.

    A repetition whose state stops being finite is recorded as diverged at that iteration and reset
    to zero, so that the others go on undisturbed; what is observed of it from then on is void.
    Cures to try are a smaller step size or a larger floor m.

    Parameters
    ----------
    state : State
        From `init`.
    iterations : int
        K >= 0.
    observe : Observer
        What to record.
    """
    diverged_at = np.full(len(state.theta), -1)
    block, observed = Block(state, min(BLOCK, iterations + 1)), []
    block.add(state)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for k in range(1, iterations + 1):
            state = step(state, derivatives, mix, method)
            lost = not_finite(state)
            if lost.any():
                diverged_at[lost & (diverged_at < 0)] = k
                state = reset(state, lost)
            if block.full:
                observed.append(observe(block.take()))
            block.add(state)
        observed.append(observe(block.take()))
    trace = {name: np.concatenate([part[name] for part in observed]) for name in observed[0]}
    return Run(trace, diverged_at, state)
