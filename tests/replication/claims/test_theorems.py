"""The measures of Theorems 4, 5 and 7 and of the rates: predictions, known cases, controls."""

import numpy as np
import pytest

from replication.claims import ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.claims.judge import check_claim
from replication.claims.rates import measure as rates
from replication.claims.theorems import convergence
from replication.claims.verdicts import CONTRADICTED, REPRODUCED, claim_verdict

CLAIMS = [*rates.MEASURES, "theorem-4", "theorem-5", "theorem-7"]


def test_orders_of_known_sequences():
    k = np.arange(60)
    quadratic = np.array([5e-3, 2.5e-5, 6.25e-10, 4e-19])
    assert rates.order(0.5 ** k.astype(float)) == pytest.approx((1.0, 1.0))
    assert rates.order(quadratic) == pytest.approx((2.0, 2.0))
    assert rates.order(np.array([1.0, 1e-5, 1e-14])) == (0.0, np.inf)
    assert rates.order(np.full(9, 0.3)) == rates.order(np.array([1.0, np.inf])) == (0.0, 0.0)


def test_slope_of_an_exact_exponential():
    error = 0.9 ** np.arange(400.0)
    fitted = convergence.slope(error)
    assert fitted.value == pytest.approx(np.log(0.9))
    assert fitted.upper - fitted.lower < 1e-9
    assert convergence.slope(np.array([1.0, 0.5, np.inf])).value == np.inf


def test_what_runs_do_is_told_apart():
    arrived, away, gone = np.array([1.0, 1e-5, np.nan]), np.ones(3), np.array([1.0, 1e9, np.inf])
    assert (
        convergence.describe(np.array([arrived, away, gone]))
        == "1 converge, 1 oscillate, 1 diverge"
    )


def test_each_measure_gives_the_ledgers_quantities(small, tmp_path):
    entries = {entry["id"]: entry for entry in ledger.claims()}
    for name in CLAIMS:
        found = measures()[name](Evidence(tmp_path, 0.98))
        assert set(found) == {quantity["id"] for quantity in entries[name]["quantities"]}, name


CHANGED = [
    ("theorem-4", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"initial-conditions": "any-trackers"}, CONTRADICTED),
    ("theorem-7", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-7", {"shifted-coordinates": "point"}, CONTRADICTED),
    ("newton-quadratic", {"newton-step": "damped"}, CONTRADICTED),
    ("newton-quadratic", {"curvature-sign": "printed"}, CONTRADICTED),
    ("gradient-linear", {"simplified-g": "full-hessian"}, CONTRADICTED),
    ("jacobi-optimum", {"simplified-g": "full-hessian"}, CONTRADICTED),
    ("jacobi-slower", {"curvature-sign": "printed"}, CONTRADICTED),
    ("theorem-5", {"initial-conditions": "consistent-trackers"}, REPRODUCED),
    ("theorem-5", {"update-lag": "current"}, REPRODUCED),
    ("theorem-5", {"projection": "floor-eigenvalues"}, REPRODUCED),
    ("theorem-5", {"projection": "absolute-eigenvalues"}, REPRODUCED),
]


@pytest.mark.parametrize(("name", "readings", "verdict"), CHANGED)
def test_verdicts_under_other_readings(small, tmp_path, name, readings, verdict):
    entry = next(entry for entry in ledger.claims() if entry["id"] == name)
    judged = check_claim(entry, Evidence(tmp_path, 0.98, readings=readings))
    verdicts = [q["verdict"] for q in judged["quantities"] if q["id"] != "arrival-share"]
    assert claim_verdict(verdicts) == verdict
