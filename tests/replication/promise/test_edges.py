"""No winner stands at an edge of all that was tried, but at an edge of the domain."""

import math

from replication.claims.promise.committed import table
from replication.promise.tables import _edges

TUNED = ("step_size", "floor", "bound", "damping")


def at_edges(winners, search, *, search_alone=False):
    """Task, method and setting of every winner that nothing tried lies beyond, on one side."""
    found = set()
    for winner in winners:
        own = [
            row
            for row in search
            if (row["task"], row["method"]) == (winner["task"], winner["method"])
            and (row["for"] == "search" or not search_alone)
        ]
        for name in TUNED:
            values = [row[name] for row in own if not math.isnan(row[name])]
            if values and winner[name] in (min(values), max(values)):
                found.add((winner["task"], winner["method"], name))
    return found


def named(winners, column):
    return {(row["task"], row["method"], name) for row in winners for name in row[column].split()}


def text(rows, *columns):
    """Rows in which columns that are empty throughout are text, not numbers."""
    return [{k: "" if k in columns and x != x else x for k, x in row.items()} for row in rows]


WINNERS = text(table("winners"), "at_edge", "at_edge_of_search", "domain_edges")
SEARCH = table("search")


def test_no_winner_stands_at_an_edge_of_what_was_tried_but_of_the_domain():
    left = at_edges(WINNERS, SEARCH)
    assert left == named(WINNERS, "domain_edges")
    assert named(WINNERS, "at_edge") == set()
    alone = at_edges(WINNERS, SEARCH, search_alone=True) - left
    assert alone == named(WINNERS, "at_edge_of_search") != set()


def test_a_winner_at_an_edge_would_be_named():
    """The negative control: without the runs beyond one winner, it is found, and said."""
    winner = WINNERS[0]
    beyond = [
        row
        for row in SEARCH
        if (row["task"], row["method"]) != (winner["task"], winner["method"])
        or row["step_size"] <= winner["step_size"]
    ]
    left = at_edges(WINNERS, beyond) - at_edges(WINNERS, SEARCH)
    assert left == {(winner["task"], winner["method"], "step_size")}
    runs = [{"step_size": x, "floor": 1.0} for x in (0.1, 1.0, 0.5, 2.0)]
    found = {"winner": runs[1], "search": runs, "steps": [1, 1, 1], "edges": ["floor"]}
    assert _edges(found) == {
        "domain_edges": "floor",
        "at_edge": "",
        "at_edge_of_search": "step_size",
    }
    assert _edges({**found, "search": runs[:3]})["at_edge"] == "step_size"
