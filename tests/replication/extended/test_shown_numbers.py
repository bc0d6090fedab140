"""The tables of docs/networks.md are the committed ones."""

import csv

import pytest

from replication.experiments.config import ROOT
from replication.extended.written import FOLDER

TEXT = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
METHODS = {
    "Algorithm 1 with H = −∇²J": "DN_ascent",
    "gradient tracking": "gradient_tracking",
    "tracked Hessian, absolute eigenvalues": "tracked_absolute",
    "Algorithm 1 with (m/2)I": "DS",
    "Algorithm 1 as printed": "DN",
}
LINKS = {
    "40 % lost, both directions": ("losses", "symmetric", "0.4"),
    "40 % lost, each direction": ("losses", "asymmetric", "0.4"),
    "60 % lost, each direction": ("losses", "asymmetric", "0.6"),
    "40 % lost in bursts, each direction": ("losses", "asymmetric_bursts", "0.4"),
    "delays of up to 3 iterations": ("others", "delays", "0"),
    "agents active half of the time": ("others", "sometimes_active", "0"),
    "two matchings in turns": ("others", "time_varying", "0"),
}
PROTOCOLS = ("weighted_sum", "running_sums", "running_sums_afresh")


def rows_of(first):
    """The cells of the rows of the table whose head begins so, by the first one."""
    lines = TEXT[TEXT.index(f"| {first}") :].split("\n\n")[0].splitlines()
    rows = [[text.strip() for text in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows[2:]}


def found(table, **wanted):
    with (FOLDER / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return [r for r in rows if all(r[key] == value for key, value in wanted.items())]


def iterations(method, agents):
    rows = found("sizes", game="team_problem", method=method, agents=agents)
    number = rows[0]["ninety"] if rows else "not run"
    return "never" if number == "inf" else number


def share(table, links, p, protocol):
    own = {"game": "team_problem", "method": "gradient_tracking", "protocol": protocol}
    (row,) = found(table, links=links, p=p, **own)
    value = round(float(row["last"]), 2)
    return "−1" if value == -1 else f"{value:.2f}"


@pytest.mark.parametrize("shown", METHODS)
def test_iterations_against_the_number_of_agents(shown):
    cells = rows_of("concave problems")[shown]
    assert cells == [iterations(METHODS[shown], n) for n in ("2", "8", "32", "64")]


@pytest.mark.parametrize("shown", LINKS)
def test_shares_over_unreliable_links(shown):
    assert rows_of("links")[shown] == [share(*LINKS[shown], protocol) for protocol in PROTOCOLS]


def test_a_number_of_other_links_is_noticed():
    """The negative control."""
    assert rows_of("links")["40 % lost, each direction"][0] != share(
        "losses", "symmetric", "0.4", "weighted_sum"
    )
