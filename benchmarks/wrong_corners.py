"""Where runs of the Prisoner's Dilemma end: at full cooperation, J = -1, or at another corner.

    ./run python benchmarks/wrong_corners.py

Exact learning, as `pd_exact` but for its seeds: how often DN, DS, and DN with a part of H theta in
g_i reach -1 over 2,000 random matrices. Learning from samples, as `pd_sampled_is`: how often DN
ends at a wrong corner, by the number L of plays in a batch, 400 repetitions each. The limitations
`hessian-term` and `wrong-corners` in paper_checks/limitations.yaml say what is found.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from netnewton import derivatives, games, policies, run
from netnewton.algorithms import ConsensusNewton
from netnewton.curvature import FullHessian, SameMatrix, ScaledIdentity
from netnewton.trajectories import Streams
from replication.experiments import config

SEED = 2210
MATRICES, REPETITIONS, BATCHES = 2000, 400, (10, 30, 50, 100, 200, 1000)
REACHED, WRONG = -1.01, -1.25  # the second is half-way to the nearest wrong corner

GAME = games.prisoners_dilemma()
POLICY = policies.Boltzmann.of(GAME)
EXACT = derivatives.exact(GAME, POLICY)

OWN = np.eye(2, dtype=bool)
TURN = 1.5434  # where x tanh(x / 2) = 1, and H theta + grad J changes its sign


@dataclass(frozen=True)
class PartOfTheTerm:
    """g_i = grad J_i and, where `keeps` says so, the Hessian of J_i times theta.

    `keeps` is asked, for copy i and agent j's block, about x = (agent j's logit of cooperation less
    that of defection), shape (R, N, N). No Hessian of the one-shot dilemma has an entry across
    blocks.
    """

    keeps: Callable
    order = 2

    def __call__(self, curvature, H, local, theta):
        x = theta[..., ::2] - theta[..., 1::2]
        term = np.matmul(local.hessian, theta[..., np.newaxis])[..., 0]
        return np.where(np.repeat(self.keeps(x), 2, axis=-1), term, 0.0) + local.gradient


def nowhere(x):
    return np.zeros(x.shape, dtype=bool)


def own_defection(x):
    """In the agent's own block, where its copy all but defects."""
    return OWN & (x < -TURN)


def all_but_own_defection(x):
    return ~own_defection(x)


def arms(method):
    """Algorithms by name, with the step size and the floor m of a method."""
    epsilon, m = method["step_size"], method["floor"]

    def newton(vector, curvature=FullHessian()):  # noqa: B008 - frozen
        return ConsensusNewton(curvature, epsilon, m, vector=vector)

    return {
        "DN": newton(SameMatrix()),
        "DS": newton(SameMatrix(), ScaledIdentity(m / 2)),
        "DN, g without H theta": newton(PartOfTheTerm(nowhere)),
        "DN, H theta in own defection only": newton(PartOfTheTerm(own_defection)),
        "DN, H theta everywhere else": newton(PartOfTheTerm(all_but_own_defection)),
        "DN, H = -Hessian": newton(SameMatrix(), FullHessian(-1)),
    }


def two_agents(a):
    """Consensus matrices [[1 - a, a], [a, 1 - a]], shape (R, 2, 2)."""
    return np.stack([np.stack([1 - a, a], axis=-1), np.stack([a, 1 - a], axis=-1)], axis=1)


def final_return(algorithm, source, weights, iterations):
    """J of the joint policy played after the last iteration, shape (R,)."""
    theta = run(algorithm, source, weights, iterations, observe=lambda states: {}).theta
    return EXACT.returns(policies.behaviour_parameters(theta, POLICY.owner)).mean(axis=-1)


def by_matrix(a, iterations):
    """Final returns of every arm on the matrices of some a."""
    spec = config.spec(config.load(), "pd_exact", "DN").settings
    return {
        name: final_return(algorithm, EXACT, two_agents(a), iterations)
        for name, algorithm in arms(spec["method"]).items()
    }


def by_batch(sizes, repetitions, iterations, seed=SEED):
    """DN's final returns for every batch size, shape (sizes, repetitions)."""
    spec = config.spec(config.load(), "pd_sampled_is", "DN").settings
    generators = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(len(sizes))]
    streams = Streams(generators, [repetitions] * len(sizes))
    source = derivatives.counted(GAME, POLICY, streams, np.repeat(sizes, repetitions))
    weights = np.array(spec["network"]["weights"])
    found = final_return(arms(spec["method"])["DN"], source, weights, iterations)
    return found.reshape(len(sizes), repetitions)


def row(name, J):
    """One line about final returns."""
    wrong = int((J < WRONG).sum())
    interval = stats.binomtest(wrong, len(J)).proportion_ci(0.98)
    return (
        f"{name:42} {(J > REACHED).sum():5} {wrong:5} {wrong / len(J):8.2%} "
        f"[{interval.low:.2%}, {interval.high:.2%}]"
    )


def main():
    iterations = config.spec(config.load(), "pd_exact", "DN").settings["iterations"]
    a = np.random.default_rng(SEED).random(MATRICES)
    print(f"{'':42} at -1, wrong corner, its share with its 98 % interval")
    for name, J in by_matrix(a, iterations).items():
        where = f", a up to {a[J < WRONG].max():.3f}" if (J < WRONG).any() else ""
        print(row(f"exact, {name}", J) + where)
    for size, J in zip(BATCHES, by_batch(BATCHES, REPETITIONS, iterations), strict=True):
        print(row(f"sampled, DN, L = {size}", J))


if __name__ == "__main__":
    main()
