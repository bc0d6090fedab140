"""CPU time of `pd_exact` (30 repetitions x 2,000 iterations x 3 methods), beside the transcription.

    ./run python benchmarks/pd_exact.py

The literal transcription of Algorithm 1 runs one repetition of each method; repetitions are
independent of each other there, so that thirty take thirty times as long. Both must report the same
returns at every iteration. Runs of the two alternate, since a shared machine's speed drifts; the
median of each is shown.
"""

import replication  # noqa: F401 - pins the arithmetic, before numpy is imported

# isort: split
import time
from statistics import median

import numpy as np

from netnewton.games.finite import prisoners_dilemma
from replication.experiments import config
from replication.experiments.build import build
from replication.experiments.names import CURVATURE_SIGNS
from replication.experiments.simulate import simulate
from replication.second_opinions.literal import (
    Agent,
    matrix_game_oracle,
    matrix_game_return,
    run_literally,
)

RUNS = 5


def cpu_seconds(work, spec):
    started = time.process_time()
    result = work(spec)
    return time.process_time() - started, result


def transcribed(spec):
    """J_i(mu) of repetition 0 at every iteration, by the literal transcription."""
    payoffs = prisoners_dilemma().rewards[:, 0]
    settings = spec.settings["method"]
    experiment = build(spec, [0])
    agents = [
        Agent(
            matrix_game_oracle(payoff),
            experiment.start[0, i],
            settings["curvature"],
            CURVATURE_SIGNS[settings["curvature_sign"]],
            settings["projection"],
            settings["trackers"],
            settings["step_size"],
            settings["floor"],
        )
        for i, payoff in enumerate(payoffs)
    ]
    path = run_literally(agents, experiment.weights[0], spec.settings["iterations"])
    mu = [np.concatenate([first[:2], second[2:]]) for first, second in path]
    return [[matrix_game_return(payoff, parameters) for payoff in payoffs] for parameters in mu]


def main():
    paper = config.load()
    total, literal_total = 0.0, 0.0
    print(f"{'method':8} {'library':>10} {'transcription':>15} {'times faster':>13}")
    for method in config.methods(paper, "pd_exact"):
        spec = config.spec(paper, "pd_exact", method)
        pairs = [(cpu_seconds(simulate, spec), cpu_seconds(transcribed, spec)) for _ in range(RUNS)]
        np.testing.assert_allclose(pairs[0][0][1]["J_local"][0], pairs[0][1][1], atol=1e-9)
        seconds = median(ours[0] for ours, _ in pairs)
        literal = median(theirs[0] for _, theirs in pairs) * spec.settings["repetitions"]
        total, literal_total = total + seconds, literal_total + literal
        print(f"{method:8} {seconds:8.2f} s {literal:13.1f} s {literal / seconds:13.0f}")
    print(f"{'all':8} {total:8.2f} s {literal_total:13.1f} s {literal_total / total:13.0f}")


if __name__ == "__main__":
    main()
