"""Intervals and quantities from made-up results, compared with values by hand and with scipy.stats.

The measures of the claims work on them as on results that were simulated.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from netnewton.arrays import Array
from replication.claims import comparisons
from replication.claims.evidence import Evidence
from replication.claims.figure_1 import measure as figure1
from replication.claims.figure_2 import measure as figure2
from replication.claims.figure_3 import measure as figure3
from replication.claims.judge import check_claims
from replication.claims.planting import CONFIDENCE, Run, verdict_of_check
from replication.claims.verdicts import INCONCLUSIVE
from replication.experiments import summarise
from replication.experiments.intervals import Interval
from replication.experiments.results import write_results
from replication.experiments.simulate import Variables

SEED = 2022  # of the samples; any number does
NEVER = -1


def made_up(
    folder: Path, experiment: str, returns: Mapping[str, Array], diverged_at: int = NEVER
) -> Evidence:
    """Evidence from returns J (R, K + 1) of methods; the last repetition may have diverged."""
    for method, J in returns.items():
        settings = (f"repetitions={len(J)}", f"iterations={J.shape[1] - 1}")
        (spec,) = Run(experiment, (method,), settings).specs()
        diverged = np.full(len(J), NEVER, dtype=np.int32)
        diverged[-1] = diverged_at
        variables: Variables = {"J": J, "diverged_at": diverged, "saturated": np.zeros(J.shape)}
        write_results(folder / experiment / f"{method}.nc", spec, variables)
    return Evidence(folder, CONFIDENCE)


def _same(interval: Interval, ends: tuple[float, float], tolerance: float = 1e-9) -> bool:
    return bool(np.allclose(interval[1:3], ends, rtol=0.0, atol=tolerance))


def interval_of_a_mean(folder: Path) -> str:
    """The interval of a mean against scipy's for few repetitions and many."""
    from scipy import stats

    evidence, agree = Evidence(folder, CONFIDENCE), True
    for n in (3, 10, 30):
        samples = np.random.default_rng(SEED).normal(size=n)
        opinion = stats.ttest_1samp(samples, 0.0).confidence_interval(CONFIDENCE)
        agree &= _same(evidence.mean(samples), (opinion.low, opinion.high))
    return verdict_of_check(agree)


def interval_of_a_curve(folder: Path) -> str:
    """The bands of summary.csv against scipy's, with as many repetitions as there are points."""
    from scipy import stats

    J = np.random.default_rng(SEED).normal(size=(12, 12)).cumsum(axis=1)
    made_up(folder, "pd_exact", {"DN": J})
    summarise.write_summary([folder / "pd_exact" / "DN.nc"], folder / "summary.csv", CONFIDENCE)
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        bands = [(float(row["lower"]), float(row["upper"])) for row in csv.DictReader(file)]
    opinion = stats.ttest_1samp(J, 0.0, axis=0).confidence_interval(CONFIDENCE)
    return verdict_of_check(np.allclose(np.transpose(bands), [opinion.low, opinion.high]))


def interval_of_pairs(folder: Path) -> str:
    """The paired difference of areas against scipy's, for repetitions that differ a great deal."""
    from scipy import stats

    rng = np.random.default_rng(SEED)
    common, own = rng.normal(size=(12, 1)), 0.01 * rng.normal(size=(2, 12, 41))
    J = {"DN": common + own[0] + 0.1, "DG": common + own[1]}
    found = figure2.faster(made_up(folder, "pd_sampled_is", J))["area-difference"]
    areas = (J[name][:, 1:].mean(axis=1) for name in ("DN", "DG"))
    opinion = stats.ttest_rel(*areas).confidence_interval(CONFIDENCE)
    return verdict_of_check(_same(found, (opinion.low, opinion.high)))


