"""Writing the report's pages from ``report.json``: Markdown for a forge, HTML for a reader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from replication.claims.verdicts import MARKS, REPRODUCED
from replication.experiments.config import ConfigError
from replication.experiments.files import write_text
from replication.report.plausibility import decided_by, held_in, holds
from replication.report.sentences import sentences

# The columns of a study's table that are results; the others are its settings.
STUDY_NUMBERS = {
    *("first", "smallest_sample_size", "saturated", "diverged", "repetitions"),
    *(f"{what}_{key}" for what in ("final", "average") for key in ("value", "lower", "upper")),
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_LISTED = 12
"""Readings that are named one by one; the page says how many more there are."""


def write_pages(data: Path, figures: Path, out: Path) -> None:
    """Write ``report.md`` and the self-contained ``report.html`` into `out`.

    Raises
    ------
    ConfigError
        If `data` is not a report's data.
    """
    try:
        report = complete(json.loads(data.read_text(encoding="utf-8")))
        names = list(report["figures"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{data} is not a report's data: make it with "
            "./run snakemake --cores 2 paper_checks/report.json"
        ) from None
    pictures = {name: inline_svg(figures / f"{name}.svg", name) for name in names}
    environment = _environment()
    markdown = environment.get_template("report.md.j2").render(report=report)
    write_text(out / "report.md", re.sub(r"\n{3,}", "\n\n", markdown))
    page = environment.overlay(autoescape=True).get_template("report.html.j2")
    write_text(out / "report.html", page.render(report=report, pictures=pictures))


def complete(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report's data in which parts that were not made, such as the sweep, are null or empty."""
    blank: dict[str, Any] = {
        "plausible": None,
        "readings_swept": None,
        "power": None,
        "controls": [],
    }
    claims = [{**blank, **claim} for claim in report["claims"]]
    parts: dict[str, Any] = {
        "sweep": None,
        "power": None,
        "attribution": [],
        "errata": [],
        "limitations": [],
    }
    filled = {**parts, **report, "claims": claims}
    return {"summary": sentences(filled), **filled}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("replication.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers = (number, interval, region, final_return, arrived, study_cells)
    shown = (*numbers, cell, held_in, decided_by, holds, effect, at_larger_n, draws)
    environment.filters.update({function.__name__: function for function in shown})
    environment.filters.update(
        mark=MARKS.__getitem__,
        view_box=view_box,
        marked_up=marked_up,
        linked=linked,
        links=links,
    )
    environment.globals.update(study_number=STUDY_NUMBERS.__contains__, most_listed=MOST_LISTED)
    return environment


def number(value: float | str) -> str:
    """A number as people write it, four digits."""
    if isinstance(value, str) or not math.isfinite(value):
        return str(value).replace("inf", "∞").replace("-", "−")
    text = f"{value:.4g}"
    if "e" in text:
        digits, exponent = text.split("e")
        text = f"{digits}·10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def interval(quantity: Mapping[str, Any]) -> str:
    """A measured quantity with its interval, alone if it does not vary.

    What measures rounding alone is shown against its bound, as long as it keeps to it.
    """
    if quantity.get("rounding") and quantity["verdict"] == REPRODUCED:
        return bound(quantity["region"])
    value, lower, upper = quantity["value"], quantity["lower"], quantity["upper"]
    if lower == upper:
        return number(value)
    return f"{number(value)} [{number(lower)}, {number(upper)}]"


def bound(region: Mapping[str, float]) -> str:
    """What a quantity that keeps to its region's upper bound is known to stay below."""
    most = number(region["at_most"]).removeprefix("1·")
    return f"within ±{most}" if "at_least" in region else f"< {most}"


def study_cells(row: Mapping[str, str]) -> list[str]:
    """What a combination of settings came to, for a row of a study's table."""

    def measured(what: str) -> str:
        return interval({key: float(row[f"{what}_{key}"]) for key in ("value", "lower", "upper")})

    return [
        number(float(row["first"])),
        measured("final"),
        measured("average"),
        number(float(row["smallest_sample_size"])),
        f"{100 * float(row['saturated']):.1f} %",
        f"{row['diverged']}/{row['repetitions']}",
    ]


def final_return(run: Mapping[str, Any]) -> str:
    """A run's mean final return; of how many repetitions, if some have diverged."""
    left = f" (of {run['final']['n']})" if run["diverged"] else ""
    return interval(run["final"]) + left


def arrived(run: Mapping[str, Any]) -> str:
    """How many repetitions ended near the optimum; a dash where none is known."""
    return "–" if run["optimum"] is None else f"{run['arrived']}/{run['repetitions']}"


def region(bounds: Mapping[str, float]) -> str:
    """A region as inequalities."""
    signs = {"above": ">", "below": "<", "at_least": "≥", "at_most": "≤"}
    # More digits than `number` gives: some regions differ from a round value by rounding only.
    return " and ".join(f"{signs[k]} {v:.13g}".replace("-", "−") for k, v in bounds.items())


def effect(option: Mapping[str, Any]) -> str:
    """How many verdicts an option of an ambiguity changes, as far as it has been measured."""
    measured = option.get("effect")
    if measured is None:
        return "not measured"
    if not measured["count"]:
        return "changes no verdict"
    return f"changes {measured['count']} verdict{'s' if measured['count'] > 1 else ''}"


def at_larger_n(claim: Mapping[str, Any]) -> str:
    """The verdict at the larger n, and whether 30 repetitions decide by luck; a dash for none."""
    power = claim["power"]
    if power is None:
        return "–"
    luck = "; by luck at 30" if power["by_luck"] else ""
    return f"{MARKS[power['verdict']]} {power['verdict']} (n = {power['repetitions']}{luck})"


def draws(power: Mapping[str, Any]) -> str:
    """The verdict at the larger n, and what the draws of 30 of its repetitions say."""
    shares = (f"{n / power['draws']:.0%} {name}" for name, n in power["counts"].items())
    luck = "; n = 30 decides it by luck" if power["by_luck"] else ""
    return (
        f"{power['verdict']} at n = {power['repetitions']}, from other seeds; "
        f"{power['draws']} draws of 30 of these: {', '.join(shares).replace('%', ' %')}{luck}"
    )


def cell(text: str) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def marked_up(text: str) -> Markup:
    """A ledger's text as HTML: what stands in backticks becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def linked(sentence: str, claims: Sequence[Mapping[str, Any]]) -> Markup:
    """A sentence as HTML in which the ids of claims are links."""
    link = r'<a href="#\g<0>"><code>\g<0></code></a>'
    return Markup(_ids(claims).sub(link, str(escape(sentence))))


def links(sentence: str, claims: Sequence[Mapping[str, Any]]) -> str:
    """A sentence as Markdown in which the ids of claims are links."""
    return _ids(claims).sub(r"[`\g<0>`](#\g<0>)", sentence)


def _ids(claims: Sequence[Mapping[str, Any]]) -> re.Pattern[str]:
    names = "|".join(re.escape(claim["id"]) for claim in claims)
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")


def inline_svg(path: Path, name: str) -> str:
    """An SVG as part of a page: no prolog, no fixed size, ids that cannot clash.

    The whole has the id ``picture-<name>``, so that other places can show it again.
    """
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'((?:id="|href="#|url\(#))', rf"\1{name}-", svg)
    # A hundredth of a point is seen by nobody, and a sixth of the page.
    svg = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: _rounded(found[0]), svg)
    svg = re.sub(r"\n\s+", "\n", svg)
    label = f'id="picture-{name}" role="img" aria-label="Figure {name}"'
    return svg.replace("<svg", f"<svg {label}", 1)


def _rounded(coordinates: str) -> str:
    """The same with two decimals."""

    def two_decimals(number: re.Match[str]) -> str:
        return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")

    return re.sub(r"-?\d+\.\d{3,}", two_decimals, coordinates)


def view_box(svg: str) -> str:
    """The coordinates of an SVG's drawing area, the four numbers of its ``viewBox``."""
    found = re.search(r'<svg[^>]*viewBox="([-\d. ]+)"', svg)
    return found[1] if found else "0 0 1 1"
