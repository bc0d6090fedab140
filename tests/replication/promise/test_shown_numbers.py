"""The tables of docs/newton.md are the committed ones."""

import pytest

from replication.claims.promise.committed import table
from replication.claims.team_cases import FAMILIES
from replication.experiments.config import ROOT
from replication.promise.rates import PLAN

TEXT = (ROOT / "docs" / "newton.md").read_text(encoding="utf-8")
RATES = {
    "Algorithm 1, printed lag": "algorithm_1",
    "Algorithm 1, current trackers": "algorithm_1_current",
    "Algorithm 1, current trackers, damped": "algorithm_1_damped_current",
    "tracked Newton": "tracked_newton",
    "tracked Newton, absolute eigenvalues": "tracked_absolute",
    "tracked Newton, absolute diagonal": "tracked_diagonal",
    "tracked Newton, cubic": "tracked_cubic",
    "tracked Newton, damped": "tracked_damped",
    "Network-GIANT": "network_giant",
    "Network-GIANT, damped": "network_giant_damped",
    "gradient tracking": "gradient_tracking",
}
KEEPING = {
    "dilemma, exact": ("dilemma_exact", "DJ_absolute"),
    "dilemma, samples": ("dilemma_sampled", "DJ_absolute"),
    "gridworld": ("gridworld", "tracked_absolute"),
    "gridworld, where Algorithm 1 learns best": ("gridworld_attainable", "network_giant"),
    "three agents on a path": ("weak_link", "tracked_diagonal"),
    "concave team problems": ("team_problems", "tracked_diagonal"),
}
DIMENSION = {
    **dict.fromkeys(("dilemma_exact", "dilemma_sampled"), 4),
    **dict.fromkeys(("gridworld", "gridworld_attainable"), 36),
    **dict.fromkeys(("weak_link", "team_problems"), 6),
}


def rows_of(heading):
    """The cells of the rows of a section's table, by the first one."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("|") for line in section.splitlines() if line.startswith("|")]
    rows = [[text.strip() for text in line.split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows[2:]}


def cell(method, network):
    own = [r for r in table("rates") if (r["method"], r["network"]) == (method, network)]
    arrived = sum(row["arrived"] for row in own if row["step_size"] == 1.0)
    stable = min(row["stable_to"] for row in own)
    return f"{arrived:g} ({'1' if stable == 1.0 else f'{stable:.2f}'})"


def test_the_table_of_stable_steps():
    shown = rows_of("Theory: which step is stable")
    assert set(shown) == set(RATES)
    assert shown == {k: [cell(name, n) for n in FAMILIES] for k, name in RATES.items()}
    assert 2 * PLAN.starts == 12


def of_family(task, family):
    return [r for r in table("winners") if (r["task"], r["family"]) == (task, family)]


def keeps_curvature(row):
    relative = row["method"].startswith("tracked") and row["floor"] > 0
    return row["method"] != "DN" and not (relative and row["floor"] ** 2 >= DIMENSION[row["task"]])


def medians(task, method):
    """Iterations and scalars to 90 % on both sets of seeds, as they are shown."""
    own = [
        row
        for row in table("scores")
        if (row["task"], row["method"], row["scale"]) == (task, method, 1.0)
    ]
    return [", ".join(f"{row[key]:,g}" for row in own) for key in ("ninety", "ninety_scalars")]


@pytest.mark.parametrize("shown", KEEPING)
def test_the_table_of_methods_that_keep_curvature(shown):
    (task, method), cells = KEEPING[shown], rows_of("What keeps its curvature")[shown]
    kept = filter(keeps_curvature, of_family(task, "second_order"))
    assert max(kept, key=lambda row: row["area"])["method"] == method
    first = max(of_family(task, "first_order"), key=lambda row: row["area"])["method"]
    assert cells[2:4] == medians(task, method) and cells[4:] == medians(task, first)


def test_a_number_that_is_not_in_the_tables_is_noticed():
    """The negative control: what is shown of one network or method is not that of another."""
    shown = rows_of("Theory: which step is stable")["tracked Newton"]
    assert shown[0] != cell("tracked_newton", "ring")
    assert medians("gridworld", "tracked_absolute") != medians("gridworld", "tracked_diagonal")