def interval_by_bootstrap(folder: Path) -> str:
    """The late drift of Figure 3, relative to the gain, against scipy's paired bootstrap.

    Two bootstraps with 10 000 draws differ by a few hundredths of the interval's width.
    """
    from scipy import stats

    rng = np.random.default_rng(SEED)
    rise = rng.normal(1.0, 0.3, size=(30, 1))
    J = rise * np.linspace(0.0, 1.0, 30) + 0.005 * rng.normal(size=(30, 30))
    found = figure3.few_iterations(made_up(folder, "gridworld", {"DN": J}))["late-drift"]
    late, before = J[:, -2:].mean(axis=1), J[:, -4:-2].mean(axis=1)  # tenths of 29 iterations
    opinion = stats.bootstrap(
        (late - before, late - J[:, 0]),
        lambda change, gain, axis: change.mean(axis=axis) / gain.mean(axis=axis),
        paired=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    ends = opinion.low, opinion.high
    return verdict_of_check(_same(found, ends, tolerance=0.05 * (ends[1] - ends[0])))


def interval_of_a_share(folder: Path) -> str:
    """The share of repetitions at another corner, against scipy's exact interval."""
    from scipy import stats

    agree = True
    for successes in (0, 2, 30):
        opinion = stats.binomtest(successes, 30).proportion_ci(CONFIDENCE, method="exact")
        found = figure2.share_interval(successes, 30, CONFIDENCE)
        agree &= _same(found, (opinion.low, opinion.high))
    return verdict_of_check(agree)


def censored_runs(folder: Path) -> str:
    """Six of ten runs of DN do not arrive: the ratio DN/DG may be anything from 10/50 on."""
    DN = np.stack([_arriving(10)] * 4 + [_arriving(1000)] * 6)
    evidence = made_up(folder, "pd_exact", {"DN": DN, "DG": np.stack([_arriving(50)] * 10)})
    found = figure1.faster(evidence)["ratio-0.1"]
    return verdict_of_check(found.lower == 0.2 and found.upper == np.inf)


def settling(folder: Path) -> str:
    """A run that arrives at 5, leaves, and stays from 20 on, has settled at 20, and DG at 40."""
    J = _arriving(20)
    J[5:9] = -1.0
    evidence = made_up(folder, "pd_exact", {"DN": np.stack([J] * 10), "DG": _ten_arriving(40)})
    found = figure1.faster(evidence)["ratio-0.01"]
    return verdict_of_check(found.lower == found.upper == 0.5)


def _arriving(iteration: int) -> Array:
    """J of 100 iterations, at -2 before and at the optimum from an iteration on."""
    return np.where(np.arange(101) >= iteration, -1.0, -2.0)


def _ten_arriving(iteration: int) -> Array:
    return np.stack([_arriving(iteration)] * 10)


def diverged_runs(folder: Path) -> str:
    """One of ten runs diverges: it counts with mutual defection, the lowest return."""
    J = _ten_arriving(10)
    J[-1, 50:] = np.nan
    evidence = made_up(folder, "pd_exact", {"DN": J}, diverged_at=50)
    found = figure1.optimum(evidence)
    mean, worst = found["final-return"], found["worst-final-return"]
    return verdict_of_check((mean.n, round(mean.value, 9), worst.value) == (10, -1.1, -2.0))


def averages(folder: Path) -> str:
    """J = k averages 38.5 over the last tenth of 40 iterations, and 20.5 over all but the start."""
    J = {name: np.tile(slope * np.arange(41.0), (10, 1)) for name, slope in SLOPES.items()}
    evidence = made_up(folder, "gridworld", J)
    area = comparisons.area_difference(evidence, "gridworld", "DN", "DG").value
    improvement = figure3.few_iterations(evidence)["improvement"].value
    return verdict_of_check(np.allclose([area, improvement], [20.5, 38.5]))


SLOPES = {"DN": 1.0, "DG": 0.0}


def verdict_on_an_interval(folder: Path) -> str:
    """A mean inside its region whose interval is not: the verdict is inconclusive."""
    J = np.full((10, 11), -1.0)
    J[0] = -1.05
    evidence = made_up(folder, "pd_exact", {"DN": J})
    (judged,) = check_claims(evidence, ["fig1-optimum"])
    verdicts = {quantity["id"]: quantity["verdict"] for quantity in judged["quantities"]}
    return verdict_of_check(verdicts["final-return"] == INCONCLUSIVE)
