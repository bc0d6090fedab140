"""What is measured for the claims of every group."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from replication.claims import ledger
from replication.claims.attribution import measure as attribution
from replication.claims.definitions import measure as definitions
from replication.claims.estimators import measure as estimators
from replication.claims.evidence import Measure
from replication.claims.figure_1 import measure as figure_1
from replication.claims.figure_2 import measure as figure_2
from replication.claims.figure_3 import measure as figure_3
from replication.claims.messages import measure as messages
from replication.claims.promise import measure as promise
from replication.claims.rates import measure as rates
from replication.claims.theorems import measure as theorems
from replication.experiments.config import ConfigError

OF_GROUP: Mapping[str, Mapping[str, Measure]] = {
    "definitions": definitions.MEASURES,
    "messages": messages.MEASURES,
    "rates": rates.MEASURES,
    "theorems": theorems.MEASURES,
    "estimators": estimators.MEASURES,
    "figure_1": figure_1.MEASURES,
    "figure_2": figure_2.MEASURES,
    "figure_3": figure_3.MEASURES,
    "attribution": attribution.MEASURES,
    "promise": promise.MEASURES,
}


@cache
def measures() -> Mapping[str, Measure]:
    """What is measured for each claim, by its id in the ledger.

    Raises
    ------
    ConfigError
        If a group's part of the ledger and its measures are not about the same claims.
    """
    for group in ledger.GROUPS:
        claimed = {c["id"] for c in ledger.claims_of(group) if "not_tested" not in c}
        if differing := claimed ^ OF_GROUP[group].keys():
            raise ConfigError(
                f"{', '.join(sorted(differing))}: paper_checks/claims/{group}.yaml and MEASURES of "
                f"claims/{group}/measure.py differ; give each claim a measure, or say not_tested"
            )
    return {name: m for group in ledger.GROUPS for name, m in OF_GROUP[group].items()}
