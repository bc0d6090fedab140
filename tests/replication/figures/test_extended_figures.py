"""The figures of the extended experiments, from made-up tables."""

import itertools
import json

import pytest

from replication.experiments.config import ConfigError
from replication.experiments.files import write_text
from replication.experiments.made import made_with
from replication.extended.declared import DECLARED, declared
from replication.extended.written import ROOM, as_csv
from replication.figures import extended_links, extended_rounds, extended_scaling, extended_size
from replication.figures.extended_parts import STALE
from replication.figures.rendering import pictures

GAMES = ("coordination", "public_goods", "team_problem")


def interval(name, value):
    return {name: value, f"{name}_lower": 0.9 * value, f"{name}_upper": 1.1 * value}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Made-up tables: more rounds pay in one game, and DN never comes to the level."""
    folder, plan = tmp_path_factory.mktemp("extended"), declared()

    def way(part, game, method, agents, graph, gap, rounds):
        ninety = float("inf") if method == "DN" else 10.0 + agents / rounds
        scalars = 100 * rounds * (0.1 if game == "team_problem" and rounds > 1 else 1)
        return {
            **{"game": game, "method": method, "agents": agents, "graph": graph, "gap": gap},
            **{"rounds": rounds, **interval("ninety", ninety)},
            "ninety_scalars": ninety * scalars,
        }

    rows = {
        "sizes": [
            way("sizes", g, m, n, "regular", 0.3, 1)
            for g, m, n in itertools.product(GAMES, plan.sizes["methods"], (2, 8))
        ],
        "graphs": [
            way("graphs", g, m, 16, graph, gap, 1)
            for g, m in itertools.product(GAMES, plan.graphs["methods"])
            for graph, gap in (("path", 0.01), ("star", 0.5))
        ],
        "rounds": [
            way("rounds", g, m, 16, "ring", 0.1, r)
            for g, m, r in itertools.product(GAMES, plan.rounds["methods"], (1, 2))
        ],
        "curves": [
            {"game": g, "method": m, "rounds": 1, "iteration": k, "scalars": 10 * k}
            | {"mean": k / 9, "lower": k / 10, "upper": k / 8}
            for g, m, k in itertools.product(GAMES, plan.rounds["methods"], range(9))
        ],
        "losses": [
            {"game": g, "method": m, "protocol": protocol, "links": links, "p": p}
            | interval("error", p * (1e-12 if links == "symmetric" else 0.1))
            | {**interval("last", 1 - p), "diverged": 0}
            for g in ("coordination", "team_problem")
            for protocol, names in plan.losses["protocols"].items()
            for m in names
            for links, p in (
                *(("symmetric", 0.0), ("symmetric", 0.4), ("symmetric", 0.8)),
                *(("asymmetric", 0.4), ("asymmetric", 0.8)),
            )
        ],
    }
    for name, table in rows.items():
        write_text(folder / f"{name}.csv", as_csv(table))
    write_text(folder / "made.json", json.dumps({"made_with": made_with(ROOM, DECLARED)}))
    times = [
        {"method": m, "agents": n, "edges": 2 * n, "stored": 9 * n, "sent": 7 * n}
        | {"peak_bytes": 5 * n, "repeat": r, "seconds": 1e-5 * n**2 * (1 + 0.01 * r)}
        for m, n, r in itertools.product(extended_scaling.METHODS, (10, 50, 100, 1000), range(3))
    ]
    write_text(folder / "scaling.csv", as_csv(times))
    return folder


DRAWINGS = {
    "size": extended_size.draw_size,
    "rounds": extended_rounds.draw_rounds,
    "links": extended_links.draw_links,
    "scaling": lambda folder: extended_scaling.draw_scaling(folder / "scaling.csv"),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_drawn_and_again_with_the_same_bytes(tables, theme, name):
    drawing = DRAWINGS[name](tables)
    shown = drawing.prepare({}, 0.98)
    caption = drawing.caption(shown, 0.98)
    first = pictures(drawing.draw(shown), name, caption)
    assert first == pictures(drawing.draw(shown), name, caption)
    assert len(drawing.table(shown).splitlines()) > 10 and STALE not in caption


def test_what_never_arrives_stands_beyond_the_run(tables, theme):
    drawing = extended_size.draw_size(tables)
    figure = drawing.draw(drawing.prepare({}, 0.98))
    lines = {c.get_label(): c.lines[0] for c in figure.axes[0].containers}
    assert set(lines["DN"].get_ydata()) == {2.0 * declared().iterations}
    assert list(lines["DS"].get_ydata()) == [12.0, 18.0]


def test_rounds_that_pay_are_counted(tables):
    drawing = extended_rounds.draw_rounds(tables)
    methods = len(declared().rounds["methods"]) - 1  # DN comes nowhere
    caption = drawing.caption(drawing.prepare({}, 0.98), 0.98)
    assert f"in {methods} of the {3 * methods} pairs" in caption


def test_the_slope_is_that_of_large_networks(tables):
    shown = extended_scaling.draw_scaling(tables / "scaling.csv").prepare({}, 0.98)
    found = shown.slope("first order")
    assert found.value == pytest.approx(2.0) and found.n == 9
    assert found.lower < 2.0 < found.upper


def test_a_table_that_is_missing_or_stale_is_said_to_be(tables, tmp_path):
    with pytest.raises(ConfigError, match="snakemake --cores 2 extended"):
        extended_links.draw_links(tmp_path).prepare({}, 0.98)
    with pytest.raises(ConfigError, match="python benchmarks"):
        extended_scaling.draw_scaling(tmp_path / "scaling.csv").prepare({}, 0.98)
    for path in tables.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "made.json").write_text('{"made_with": "other"}', encoding="utf-8")
    drawing = extended_links.draw_links(tmp_path)
    assert STALE in drawing.caption(drawing.prepare({}, 0.98), 0.98)
