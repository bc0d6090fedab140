"""Writing the report's pages from ``report.json``: Markdown for a forge, HTML for a reader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from replication.config import ConfigError
from replication.storage import write_text

MARKS = {
    "reproduced": "✓",
    "contradicted": "✗",
    "inconclusive": "?",
    "reading-dependent": "±",
    "not tested": "–",
}
# The columns of a study's table that are results; the others are its settings.
STUDY_NUMBERS = {
    *("first", "smallest_sample_size", "saturated", "diverged", "repetitions"),
    *(f"{what}_{key}" for what in ("final", "average") for key in ("value", "lower", "upper")),
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_pages(data: Path, figures: Path, out: Path) -> None:
    """Write ``report.md`` and the self-contained ``report.html`` into `out`."""
    try:
        report = json.loads(data.read_text(encoding="utf-8"))
        names = list(report["figures"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{data} is not a report's data: make it with netnewton check") from None
    pictures = {name: inline_svg(figures / f"{name}.svg", name) for name in names}
    environment = Environment(
        loader=PackageLoader("replication"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=number,
        interval=interval,
        region=region,
        final_return=final_return,
        arrived=arrived,
        mark=MARKS.__getitem__,
        cell=cell,
        study_cells=study_cells,
    )
    environment.globals["study_number"] = STUDY_NUMBERS.__contains__
    markdown = environment.get_template("report.md.j2").render(report=report)
    write_text(out / "report.md", markdown)
    page = environment.overlay(autoescape=True).get_template("report.html.j2")
    write_text(out / "report.html", page.render(report=report, pictures=pictures))


def verdict_table(report: Mapping[str, Any]) -> str:
    """The table of measured claims in Markdown, as the README shows it."""
    lines = ["| claim | place | verdict | measured |", "|---|---|---|---|"]
    for claim in report["claims"]:
        if claim["verdict"] != "not tested":
            measured = "; ".join(f"{q['id']} {interval(q)}" for q in claim["quantities"])
            where, verdict = cell(claim["place"]), claim["verdict"]
            lines.append(f"| `{claim['id']}` | {where} | {MARKS[verdict]} {verdict} | {measured} |")
    return "\n".join(lines)


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
    """A measured quantity with its interval, or alone if it does not vary."""
    value, lower, upper = quantity["value"], quantity["lower"], quantity["upper"]
    if lower == upper:
        return number(value)
    return f"{number(value)} [{number(lower)}, {number(upper)}]"


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


def cell(text: str) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def inline_svg(path: Path, name: str) -> str:
    """An SVG as part of a page: no prolog, no fixed size, ids that cannot clash."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    return re.sub(r'((?:id="|href="#|url\(#))', rf"\1{name}-", svg)
