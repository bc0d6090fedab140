"""Faults that the claims on the trial must show, in made-up tables whose verdict is known."""

from __future__ import annotations

from collections.abc import Sequence

from replication.claims.planting import REPETITIONS, Control, Patch, of_claim
from replication.claims.promise import measure as measured
from replication.claims.promise.committed import Row
from replication.claims.verdicts import CONTRADICTED, REPRODUCED

OTHER = {"first_order": "second_order", "second_order": "first_order"}


def families_exchanged(patch: Patch) -> None:
    """First-order methods go by the name of second-order ones, and the reverse."""
    patch.arguments(measured, "of_family", lambda task, family: (task, OTHER[family]))


def messages_not_counted(patch: Patch) -> None:
    """An iteration costs one scalar, whatever is sent."""
    patch.setattr(measured, "scalars", lambda task, method: 1.0)


def made_up(patch: Patch) -> None:
    """Second order is four times as fast, keeps its area at every scale, and sends far more."""
    patch.setattr(measured, "table", made_up_table)


def made_up_table(name: str) -> list[Row]:
    """A table of one method of each family, with the columns that are read."""
    tasks = measured.TASKS.values()
    if name == "levels":
        return [{"task": task, "iterations": 60.0} for task in tasks]
    first = {"method": "first", "family": "first_order", "area": 0.5, "scalars": 74.0}
    second = {"method": "second", "family": "second_order", "area": 0.7, "scalars": 2664.0}
    if name == "winners":
        return [{"task": task, **own} for task in tasks for own in (first, second)]
    return [
        {"task": task, "seeds": seeds, "scale": scale, "method": method, **own(r, scale)}
        for task in tasks
        for seeds in measured.SEEDS
        for scale in (1.0, *measured.SCALES)
        for method, own in (("first", _first), ("second", _second))
        for r in range(REPETITIONS)
    ]


def _first(repetition: int, scale: float) -> Row:
    return {"share": (0.5 if scale == 1.0 else 0.1) + repetition / 100, "ninety": 40.0 + repetition}


def _second(repetition: int, scale: float) -> Row:
    return {"share": 0.7 + repetition / 100, "ninety": 10.0 + repetition}


CONTROLS: Sequence[Control] = (
    *(
        of_claim(families_exchanged, claim, smaller=made_up)
        for claim in ("promise-gridworld", "promise-dilemma", "promise-scale")
    ),
    of_claim(messages_not_counted, "promise-messages", (), made_up, CONTRADICTED, REPRODUCED),
)
